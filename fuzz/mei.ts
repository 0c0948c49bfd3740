/**
 * Random calls of several programs on the MEI device, against a model of what each may see.
 *
 * A finding is: something threw; a call was answered twice, or not at all in the end; a message was lost, joined with
 * another, changed, or given to the wrong program; an error that no call can have.
 */
import {
  EAGAIN,
  EBADF,
  EBUSY,
  EFBIG,
  EINTR,
  EINVAL,
  ENODEV,
  ENOTTY,
  IOCTL_MEI_CONNECT_CLIENT,
  IOCTL_MEI_CONNECT_CLIENT_VTAG,
  type MeiCall,
  MeiDevice,
  TEST_GUIDS,
  testClients,
} from '../csme/mei/index.ts';
import { parseGuid } from '../sap/index.ts';
import { Random } from './random.ts';
import type { FuzzFinding, FuzzReport } from './report.ts';

const FINDINGS_MAX = 20;
const STEPS_MAX = 120;

/** Case `n` has the seed `seed + n`: `fuzzMei(1, finding.seed)` repeats a finding. An execution is one sequence. */
export function fuzzMei(runs: number, seed: number): FuzzReport {
  const findings: FuzzFinding[] = [];
  const from = performance.now();
  let executions = 0;
  while (executions < runs && findings.length < FINDINGS_MAX) {
    const caseSeed = (seed + executions++) >>> 0;
    const programs = new Programs(new Random(Math.imul(caseSeed, 0x9e3779b1)));
    let what: string | undefined;
    try {
      what = programs.run();
    } catch (error) {
      what = `threw ${error instanceof Error ? error.stack : error}`;
    }
    if (what !== undefined) findings.push({ seed: caseSeed, hex: '', what });
  }
  return { target: 'mei', executions, seconds: (performance.now() - from) / 1000, findings };
}

/** A message that comes back: what of it was not read yet. */
interface Expected {
  readonly bytes: Uint8Array;
  at: number;
  /** Of the connection: when that has ended, what did not arrive before does not come any more. */
  readonly life: number;
}

interface Program {
  readonly handle: number;
  readonly guid: string;
  readonly vtag: number;
  readonly expected: Expected[];
}

interface Pending {
  readonly program: Program | undefined;
  readonly call: MeiCall | { readonly type: 'open' };
  readonly sent?: Uint8Array;
}

const ERRORS: Readonly<Record<string, readonly number[]>> = {
  open: [ENODEV],
  read: [ENODEV, EAGAIN, EINTR],
  write: [ENODEV, EAGAIN, EINTR, EFBIG],
  ioctl: [ENODEV, EBUSY, EINVAL, ENOTTY],
  poll: [],
  fsync: [ENODEV, EINTR],
  release: [],
};

