/** The parts of `docs/amthi.md` that the declarations of AMTHI and MKHI give. */
import type { AnyField, Fields, Shape } from '../amt/protocol/declare.ts';
import {
  AMT_STATUS,
  AMTHI_COMMAND_NAMES,
  AMTHI_COMMANDS,
  commandWordOf,
  MKHI_COMMAND_NAMES,
  MKHI_COMMANDS,
  MKHI_RESULT,
} from '../amt/protocol/index.ts';
import { type EnumEntry, enumEntries } from '../sap/index.ts';
import { table } from '../sap/walk/markdown.ts';

/** By the name of the section. */
export function amthiSections(): ReadonlyMap<string, string> {
  return new Map([
    ['amthi commands', amthiCommands()],
    ['amthi status', entryTable('status', enumEntries(AMT_STATUS), 4)],
    ['mkhi commands', mkhiCommands()],
    ['mkhi results', entryTable('result', enumEntries(MKHI_RESULT), 2)],
  ]);
}

function amthiCommands(): string {
  const commands = AMTHI_COMMAND_NAMES.map((name) => [name, AMTHI_COMMANDS[name]] as const);
  const rows = commands.map(([name, command]) => [
    `0x${hex(commandWordOf(command), 8)}`,
    `[${name}](#${name.toLowerCase()})`,
    command.doc,
  ]);
  const parts = [table(['word', 'command', ''], rows)];
  for (const [name, { doc, source, request, response }] of commands) {
    parts.push(`#### ${name}`, `${doc} Source: ${source}.`, ...layouts(request, response, 12, 16));
  }
  return parts.join('\n\n');
}

function mkhiCommands(): string {
  const parts: string[] = [];
  for (const name of MKHI_COMMAND_NAMES) {
    const { group, op, doc, source, request, response } = MKHI_COMMANDS[name];
    const code = `Group 0x${hex(group, 2)}, command 0x${hex(op, 2)}.`;
    parts.push(`#### ${name}`, `${code} ${doc} Source: ${source}.`, ...layouts(request, response, 4, 4));
  }
  return parts.join('\n\n');
}

/** `asked` and `answered`: bytes of the header before the data. */
function layouts(request: Fields, response: Fields, asked: number, answered: number): string[] {
  return [
    ...(Object.keys(request).length === 0 ? [] : ['Request:', fieldTable(request, asked)]),
    ...(Object.keys(response).length === 0
      ? ['The answer has no data.']
      : ['Response:', fieldTable(response, answered)]),
  ];
}

function fieldTable(fields: Fields, start: number): string {
  return table(['at', 'field', 'type', ''], rowsOf(fields, '', { at: start, sure: true }));
}

/** Where a field begins; not sure behind one whose length varies. */
interface Place {
  at: number;
  sure: boolean;
}

function rowsOf(fields: Fields, prefix: string, place: Place): string[][] {
  const rows: string[][] = [];
  for (const [name, field] of Object.entries(fields)) {
    const { shape } = field;
    rows.push([place.sure ? `${place.at}` : '', `\`${prefix}${name}\``, typeName(shape), description(field)]);
    if (shape.kind === 'struct') {
      rows.push(...rowsOf(shape.fields, `${prefix}${name}.`, place));
      continue;
    }
    if (shape.kind === 'list' && shape.item.shape.kind === 'struct') {
      rows.push(...rowsOf(shape.item.shape.fields, `${prefix}${name}[].`, { at: 0, sure: false }));
    }
    place.at += field.size;
    if (varies(shape)) place.sure = false;
  }
  return rows;
}

function varies(shape: Shape): boolean {
  return (
    ['list', 'rest', 'skip', 'optional', 'blob'].includes(shape.kind) ||
    ((shape.kind === 'counted' || shape.kind === 'names') && shape.room === undefined)
  );
}

function typeName(shape: Shape): string {
  switch (shape.kind) {
    case 'uint':
    case 'fixed':
      return `u${8 * shape.size}`;
    case 'bool':
      return `bool, u${8 * shape.size}`;
    case 'ipv4':
      return 'IPv4, u32';
    case 'mac':
      return 'MAC, 6 bytes';
    case 'uuid':
      return 'UUID, 16 bytes';
    case 'bytes':
    case 'reserved':
      return `${shape.size} bytes`;
    case 'text':
      return `char[${shape.size}]`;
    case 'counted':
    case 'names':
    case 'blob': {
      const unit = shape.kind === 'blob' ? 'bytes' : 'char';
      const length = shape.room ?? 'n';
      return `u${8 * shape.count} n, ${unit}[${length}]`;
    }
    case 'list': {
      const item = shape.item.shape.kind === 'struct' ? 'so many' : typeName(shape.item.shape);
      return `u${8 * shape.count} n, ${item}, at most ${shape.max}`;
    }
    case 'struct':
      return '';
    case 'optional':
      return `${typeName(shape.item.shape)}, may be missing`;
    case 'rest':
      return 'the rest';
    case 'skip':
      return 'any bytes';
  }
}

function description({ text, values, flags, shape }: AnyField): string {
  const words = [shape.kind === 'skip' ? 'Not looked at; never sent.' : text];
  if (shape.kind === 'fixed') words.push(`Always ${shape.value}.`);
  if (values) words.push(list(enumEntries(values), (value) => `${value}`));
  if (flags) words.push(list(enumEntries(flags), (value) => `bit ${Math.log2(value)}`));
  return words.join(' ');
}

function list(entries: readonly EnumEntry[], shown: (value: number) => string): string {
  return entries.map(({ name, value, doc }) => `<br>${shown(value)} \`${name}\`: ${doc}`).join('');
}

function entryTable(title: string, entries: readonly EnumEntry[], digits: number): string {
  const rows = entries.map(({ name, value, doc }) => [`0x${hex(value, digits)}`, `\`${name}\``, doc]);
  return table([title, 'name', ''], rows);
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
