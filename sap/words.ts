/** Words in the order of the wire, on a machine of either order. */

const LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Turns words as this machine stores them into little endian ones, in place. */
export function littleEndian(words: Uint32Array): void {
  if (LITTLE_ENDIAN) return;
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  for (let i = 0; i < words.length; i++) view.setUint32(4 * i, words[i]!, true);
}
