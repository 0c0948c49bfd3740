/** The conditions of the transition table. */
import { PldrStatus, SapNicOwner, SSID_MAX_LEN } from '../sap/index.ts';
import type { Effects } from './effects.ts';
import type { Association } from './events.ts';
import type { HostState } from './state.ts';
import { DRAIN_POLLS, MAP_ROUNDS, PLDR_TRIES } from './timers.ts';

export const driverKnown = (s: HostState) => s.driver !== 'none';
export const driverRegistered = (s: HostState) => s.driver === 'registered';
export const driverAbsent = (s: HostState) => s.driver !== 'registered';

export const olderVersionLeft = (s: HostState) => s.version === 4;
export const roundLeft = (s: HostState) => s.mapRound < MAP_ROUNDS;
export const ourVersion = (s: HostState, e: { supportedVersion: number }) => e.supportedVersion === s.version;

export const amtOff = (s: HostState) => !s.amtEnabled;
export const switchingOn = (s: HostState, e: { message: { enabled: number } }) =>
  !s.amtEnabled && e.message.enabled !== 0;
export const switchingOff = (s: HostState, e: { message: { enabled: number } }) =>
  s.amtEnabled && e.message.enabled === 0;

export const owner = (s: HostState) => s.owner;
export const amtOffOrOwner = (s: HostState) => !s.amtEnabled || s.owner;
export const ownerAsBefore = (s: HostState, e: { message: { owner: number } }) =>
  s.owner === hostNamedOwner(s, e);
export const hostNamedOwner = (_: HostState, e: { message: { owner: number } }) =>
  e.message.owner !== SapNicOwner.ME;
export const granted = (_: HostState, e: { message: { granted: number } }) => e.message.granted !== 0;

export const deviceInUse = (s: HostState) => s.driver === 'registered' && s.deviceUp;
export const goingDown = (_: HostState, e: { args: { up: boolean } }) => !e.args.up;
export const cameDownForCsme = (s: HostState, e: { args: { up: boolean } }) =>
  !e.args.up && s.confirmWhenDown;

export const ssidTooLong = (_: HostState, e: { args: Association }) => e.args.ssid.length > SSID_MAX_LEN;
export function statusUnusable(
  _: HostState,
  e: { message: { connectionInfo: { ssidLen: number } } },
  fx: Effects,
): boolean {
  const { ssidLen } = e.message.connectionInfo;
  return (fx.quirks['connection-status-cut-to-8-bits'] ? ssidLen & 0xff : ssidLen) > SSID_MAX_LEN;
}

export const pldrAccepted = (_: HostState, e: { message: { status: number } }) =>
  e.message.status === PldrStatus.SUCCESS;
export const pldrActive = (s: HostState) => s.pldrActive;
export const pldrPending = (s: HostState) => s.pldr !== null;
export const pldrTryLeft = (s: HostState) => s.pldr !== null && s.pldr.tries < PLDR_TRIES;

export const sayingGoodbyeInVain = (_s: HostState, _e: unknown, fx: Effects) =>
  fx.quirks['goes-down-on-dead-bus'] === true;
export const drainedOrGivenUp = (s: HostState, _: unknown, fx: Effects) =>
  s.drainPolls >= DRAIN_POLLS || fx.ringsDrained();
