/**
 * Damaged APF messages for the codec, the stream and both sessions.
 *
 * A finding is: something threw; the bytes around a message changed what it decodes to; a value that came out of a message
 * does not survive another round; a stream gives something else when it is cut elsewhere; a session sends what the carrier
 * cannot take, keeps more than it may, lets a timer be due twice, or has something left after its end.
 */
import {
  AmtError,
  type ApfMessage,
  ApfStream,
  decodeApf,
  encodeApf,
  FirmwareSession,
  LmsSession,
} from '../amt/protocol/index.ts';
import { hexOf } from '../sap/index.ts';
import { apfSamples } from './apf-samples.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';
import { type FuzzReport, fuzzCases } from './report.ts';

const MESSAGE_MAX = 600;
const GUARD = 16;
const SAMPLES = apfSamples().map(encodeApf);
const START = {
  /** What the firmware says until the local service has started, and what the host says. */
  firmware: SAMPLES.filter((bytes) => [192, 5, 80].includes(bytes[0]!)),
  host: SAMPLES.filter((bytes) => [192, 6].includes(bytes[0]!)),
};

/** Case `n` has the seed `seed + n`: `fuzzApf(1, finding.seed)` repeats a finding. */
export function fuzzApf(runs: number, seed: number): FuzzReport {
  return fuzzCases('apf', runs, seed, (random) => {
    const told: Uint8Array[] = [];
    const ask = () => {
      switch (random.below(8)) {
        case 0:
          return fuzzSession(random, told);
        case 1:
        case 2:
          return fuzzStream(random, told);
        default:
          return fuzzMessage(random, told);
      }
    };
    return { hex: () => told.map(hexOf).join(' '), ask };
  });
}

/** A sample, damaged once in a while. */
function some(random: Random, chance: number): Uint8Array {
  const sample = SAMPLES[random.below(SAMPLES.length)]!;
  if (!random.oneIn(chance)) return sample;
  const bytes = new Uint8Array(MESSAGE_MAX);
  bytes.set(sample);
  return bytes.slice(0, mutate(bytes, sample.length, MESSAGE_MAX, random));
}

function fuzzMessage(random: Random, told: Uint8Array[]): string | undefined {
  const bytes = some(random, 1);
  told.push(bytes);
  const around = new Uint8Array(bytes.length + 2 * GUARD).fill(0xee);
  around.set(bytes, GUARD);
  const message = decodeApf(bytes);
  const guarded = decodeApf(around.subarray(GUARD, GUARD + bytes.length));
  const sent = bytesOf(message);
  if (!isSame(sent, bytesOf(guarded))) return 'the bytes around the message change it';
  if (message instanceof AmtError) return undefined;
  return isSame(bytesOf(decodeApf(sent)), sent) ? undefined : 'it is another message when it is sent on';
}

function fuzzStream(random: Random, told: Uint8Array[]): string | undefined {
  const parts = Array.from({ length: 1 + random.below(4) }, () => some(random, 3));
  const bytes = Uint8Array.from(parts.flatMap((part) => [...part]));
  told.push(bytes);
  const whole = readAll(bytes, () => bytes.length);
  const pieces = readAll(bytes, () => 1 + random.below(random.oneIn(2) ? 4 : 100));
  const isEqual = whole.length === pieces.length && whole.every((one, i) => isSame(one, pieces[i]!));
  return isEqual ? undefined : 'it reads differently in pieces';
}

function readAll(bytes: Uint8Array, size: () => number): Uint8Array[] {
  const stream = new ApfStream({ from: 'firmware' });
  const out: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + size());
    stream.push(bytes.slice(at, end));
    at = end;
    for (let message = stream.poll(); message !== undefined; message = stream.poll()) {
      out.push(bytesOf(message));
      if (message instanceof AmtError) return out;
    }
  }
  return [...out, Uint8Array.of(stream.pending)];
}

const CARRIER_MAX = 512;
/** Connections and data in one case. */
const STEPS_MAX = 50;
const CHUNK_MAX = 3_000;

function fuzzSession(random: Random, told: Uint8Array[]): string | undefined {
  const isHost = random.oneIn(2);
  const session = isHost ? new LmsSession({ waiting: 4 }) : new FirmwareSession();
  const started = isHost ? START.firmware : START.host;
  let nowMs = 0;
  let given = 0;
  let serial = 0;
  let wrong: string | undefined;
  const handle = (input: object) => {
    session.handle(nowMs, input as never);
    for (let output = session.poll(); output !== undefined; output = session.poll()) {
      if (output.type === 'send' && output.bytes.length > CARRIER_MAX)
        wrong = 'a message is too long for the carrier';
      if (output.type === 'listen') handle({ type: 'listening', id: output.id, ok: !random.oneIn(4) });
      if (output.type === 'reach')
        handle({ type: 'reached', id: output.id, connection: random.oneIn(2) ? ++serial : undefined });
      if (output.type === 'opened' && !isHost) handle({ type: 'accepted', connection: output.connection });
      if (output.type === 'data' && random.oneIn(2))
        handle({ type: 'taken', connection: output.connection, byteCount: output.bytes.length });
    }
    if (session.channelCount > 24) wrong ??= `${session.channelCount} channels`;
    if (session.queuedBytes > given) wrong ??= `${session.queuedBytes} bytes are queued, ${given} were given`;
  };
  const receive = (bytes: Uint8Array) => {
    told.push(bytes);
    handle({ type: 'message', bytes });
  };
  const connect = () => {
    handle({ type: 'connected', maxMessageLength: CARRIER_MAX });
    if (!random.oneIn(4)) for (const bytes of started) receive(bytes);
  };
  connect();
  for (let steps = random.below(STEPS_MAX); steps > 0 && wrong === undefined; steps--) {
    const connection = 1 + random.below(serial + 1);
    switch (random.below(10)) {
      case 0:
        serial++;
        if (isHost)
          handle({
            type: 'accept',
            connection: serial,
            port: 16992,
            originatorAddress: '::1',
            originatorPort: 1,
          });
        else
          handle({
            type: 'openDirect',
            id: serial,
            address: 'x',
            port: 80,
            originatorAddress: '',
            originatorPort: 1,
          });
        break;
      case 1:
        given += CHUNK_MAX;
        handle({ type: 'data', connection, bytes: new Uint8Array(1 + random.below(CHUNK_MAX)) });
        break;
      case 2:
        handle({ type: random.oneIn(3) ? 'abort' : 'end', connection, isGone: random.oneIn(3) });
        break;
      case 3:
        nowMs += random.below(40_000);
        session.handleTimeout(nowMs);
        handle({ type: 'taken', connection, byteCount: random.below(5_000) });
        if ((session.nextTimeoutAt() ?? Infinity) <= nowMs) wrong ??= 'a timer is due twice';
        break;
      case 4:
        if (random.oneIn(3)) connect();
        else handle({ type: 'congested', yes: random.oneIn(2) });
        break;
      default:
        receive(some(random, 3));
    }
  }
  handle({ type: 'lost' });
  if (session.channelCount + session.queuedBytes > 0) wrong ??= 'something is left after the end';
  if (session.nextTimeoutAt() !== undefined) wrong ??= 'a timer runs on after the end';
  return wrong;
}

/** What a message is as bytes again, or what an error says: comparing those is comparing all of it. */
function bytesOf(message: ApfMessage | AmtError): Uint8Array {
  return message instanceof AmtError ? Buffer.from(message.message) : encodeApf(message);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
