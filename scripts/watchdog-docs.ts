/** What docs/watchdog.md shows of the watchdog, derived from its declarations and tables. */
import { DRIVER_TABLE, KEEPER_TABLE, WATCHDOG_MESSAGES } from '../amt/protocol/index.ts';
import * as driverActions from '../amt/protocol/watchdog/driver-actions.ts';
import * as keeperActions from '../amt/protocol/watchdog/keeper-actions.ts';
import { type AnyTable, code, namesOf, phaseDiagram, rowTables, table } from '../ownership/table-docs.ts';

const DRIVER_NAMES = namesOf(driverActions);
const KEEPER_NAMES = namesOf(keeperActions);

/** The generated parts of docs/watchdog.md, by the name of their markers. */
export function watchdogSections(): ReadonlyMap<string, string> {
  return new Map([
    ['messages', messageTable()],
    ['driver', phaseDiagram(DRIVER_TABLE as AnyTable, DRIVER_NAMES, ['lost'])],
    ['driver-rows', rowTables(DRIVER_TABLE as AnyTable, DRIVER_NAMES)],
    ['keeper', phaseDiagram(KEEPER_TABLE as AnyTable, KEEPER_NAMES, ['sleep', 'wake', 'stop'])],
    ['keeper-rows', rowTables(KEEPER_TABLE as AnyTable, KEEPER_NAMES)],
  ]);
}

function messageTable(): string {
  const hex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`;
  const rows = Object.entries(WATCHDOG_MESSAGES).map(([name, { from, command, subcommand, doc, fields }]) => {
    const parts = Object.entries(fields).map(([field, { text, size }]) =>
      size === 0
        ? ''
        : `${code(field)}, ${size} ${size === 1 ? 'byte' : 'bytes'}${text === '' ? '' : `: ${text}`}`,
    );
    return [
      code(name),
      from,
      `${hex(command)}, ${hex(subcommand)}`,
      doc,
      parts.filter((part) => part !== '').join('<br>'),
    ];
  });
  return table(['message', 'from', 'command', 'what it is', 'fields'], rows);
}
