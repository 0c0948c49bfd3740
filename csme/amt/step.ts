/** What each command makes of the emulated AMT, or with which status it is refused. */
import type { AmtCommand } from './commands.ts';
import type { AmtState } from './state.ts';

export interface AmtStep {
  readonly status: number;
  /** The very same value where nothing has changed. */
  readonly state: AmtState;
}

export function step(state: AmtState, nowMs: number, command: AmtCommand): AmtStep {
  const made = make(state, nowMs, command);
  if (typeof made === 'number') return { status: made, state };
  const { status = STATUS.SUCCESS, ...changes } = made;
  return { status, state: { ...state, ...changes } };
}

/** What of the state is replaced, and a status if it is not that of success; or the status of a refusal. */
type Made = (Partial<AmtState> & { readonly status?: number }) | number;

function make(state: AmtState, nowMs: number, command: AmtCommand): Made {
  switch (command.type) {
    case 'set':
      return command.settings;
    default:
      return STATUS.INTERNAL_ERROR;
  }
}

const STATUS = { SUCCESS: 0, INTERNAL_ERROR: 1 } as const;
