/** The generated parts of docs/agent-states.md: what the agent's tables say. */
import * as actions from '../netlink-bridge/agent/actions.ts';
import * as guards from '../netlink-bridge/agent/guards.ts';
import {
  CONNECT_TRIES,
  PHASES,
  RESTORE_TRIES,
  TIMER_NAMES,
  TIMERS,
  type TimerSpec,
  TROUBLES,
} from '../netlink-bridge/agent/index.ts';
import { TRANSITIONS } from '../netlink-bridge/agent/transitions.ts';
import { code, namesOf, phaseDiagram, rowTables, table } from '../ownership/table-docs.ts';

/** They end every take-over; the page says so in words, and their rows are in the tables. */
const EVERYWHERE = ['stop', 'sleep', 'interface', 'supplicantGone'];

/** By the name of their markers. */
export function agentStateSections(): ReadonlyMap<string, string> {
  const names = namesOf(guards, actions);
  return new Map([
    ['phases', phaseTable()],
    ['diagram', phaseDiagram(TRANSITIONS, names, EVERYWHERE)],
    ['rows', rowTables(TRANSITIONS, names)],
    ['timers', timerTable()],
    ['troubles', troubleTable()],
  ]);
}

function phaseTable(): string {
  return table(
    ['phase', 'meaning'],
    Object.entries(PHASES).map(([phase, says]) => [code(phase), says]),
  );
}

function timerTable(): string {
  const rows = TIMER_NAMES.map((name) => {
    const spec: TimerSpec = TIMERS[name];
    const phases = spec.in ? spec.in.map(code).join(', ') : 'any';
    return [code(name), `${spec.ms} ms`, spec.when, spec.source, phases];
  });
  const tries = `Tries to connect in one window: ${CONNECT_TRIES}. Tries to restore behind a stop: ${RESTORE_TRIES}.`;
  return `${table(['timer', 'length', 'goes off when', 'source', 'lives in'], rows)}\n\n${tries}`;
}

function troubleTable(): string {
  return table(
    ['trouble', 'level', 'what it says'],
    Object.entries(TROUBLES).map(([name, { level, says }]) => [code(name), level, says]),
  );
}
