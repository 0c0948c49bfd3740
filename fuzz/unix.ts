/**
 * Fuzzes what comes over the socket of `unix:`.
 *
 *     npm run fuzz -- unix --runs 10000000 --seed 1
 *
 * Must hold in every case: nothing throws; where reads end makes no difference; what was not damaged comes out as it went
 * in; every descriptor comes back once; there are as many acknowledgements as messages, and none unasked; with one
 * message on its way no other is sent.
 */
import { hexOf, ME_MESSAGE_MAX } from '../sap/index.ts';
import { TransportError } from '../transport/index.ts';
import { Conversation, HOLD_POLLS } from '../transport/unix/conversation.ts';
import { encodeAnnouncement, encodeFrame } from '../transport/unix/framing.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import type { FuzzFinding, FuzzReport } from './report.ts';

const FINDINGS_MAX = 20;
const FRAMES_MAX = 12;
const STREAM_MAX = 2048;

/** Case `n` has the seed `seed + n`: `fuzzUnix(1, finding.seed)` repeats a finding. */
export function fuzzUnix(iterations: number, seed: number): FuzzReport {
  const findings: FuzzFinding[] = [];
  const from = performance.now();
  let executions = 0;
  while (executions < iterations && findings.length < FINDINGS_MAX) {
    const caseSeed = (seed + executions) >>> 0;
    const random = new Random(Math.imul(caseSeed, 0x9e3779b1));
    const stream = streamOf(random);
    const what = verdict(stream, random);
    if (what !== undefined) findings.push({ seed: caseSeed, hex: hexOf(stream.bytes), what });
    executions++;
  }
  return { target: 'unix', executions, seconds: (performance.now() - from) / 1000, findings };
}

interface Stream {
  readonly bytes: Uint8Array;
  /** Byte offsets with which a descriptor comes. */
  readonly descriptorsAt: ReadonlySet<number>;
  /** What it holds; undefined when it is damaged. */
  readonly frames: readonly string[] | undefined;
}

function streamOf(random: Random): Stream {
  const buffer = new Uint8Array(STREAM_MAX);
  const descriptorsAt = new Set<number>();
  const frames: string[] = [];
  let length = 0;
  for (let left = random.below(FRAMES_MAX); left > 0; left--) {
    let frame: Uint8Array;
    if (random.oneIn(4)) {
      const size = ME_MESSAGE_MAX + 1 + random.below(0x40000);
      const offset = BigInt(random.u32()) * 4096n;
      descriptorsAt.add(length);
      frame = encodeAnnouncement(size, offset);
      frames.push(`area ${size} ${offset}`);
      if (random.oneIn(4)) frame = frame.subarray(4);
    } else {
      const bytes = new Uint8Array(1 + random.below(ME_MESSAGE_MAX)).fill(1 + random.below(90));
      frame = encodeFrame(bytes);
      frames.push(`me ${hexOf(bytes)}`);
    }
    buffer.set(frame, length);
    length += frame.length;
  }
  if (random.oneIn(3)) return { bytes: buffer.subarray(0, length), descriptorsAt, frames };
  if (random.oneIn(2)) length = mutate(buffer, length, STREAM_MAX, random);
  for (let left = random.below(3); left > 0; left--) descriptorsAt.add(random.below(length + 1));
  return { bytes: buffer.subarray(0, length), descriptorsAt, frames: undefined };
}

function verdict(stream: Stream, random: Random): string | undefined {
  try {
    const whole = read(stream, () => STREAM_MAX, random);
    const cut = read(stream, () => 1 + random.below(8), random);
    const bytewise = read(stream, () => 1, random);
    const problem = whole.problem ?? cut.problem ?? bytewise.problem;
    if (problem !== undefined) return problem;
    const seen = whole.frames.join('; ');
    if (cut.frames.join('; ') !== seen || bytewise.frames.join('; ') !== seen)
      return 'the cuts make a difference';
    if (stream.frames !== undefined && stream.frames.join('; ') !== seen) return 'it is not what was sent';
    return undefined;
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

interface Seen {
  readonly frames: readonly string[];
  readonly problem: string | undefined;
}

/** Reads the stream in pieces, answers as a connection does, and sends messages of its own meanwhile. */
function read(stream: Stream, pieceOf: () => number, random: Random): Seen {
  const conversation = new Conversation(1000, true);
  const frames: string[] = [];
  const back: number[] = [];
  let given = 0;
  let messages = 0;
  let acks = 0;
  let inFlight = 0;
  let problem: string | undefined;
  const write = () => {
    for (let out = conversation.poll(0); out !== undefined; out = conversation.poll(0)) {
      if (out.bytes.length === 4) acks++;
      else if (++inFlight > 1) problem ??= 'two messages were on their way';
    }
  };
  for (let at = 0; at < stream.bytes.length; ) {
    if (random.oneIn(8)) conversation.send(0, encodeFrame(Uint8Array.of(7)));
    const end = Math.min(stream.bytes.length, at + Math.min(pieceOf(), conversation.wanted));
    let came = 0;
    for (let i = at; i < end; i++) if (stream.descriptorsAt.has(i)) came++;
    const descriptor = came > 0 ? given++ : undefined;
    const frame = conversation.handleBytes(0, stream.bytes, at, end, came, descriptor);
    at = end;
    if (frame instanceof TransportError) {
      // Whether an acknowledgement was asked for is a matter of what was sent here meanwhile.
      if (frame.code === 'TRANSPORT_ERR_ACK' && inFlight > 0) problem ??= 'a due acknowledgement was refused';
      frames.push(frame.code === 'TRANSPORT_ERR_ACK' ? 'end' : frame.code);
      break;
    }
    if (frame?.type === 'ack' && --inFlight < 0)
      problem ??= 'an acknowledgement that was not asked for was taken';
    if (frame?.type === 'ack') break;
    if (frame !== undefined) messages++;
    if (frame?.type === 'me') frames.push(`me ${hexOf(frame.bytes)}`);
    if (frame?.type === 'area') {
      frames.push(`area ${frame.size} ${frame.offset}`);
      back.push(frame.descriptor);
    }
    if (random.oneIn(2)) write();
  }
  // An acknowledgement is kept back for a while when a message is on its way.
  for (let polls = 0; polls <= HOLD_POLLS; polls++) write();
  if (acks !== messages) problem ??= `${messages} messages, and ${acks} acknowledgements`;
  back.push(...conversation.end());
  if (back.length !== given || new Set(back).size !== given) problem ??= 'descriptors are lost';
  return { frames: frames.filter((frame) => frame !== 'end'), problem };
}
