/** Guards and actions of the driver's table. Each changes the state and does one thing. */
import type { DriverEffects, DriverEvent, DriverState } from './driver-state.ts';
import { ANSWERING_VERSION, WATCHDOG_TIMEOUT_S } from './limits.ts';
import { encodeWatchdog } from './messages.ts';

export function isLegacy(s: DriverState): boolean {
  return s.protocolVersion < ANSWERING_VERSION;
}

export function isNotRequired(_: DriverState, e: DriverEvent): boolean {
  return e.type === 'response' && e.notRequired;
}

/** A new connection is a new device: what its last user set is forgotten. */
export function useUsualTimeout(s: DriverState): void {
  s.timeoutS = WATCHDOG_TIMEOUT_S.usual;
}

export function sendStart(s: DriverState, _: unknown, fx: DriverEffects): void {
  const bytes = encodeWatchdog({ name: 'START', timeoutS: s.timeoutS });
  fx.out({ type: 'send', name: 'START', bytes });
}

export function sendStop(_: DriverState, __: unknown, fx: DriverEffects): void {
  fx.out({ type: 'send', name: 'STOP', bytes: encodeWatchdog({ name: 'STOP' }) });
}

export function waitForResponse(s: DriverState, e: DriverEvent): void {
  if (e.type === 'ping') s.pinging = e.call;
}

export function completePing(s: DriverState, _: unknown, fx: DriverEffects): void {
  if (s.pinging === undefined) return;
  fx.out({ type: 'answer', call: s.pinging, result: 'ok' });
  s.pinging = undefined;
}

export function register(s: DriverState, _: unknown, fx: DriverEffects): void {
  s.registered = true;
  fx.out({ type: 'registered' });
}

export function unregister(s: DriverState, _: unknown, fx: DriverEffects): void {
  s.opener = undefined;
  if (!s.registered) return;
  s.registered = false;
  fx.out({ type: 'unregistered' });
}

export function tellUnexpected(_: DriverState, e: DriverEvent, fx: DriverEffects): void {
  if (e.type === 'response') fx.out({ type: 'misfit', error: e.unexpected });
}
