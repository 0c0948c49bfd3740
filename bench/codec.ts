/** Decoding and encoding of every message, against a codec written by hand and against binary-parser. */
import { pathToFileURL } from 'node:url';
import { decodeSap, encodeSap, type KnownMessage, SAP_MESSAGES } from '../sap/index.ts';
import { binaryParsers } from './anchors/binary-parser.ts';
import { BY_HAND, type ByHand } from './anchors/by-hand.ts';
import { type Contender, interleave, type Rounds } from './interleave.ts';
import type { BenchResult } from './result.ts';
import { samples } from './samples.ts';

const BY_HAND_TARGET = 1;
const BINARY_PARSER_TARGET = 3;
// Rounds shorter than a slice of the scheduler: on a busy machine, most of them are then left alone.
const ROUNDS: Rounds = { rounds: 61, roundMs: 0.8 };

/** Results of every message, or of those named: decode by hand, decode with binary-parser, encode by hand. */
export function codecBench(rounds: Rounds = ROUNDS, only: readonly string[] = []): BenchResult[] {
  const parsers = binaryParsers();
  const inputs = samples();
  const chosen = SAP_MESSAGES.filter(
    ({ short }) => BY_HAND[short] !== undefined && (only.length === 0 || only.includes(short)),
  );
  return chosen.flatMap((message) => {
    const name = message.short;
    const bytes = inputs.get(name)!;
    const hand = BY_HAND[name] as ByHand<KnownMessage>;
    const values = bytes.map((b) => hand.decode(b));
    const parser = parsers.get(name)!;
    const ns = interleave(
      {
        decode: over(bytes, (b) => decodeSap(b)),
        decodeByHand: over(bytes, (b) => hand.decode(b)),
        decodeByParser: over(bytes, (b) => parser.parse(b)),
        encode: over(values, (value) => encodeSap(value, 7)),
        encodeByHand: over(values, (value) => hand.encode(value, 7)),
      },
      rounds,
    );
    return [
      result(`decode ${name}`, ns.decode, 'by hand', ns.decodeByHand, BY_HAND_TARGET),
      result(`decode ${name}`, ns.decode, 'binary-parser', ns.decodeByParser, BINARY_PARSER_TARGET),
      result(`encode ${name}`, ns.encode, 'by hand', ns.encodeByHand, BY_HAND_TARGET),
    ];
  });
}

/** Keeps the last result of a contender alive. */
export let kept: unknown;

/** A loop of its own for every contender, so that none pays for the call sites of another. */
function over<T>(inputs: readonly T[], work: (input: T) => unknown): Contender {
  const loop = new LoopBody<T>(inputs, work);
  return (count) => loop.run(count);
}

class LoopBody<T> {
  private readonly inputs: readonly T[];
  private readonly work: (input: T) => unknown;

  constructor(inputs: readonly T[], work: (input: T) => unknown) {
    this.inputs = inputs;
    this.work = work;
  }

  run(count: number): void {
    const { inputs, work } = this;
    const mask = inputs.length - 1;
    let last: unknown;
    for (let i = 0; i < count; i++) last = work(inputs[i & mask]!);
    kept = last;
  }
}

function result(
  name: string,
  value: number,
  anchor: string,
  anchorValue: number,
  target: number,
): BenchResult {
  const ratio = anchorValue / value;
  return { name, unit: 'ns/op', value, anchor, anchorValue, ratio, target, ok: ratio >= target };
}

function print(results: readonly BenchResult[]): void {
  console.log(
    `${'message'.padEnd(34)}${['decode', 'by hand', 'ratio', 'parser', 'ratio', 'encode', 'by hand', 'ratio'].map((s) => s.padStart(9)).join('')}`,
  );
  for (let i = 0; i < results.length; i += 3) {
    const [hand, parser, encode] = results.slice(i, i + 3) as [BenchResult, BenchResult, BenchResult];
    const cells = [hand.value, hand.anchorValue, hand.ratio, parser.anchorValue, parser.ratio];
    cells.push(encode.value, encode.anchorValue, encode.ratio);
    const shown = cells.map((n, column) => n.toFixed([2, 4, 7].includes(column) ? 2 : 0).padStart(9));
    const mark = [hand, parser, encode].every((r) => r.ok) ? '' : '  *';
    console.log(`${hand.name.slice(7).padEnd(34)}${shown.join('')}${mark}`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const results = codecBench(ROUNDS, process.argv.slice(2));
  print(results);
  const missed = results.filter((r) => !r.ok).length;
  console.log(
    `ns per message; * misses a target; ${results.length - missed} of ${results.length} targets met`,
  );
}
