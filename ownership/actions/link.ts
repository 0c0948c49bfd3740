/** The life of a link: mapping the shared area, starting, leaving in order or not. */
import { ENODEV, sapError } from '../../sap/index.ts';
import type { Effects } from '../effects.ts';
import { freshLink, type HostState } from '../state.ts';
import { TIMER_NAMES } from '../timers.ts';
import { arm } from './common.ts';
import { endWaits, followWaits } from './ownership.ts';
import { endNvmWaits, endPldrRequest } from './services.ts';

export function firstRound(s: HostState): void {
  s.mapRound = 1;
  s.version = 4;
}

export function nextRound(s: HostState): void {
  s.mapRound++;
  s.version = 4;
}

export function olderVersion(s: HostState): void {
  s.version = 3;
}

export function offerArea(_: HostState, __: unknown, fx: Effects): void {
  fx.map();
}

export function armMapRetry(s: HostState, _: unknown, fx: Effects): void {
  arm(s, fx, 'mapRetry');
}

export function start(_: HostState, __: unknown, fx: Effects): void {
  fx.start();
}

export function restart(_: HostState, __: unknown, fx: Effects): void {
  fx.restart();
}

export function readRings(_: HostState, __: unknown, fx: Effects): void {
  if (!fx.quirks['sap-before-start-ok']) fx.readRings();
}

export function reportVersion(s: HostState, e: { supportedVersion: number }, fx: Effects): void {
  fx.problem(
    sapError('SAP_ERR_VERSION', {
      fault: 'csme',
      message: 'START_OK',
      field: 'supportedVersion',
      offset: 16,
      detail: `CSME speaks SAP version ${e.supportedVersion}, the host offered ${s.version}`,
    }),
  );
}

// --- the end ---

export function armDeviceDown(s: HostState, _: unknown, fx: Effects): void {
  arm(s, fx, 'deviceDown');
}

export function tellStolen(s: HostState, _: unknown, fx: Effects): void {
  if (s.driver === 'registered') fx.tell('nic_stolen', {});
}

export function sayGoodbye(s: HostState, _: unknown, fx: Effects): void {
  s.timers.deviceDown = null;
  fx.sendNow({ name: 'HOST_GOES_DOWN' });
  s.drainPolls = 0;
  s.timers.drainPoll = fx.nowMs;
}

export function armDrainPoll(s: HostState, _: unknown, fx: Effects): void {
  s.drainPolls++;
  arm(s, fx, 'drainPoll');
}

export function teardown(_: HostState, __: unknown, fx: Effects): void {
  fx.teardown();
}

/** Callers that wait learn that the connection was lost. */
export function failWaits(s: HostState, _: unknown, fx: Effects): void {
  if (fx.quirks['waiter-survives-removal']) return;
  endWaits(s, fx, -ENODEV);
  endNvmWaits(s, fx, null);
  endPldrRequest(s, fx, -ENODEV);
}

export function forgetLink(s: HostState): void {
  Object.assign(s, freshLink());
  const { nvmReply, pldrReply } = s.timers;
  for (const name of TIMER_NAMES) s.timers[name] = null;
  // Only the quirk `waiter-survives-removal` leaves a waiter.
  followWaits(s);
  if (s.nvmWaits.length > 0) s.timers.nvmReply = nvmReply;
  if (s.pldr) s.timers.pldrReply = pldrReply;
}
