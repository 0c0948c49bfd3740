/**
 * Messages of AMTHI to values and back. A request is a header of 12 bytes and data; a response has 16 bytes, the status
 * with them, and data.
 *
 * A response is checked as the strictest of the public clients does it: version, reserved bytes, command, and that it
 * is as long as it says. What is wrong comes back as an `AmtError`.
 */
import { u32At } from '../../../sap/index.ts';
import {
  decodeWith,
  type Fields,
  Reader,
  readFields,
  u8,
  u16,
  u32,
  Writer,
  writeFields,
} from '../declare.ts';
import type { AmtError } from '../errors.ts';
import {
  AMTHI_COMMANDS,
  AMTHI_NAME_BY_WORD,
  type AmthiAnswered,
  type AmthiAsked,
  type AmthiCommandName,
  commandWordOf,
} from './register.ts';
import { AMT_STATUS } from './status.ts';

/** A command as it is asked; `data` may be left out where the command takes none. */
export type AmthiRequest<N extends AmthiCommandName = AmthiCommandName> = {
  [K in N]: { readonly command: K } & (Record<never, never> extends AmthiAsked<K>
    ? { readonly data?: AmthiAsked<K> }
    : { readonly data: AmthiAsked<K> });
}[N];

/** A command as it arrives. */
export type AmthiReceived<N extends AmthiCommandName = AmthiCommandName> = {
  [K in N]: { readonly command: K; readonly data: AmthiAsked<K> };
}[N];

/** What came of it: data with SUCCESS, and only then. */
export type AmthiResponse<N extends AmthiCommandName = AmthiCommandName> = {
  [K in N]:
    | { readonly command: K; readonly status: 0; readonly data: AmthiAnswered<K> }
    | { readonly command: K; readonly status: number; readonly data?: undefined };
}[N];

/** The bytes of a request. Throws RangeError for a value that its field cannot carry. */
export function encodeAmthiRequest({ command, data = {} }: AmthiRequest): Uint8Array {
  const { request } = AMTHI_COMMANDS[command];
  return message(commandWordOf(AMTHI_COMMANDS[command]), (to) => writeFields<Fields>(request, to, data));
}

/**
 * What a host asks. AMT_ERR_HEADER: it is no request of this version; AMT_ERR_UNKNOWN: of no known command; any other
 * error is about its length or its data.
 */
export function decodeAmthiRequest(bytes: Uint8Array): AmthiReceived | AmtError {
  const reader = new Reader(bytes, 'le', { message: 'AMTHI request', fault: 'host' });
  return decodeWith(reader, (from) => {
    const { major, word, length } = readFields(HEADER, from);
    if (major !== MAJOR) throw from.misfit('AMT_ERR_HEADER', `The version is ${major}, not ${MAJOR}.`);
    const command = AMTHI_NAME_BY_WORD.get(word);
    if (command === undefined) throw from.misfit('AMT_ERR_UNKNOWN', commandText(word));
    checkLength(from, length);
    return { command, data: readFields<Fields>(AMTHI_COMMANDS[command].request, from) } as AmthiReceived;
  });
}

/** The bytes of a response. A command without a name is the command word of its request. */
export function encodeAmthiResponse(
  response: AmthiResponse | { readonly command: AmthiCommandName | number; readonly status: number },
): Uint8Array {
  const { command, status } = response;
  const word = typeof command === 'number' ? command : commandWordOf(AMTHI_COMMANDS[command]);
  return message((word | RESPONSE) >>> 0, (to) => {
    to.uint(4, status);
    if ('data' in response && response.data !== undefined)
      writeFields<Fields>(AMTHI_COMMANDS[response.command].response, to, response.data);
  });
}

/** The response to `command`. Where the status is not SUCCESS, data are not looked at. */
export function decodeAmthiResponse<N extends AmthiCommandName>(
  bytes: Uint8Array,
  command: N,
): AmthiResponse<N> | AmtError {
  const declared = AMTHI_COMMANDS[command];
  const reader = new Reader(bytes, 'le', { message: `${command} response`, fault: 'firmware' });
  return decodeWith(reader, (from) => {
    const { major, minor, reserved, word, length } = readFields(HEADER, from);
    if (major !== MAJOR || minor < MINOR) {
      throw from.misfit('AMT_ERR_HEADER', `The version is ${major}.${minor}, not ${MAJOR}.${MINOR}.`);
    }
    if (reserved !== 0) throw from.misfit('AMT_ERR_HEADER', 'The reserved bytes are not zero.');
    if (word !== commandWordOf(declared) + RESPONSE) {
      throw from.misfit('AMT_ERR_UNEXPECTED', commandText(word));
    }
    checkLength(from, length);
    const status = from.uint(4);
    if (status === AMT_STATUS.SUCCESS) {
      return { command, status, data: readFields<Fields>(declared.response, from) } as AmthiResponse<N>;
    }
    from.bytes(from.left);
    return { command, status } as AmthiResponse<N>;
  });
}

/** The command word of any message that has a header. */
export function amthiCommandWord(bytes: Uint8Array): number | undefined {
  return bytes.length < HEADER_BYTES ? undefined : u32At(bytes, COMMAND_AT);
}

const HEADER = { major: u8, minor: u8, reserved: u16, word: u32, length: u32 };
const HEADER_BYTES = 12;
const COMMAND_AT = 4;
/** Bit 23 of the command word. */
const RESPONSE = 0x0080_0000;
const MAJOR = 1;
const MINOR = 1;

function message(word: number, write: (to: Writer) => void): Uint8Array {
  const body = new Writer('le');
  write(body);
  const data = body.done();
  const out = new Writer('le', HEADER_BYTES + data.length);
  writeFields(HEADER, out, { major: MAJOR, minor: MINOR, reserved: 0, word, length: data.length });
  out.bytes(data);
  return out.done();
}

/** `length` is what the header says of the bytes behind it. */
function checkLength(from: Reader, length: number): void {
  if (length === from.left) return;
  throw from.misfit('AMT_ERR_LENGTH', `The header says that ${length} bytes follow, and ${from.left} do.`);
}

function commandText(word: number): string {
  return `The command is 0x${word.toString(16).padStart(8, '0')}.`;
}
