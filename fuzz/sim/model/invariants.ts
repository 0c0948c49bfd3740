/**
 * What must hold. Each invariant looks at a place of the search; most of them only at one that is settled: nothing in
 * flight, the link up on both sides.
 */
import {
  type FirmwareState,
  firmwareKey,
  initialState as freshFirmware,
  ownerOf,
} from '../../../csme/index.ts';
import { initialState as freshHost, type HostState } from '../../../ownership/index.ts';
import { NOTHING } from './channels.ts';
import { type HostNode, hostKey } from './host-part.ts';
import { BLOCKED, type Place, type World } from './world.ts';

export interface Invariant {
  readonly name: string;
  /** For the documentation: what it says, in a sentence. */
  readonly says: string;
}

export const INVARIANTS = {
  oneOwner:
    'Once nothing is in flight, so that all is confirmed that will be, host and CSME do not both take the card for theirs.',
  sameOwner:
    'Then they agree on who the owner is, while AMT is enabled; in a taking that waits for the device to go down, neither is.',
  requestsEnd:
    'Whoever waits in get_ownership, get_nvm or pldr has a timer that ends the wait; every call returns exactly once.',
  timersFit:
    'A state of the firmware that only time ends has its timer armed, and no timer outlives its state.',
  settingsArrive:
    'What CSME knows of the host is what the WLAN driver last set: nothing cached is lost, nothing stale stays.',
  protectionArrives: 'The host knows whether a session is active.',
  rfkillFits:
    'rfkill is free while the host is owner, and while AMT is off; it is blocked while CSME protects a session.',
  roamingFits: 'Roaming is forbidden exactly while the host is owner of a protected link.',
  sameAsFresh:
    'A link that comes back ends in the same state as that of a fresh pair with the same settings.',
  noComplaints: 'No step throws, and neither side finds a fault with what the other sends.',
} as const;
export type InvariantName = keyof typeof INVARIANTS;

export interface Broken {
  readonly invariant: InvariantName;
  readonly what: string;
}

export function brokenAt(world: World, p: Place): Broken | undefined {
  if (p.lost || p.down !== NOTHING || p.up !== NOTHING) return undefined;
  const host = world.host.nodes[p.host]!;
  const csme = world.csme.nodes[p.csme]!;
  if (host.state.phase === 'absent') return csme.link === 'absent' ? comesBackDifferent(world, p) : undefined;
  if (host.state.phase !== 'connected' || csme.link !== 'up') return undefined;
  return brokenWhenQuiet(host, csme, world.hasty);
}

/** The invariants of a link that is up with nothing in flight. */
export function brokenWhenQuiet(
  host: HostNode,
  csme: FirmwareState,
  driverMayBeStale = false,
): Broken | undefined {
  return (
    owners(host.state, csme) ??
    settings(host.state, csme, driverMayBeStale) ??
    (host.state.driver === 'registered' ? told(host, csme) : undefined)
  );
}

function owners(host: HostState, csme: FirmwareState): Broken | undefined {
  if (!host.amtEnabled) return undefined;
  const firmware = ownerOf(csme);
  if (host.owner && firmware === 'csme')
    return broken('oneOwner', `the host takes the card for its own, as does CSME (${csme.nic})`);
  // Until it is confirmed a taking leaves the card with the host, who is not to use it any more.
  if (!host.owner && firmware === 'host' && csme.nic !== 'taking')
    return broken('sameOwner', `CSME has given the card away (${csme.nic}), the host does not know`);
  return undefined;
}

function settings(host: HostState, csme: FirmwareState, driverMayBeStale: boolean): Broken | undefined {
  if (host.amtEnabled !== (csme.amt !== 'off'))
    return broken('settingsArrive', 'AMT is on for one side only');
  if (!host.amtEnabled) return undefined;
  const { settings: s, driver } = host;
  const k = csme.host;
  const wrong = (field: string) => broken('settingsArrive', `CSME knows another ${field} than the host`);
  if (k.country !== s.mcc) return wrong('country');
  if (k.radio !== s.radioState) return wrong('radio state');
  if (s.macAddress !== 0 && k.nic?.macAddress !== s.macAddress) return wrong('address');
  if (s.macAddress === 0 && k.nic !== null) return wrong('address');
  // Between the halves of its unregistration a driver has forgotten these, which CSME is told by WIFIDR_DOWN.
  if (driver === 'leaving') return undefined;
  if (!driverMayBeStale && k.driver !== (driver === 'registered')) return wrong('state of the driver');
  if ((k.link?.bssid ?? 0) !== (s.association?.bssid ?? 0)) return wrong('association');
  if (k.collocatedBssid !== (s.association?.collocated?.bssid ?? 0)) return wrong('collocated access point');
  if ((k.sar?.flat().join() ?? '') !== (s.powerLimits?.join() ?? '')) return wrong('set of power limits');
  return undefined;
}

