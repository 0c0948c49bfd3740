/**
 * What the emulated CSME knows: one plain value, that can be cloned, compared and hashed at any moment.
 *
 * The four first fields are the states of the four tables in `transitions.ts`; the rest is what their guards ask and
 * their effects keep.
 */
import type { MacAddress } from '../sap/declare.ts';
import type { ConnectionInfo, OobFilters } from '../sap/messages/index.ts';
import type { Profile } from './profiles/profile.ts';
import { TIMER_NAMES, type TimerName } from './timers.ts';

/** The way to the host. */
export type LinkState =
  /** No shared area. */
  | 'absent'
  /** An area is mapped, START has not come. */
  | 'mapped'
  /** START_OK was sent: SAP is up. */
  | 'up'
  /** HOST_SUSPENDS came: nothing is sent until HOST_RESUMES. */
  | 'asleep'
  /** HOST_GOES_DOWN came: the rings were read empty, the area is not touched any more. */
  | 'closing';

/** CSME's own use of the WLAN. */
export type AmtState = 'off' | 'on' | 'session';

/** The card. The host is its owner in `idle`, `host`, `window` and `taking`; CSME is in `csme` and `held`. */
export type NicState =
  /** AMT is off: the card is the host's, nobody arbitrates. */
  | 'idle'
  /** CSME's, released when asked. */
  | 'csme'
  /** CSME's, taken less than 60 s ago: not released. */
  | 'held'
  /** The host's. */
  | 'host'
  /** The host's, who has 3 s to come to the protected AP. */
  | 'window'
  /** Still the host's, who was told that CSME takes it and has not confirmed. */
  | 'taking';

/** The product reset of the card. */
export type PldrState = 'none' | 'active';

export type Owner = 'host' | 'csme';

/** What CSME knows of the host: the last value of each setting that it reported. */
export interface HostKnowledge {
  /** Whether a WLAN driver is there (WIFIDR_UP, WIFIDR_DOWN). */
  driver: boolean;
  nic: { macAddress: MacAddress; nvmAddress: MacAddress } | null;
  /** mcc of COUNTRY_CODE; null: never said. */
  country: number | null;
  /** SAR_LIMITS: by chain, by band. */
  sar: number[][] | null;
  /** RADIO_STATE; null: never said. */
  radio: number | null;
  /** The host's association; null: none. */
  link: ConnectionInfo | null;
  collocatedBssid: MacAddress;
  /** Flags of the HOST_SUSPENDS that is in force; null: awake. */
  suspended: number | null;
}

export interface FirmwareState {
  link: LinkState;
  amt: AmtState;
  nic: NicState;
  pldr: PldrState;
  /** When each timer goes off, in ms of the caller's clock; null: not armed. */
  timers: Record<TimerName, number | null>;
  /** SAP version of the mapped area; 0 before the first one, and that of the last one after it. */
  version: number;
  /** Whether this host was told CSME's whole state since SAP came up or AMT was enabled. */
  introduced: boolean;
  /** Grants that the host has not answered with HOST_OWNERSHIP_CONFIRMED. */
  grantsOpen: number;
  /** CSME_TAKING_OWNERSHIP that the host has not answered; `MANY_TAKINGS` stands for more, too. */
  takingsOpen: number;
  /** Whether a PING is unanswered, and how many in a row were. */
  awaitingPong: boolean;
  pingsMissed: number;
  /** The AP of CSME's own association or of the session. */
  ap: ConnectionInfo | null;
  /** What CSME wants of the received frames. */
  filters: OobFilters | null;
  /** Whether the next HOST_ASKS is granted (a command changes it). */
  grants: boolean;
  host: HostKnowledge;
  /** What the firmware is: never changed, left out of `firmwareKey`. */
  profile: Profile;
}

/**
 * So many takings, or more: they are not counted any further, so that the state stays finite, and no confirmation is
 * called a violation until the link ends.
 */
export const MANY_TAKINGS = 2;

/** A firmware that just started. No timer runs and no area is there. */
export function initialState(profile: Profile): FirmwareState {
  return {
    link: 'absent',
    amt: amtStateOf(profile),
    nic: profile.amt ? profile.owner : 'idle',
    pldr: 'none',
    timers: Object.fromEntries(TIMER_NAMES.map((name) => [name, null])) as Record<TimerName, null>,
    version: 0,
    introduced: false,
    grantsOpen: 0,
    takingsOpen: 0,
    awaitingPong: false,
    pingsMissed: 0,
    ap: profile.ap,
    filters: profile.filters,
    grants: profile.grants,
    host: unknownHost(),
    profile,
  };
}

function amtStateOf(profile: Profile): AmtState {
  if (!profile.amt) return 'off';
  return profile.session && profile.ap !== null ? 'session' : 'on';
}

/** A host of which nothing is known. */
export function unknownHost(): HostKnowledge {
  return {
    driver: false,
    nic: null,
    country: null,
    sar: null,
    radio: null,
    link: null,
    collocatedBssid: 0,
    suspended: null,
  };
}

/** Who owns the card, as the hardware sees it. */
export function ownerOf(state: FirmwareState): Owner {
  return state.nic === 'csme' || state.nic === 'held' ? 'csme' : 'host';
}

/** Whether the WLAN use of CSME is enabled. */
export function isOperational(state: FirmwareState): boolean {
  return state.amt !== 'off';
}

/**
 * Everything that decides what the firmware does next, as text: equal for states that behave alike.
 *
 * Times are left out but for whether a timer is armed, so that a search which fires timers at will has finitely many
 * states. `timers: 'relative'` writes what is left of each instead, counted from `nowMs`.
 */
export function firmwareKey(
  state: FirmwareState,
  options?: { readonly timers?: 'armed' | 'relative'; readonly nowMs?: number },
): string {
  const { profile: _, timers, filters, ...rest } = state;
  const relative = options?.timers === 'relative';
  const left = TIMER_NAMES.map((name) => {
    const at = timers[name];
    return at === null ? '-' : relative ? at - (options?.nowMs ?? 0) : '+';
  });
  return JSON.stringify([rest, left, filters === null ? 0 : filters], bytesAsText);
}

function bytesAsText(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Array.from(value).join() : value;
}
