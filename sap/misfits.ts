/** What generated codecs say when bytes or values do not fit. All of it is off the fast path. */
import type { Side } from './declare.ts';
import { type SapError, sapError } from './errors.ts';
import { type Layout, leaves, type Place } from './walk/fields.ts';

/** The tail of every message that ends where its layout does, and every other view of no bytes. */
export const EMPTY: Uint8Array = Object.freeze(new Uint8Array(0));

/** `available` bytes are fewer than the layout has: names the first field that does not fit. */
export function truncated(
  register: readonly Layout[],
  name: string,
  header: number,
  available: number,
  from: Side | undefined,
): SapError {
  const layout = register.find((m) => m.short === name)!;
  const places = placesOf(layout, header);
  let i = 0;
  while (places[i]!.offset + places[i]!.field.size <= available) i++;
  const { path, offset } = places[i]!;
  const needed = header + layout.payload;
  return sapError('SAP_ERR_TRUNCATED', {
    fault: from ?? 'peer',
    message: name,
    field: path,
    offset,
    needed,
    available,
  });
}

/** Walking a layout makes a path for every field: once per message, since short messages may come in floods. */
const PLACES = new WeakMap<Layout, readonly Place[]>();

function placesOf(layout: Layout, header: number): readonly Place[] {
  let places = PLACES.get(layout);
  if (places === undefined) {
    places = [...leaves(layout.fields, header)];
    PLACES.set(layout, places);
  }
  return places;
}

/** A field of a draft has a value that its layout cannot carry. */
export function unfit(message: string, field: string, value: unknown, demand: string): SapError {
  const detail = `${demand}, not ${shown(value)}`;
  return sapError('SAP_ERR_DRAFT', { fault: 'local', message, field, detail });
}

/** The buffer that was given ends before the message does. */
export function noRoom(message: string, needed: number, available: number): SapError {
  return sapError('SAP_ERR_NO_ROOM', { fault: 'local', message, needed, available });
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array || Array.isArray(value)) return `${value.length} of them`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
