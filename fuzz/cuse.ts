/**
 * Hostile requests for the MEI device as a device file: good ones, damaged ones and out of order, in sequences.
 *
 * A finding is: something threw; an answer is not laid out as the kernel wants it; a request was answered twice, or not
 * at all after every wait was ended; more was given back than there was room for; a credit that there cannot be.
 */
import { CuseSession } from '../csme/device/index.ts';
import {
  AMTHI_GUID,
  IOCTL_MEI_CONNECT_CLIENT,
  IOCTL_MEI_CONNECT_CLIENT_VTAG,
  IOCTL_MEI_NOTIFY_GET,
  IOCTL_MEI_NOTIFY_SET,
  MeiDevice,
  standardClients,
  TEST_GUIDS,
  testClients,
} from '../csme/mei/index.ts';
import { hexOf, parseGuid } from '../sap/index.ts';
import { RequestWriter, readReply } from './cuse-requests.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import type { FuzzFinding, FuzzReport } from './report.ts';

const FINDINGS_MAX = 20;
/** Requests in one sequence. */
const SEQUENCE_MAX = 60;

/** Sequence `n` has the seed `seed + n`: `fuzzCuse(1, finding.seed)` repeats a finding. An execution is one sequence. */
export function fuzzCuse(runs: number, seed: number): FuzzReport {
  const findings: FuzzFinding[] = [];
  const from = performance.now();
  let executions = 0;
  while (executions < runs && findings.length < FINDINGS_MAX) {
    const caseSeed = (seed + executions++) >>> 0;
    const sequence = new Sequence(new Random(Math.imul(caseSeed, 0x9e3779b1)));
    let what: string | undefined;
    try {
      what = sequence.run();
    } catch (error) {
      what = `threw ${error instanceof Error ? error.stack : error}`;
    }
    if (what !== undefined) findings.push({ seed: caseSeed, hex: hexOf(sequence.last), what });
  }
  return { target: 'cuse', executions, seconds: (performance.now() - from) / 1000, findings };
}

const GUIDS = [AMTHI_GUID, ...Object.values(TEST_GUIDS)].map((guid) => parseGuid(guid)!);
const IOCTLS = [
  IOCTL_MEI_CONNECT_CLIENT,
  IOCTL_MEI_CONNECT_CLIENT,
  IOCTL_MEI_CONNECT_CLIENT_VTAG,
  IOCTL_MEI_NOTIFY_SET,
  IOCTL_MEI_NOTIFY_GET,
  0x5401,
];
const COMMANDS = [
  '@twice x',
  '@event',
  '@bye',
  '@busy 50',
  '@after 20 y',
  '@agree never',
  '@reset 5',
  '@long',
];

class Sequence {
  /** The last request. */
  last = new Uint8Array(0);
  readonly #random: Random;
  readonly #writer = new RequestWriter();
  readonly #session: CuseSession;
  /** Requests that want an answer, with the room that the caller has for it. */
  readonly #open = new Map<bigint, number>();
  readonly #answered = new Set<bigint>();
  #handles: bigint[] = [1n];
  #nowMs = 0;

  constructor(random: Random) {
    this.#random = random;
    const clients = [...standardClients(), ...testClients()];
    this.#session = new CuseSession(new MeiDevice({ clients, txQueueLimit: 30 }), 'mei0');
  }

  run(): string | undefined {
    const length = 1 + this.#random.below(SEQUENCE_MAX);
    for (let i = 0; i < length; i++) {
      const what = this.#random.oneIn(10) ? this.#happen() : this.#send(this.#request());
      if (what !== undefined) return what;
    }
    return this.#end();
  }

  /** Every wait is ended by a signal, time or removal: then nothing may be open. */
  #end(): string | undefined {
    this.#session.handle(this.#nowMs, { type: 'remove' });
    const pending = [...this.#open.keys()];
    for (const unique of pending) {
      this.#session.handle(this.#nowMs, { type: 'request', bytes: this.#writer.interrupt(unique) });
    }
    const what = this.#advance(120_000);
    if (what !== undefined) return what;
    return this.#open.size > 0 ? `${this.#open.size} requests are never answered` : undefined;
  }

