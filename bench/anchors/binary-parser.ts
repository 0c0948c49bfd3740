/**
 * The same layouts as parsers of `binary-parser`, which decodes only. It is given every advantage: addresses stay two
 * words, nothing is checked, and nothing is renamed or computed.
 */
import { createRequire } from 'node:module';
import type { AnyField, Fields } from '../../sap/declare.ts';
import { SAP_MESSAGES } from '../../sap/index.ts';

/** The part of its interface that is used; its types do not resolve under NodeNext. */
interface Parser {
  [method: string]: (name: string, options?: unknown) => Parser;
}
interface Compiled {
  parse(bytes: Uint8Array): object;
}
const { Parser: NewParser } = createRequire(import.meta.url)('binary-parser') as {
  Parser: new () => Parser & Compiled;
};

/** A compiled parser for every message, by its name. */
export function binaryParsers(): Map<string, Compiled> {
  return new Map(
    SAP_MESSAGES.map((message) => {
      const parser = new NewParser();
      parser.uint16le!('id').uint16le!('length').uint32le!('seqNum');
      addFields(parser, message.fields);
      return [message.short, parser];
    }),
  );
}

function addFields(parser: Parser, fields: Fields): Parser {
  for (const [name, field] of Object.entries(fields)) add(parser, name, field);
  return parser;
}

function add(parser: Parser, name: string, field: AnyField): void {
  const layout = field.layout;
  switch (layout.kind) {
    case 'uint':
      // It has no words of three bytes.
      if (layout.bytes === 3) parser.uint16be!(`${name}High`).uint8!(`${name}Low`);
      else parser[uintName(layout.bytes, layout.bigEndian)]!(name);
      break;
    case 'u64':
      parser.uint64le!(name);
      break;
    case 'mac':
      parser.uint16be!(`${name}High`).uint32be!(`${name}Low`);
      break;
    case 'bytes':
      parser.buffer!(name, { length: layout.length });
      break;
    case 'rest':
      parser.buffer!(name, { readUntil: 'eof' });
      break;
    case 'array':
      parser.array!(name, { length: layout.length, type: itemType(layout.item) });
      break;
    case 'struct':
      parser.nest!(name, { type: addFields(new NewParser(), layout.fields) });
  }
}

function itemType(item: AnyField): unknown {
  const layout = item.layout;
  if (layout.kind === 'uint') return uintName(layout.bytes, layout.bigEndian);
  if (layout.kind === 'struct') return addFields(new NewParser(), layout.fields);
  const parser = new NewParser();
  add(parser, 'item', item);
  return parser;
}

function uintName(bytes: number, bigEndian: boolean): string {
  if (bytes === 1) return 'uint8';
  return `uint${8 * bytes}${bigEndian ? 'be' : 'le'}`;
}
