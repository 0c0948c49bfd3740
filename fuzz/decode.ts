/**
 * Damaged messages for the decoders and printers of `sap`.
 *
 * A finding is: something threw; the bytes around the message changed what it decodes to (so it was read past its
 * ends); or a message that decodes does not give its bytes again.
 */
import {
  decodeMe,
  decodeSap,
  encodeMe,
  encodeSapInto,
  formatMe,
  formatSap,
  headlineMe,
  headlineSap,
  hexOf,
  SAP_MESSAGES,
  SapError,
  type Side,
} from '../sap/index.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import type { FuzzFinding, FuzzReport } from './report.ts';

/** Longer than every layout, so that tails are met as well. */
const MESSAGE_MAX = 2048;
/** Bytes around the message that must have no influence. */
const GUARD = 64;
/** One of so many inputs also goes through the printers, which are slower by far. */
const PRINT_EVERY = 16;
const FINDINGS_MAX = 20;

/** Runs `iterations` inputs made from `seed`. One in eight is an ME message. */
export function fuzzDecode(iterations: number, seed: number): FuzzReport {
  const fuzzer = new Fuzzer(seed);
  const start = process.hrtime.bigint();
  let executions = 0;
  while (executions < iterations && fuzzer.findings.length < FINDINGS_MAX) {
    fuzzer.step(executions++);
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { target: 'decode', executions, seconds, findings: fuzzer.findings };
}

class Fuzzer {
  readonly findings: FuzzFinding[] = [];
  private readonly seed: number;
  private readonly random: Random;
  private readonly seeds = seedMessages();
  /** The message between two guards, and the same with other guards. */
  private readonly one = new Uint8Array(GUARD + MESSAGE_MAX + GUARD);
  private readonly other = new Uint8Array(GUARD + MESSAGE_MAX + GUARD);
  private readonly again = new Uint8Array(MESSAGE_MAX);

  constructor(seed: number) {
    this.seed = seed;
    this.random = new Random(seed);
  }

  step(count: number): void {
    const { random, seeds, one } = this;
    const isMe = random.below(8) === 0;
    const from = isMe ? seeds.me : seeds.sap;
    const sample = from[random.below(from.length)]!;
    const message = one.subarray(GUARD, GUARD + MESSAGE_MAX);
    message.set(sample);
    const length = mutate(message, sample.length, MESSAGE_MAX, random);
    if (!isMe && length >= 4 && random.below(8) !== 0) {
      // Most inputs get a length that fits: a wrong one is refused before anything else is looked at.
      message[2] = length - 8;
      message[3] = (length - 8) >>> 8;
    }
    this.place(length);
    const print = count % PRINT_EVERY === 0;
    try {
      const problem = isMe ? this.checkMe(length, print) : this.checkSap(length, print);
      if (problem !== undefined) this.found(length, problem);
    } catch (error) {
      this.found(length, `threw ${String(error)}`);
    }
  }

  /** Different guards around the same message in both buffers. */
  private place(length: number): void {
    const { one, other, random } = this;
    const end = GUARD + length;
    other.set(one.subarray(GUARD, end), GUARD);
    const guard = random.u32() & 0xff;
    one.fill(guard, 0, GUARD).fill(guard, end, end + GUARD);
    other.fill(guard ^ 0xff, 0, GUARD).fill(guard ^ 0xff, end, end + GUARD);
  }

  private checkSap(length: number, print: boolean): string | undefined {
    const { one, other, again } = this;
    const end = GUARD + length;
    const from = SIDES[length % 3];
    const message = decodeSap(one, GUARD, end, from);
    const twin = decodeSap(other, GUARD, end, from);
    if (message instanceof SapError || twin instanceof SapError) {
      return errorProblem(message, twin);
    }
    const written = encodeSapInto(message, message.seqNum, again, 0);
    if (written !== length || !same(again, one, length)) return 'does not give its bytes again';
    encodeSapInto(twin, twin.seqNum, again, 0);
    if (!same(again, one, length)) return 'depends on bytes around it';
    if (print && formatSap(message) + headlineSap(message) !== formatSap(twin) + headlineSap(twin)) {
      return 'prints bytes around it';
    }
    return undefined;
  }

  private checkMe(length: number, print: boolean): string | undefined {
    const { one, other } = this;
    const end = GUARD + length;
    const message = decodeMe(one.subarray(GUARD, end), 'csme');
    const twin = decodeMe(other.subarray(GUARD, end), 'csme');
    if (message instanceof SapError || twin instanceof SapError) return errorProblem(message, twin);
    const bytes = encodeMe(message, message.seqNum, { size: length });
    if (!same(bytes, one, length)) return 'does not give its bytes again';
    if (!same(encodeMe(twin, twin.seqNum, { size: length }), one, length))
      return 'depends on bytes around it';
    if (print && formatMe(message) + headlineMe(message) !== formatMe(twin) + headlineMe(twin)) {
      return 'prints bytes around it';
    }
    return undefined;
  }

  private found(length: number, what: string): void {
    const hex = hexOf(this.one.subarray(GUARD, GUARD + length));
    this.findings.push({ seed: this.seed, hex, what });
  }
}

const SIDES: readonly (Side | undefined)[] = ['host', 'csme', undefined];

/** Both must be the same error, and one that the sender is to blame for. */
function errorProblem(a: object, b: object): string | undefined {
  if (!(a instanceof SapError && b instanceof SapError)) return 'depends on bytes around it';
  if (a.fault === 'local') return 'blames us';
  return a.message === b.message ? undefined : 'has an error that depends on bytes around it';
}

/** Whether `a` from its start equals `b` from the guard on. */
function same(a: Uint8Array, b: Uint8Array, length: number): boolean {
  if (a.length < length) return false;
  for (let i = 0; i < length; i++) if (a[i] !== b[GUARD + i]) return false;
  return true;
}

/** A good message of every kind, with bytes that differ, and a few of ids that are not known. */
function seedMessages(): { sap: Uint8Array[]; me: Uint8Array[] } {
  const random = new Random(1);
  const sap = [
    ...SAP_MESSAGES.map((decl) => ({ id: decl.id, size: 8 + decl.payload })),
    { id: 501, size: 12 },
  ].map(({ id, size }) => {
    const bytes = Uint8Array.from({ length: size }, () => random.u32());
    bytes[0] = id;
    bytes[1] = id >>> 8;
    return bytes;
  });
  const me = [
    encodeMe({ name: 'START', supportedVersions: [4, 3] }, 1),
    encodeMe({ name: 'START_OK', supportedVersion: 4 }, 1),
    encodeMe({ name: 'CHECK_SHARED_AREA' }, 2),
    encodeMe({ name: 'CHECK_SHARED_AREA' }, 3, { size: 88 }),
    encodeMe({ name: 'UNKNOWN', type: 7, payload: new Uint8Array(5) }, 4),
  ];
  return { sap, me };
}
