/** Asks the kernel, and libpcap where its headers are installed, what BPF programs say of frames: fuzz/c/bpf-kernel.c. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface BpfAnswers {
  /** For each frame, how many of its bytes the kernel let through; -1: none, it was rejected. */
  readonly kernel: Int32Array;
  /** For each frame, libpcap's answer. Undefined where libpcap's headers are not installed. */
  readonly pcap: Uint32Array | undefined;
}

/** Why no program can be run here: one sentence, with the cure. `undefined`: they can. */
export function bpfKernelProblem(): string | undefined {
  return 'problem' in helper() ? (helper() as { problem: string }).problem : undefined;
}

/** Why there are no answers of libpcap, and no expressions. */
export function libpcapProblem(): string | undefined {
  const found = helper();
  if ('problem' in found) return found.problem;
  return found.withPcap ? undefined : 'libpcap cannot be asked without its headers (Debian: libpcap-dev).';
}

/** Programs and frames, collected and then asked about all at once. */
export class BpfBatch {
  #records = new Uint8Array(1 << 20);
  #length = 0;
  #frames = 0;

  /** The program, as of `bytesOfBpf`, for the frames that follow. */
  program(bytes: Uint8Array): void {
    this.#add('P', bytes, 0, bytes.length);
  }

  /** The pcap-filter expression for the frames that follow. Needs libpcap. */
  expression(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#add('E', bytes, 0, bytes.length);
  }

  frame(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.#frames++;
    this.#add('F', bytes, start, end);
  }

  /** The answers, in the order of the frames; the batch is empty afterwards. Throws what the helper says. */
  run(): BpfAnswers {
    const found = helper();
    if ('problem' in found) throw new Error(found.problem);
    const { stdout, stderr, status, error } = spawnSync(found.path, {
      input: this.#records.subarray(0, this.#length),
      maxBuffer: 2 ** 30,
    });
    if (error !== undefined) throw error;
    if (status !== 0 || stdout.length !== 8 * this.#frames) throw new Error(`${found.path}: ${stderr}`);
    const words = new Int32Array(new Uint8Array(stdout).buffer);
    const kernel = words.filter((_, i) => i % 2 === 0);
    const pcap = Uint32Array.from(words.filter((_, i) => i % 2 === 1));
    this.#length = 0;
    this.#frames = 0;
    return { kernel, pcap: found.withPcap ? pcap : undefined };
  }

  #add(kind: string, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    while (this.#length + 5 + length > this.#records.length) {
      const larger = new Uint8Array(2 * this.#records.length);
      larger.set(this.#records);
      this.#records = larger;
    }
    const at = this.#length;
    this.#records[at] = kind.charCodeAt(0);
    this.#records.set(new Uint8Array(new Uint32Array([length]).buffer), at + 1);
    this.#records.set(bytes.subarray(start, end), at + 5);
    this.#length += 5 + length;
  }
}

type Helper = { readonly path: string; readonly withPcap: boolean } | { readonly problem: string };
let built: Helper | undefined;

function helper(): Helper {
  built ??= build();
  return built;
}

function build(): Helper {
  if (process.platform !== 'linux')
    return { problem: `Programs are run by Linux, this is ${process.platform}.` };
  const root = dirname(createRequire(import.meta.url).resolve('sapwood/package.json'));
  const folder = join(root, 'build', 'fuzz');
  mkdirSync(folder, { recursive: true });
  // One for each process: several may build at once.
  const path = join(folder, `bpf-kernel-${process.pid}`);
  process.once('exit', () => rmSync(path, { force: true }));
  const source = join(root, 'fuzz', 'c', 'bpf-kernel.c');
  const compile = (...more: string[]) =>
    spawnSync('cc', ['-O2', '-o', path, ...more.slice(0, 1), source, ...more.slice(1)], { encoding: 'utf8' });
  if (compile('-DWITH_PCAP', '-lpcap').status === 0) return { path, withPcap: true };
  const { error, status, stderr } = compile();
  if (error !== undefined) return { problem: 'The BPF helper needs a C compiler (Debian: gcc, libc6-dev).' };
  if (status !== 0) return { problem: `The BPF helper does not compile: ${stderr.trim()}` };
  return { path, withPcap: false };
}