class Programs {
  readonly #random: Random;
  readonly #device: MeiDevice;
  readonly #pending = new Map<bigint, Pending>();
  #programs: Program[] = [];
  #nowMs = 0;
  #token = 0n;
  #serial = 0;
  /** Goes up whenever a connection may have ended. */
  #life = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#device = new MeiDevice({ clients: testClients(), txQueueLimit: 30 });
  }

  run(): string | undefined {
    const steps = 1 + this.#random.below(STEPS_MAX);
    for (let i = 0; i < steps; i++) {
      const what = this.#step();
      if (what !== undefined) return what;
    }
    return this.#end();
  }

  #step(): string | undefined {
    const random = this.#random;
    const program = this.#programs[random.below(this.#programs.length || 1)];
    if (program === undefined || (this.#programs.length < 4 && random.oneIn(6))) return this.#open();
    switch (random.below(16)) {
      case 0:
        this.#programs = this.#programs.filter((other) => other !== program);
        this.#life++;
        return this.#call(program, { type: 'release' });
      case 1:
      case 2:
        return this.#connect(program);
      case 3:
        this.#nowMs += random.below(20);
        this.#device.handleTimeout(this.#nowMs);
        return this.#drain();
      case 4:
        return this.#interrupt();
      case 5:
        return random.oneIn(4) ? this.#reset() : this.#call(program, { type: 'fsync' });
      case 6:
        return this.#call(program, { type: 'poll', events: random.below(0x200), wake: random.oneIn(2) });
      case 7:
      case 8:
      case 9:
      case 10:
        return this.#write(program);
      default: {
        const size = random.oneIn(2) ? 512 : 1 + random.below(8);
        return this.#call(program, { type: 'read', size, nonblock: random.oneIn(2) });
      }
    }
  }

  /** Everything that can still be read is there and whole; then every call is answered. */
  #end(): string | undefined {
    for (const program of this.#programs) {
      // A read that finds nothing lets the next message come.
      for (let tries = 0, left = -1; tries < 2; tries = program.expected.length === left ? tries + 1 : 0) {
        left = program.expected.length;
        const what = this.#call(program, { type: 'read', size: 4096, nonblock: true });
        if (what !== undefined) return what;
      }
    }
    const lost = this.#programs.find(({ expected }) => expected.some(({ life }) => life === this.#life));
    if (lost !== undefined && this.#pending.size === 0) return `${lost.expected.length} messages are lost`;
    for (const token of [...this.#pending.keys()])
      this.#device.handle(this.#nowMs, { type: 'interrupt', token });
    this.#device.handle(this.#nowMs, { type: 'remove' });
    this.#device.handleTimeout(this.#nowMs + 120_000);
    this.#life++;
    return (
      this.#drain() ?? (this.#pending.size > 0 ? `${this.#pending.size} calls are never answered` : undefined)
    );
  }

  #open(): string | undefined {
    const token = this.#ask({ program: undefined, call: { type: 'open' } });
    this.#device.handle(this.#nowMs, { type: 'open', token });
    return this.#drain();
  }

  #connect(program: Program): string | undefined {
    const id = parseGuid(program.guid)!;
    const tagged = program.vtag > 0;
    return this.#call(program, {
      type: 'ioctl',
      number: tagged ? IOCTL_MEI_CONNECT_CLIENT_VTAG : IOCTL_MEI_CONNECT_CLIENT,
      argument: tagged ? Uint8Array.of(...id, program.vtag, 0, 0, 0) : id,
      nonblock: false,
    });
  }

  #write(program: Program): string | undefined {
    const serial = ++this.#serial;
    const bytes = new Uint8Array(
      this.#random.oneIn(20) ? 513 + this.#random.below(4000) : 4 + this.#random.below(60),
    );
    // Every byte tells which message it is of; no sequence has 256.
    bytes.fill(serial);
    return this.#call(program, { type: 'write', bytes, nonblock: this.#random.oneIn(2) });
  }

  #interrupt(): string | undefined {
    const token = [...this.#pending.keys()][this.#random.below(this.#pending.size || 1)];
    if (token !== undefined) this.#device.handle(this.#nowMs, { type: 'interrupt', token });
    return this.#drain();
  }

  #reset(): string | undefined {
    this.#life++;
    this.#device.handle(this.#nowMs, { type: 'reset', readyAfterMs: this.#random.below(10) });
    return this.#drain();
  }

  #call(program: Program, call: MeiCall): string | undefined {
    const sent = call.type === 'write' ? { sent: call.bytes.slice() } : {};
    const token = this.#ask({ program, call, ...sent });
    this.#device.handle(this.#nowMs, { ...call, token, handle: program.handle });
    return this.#drain();
  }

  #ask(pending: Pending): bigint {
    this.#pending.set(++this.#token, pending);
    return this.#token;
  }

  #drain(): string | undefined {
    for (let output = this.#device.poll(); output !== undefined; output = this.#device.poll()) {
      if (output.type !== 'reply') continue;
      const asked = this.#pending.get(output.token);
      if (asked === undefined) return `call ${output.token} is answered twice`;
      this.#pending.delete(output.token);
      const { errno, value, bytes } = output;
      const gone = errno === EBADF && asked.program !== undefined && !this.#programs.includes(asked.program);
      if (errno !== 0 && !gone && !ERRORS[asked.call.type]?.includes(errno))
        return `${asked.call.type} gives errno ${errno}`;
      const what = this.#answered(asked, errno, value, bytes);
      if (what !== undefined) return what;
    }
    return undefined;
  }

  #answered(asked: Pending, errno: number, value: number, bytes: Uint8Array): string | undefined {
    const { program, call, sent } = asked;
    if (call.type === 'open' && errno === 0) {
      // Every program has a tag of its own: what is on its way for a tag is for whoever has it when it comes.
      const tagged = this.#random.oneIn(2);
      const guid = tagged ? TEST_GUIDS.tagged : TEST_GUIDS.plain;
      this.#programs.push({
        handle: value,
        guid,
        vtag: tagged ? value : 0,
        expected: [],
      });
    } else if (program !== undefined && sent !== undefined && errno === 0) {
      if (value !== sent.length) return `a write of ${sent.length} bytes gives ${value}`;
      program.expected.push({ bytes: sent, at: 0, life: this.#life });
    } else if (program !== undefined && call.type === 'read' && errno === 0) {
      return this.#matches(program, bytes, call.size);
    }
    return undefined;
  }

  /** What was read must be the next that comes back, as much of it as there was room for. */
  #matches(program: Program, bytes: Uint8Array, size: number): string | undefined {
    const { expected } = program;
    for (let head = expected[0]; head !== undefined; head = expected[0]) {
      const part = head.bytes.subarray(head.at, head.at + size);
      if (part.length === bytes.length && part.every((byte, i) => byte === bytes[i])) {
        head.at += part.length;
        if (head.at === head.bytes.length) expected.shift();
        return undefined;
      }
      // It was on its way when a connection ended, perhaps this one.
      if (head.life === this.#life || head.at > 0)
        return `${bytes.length} bytes that are not what comes next`;
      expected.shift();
    }
    return `${bytes.length} bytes that nobody wrote`;
  }
}
