/**
 * Damaged messages for AMTHI and MKHI: both codecs, in both directions, and the clients of the emulated firmware.
 *
 * A finding is: something threw; the bytes around a message changed what it decodes to; a value that came out of a
 * message does not survive another round; the firmware does not answer, or with something that is no answer to the
 * request.
 */
import type { Fields } from '../amt/protocol/declare.ts';
import {
  AMTHI_COMMAND_NAMES,
  AMTHI_COMMANDS,
  AmtError,
  type AmthiRequest,
  type AmthiResponse,
  amthiCommandWord,
  decodeAmthiRequest,
  decodeAmthiResponse,
  decodeMkhiRequest,
  decodeMkhiResponse,
  encodeAmthiRequest,
  encodeAmthiResponse,
  encodeMkhiRequest,
  encodeMkhiResponse,
  MKHI_COMMAND_NAMES,
  MKHI_COMMANDS,
  type MkhiRequest,
  type MkhiResponse,
} from '../amt/protocol/index.ts';
import { Amt } from '../csme/amt/index.ts';
import { amthiClient, type MeClient, mkhiClient } from '../csme/mei/index.ts';
import { hexOf, u32At } from '../sap/index.ts';
import { layoutValues } from './layout-values.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';
import { type FuzzReport, fuzzCases } from './report.ts';

/** More than every message has that the samples are made of, and than the longest answer. */
const MESSAGE_MAX = 4096;
const GUARD = 16;

/** Case `n` has the seed `seed + n`: `fuzzAmthi(1, finding.seed)` repeats a finding. */
export function fuzzAmthi(runs: number, seed: number): FuzzReport {
  return fuzzCases('amthi', runs, seed, (random) => {
    const protocol = PROTOCOLS[random.below(PROTOCOLS.length)]!;
    const command = random.below(protocol.commands);
    const isRequest = random.oneIn(2);
    const sample = isRequest ? protocol.request(command, random) : protocol.response(command, random);
    const message = random.oneIn(8) ? sample : damaged(sample, protocol.lengthAt, random);
    const codec = isRequest ? protocol.asked : protocol.answered(command);
    return {
      hex: () => hexOf(message),
      ask: () => stable(codec, message, random) ?? (isRequest ? protocol.firmware(message) : undefined),
    };
  });
}

/** To a value or an error, and from a value to bytes. */
interface Codec {
  readonly decode: (bytes: Uint8Array) => object;
  readonly encode: (value: object) => Uint8Array;
  /** What is wrong with this having been made of these bytes. */
  readonly judge?: (bytes: Uint8Array, value: object) => string | undefined;
}

interface Protocol {
  readonly commands: number;
  /** Where a message says how many bytes follow behind the header. */
  readonly lengthAt: number | undefined;
  request(command: number, random: Random): Uint8Array;
  response(command: number, random: Random): Uint8Array;
  readonly asked: Codec;
  answered(command: number): Codec;
  /** What is wrong with what the emulated firmware does with a request. */
  firmware(request: Uint8Array): string | undefined;
}

const AMTHI: Protocol = {
  commands: AMTHI_COMMAND_NAMES.length,
  lengthAt: 8,
  request(index, random) {
    const command = AMTHI_COMMAND_NAMES[index]!;
    const data = layoutValues<Fields>(AMTHI_COMMANDS[command].request, random);
    return encodeAmthiRequest({ command, data } as AmthiRequest);
  },
  response(index, random) {
    const command = AMTHI_COMMAND_NAMES[index]!;
    const data = layoutValues<Fields>(AMTHI_COMMANDS[command].response, random);
    return encodeAmthiResponse({ command, status: 0, data } as AmthiResponse);
  },
  asked: {
    decode: decodeAmthiRequest,
    encode: (value) => encodeAmthiRequest(value as AmthiRequest),
    judge: lengthProblem,
  },
  answered: (index) => ({
    decode: (bytes) => decodeAmthiResponse(bytes, AMTHI_COMMAND_NAMES[index]!),
    encode: (value) => encodeAmthiResponse(value as AmthiResponse),
    judge: (bytes, value) => {
      const success = u32At(bytes, 12) === 0;
      return 'data' in value === success ? lengthProblem(bytes) : 'data without SUCCESS, or none with it';
    },
  }),
  firmware(request) {
    const answer = answerOf(amthiClient(new Amt()), request);
    const word = amthiCommandWord(request);
    if (word === undefined) return answer === undefined ? undefined : 'an answer to half a header';
    if (answer === undefined || answer.length < 16) return 'no answer';
    if (u32At(answer, 8) !== answer.length - 12) return `the length of ${hexOf(answer)}`;
    if (u32At(answer, 4) !== (word | 0x0080_0000) >>> 0) return `the command of ${hexOf(answer)}`;
    const asked = decodeAmthiRequest(request);
    if (asked instanceof AmtError) return u32At(answer, 12) === 0 ? 'SUCCESS to no request' : undefined;
    const read = decodeAmthiResponse(answer, asked.command);
    return read instanceof AmtError ? `${read.message}: ${hexOf(answer)}` : undefined;
  },
};

