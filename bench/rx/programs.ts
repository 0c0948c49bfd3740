/** The programs in C that the matcher is compared with: started once, told how many rounds to run, timed by themselves. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { pcapExpression, plainPcapExpression } from '../../rx/index.ts';
import { encodeOobFilters, hexOf, type OobFilters } from '../../sap/index.ts';
import { compileC } from '../c/build.ts';
import type { Contender, Sample } from './race.ts';
import type { Frames } from './traffic.ts';

export const IN_C = 'the same rules in C at -O2';
export const LIBPCAP = 'libpcap, the exact expression';
export const LIBPCAP_PLAIN = 'libpcap, the plain expression';

export interface Programs {
  readonly contenders: readonly Contender[];
  /** Which are not there, and why. */
  readonly missing: readonly string[];
  close(): void;
}

export function startPrograms(frames: Frames, filters: OobFilters): Programs {
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-rx-'));
  const file = join(folder, 'frames');
  writeFrames(file, frames);
  const contenders: RoundProgram[] = [];
  const missing: string[] = [];
  const start = (name: string, source: string, libraries: readonly string[], argument: string) => {
    try {
      contenders.push(new RoundProgram(name, compileC(source, libraries), [file, argument]));
    } catch (error) {
      const cure = libraries.includes('pcap') ? ' (Debian: libpcap-dev)' : '';
      missing.push(`${name}${cure}: ${(error as Error).message}`);
    }
  };
  start(IN_C, 'filter', [], hexOf(encodeOobFilters(filters)));
  start(LIBPCAP, 'libpcap', ['pcap'], pcapExpression(filters));
  start(LIBPCAP_PLAIN, 'libpcap', ['pcap'], plainPcapExpression(filters));
  return {
    contenders,
    missing,
    close: () => {
      for (const program of contenders) program.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A program of `bench/c/frames.h`: a line with the rounds in, a line with the sample out. */
class RoundProgram implements Contender {
  readonly name: string;
  readonly #process: ChildProcessByStdio<Writable, Readable, null>;
  readonly #answers: AsyncIterator<string>;

  constructor(name: string, path: string, args: readonly string[]) {
    this.name = name;
    this.#process = spawn(path, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface(this.#process.stdout)[Symbol.asyncIterator]();
  }

  async run(rounds: number): Promise<Sample> {
    this.#process.stdin.write(`${rounds}\n`);
    const { done, value } = await this.#answers.next();
    if (done) throw new Error(`${this.name}: the program ended without an answer`);
    const [ns, csme] = value.split(' ').map(Number) as [number, number];
    return { ns, csme };
  }

  close(): void {
    this.#process.stdin.end();
  }
}

/** As `bench/c/frames.h` reads them. */
function writeFrames(file: string, { bytes, starts, ends, count }: Frames): void {
  const words = new Uint32Array(1 + 2 * count);
  words[0] = count;
  words.set(starts.subarray(0, count), 1);
  words.set(ends.subarray(0, count), 1 + count);
  writeFileSync(file, Buffer.concat([new Uint8Array(words.buffer), bytes]));
}
