/** The faults that can be injected, and how each one is made: pure functions of the dice and the bytes. */
import { ringsOf, type SharedArea } from '../sap/index.ts';
import { TransportError } from './errors.ts';
import type { Random } from './random.ts';

export const FAULT_KINDS = {
  'send-error': 'Sending an ME message fails with an errno; nothing is sent.',
  lost: 'The link is cut, as by a firmware reset.',
  'corrupt-ring': 'A byte of one of the rings changes before a door bell passes.',
  'corrupt-pointer': 'A pointer of one of the rings changes before a door bell passes.',
  drop: 'An ME message does not arrive.',
  corrupt: 'Some bytes of an ME message change.',
  duplicate: 'An ME message arrives twice.',
  reorder: 'An ME message arrives after the one that follows it.',
  delay: 'An ME message arrives later; those behind it wait for it.',
  doorbell: 'A door bell rings that nobody rang.',
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

/** One injected fault. */
export interface Fault {
  readonly kind: FaultKind;
  /** Milliseconds of the clock. */
  readonly atMs: number;
  readonly dir: 'h2m' | 'm2h';
  readonly detail: string;
  /** The ME message that was hit. */
  readonly before?: Uint8Array;
  /** What arrives in its place, where that has other bytes; for `doorbell` the bell. */
  readonly after?: Uint8Array;
}

/** How likely each kind is, 0 to 1, for every ME message that passes; 0 for those not named. */
export type FaultRates = Partial<Readonly<Record<FaultKind, number>>>;

/** Throws TRANSPORT_ERR_OPTION for a kind that does not exist or a rate that is no probability. */
export function checkRates(rates: FaultRates): void {
  for (const [kind, rate] of Object.entries(rates)) {
    if (!Object.hasOwn(FAULT_KINDS, kind)) {
      const known = Object.keys(FAULT_KINDS).join(', ');
      throw new TransportError('TRANSPORT_ERR_OPTION', { detail: `Fault ${kind}; known are ${known}.` });
    }
    if (!(rate >= 0 && rate <= 1)) {
      throw new TransportError('TRANSPORT_ERR_OPTION', { detail: `Rate of ${kind}: ${rate}; 0 to 1.` });
    }
  }
}

/** A copy with one to three bytes changed; the same bytes when there are none. */
export function corrupted(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = new Uint8Array(bytes);
  if (copy.length === 0) return copy;
  const count = 1 + random.below(3);
  const first = random.below(copy.length);
  // Each at another place, so that one change does not undo the other.
  for (let i = 0; i < Math.min(count, copy.length); i++) {
    const at = (first + i) % copy.length;
    copy[at] = copy[at]! ^ (1 + random.below(255));
  }
  return copy;
}

/** Changes one byte of a ring, of what is unread if there is something; says which. */
export function corruptRing(area: SharedArea, random: Random): string {
  const ring = ringsOf(area.layout)[random.below(4)]!;
  const wr = pointer(area, ring.wrAt, ring.size);
  const rd = pointer(area, ring.rdAt, ring.size);
  const used = wr >= rd ? wr - rd : ring.size - rd + wr;
  const offset = used > 0 ? (rd + random.below(used)) % ring.size : random.below(ring.size);
  const at = ring.at + offset;
  area.bytes[at] = area.bytes[at]! ^ (1 + random.below(255));
  return `byte ${offset} of ${ring.name}`;
}

/** Sets a pointer of a ring to another value, inside or outside of the ring; says which and to what. */
export function corruptPointer(area: SharedArea, random: Random): string {
  const ring = ringsOf(area.layout)[random.below(4)]!;
  const isWr = random.below(2) === 0;
  const values = [ring.size, ring.size + 1, 0xffffffff, random.below(ring.size), random.below(0x100000000)];
  const value = values[random.below(values.length)]!;
  Atomics.store(area.words, (isWr ? ring.wrAt : ring.rdAt) >> 2, value | 0);
  return `${ring.name}.${isWr ? 'wr_ptr' : 'rd_ptr'} is ${value}`;
}

/** A pointer made to stand inside of the ring, for choosing a place only. */
function pointer(area: SharedArea, at: number, size: number): number {
  return (Atomics.load(area.words, at >> 2) >>> 0) % size;
}
