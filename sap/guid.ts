/** GUIDs of ME clients: as text, and as the 16 bytes that the kernel and the firmware have (mixed-endian). */
import { bytesOfHex, hexOf } from './bytes.ts';

/**
 * The bytes of `12f80028-b4b7-4b2d-aca8-46e0ff65814c`: the first three fields little-endian, the rest in text order.
 * Undefined for any other form; upper case is the same.
 */
export function parseGuid(text: string): Uint8Array | undefined {
  const inOrder = GUID_TEXT.test(text) ? bytesOfHex(text.replaceAll('-', '')) : undefined;
  return inOrder && Uint8Array.from(PLACES, (place) => inOrder[place]!);
}

/** The text of 16 bytes, in lower case. Throws RangeError when they are fewer or more. */
export function formatGuid(bytes: Uint8Array): string {
  if (bytes.length !== PLACES.length) throw new RangeError('a GUID has 16 bytes');
  const hex = hexOf(Uint8Array.from(PLACES, (place) => bytes[place]!));
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Which byte of the text is at each place of the bytes; the same the other way round. */
const PLACES = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
const GUID_TEXT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
