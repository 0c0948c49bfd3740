/** The parts of `docs/apf.md` that the declarations of APF give. */
import type { AnyField } from '../amt/protocol/declare.ts';
import {
  APF_DISCONNECT,
  APF_MESSAGES,
  APF_OPEN_FAILURE,
  APF_TIMERS,
  APF_TRIGGER,
  type ApfDecl,
} from '../amt/protocol/index.ts';
import { type EnumSet, enumEntries } from '../sap/index.ts';
import { table } from '../sap/walk/markdown.ts';

/** By the name of the section. */
export function apfSections(): ReadonlyMap<string, string> {
  return new Map([
    ['apf messages', messages()],
    ['apf disconnect', values('reason', APF_DISCONNECT)],
    ['apf open failure', values('reason', APF_OPEN_FAILURE)],
    ['apf trigger', values('trigger', APF_TRIGGER)],
    ['apf timers', timers()],
  ]);
}

function messages(): string {
  const rows = Object.entries<ApfDecl>(APF_MESSAGES).map(([name, { opcode, from, doc, fields }]) => {
    const layout = Object.entries(fields).map(([field, decl]) => part(field, decl));
    return [`${opcode}`, `\`${name}\``, from, layout.join(', ') || 'nothing', doc];
  });
  return table(['no.', 'message', 'sent by', 'behind the number', ''], rows);
}

/** `reason` u32, `data`, `payload`: as long as they say. */
function part(name: string, { shape, text }: AnyField): string {
  switch (shape.kind) {
    case 'uint':
    case 'bool':
      return `\`${name}\` u${8 * shape.size}`;
    case 'counted':
      return `\`${name}\` text`;
    case 'blob':
      return `\`${name}\` u32 n, n bytes`;
    case 'reserved':
      if (text !== 'Reserved.') return text.replace(/^`/, 'text `').replace(/\.$/, '');
      return shape.size === 1 ? 'u8 0' : `${shape.size} bytes 0`;
    case 'optional':
      return `perhaps ${part(name, { ...shape.item, text })}`;
    case 'rest':
      return `\`${name}\` the rest`;
    default:
      return `\`${name}\` ${shape.kind}`;
  }
}

function values(head: string, set: EnumSet): string {
  const rows = enumEntries(set).map(({ name, value, doc }) => [`${value}`, `\`${name}\``, doc]);
  return table([head, 'name', ''], rows);
}

function timers(): string {
  const rows = Object.entries(APF_TIMERS).map(([name, { ms, when, source }]) => [
    `\`${name}\``,
    `${ms / 1000} s`,
    when,
    source,
  ]);
  return table(['timer', 'length', 'when it is over', 'source'], rows);
}
