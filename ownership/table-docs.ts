/** Shows a transition table in Markdown: which phase leads where, and every row of it. */

interface AnyRow {
  // biome-ignore lint/complexity/noBannedTypes: only its identity counts here
  readonly when?: Function;
  // biome-ignore lint/complexity/noBannedTypes: only its identity counts here
  readonly do: readonly Function[];
  readonly to?: string;
}
export type AnyTable = Readonly<Record<string, Readonly<Record<string, readonly AnyRow[]>>>>;
export type Names = ReadonlyMap<unknown, string>;

/**
 * Guards and actions by the name that their module gives them: those that a factory made have none of their own. Of
 * two names for one function the first in the alphabet counts.
 */
export function namesOf(...modules: readonly object[]): Names {
  const entries = modules.flatMap((module) => Object.entries(module));
  return new Map(entries.reverse().map(([name, value]) => [value, name]));
}

/** Phases and what leads from one to another, for Mermaid; the first one is where it begins. */
export function phaseDiagram(transitions: AnyTable, names: Names, except: readonly string[] = []): string {
  const arrows: string[] = [];
  for (const [phase, events] of Object.entries(transitions)) {
    const causes = new Map<string, string[]>();
    for (const [event, rows] of Object.entries(events)) {
      if (except.includes(event)) continue;
      for (const row of rows) {
        if (row.to === undefined || row.to === phase) continue;
        const cause = row.when ? `${event} [${nameOf(names, row.when)}]` : event;
        causes.set(row.to, [...(causes.get(row.to) ?? []), cause]);
      }
    }
    for (const [to, reasons] of causes) arrows.push(`  ${phase} --> ${to} : ${reasons.join(', ')}`);
  }
  const first = Object.keys(transitions)[0];
  return ['```mermaid', 'stateDiagram-v2', `  [*] --> ${first}`, ...arrows, '```'].join('\n');
}

/** All rows: events that the same phases handle the same way stand in one table. */
export function rowTables(transitions: AnyTable, names: Names): string {
  const shared = new Map<readonly AnyRow[], Map<string, string[]>>();
  for (const [phase, events] of Object.entries(transitions)) {
    for (const [event, rows] of Object.entries(events)) {
      const phasesOf = shared.get(rows) ?? new Map<string, string[]>();
      shared.set(rows, phasesOf.set(event, [...(phasesOf.get(event) ?? []), phase]));
    }
  }
  const tables = new Map<string, string[][]>();
  for (const [rows, phasesOf] of shared) {
    for (const [event, phases] of phasesOf) {
      const title = phases.map(code).join(', ');
      tables.set(title, [...(tables.get(title) ?? []), ...cellsOf(event, rows, names)]);
    }
  }
  const parts = [...tables].map(
    ([title, cells]) => `In ${title}:\n\n${table(['event', 'when', 'does', 'goes to'], cells)}`,
  );
  return parts.join('\n\n');
}

export function code(text: string): string {
  return `\`${text}\``;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function cellsOf(event: string, rows: readonly AnyRow[], names: Names): string[][] {
  return rows.map((row, i) => [
    i === 0 ? code(event) : '',
    row.when ? code(nameOf(names, row.when)) : i === 0 ? '' : 'else',
    row.do.map((action) => code(nameOf(names, action))).join(', '),
    row.to ? code(row.to) : '',
  ]);
}

function nameOf(names: Names, part: unknown): string {
  return names.get(part) ?? '?';
}