const MKHI: Protocol = {
  commands: MKHI_COMMAND_NAMES.length,
  lengthAt: undefined,
  request(index, random) {
    const command = MKHI_COMMAND_NAMES[index]!;
    const data = layoutValues<Fields>(MKHI_COMMANDS[command].request, random);
    return encodeMkhiRequest({ command, data } as MkhiRequest);
  },
  response(index, random) {
    const command = MKHI_COMMAND_NAMES[index]!;
    const data = layoutValues<Fields>(MKHI_COMMANDS[command].response, random);
    return encodeMkhiResponse({ command, result: 0, data } as MkhiResponse);
  },
  asked: {
    decode: decodeMkhiRequest,
    encode: (value) => encodeMkhiRequest(value as MkhiRequest),
  },
  answered: (index) => ({
    decode: (bytes) => decodeMkhiResponse(bytes, MKHI_COMMAND_NAMES[index]!),
    encode: (value) => encodeMkhiResponse(value as MkhiResponse),
  }),
  firmware(request) {
    const answer = answerOf(mkhiClient(new Amt()), request);
    if (request.length < 4) return answer === undefined ? undefined : 'an answer to half a header';
    if (answer === undefined || answer.length < 4) return 'no answer';
    if (answer[0] !== request[0] || answer[1] !== (request[1]! | 0x80)) return `command ${hexOf(answer)}`;
    const asked = decodeMkhiRequest(request);
    if (asked instanceof AmtError) return answer[3] === 0 ? 'SUCCESS to no request' : undefined;
    const read = decodeMkhiResponse(answer, asked.command);
    return read instanceof AmtError ? `${read.message}: ${hexOf(answer)}` : undefined;
  },
};

const PROTOCOLS = [AMTHI, AMTHI, AMTHI, MKHI];

function lengthProblem(bytes: Uint8Array): string | undefined {
  return u32At(bytes, 8) === bytes.length - 12 ? undefined : 'its length is not what it says';
}

/** Most of the time with a length that fits: a wrong one is refused before anything else is looked at. */
function damaged(sample: Uint8Array, lengthAt: number | undefined, random: Random): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_MAX);
  bytes.set(sample);
  const message = bytes.slice(0, mutate(bytes, sample.length, MESSAGE_MAX, random));
  if (lengthAt !== undefined && message.length >= 12 && !random.oneIn(8)) {
    new DataView(message.buffer).setUint32(lengthAt, message.length - 12, true);
  }
  return message;
}

/** What is wrong with how a message is read. */
function stable({ decode, encode, judge }: Codec, message: Uint8Array, random: Random): string | undefined {
  const value = decode(message);
  const again = decode(guarded(message, random));
  if (value instanceof AmtError || again instanceof AmtError) {
    return String(value) === String(again) ? undefined : `${value}, and elsewhere ${again}`;
  }
  const problem = judge?.(message, value);
  if (problem !== undefined) return problem;
  const once = hexOf(encode(value));
  if (hexOf(encode(again)) !== once) return 'the bytes around it change it';
  const round = decode(encode(value));
  if (round instanceof AmtError) return `what it decodes to is refused: ${round.message}`;
  const twice = hexOf(encode(round));
  return twice === once ? undefined : `${once} becomes ${twice}`;
}

/** The message in the middle of other bytes. */
function guarded(message: Uint8Array, random: Random): Uint8Array {
  const room = new Uint8Array(GUARD + message.length + GUARD).fill(random.u32());
  room.set(message, GUARD);
  return room.subarray(GUARD, GUARD + message.length);
}

/** What a client sends; undefined when it ends the connection. */
function answerOf(client: MeClient, request: Uint8Array): Uint8Array | undefined {
  let answer: Uint8Array | undefined;
  const service = client.accept({
    nowMs: 0,
    send: (message) => {
      answer = message;
    },
    notify: () => undefined,
    disconnect: () => undefined,
    busy: () => undefined,
    wakeAt: () => undefined,
    resetFirmware: () => undefined,
  });
  if (!('status' in service)) service.onMessage?.(request, 0);
  return answer;
}
