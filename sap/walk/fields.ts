/** Walking a layout: every field with its path and offset. */
import type { AnyField, Fields } from '../declare.ts';

/** What the walkers need to know of a message; a `SapDecl` is one. */
export interface Layout {
  /** The name in values: `NIC_OWNER`. */
  readonly short: string;
  readonly id: number;
  readonly fields: Fields;
  /** Bytes of the fields, without a `rest`. */
  readonly payload: number;
}

export interface Place {
  readonly path: string;
  /** Bytes from the start of the message. */
  readonly offset: number;
  readonly field: AnyField;
}

/** The fields that are bytes or numbers, in the order of the wire; structures and arrays are walked into. */
export function* leaves(fields: Fields, offset: number, prefix = ''): Generator<Place> {
  for (const [name, field] of Object.entries(fields)) {
    yield* leavesOf(field, offset, prefix === '' ? name : `${prefix}.${name}`);
    offset += field.size;
  }
}

function* leavesOf(field: AnyField, offset: number, path: string): Generator<Place> {
  const layout = field.layout;
  if (layout.kind === 'struct') {
    yield* leaves(layout.fields, offset, path);
  } else if (layout.kind === 'array') {
    for (let i = 0; i < layout.length; i++) {
      yield* leavesOf(layout.item, offset + i * layout.item.size, `${path}[${i}]`);
    }
  } else {
    yield { path, offset, field };
  }
}

/** Whether the message ends in bytes of any number, so that nothing can stand behind its layout. */
export function endsOpen(layout: Layout): boolean {
  return Object.values(layout.fields).some((field) => field.layout.kind === 'rest');
}