function told(host: HostNode, csme: FirmwareState): Broken | undefined {
  const { state, told: last } = host;
  const session = csme.amt === 'session';
  if (state.amtEnabled && (state.linkProtState !== 0) !== session)
    return broken(
      'protectionArrives',
      `link protection is ${state.linkProtState}, CSME’s use is ${csme.amt}`,
    );
  if ((state.owner || !state.amtEnabled) && last.rfkill !== 'free')
    return broken('rfkillFits', `the card is the host’s, rfkill says ${last.rfkill}`);
  if (state.amtEnabled && !state.owner && session && last.rfkill === 'free')
    return broken('rfkillFits', 'CSME protects its session, rfkill says free');
  if (last.roamingForbidden !== (state.owner && session))
    return broken('roamingFits', `session ${session}, roaming forbidden ${last.roamingForbidden}`);
  return undefined;
}

/** Starts the link again, lets all arrive in order, and does the same with a pair that never met before. */
function comesBackDifferent(world: World, p: Place): Broken | undefined {
  const old = world.host.nodes[p.host]!;
  const csme = world.csme.nodes[p.csme]!;
  const again = settled(world, { ...p });
  const freshPlace = {
    host: world.host.idOf(freshHostLike(old)),
    csme: world.csme.idOf(freshFirmwareLike(csme)),
    down: NOTHING,
    up: NOTHING,
    lost: 0,
  };
  const fresh = settled(world, freshPlace);
  if (again === undefined || fresh === undefined) return broken('sameAsFresh', 'the link does not come up');
  if (again.host !== fresh.host) {
    const [a, b] = [again, fresh].map((x) => hostKey(world.host.nodes[x.host]!, world.channels));
    return broken('sameAsFresh', `the host is ${difference(a!, b!)}`);
  }
  if (again.csme !== fresh.csme) {
    const [a, b] = [again, fresh].map((x) => firmwareKey(world.csme.nodes[x.csme]!));
    return broken('sameAsFresh', `the firmware is ${difference(a!, b!)}`);
  }
  return undefined;
}

/** Where the link ends when nothing but its messages happens. */
function settled(world: World, from: Place): Place | undefined {
  const p = from;
  const calm = world.events.filter(
    (e) =>
      e.kind === 'to csme' ||
      e.kind === 'to host' ||
      (e.kind === 'bus' && /^(probe|mapped|mapRefused)$/.test(e.name)),
  );
  const MOST_STEPS = 100;
  for (let steps = 0; steps < MOST_STEPS; steps++) {
    const took = calm.find((e) => {
      const state = world.host.nodes[p.host]!.state;
      if (e.name === 'probe' && state.phase !== 'absent') return false;
      if (e.name === 'mapRefused' && world.speaks(p)) return false;
      const outcome = world.take(e, p);
      return outcome !== undefined && outcome !== BLOCKED;
    });
    if (took === undefined) return world.host.nodes[p.host]!.state.phase === 'connected' ? p : undefined;
    Object.assign(p, world.next);
  }
  return undefined;
}

/** A host that was only given the settings, and whose WLAN driver is where the other's is. */
function freshHostLike(old: HostNode): HostNode {
  const { settings, driver, netdev } = old.state;
  return {
    state: { ...freshHost(), settings: { ...settings }, driver, netdev },
    told: { rfkill: 'free', roamingForbidden: false },
  };
}

/** A firmware that has just started with what does not belong to a link: AMT, the session, the card, filters. */
export function freshFirmwareLike(old: FirmwareState): FirmwareState {
  const { amt, nic, ap, filters, grants, profile } = old;
  const fresh = freshFirmware(profile);
  return { ...fresh, amt, nic, ap, filters, grants, timers: { ...fresh.timers, hold: old.timers.hold } };
}

function difference(again: string, fresh: string): string {
  let from = 0;
  while (again[from] === fresh[from]) from++;
  const around = (text: string) => text.slice(Math.max(0, from - 40), from + 30);
  return `…${around(again)}… instead of …${around(fresh)}…`;
}

function broken(invariant: InvariantName, what: string): Broken {
  return { invariant, what };
}
