/** Damage to a message. */
import type { Random } from './random.ts';

/** Bytes that mean something more often than others do. */
const TELLING = [0, 1, 2, 3, 0x20, 0x21, 0x7f, 0x80, 0xfe, 0xff];

/**
 * Damages `length` bytes at the start of `buffer` in up to four ways and gives the new length, at most `most`: bits
 * flipped, bytes replaced, words made extreme, the end cut off or more of it made up.
 */
export function mutate(buffer: Uint8Array, length: number, most: number, random: Random): number {
  for (let left = 1 + random.below(4); left > 0; left--) {
    const at = length === 0 ? 0 : random.below(length);
    switch (random.below(6)) {
      case 0:
        buffer[at]! ^= 1 << random.below(8);
        break;
      case 1:
        buffer[at] = random.u32();
        break;
      case 2:
        buffer[at] = TELLING[random.below(TELLING.length)]!;
        break;
      case 3:
        buffer.fill(random.below(2) * 0xff, at, Math.min(length, at + 4));
        break;
      case 4:
        length = at;
        break;
      default: {
        const longer = Math.min(most, length + 1 + random.below(16));
        for (let i = length; i < longer; i++) buffer[i] = random.u32();
        length = longer;
      }
    }
  }
  return length;
}
