/**
 * The whole behaviour of the watchdog's driver, readable in one place: what Linux's mei_wdt does, state by state.
 *
 * A row says: in this state, when this event comes and the guard holds, do these actions in this order and enter that
 * state. The first row whose guard holds is taken; what has no row changes nothing.
 */
import * as act from './driver-actions.ts';
import type { DriverEffects, DriverEvent, DriverPhase, DriverState } from './driver-state.ts';

export interface DriverRow {
  readonly when?: (state: DriverState, event: DriverEvent) => boolean;
  readonly do: readonly ((state: DriverState, event: DriverEvent, fx: DriverEffects) => void)[];
  readonly to?: DriverPhase;
}
export type DriverRows = { readonly [T in DriverEvent['type']]?: readonly DriverRow[] };

/** Suspend, removal and a reset of the firmware. Only a watchdog that runs has to be stopped, and only while it can be. */
const ENDS: DriverRows = {
  remove: [{ do: [act.completePing, act.unregister], to: 'ABSENT' }],
  lost: [{ do: [act.completePing, act.unregister], to: 'ABSENT' }],
};

const UNEXPECTED: DriverRows = { response: [{ do: [act.tellUnexpected, act.completePing] }] };

export const DRIVER_TABLE = {
  ABSENT: {
    connected: [
      { when: act.isLegacy, do: [act.useUsualTimeout, act.register], to: 'IDLE' },
      { do: [act.useUsualTimeout, act.sendStart], to: 'PROBE' },
    ],
  },

  PROBE: {
    ...ENDS,
    response: [
      { when: act.isNotRequired, do: [], to: 'NOT_REQUIRED' },
      { do: [act.sendStop, act.register], to: 'IDLE' },
    ],
  },

  NOT_REQUIRED: {
    ...ENDS,
    ...UNEXPECTED,
    notification: [{ do: [act.register], to: 'IDLE' }],
  },

  IDLE: {
    ...ENDS,
    ...UNEXPECTED,
    open: [{ do: [], to: 'START' }],
  },

  START: {
    ...ENDS,
    ...UNEXPECTED,
    open: [{ do: [] }],
    ping: [{ do: [act.sendStart, act.waitForResponse], to: 'RUNNING' }],
  },

  RUNNING: {
    ...ENDS,
    remove: [{ do: [act.completePing, act.sendStop, act.unregister], to: 'ABSENT' }],
    ping: [{ do: [act.sendStart, act.waitForResponse] }],
    response: [
      { when: act.isNotRequired, do: [act.completePing, act.unregister], to: 'NOT_REQUIRED' },
      { do: [act.completePing] },
    ],
    release: [{ do: [act.completePing, act.sendStop], to: 'STOPPING' }],
  },

  STOPPING: {
    ...ENDS,
    ...UNEXPECTED,
    stopSent: [{ do: [], to: 'IDLE' }],
    open: [{ do: [], to: 'START' }],
  },
} as const satisfies { readonly [P in DriverPhase]: DriverRows };
