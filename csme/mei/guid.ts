/** GUIDs of ME clients: the first three fields are little endian in memory, the text has every field's digits in order. */
import { bytesOfHex, hexOf } from '../../sap/index.ts';

export const GUID_BYTES = 16;

/** `28 00 f8 12 b7 b4 …` of `12f80028-b4b7-…`. Throws a RangeError for anything but 8-4-4-4-12 hex digits. */
export function guidBytes(text: string): Uint8Array {
  const inOrder = GUID_TEXT.test(text) ? bytesOfHex(text.replaceAll('-', '')) : undefined;
  if (inOrder === undefined) throw new RangeError(`not a GUID: '${text}'`);
  return Uint8Array.from(PLACES, (place) => inOrder[place]!);
}

/** The text, in lower case, of the 16 bytes at `at`, all of which must be there. */
export function formatGuid(bytes: Uint8Array, at = 0): string {
  const hex = hexOf(Uint8Array.from(PLACES, (place) => bytes[at + place]!));
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The byte of the text that stands at each place in memory; the same the other way round. */
const PLACES = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
const GUID_TEXT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
