/** Everything that the host knows: a plain value that can be copied, compared and hashed. */
import type { ConnectionInfo, MacAddress, Nvm, OobFilters, SapVersion } from '../sap/index.ts';
import type { Association } from './events.ts';
import { TIMER_NAMES, type TimerName } from './timers.ts';

/**
 * Where the link stands.
 * - `absent`: no MEI client
 * - `mapping`: a size of the shared area was offered
 * - `mapRetry`: both sizes were refused, the next round waits
 * - `failed`: the area could not be mapped; only the removal of the client helps
 * - `started`: START sent, no START_OK yet
 * - `connected`: SAP is up; AMT may be enabled or not
 * - `stopping`: the client goes away, the device must come down first
 * - `draining`: HOST_GOES_DOWN was written, CSME reads the rings for the last time
 * - `dead`: the reference's kernel BUG (quirk `short-data-frame-kills-host`)
 */
export type Phase =
  | 'absent'
  | 'mapping'
  | 'mapRetry'
  | 'failed'
  | 'started'
  | 'connected'
  | 'stopping'
  | 'draining'
  | 'dead';

/** What survives the link: given by the WLAN driver, sent by the next initial configuration. */
export interface Settings {
  mcc: number;
  /** Ten limits, or `null` when none were given. */
  powerLimits: number[] | null;
  macAddress: MacAddress;
  nvmAddress: MacAddress;
  /** RADIO_STATE word: bit 0 software, bit 1 hardware rfkill de-asserted. */
  radioState: number;
  association: Association | null;
}

/** A caller of get_ownership. `token` is `null` when the host asks by itself. */
export interface OwnershipWait {
  token: number | null;
  deadlineMs: number;
}

export interface HostState {
  phase: Phase;
  /** Version that is being mapped or that was mapped. */
  version: SapVersion;
  mapRound: number;
  /** The WLAN driver: not there, there, or between the halves of its unregistration. */
  driver: 'none' | 'registered' | 'leaving';
  netdev: string | null;
  settings: Settings;
  /** What the WLAN driver was told last. */
  roamingForbidden: boolean;

  // What belongs to one link and is forgotten with it.
  amtEnabled: boolean;
  owner: boolean;
  deviceUp: boolean;
  /** CSME_TAKING_OWNERSHIP came; CSME_OWNERSHIP_CONFIRMED follows when the device is down. */
  confirmWhenDown: boolean;
  linkProtState: number;
  /** The access point that AMT is on, as CSME last said. */
  connection: ConnectionInfo | null;
  filters: OobFilters | null;
  nvm: Nvm | null;
  pldrActive: boolean;
  drainPolls: number;

  // Callers that wait.
  ownershipWaits: OwnershipWait[];
  nvmWaits: number[];
  pldr: { token: number; tries: number } | null;

  /** Deadline of each armed timer in ms, `null` for the others. `ownershipReply` follows from `ownershipWaits`. */
  timers: Record<TimerName, number | null>;
}

const RADIO_ON = 3;

export function initialState(): HostState {
  return {
    phase: 'absent',
    version: 4,
    mapRound: 0,
    driver: 'none',
    netdev: null,
    settings: {
      mcc: 0,
      powerLimits: null,
      macAddress: 0,
      nvmAddress: 0,
      radioState: RADIO_ON,
      association: null,
    },
    roamingForbidden: false,
    ...freshLink(),
    ownershipWaits: [],
    nvmWaits: [],
    pldr: null,
    timers: Object.fromEntries(TIMER_NAMES.map((name) => [name, null])) as Record<TimerName, number | null>,
  };
}

/** What a link starts with: the device counts as down and CSME as the owner until the other is told. */
export function freshLink() {
  return {
    amtEnabled: false,
    owner: false,
    deviceUp: false,
    confirmWhenDown: false,
    linkProtState: 0,
    connection: null,
    filters: null,
    nvm: null,
    pldrActive: false,
    drainPolls: 0,
  } satisfies Partial<HostState>;
}

/** A copy that shares nothing with the original but values that are never changed, only replaced: messages, settings. */
export function cloneState(state: HostState): HostState {
  return {
    ...state,
    settings: { ...state.settings },
    ownershipWaits: state.ownershipWaits.map((wait) => ({ ...wait })),
    nvmWaits: [...state.nvmWaits],
    pldr: state.pldr && { ...state.pldr },
    timers: { ...state.timers },
  };
}

/** Whether received frames are looked at. */
export function rxAttached(state: HostState): boolean {
  return state.phase === 'connected' && state.amtEnabled && state.netdev !== null;
}
