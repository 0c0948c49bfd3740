/** What docs/host.md shows of the machine, derived from its tables: the diagram of phases, every row, timers, quirks. */
import * as actions from './actions/index.ts';
import * as guards from './guards.ts';
import { QUIRKS } from './quirks.ts';
import type { Phase } from './state.ts';
import { DRAIN_POLLS, MAP_ROUNDS, PLDR_TRIES, TIMER_NAMES, TIMERS } from './timers.ts';
import { TRANSITIONS } from './transitions.ts';

/** The generated parts of docs/host.md, by the name of their markers. */
export function hostSections(): ReadonlyMap<string, string> {
  return new Map([
    ['phases', phaseDiagram()],
    ['rows', rowTables()],
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

interface AnyRow {
  // biome-ignore lint/complexity/noBannedTypes: only its identity counts here
  readonly when?: Function;
  // biome-ignore lint/complexity/noBannedTypes: only its identity counts here
  readonly do: readonly Function[];
  readonly to?: Phase;
}

const PHASES = Object.keys(TRANSITIONS) as Phase[];
/**
 * Guards and actions by the name that their module gives them: those that a factory made have none of their own. Of
 * two names for one function the first in the alphabet counts.
 */
const NAMES = new Map<unknown, string>(
  [...Object.entries(guards), ...Object.entries(actions)].reverse().map(([name, value]) => [value, name]),
);

function rowsOf(phase: Phase): [string, readonly AnyRow[]][] {
  return Object.entries(TRANSITIONS[phase]);
}

/** Phases and what leads from one to another, for Mermaid. */
function phaseDiagram(): string {
  const arrows: string[] = [];
  for (const phase of PHASES) {
    const causes = new Map<Phase, string[]>();
    for (const [event, rows] of rowsOf(phase)) {
      for (const row of rows) {
        if (row.to === undefined || row.to === phase) continue;
        const cause = row.when ? `${event} [${nameOf(row.when)}]` : event;
        causes.set(row.to, [...(causes.get(row.to) ?? []), cause]);
      }
    }
    for (const [to, names] of causes) arrows.push(`  ${phase} --> ${to} : ${names.join(', ')}`);
  }
  return ['```mermaid', 'stateDiagram-v2', '  [*] --> absent', ...arrows, '```'].join('\n');
}

/** All rows: events that the same phases handle the same way stand in one table. */
function rowTables(): string {
  const phasesOf = new Map<readonly AnyRow[], { event: string; phases: Phase[] }>();
  for (const phase of PHASES) {
    for (const [event, rows] of rowsOf(phase)) {
      const shared = phasesOf.get(rows);
      if (shared) shared.phases.push(phase);
      else phasesOf.set(rows, { event, phases: [phase] });
    }
  }
  const tables = new Map<string, string[][]>();
  for (const [rows, { event, phases }] of phasesOf) {
    const title = phases.map(code).join(', ');
    tables.set(title, [...(tables.get(title) ?? []), ...cellsOf(event, rows)]);
  }
  const parts = [...tables].map(
    ([title, cells]) => `In ${title}:\n\n${table(['event', 'when', 'does', 'goes to'], cells)}`,
  );
  return parts.join('\n\n');
}

function cellsOf(event: string, rows: readonly AnyRow[]): string[][] {
  return rows.map((row, i) => [
    i === 0 ? code(event) : '',
    row.when ? code(nameOf(row.when)) : i === 0 ? '' : 'else',
    row.do.map((action) => code(nameOf(action))).join(', '),
    row.to ? code(row.to) : '',
  ]);
}

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

function nameOf(part: unknown): string {
  return NAMES.get(part) ?? '?';
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