  #happen(): string | undefined {
    const random = this.#random;
    switch (random.below(6)) {
      case 0:
        this.#session.handle(this.#nowMs, { type: 'reset', readyAfterMs: random.below(20) });
        return this.#drain();
      case 1:
        this.#session.handle(this.#nowMs, { type: 'ready' });
        return this.#drain();
      case 2:
        this.#session.handle(this.#nowMs, { type: 'removeClient', guid: TEST_GUIDS.plain });
        return this.#drain();
      default:
        return this.#advance(random.oneIn(4) ? 7_000 : random.below(60));
    }
  }

  #advance(ms: number): string | undefined {
    this.#nowMs += ms;
    this.#session.handleTimeout(this.#nowMs);
    return this.#drain();
  }

  #request(): Uint8Array {
    const { below, oneIn, u32 } = bound(this.#random);
    const writer = this.#writer;
    const fh = oneIn(20) ? BigInt(u32()) : this.#handles[below(this.#handles.length)]!;
    const flags = oneIn(2) ? 2 : 0o4002;
    switch (below(14)) {
      case 0:
      case 1:
        return writer.open(flags);
      case 2:
        return oneIn(3) ? writer.release(fh) : writer.fsync(fh);
      case 3:
      case 4:
        return writer.read(fh, oneIn(2) ? 5120 : below(40), flags);
      case 5:
      case 6:
        return writer.write(fh, this.#message(), flags);
      case 7:
      case 8:
      case 9:
      case 10:
        return this.#ioctl(fh);
      case 11:
        return writer.poll(fh, below(0x200), oneIn(2));
      case 12:
        return writer.interrupt([...this.#open.keys()][below(this.#open.size || 1)] ?? 0n);
      default:
        return oneIn(2) ? writer.init(oneIn(4) ? 6 : 7, below(50)) : writer.other(u32() % 5000, below(64));
    }
  }

  #ioctl(fh: bigint): Uint8Array {
    const { below, oneIn, u32 } = bound(this.#random);
    const number = oneIn(16) ? u32() : IOCTLS[below(IOCTLS.length)]!;
    const argument = new Uint8Array(oneIn(16) ? below(40) : (number >>> 16) & 0x3f);
    const isConnect = argument.length >= 16;
    if (isConnect) argument.set(GUIDS[below(GUIDS.length)]!);
    const last = isConnect ? 16 : 0;
    if (argument.length > last) argument[last] = below(3);
    return this.#writer.ioctl(fh, number, argument, oneIn(8) ? below(40) : argument.length);
  }

  #message(): Uint8Array {
    const { below, oneIn } = bound(this.#random);
    if (oneIn(2)) return Uint8Array.from(COMMANDS[below(COMMANDS.length)]!, (c) => c.charCodeAt(0));
    return new Uint8Array(oneIn(8) ? below(6000) : below(40));
  }

  #send(good: Uint8Array): string | undefined {
    const buffer = new Uint8Array(good.length + 32);
    buffer.set(good);
    const length = this.#random.oneIn(4)
      ? mutate(buffer, good.length, buffer.length, this.#random)
      : good.length;
    const bytes = buffer.slice(0, length);
    this.last = bytes.slice();
    this.#expect(bytes);
    this.#session.handle(this.#nowMs, { type: 'request', bytes });
    // The buffer of a request is used for the next one.
    bytes.fill(0xa5);
    return this.#drain();
  }

  /** Notes what must be answered: what has a header with a number that nothing else has, but no interrupt. */
  #expect(bytes: Uint8Array): void {
    if (bytes.length < 40) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const [opcode, unique] = [view.getUint32(4, true), view.getBigUint64(8, true)];
    const whole = view.getUint32(0, true) === bytes.length && (opcode !== 36 || bytes.length >= 48);
    if (unique === 0n || this.#open.has(unique) || (opcode === 36 && whole)) return;
    this.#answered.delete(unique);
    const room = { 15: 56, 39: 68 }[opcode];
    this.#open.set(
      unique,
      room !== undefined && bytes.length >= room + 4 ? view.getUint32(room, true) : Number.MAX_SAFE_INTEGER,
    );
    // A number may come again.
    if (opcode === 15) this.#reads.add(unique);
    else this.#reads.delete(unique);
  }

  readonly #reads = new Set<bigint>();

  #drain(): string | undefined {
    for (let output = this.#session.poll(); output !== undefined; output = this.#session.poll()) {
      if (output.type !== 'write') continue;
      const reply = readReply(output.bytes);
      if (typeof reply === 'string') return reply;
      if ('wake' in reply) continue;
      const room = this.#open.get(reply.unique);
      if (room === undefined) {
        return this.#answered.has(reply.unique)
          ? `${reply.unique} is answered twice`
          : `${reply.unique} was not asked`;
      }
      this.#open.delete(reply.unique);
      this.#answered.add(reply.unique);
      const given = this.#reads.has(reply.unique) ? reply.body.length : Math.max(0, reply.body.length - 16);
      if (given > room) return `gives ${given} bytes where there is room for ${room}`;
      if (reply.errno === 0 && reply.body.length === 16) this.#noteHandle(reply.body);
    }
    return this.#credits();
  }

  #noteHandle(body: Uint8Array): void {
    const fh = new DataView(body.buffer, body.byteOffset, 8).getBigUint64(0, true);
    if (fh > 0n && fh < 1000n && !this.#handles.includes(fh))
      this.#handles = [...this.#handles, fh].slice(-6);
  }

  #credits(): string | undefined {
    for (const { txCredits, rxCredits, txQueued } of this.#session.view().handles) {
      if (txCredits < 0 || txCredits > 1) return `${txCredits} credits of the host`;
      if (rxCredits < 0 || rxCredits > 1) return `${rxCredits} credits of the firmware`;
      if (txQueued > 30) return `${txQueued} messages in the queue`;
    }
    return undefined;
  }
}

function bound(random: Random) {
  return {
    below: (end: number) => random.below(end),
    oneIn: (n: number) => random.oneIn(n),
    u32: () => random.u32(),
  };
}
