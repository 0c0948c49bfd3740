/** A pair that never met before, made like another one: what a link that comes back is compared with. */
import { type FirmwareState, firmwareKey } from '../../../csme/index.ts';
import type { CommandName, HostState } from '../../../ownership/index.ts';
import { AREA_LAYOUTS } from '../../../sap/index.ts';
import { freshFirmwareLike } from '../model/invariants.ts';
import { Pair } from './pair.ts';

/** The machines of a pair, wherever they run. */
export interface PairState {
  readonly host: HostState;
  readonly firmware: FirmwareState;
}

const MEMORIES = {
  [AREA_LAYOUTS[3].size]: new ArrayBuffer(AREA_LAYOUTS[3].size),
  [AREA_LAYOUTS[4].size]: new ArrayBuffer(AREA_LAYOUTS[4].size),
};

export function stateOf(pair: Pair): PairState {
  return { host: pair.host.state, firmware: pair.csme.state.firmware };
}

/**
 * Given the same settings by commands, and a firmware with the same AMT, session and card; `nowMs` of the firmware's
 * clock. There is one such pair at a time: they share their memory.
 */
export function freshPairLike({ host, firmware }: PairState, nowMs: number): Pair {
  const fresh = new Pair({ profile: firmware.profile }, { fate: () => 1 }, MEMORIES);
  fresh.nowMs = nowMs;
  Object.assign(fresh.csme.state, { firmware: freshFirmwareLike(firmware) });
  const { settings: s, driver, netdev } = host;
  const call = (name: CommandName, args: object) => fresh.call(name, args as never);
  if (driver === 'registered') call('register', {});
  call('country', { mcc: s.mcc });
  call('nic_info', { macAddress: s.macAddress, nvmAddress: s.nvmAddress });
  call('set_rfkill', { sw: (s.radioState & 1) === 0, hw: (s.radioState & 2) === 0 });
  call('set_netdev', { dev: netdev });
  if (s.powerLimits) call('power_limit', { limits: s.powerLimits });
  if (s.association) call('associated', s.association);
  return fresh;
}

/** In what a link that came back differs from a fresh one, if in anything. */
export function differences(again: PairState, fresh: PairState): string | undefined {
  return (
    differ('host of a link that came back', keyOfHost(again.host), keyOfHost(fresh.host)) ??
    differ('firmware of a link that came back', firmwareKey(again.firmware), firmwareKey(fresh.firmware))
  );
}

/** All of the host that is not a time. */
export function keyOfHost({ timers, ...state }: HostState): string {
  // Whether the bell may ring again depends on when the other side was last heard.
  const armed = Object.entries(timers).flatMap(([name, at]) =>
    at !== null && name !== 'bellThrottle' ? [name] : [],
  );
  return JSON.stringify([state, armed], (key, value) =>
    key === 'seqNum' ? 0 : value instanceof Uint8Array ? value.join() : value,
  );
}

export function differ(what: string, again: string, fresh: string): string | undefined {
  if (again === fresh) return undefined;
  let at = 0;
  while (again[at] === fresh[at]) at++;
  const around = (text: string) => text.slice(Math.max(0, at - 50), at + 40);
  return `the ${what} is …${around(again)}… instead of …${around(fresh)}…`;
}
