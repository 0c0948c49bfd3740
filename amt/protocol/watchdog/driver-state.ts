/** The state of the watchdog's driver, and what its actions can do. */
import type { AmtError } from '../errors.ts';
import type { DriverOutput, OpenerId } from './driver-events.ts';
import { WATCHDOG_TIMEOUT_S } from './limits.ts';

export type DriverPhase =
  /** No connection. */
  | 'ABSENT'
  /** The firmware was asked whether it requires the watchdog. */
  | 'PROBE'
  /** It does not: there is no device, until the firmware notifies. */
  | 'NOT_REQUIRED'
  /** There is a device, and nobody has it. */
  | 'IDLE'
  /** It is open, and was not pinged yet. */
  | 'START'
  /** The firmware expects a ping in time. */
  | 'RUNNING'
  /** STOP is on its way, or could not be sent. */
  | 'STOPPING';

export interface DriverState {
  phase: DriverPhase;
  protocolVersion: number;
  /** Whether the device is there. */
  registered: boolean;
  /** Who has it open. */
  opener: OpenerId | undefined;
  nextOpener: OpenerId;
  timeoutS: number;
  /** The call that waits for the firmware's response, or for START to be sent where none comes. */
  pinging: number | undefined;
}

/** What happens in a state, as the table knows it. */
export type DriverEvent =
  | { readonly type: 'connected' | 'notification' | 'stopSent' | 'lost' | 'remove' | 'open' | 'release' }
  | { readonly type: 'ping'; readonly call: number }
  | { readonly type: 'response'; readonly notRequired: boolean; readonly unexpected: AmtError };

export interface DriverEffects {
  out(output: DriverOutput): void;
}

export function initialDriverState(): DriverState {
  return {
    phase: 'ABSENT',
    protocolVersion: 0,
    registered: false,
    opener: undefined,
    nextOpener: 1,
    timeoutS: WATCHDOG_TIMEOUT_S.usual,
    pinging: undefined,
  };
}
