/** Machines with a defect, to see that the search finds it. */
import { type FirmwareAction, firmwareStep } from '../../csme/index.ts';
import { type EventType, type Phase, step, TRANSITIONS } from '../../ownership/index.ts';
import type { CsmeStep } from './model/csme-part.ts';
import type { HostStep } from './model/host-part.ts';

type AnyRow = {
  readonly when?: (...a: never[]) => boolean;
  readonly do: readonly ((...a: never[]) => void)[];
  readonly to?: Phase;
};

/** A host in which the rows of one event in one phase have lost an action. */
export function hostWithout(action: string, phase: Phase, event: EventType): HostStep {
  const rows = (TRANSITIONS[phase] as Readonly<Record<string, readonly AnyRow[]>>)[event];
  if (!rows?.some((row) => row.do.some((a) => a.name === action)))
    throw new Error(`no ${action} for ${event} in ${phase}`);
  return (state, happened, fx) => {
    if (state.phase !== phase || happened.type !== event) return step(state, happened, fx);
    const given = [state, happened, fx] as never[];
    const row = rows.find((r) => !r.when || r.when(...given));
    if (!row) return false;
    if (row.to) state.phase = row.to;
    for (const a of row.do) if (a.name !== action) a(...given);
    return true;
  };
}

/** A firmware that forgets to send one kind of message. */
export function csmeWithout(message: string): CsmeStep {
  const forgotten = (a: FirmwareAction) => a.type === 'send' && a.message.name === message;
  return (state, input, nowMs) => firmwareStep(state, input, nowMs).filter((a) => !forgotten(a));
}
