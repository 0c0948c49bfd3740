/** What docs/host.md shows of the machine, derived from its tables: the diagram of phases, every row, timers, quirks. */
import * as actions from './actions/index.ts';
import * as guards from './guards.ts';
import { QUIRKS } from './quirks.ts';
import { code, namesOf, phaseDiagram, rowTables, table } from './table-docs.ts';
import { DRAIN_POLLS, MAP_ROUNDS, PLDR_TRIES, TIMER_NAMES, TIMERS } from './timers.ts';
import { TRANSITIONS } from './transitions.ts';

/** The generated parts of docs/host.md, by the name of their markers. */
export function hostSections(): ReadonlyMap<string, string> {
  return new Map([
    ['phases', phaseDiagram(TRANSITIONS, NAMES)],
    ['rows', rowTables(TRANSITIONS, NAMES)],
    ['timers', timerTable()],
    ['quirks', quirkTable()],
  ]);
}

/**
 * The page with each section between its markers, `<!-- generated: NAME -->` and `<!-- end: NAME -->`. A section whose
 * markers are not there is left out; the caller's page decides what it shows.
 */
export function fillSections(page: string, sections: ReadonlyMap<string, string>): string {
  let filled = page;
  for (const [name, text] of sections) {
    const begin = `<!-- generated: ${name} -->`;
    const end = `<!-- end: ${name} -->`;
    const from = filled.indexOf(begin);
    const to = filled.indexOf(end, from);
    if (from < 0 || to < 0) continue;
    filled = `${filled.slice(0, from + begin.length)}\n${text}\n${filled.slice(to)}`;
  }
  return filled;
}

const NAMES = namesOf(guards, actions);

function timerTable(): string {
  const counts = `Rounds of mapping: ${MAP_ROUNDS}. Tries of PLDR: ${PLDR_TRIES}. Looks while draining: ${DRAIN_POLLS}.`;
  const rows = TIMER_NAMES.map((name) => {
    const { ms, when, source } = TIMERS[name];
    return [code(name), `${ms} ms`, when, source];
  });
  return `${table(['timer', 'length', 'goes off when', 'source'], rows)}\n\n${counts}`;
}

function quirkTable(): string {
  return table(
    ['quirk', 'what the reference does'],
    Object.entries(QUIRKS).map(([name, doc]) => [code(name), doc]),
  );
}
