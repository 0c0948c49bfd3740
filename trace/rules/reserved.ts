/** Where the messages have reserved bytes. */

import type { Fields } from '../../sap/declare.ts';
import { SAP_HEADER_LEN, SAP_MESSAGES } from '../../sap/index.ts';

interface Range {
  readonly from: number;
  readonly to: number;
}

/** By message type; offsets from the start of the message. */
export const RESERVED: ReadonlyMap<number, readonly Range[]> = new Map(
  SAP_MESSAGES.map((decl) => [decl.id, rangesOf(decl.fields, SAP_HEADER_LEN)] as const).filter(
    ([, ranges]) => ranges.length > 0,
  ),
);

function rangesOf(fields: Fields, at: number): Range[] {
  const out: Range[] = [];
  for (const [name, { layout, size }] of Object.entries(fields)) {
    if (name.startsWith('reserved')) out.push({ from: at, to: at + size });
    else if (layout.kind === 'struct') out.push(...rangesOf(layout.fields, at));
    at += size;
  }
  return out;
}
