/** The WLAN driver comes and goes, and gets its answers. */
import { EBUSY } from '../../sap/index.ts';
import type { Effects } from '../effects.ts';
import { type HostState, rxAttached } from '../state.ts';
import type { Args, Called } from './common.ts';
import { tellRoaming } from './ownership.ts';

export function driverRegisters(s: HostState, _: unknown, fx: Effects): void {
  s.driver = 'registered';
  if (s.phase !== 'connected') return;
  if (s.amtEnabled) fx.send({ name: 'WIFIDR_UP' });
  if (s.connection && !fx.quirks['connection-status-needs-driver']) {
    fx.tell('me_conn_status', { linkProtState: s.linkProtState, connectionInfo: s.connection });
  }
  const mayUse = s.owner && !fx.quirks['owner-does-not-move-rfkill'];
  fx.tell('rfkill', { blocked: s.linkProtState !== 0 && !mayUse, csmeTaking: false });
  if (mayUse && s.linkProtState !== 0) tellRoaming(s, undefined, fx);
}

export function driverLeaves(s: HostState): void {
  s.driver = 'leaving';
  s.roamingForbidden = false;
  s.settings.association = null;
  s.settings.powerLimits = null;
}

export function driverGone(s: HostState, _: unknown, fx: Effects): void {
  s.driver = 'none';
  if (s.phase === 'connected' && s.amtEnabled) fx.send({ name: 'WIFIDR_DOWN' });
  s.owner = false;
}

export function keepDeviceState(s: HostState, e: Args<'device_state'>): void {
  s.deviceUp = e.args.up;
}

// --- answers ---

export function done(_: HostState, e: Called, fx: Effects): void {
  fx.reply(e.token, e.type, {});
}

export function succeed(_: HostState, e: Called, fx: Effects): void {
  fx.reply(e.token, e.type, { ret: 0 });
}

export function answerBusy(_: HostState, e: Called, fx: Effects): void {
  fx.reply(e.token, e.type, { ret: -EBUSY });
}

export function answerConnected(s: HostState, e: Called, fx: Effects): void {
  const up = s.phase === 'connected' || s.phase === 'stopping' || s.phase === 'draining';
  fx.reply(e.token, e.type, { ret: up ? 1 : 0 });
}

export function answerNoNvm(_: HostState, e: Called, fx: Effects): void {
  fx.reply(e.token, 'get_nvm', { nvm: null });
}

export function answerAttached(s: HostState, e: Called, fx: Effects): void {
  fx.reply(e.token, 'set_netdev', { attached: rxAttached(s) });
}
