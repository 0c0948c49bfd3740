/** Messages of MKHI to values and back: a header of four bytes, then data. What is wrong comes back as an `AmtError`. */
import { decodeWith, type Fields, Reader, readFields, u8, Writer, writeFields } from '../declare.ts';
import type { AmtError } from '../errors.ts';
import {
  MKHI_COMMAND_NAMES,
  MKHI_COMMANDS,
  type MkhiAnswered,
  type MkhiAsked,
  type MkhiCommandName,
} from './register.ts';
import { MKHI_RESULT } from './values.ts';

/** A command as it is asked; `data` may be left out where the command takes none. */
export type MkhiRequest<N extends MkhiCommandName = MkhiCommandName> = {
  [K in N]: { readonly command: K } & (Record<never, never> extends MkhiAsked<K>
    ? { readonly data?: MkhiAsked<K> }
    : { readonly data: MkhiAsked<K> });
}[N];

/** A command as it arrives. */
export type MkhiReceived<N extends MkhiCommandName = MkhiCommandName> = {
  [K in N]: { readonly command: K; readonly data: MkhiAsked<K> };
}[N];

/** What came of it: data with SUCCESS, and only then. */
export type MkhiResponse<N extends MkhiCommandName = MkhiCommandName> = {
  [K in N]:
    | { readonly command: K; readonly result: 0; readonly data: MkhiAnswered<K> }
    | { readonly command: K; readonly result: number; readonly data?: undefined };
}[N];

/** What a command is told by: its group and number. */
export interface MkhiCode {
  readonly group: number;
  readonly op: number;
}

/** The bytes of a request. Throws RangeError for a value that its field cannot carry. */
export function encodeMkhiRequest({ command, data = {} }: MkhiRequest): Uint8Array {
  const { group, op, request } = MKHI_COMMANDS[command];
  const to = new Writer('le');
  writeFields(HEADER, to, { group, op, reserved: 0, result: 0 });
  writeFields<Fields>(request, to, data);
  return to.done();
}

/** What a host asks. AMT_ERR_UNKNOWN: of no known command; any other error is about its length or its data. */
export function decodeMkhiRequest(bytes: Uint8Array): MkhiReceived | AmtError {
  const reader = new Reader(bytes, 'le', { message: 'MKHI request', fault: 'host' });
  return decodeWith(reader, (from) => {
    const { group, op } = readFields(HEADER, from);
    const command = NAME_BY_CODE.get(keyOf(group, op));
    if (command === undefined) throw from.misfit('AMT_ERR_UNKNOWN', codeText(group, op));
    return { command, data: readFields<Fields>(MKHI_COMMANDS[command].request, from) } as MkhiReceived;
  });
}

/** The bytes of a response. A command without a name is group and number of its request. */
export function encodeMkhiResponse(
  response: MkhiResponse | { readonly command: MkhiCommandName | MkhiCode; readonly result: number },
): Uint8Array {
  const { command, result } = response;
  const { group, op } = typeof command === 'string' ? MKHI_COMMANDS[command] : command;
  const to = new Writer('le');
  writeFields(HEADER, to, { group, op: op | RESPONSE, reserved: 0, result });
  if ('data' in response && response.data !== undefined) {
    writeFields<Fields>(MKHI_COMMANDS[response.command].response, to, response.data);
  }
  return to.done();
}

/** The response to `command`. Where the result is not SUCCESS, data are not looked at. */
export function decodeMkhiResponse<N extends MkhiCommandName>(
  bytes: Uint8Array,
  command: N,
): MkhiResponse<N> | AmtError {
  const declared = MKHI_COMMANDS[command];
  const reader = new Reader(bytes, 'le', { message: `${command} response`, fault: 'firmware' });
  return decodeWith(reader, (from) => {
    const { group, op, result } = readFields(HEADER, from);
    if (group !== declared.group || op !== (declared.op | RESPONSE)) {
      throw from.misfit('AMT_ERR_UNEXPECTED', codeText(group, op));
    }
    if (result === MKHI_RESULT.SUCCESS) {
      return { command, result, data: readFields<Fields>(declared.response, from) } as MkhiResponse<N>;
    }
    from.bytes(from.left);
    return { command, result } as MkhiResponse<N>;
  });
}

/** Group and number of any message that has a header. */
export function mkhiCode(bytes: Uint8Array): MkhiCode | undefined {
  return bytes.length < HEADER_BYTES ? undefined : { group: bytes[0]!, op: bytes[1]! };
}

const HEADER = { group: u8, op: u8, reserved: u8, result: u8 };
const HEADER_BYTES = 4;
/** Of the command's byte. */
const RESPONSE = 0x80;

const NAME_BY_CODE: ReadonlyMap<number, MkhiCommandName> = new Map(
  MKHI_COMMAND_NAMES.map((name) => [keyOf(MKHI_COMMANDS[name].group, MKHI_COMMANDS[name].op), name]),
);

function keyOf(group: number, op: number): number {
  return group * 256 + op;
}

function codeText(group: number, op: number): string {
  return `It is command 0x${op.toString(16)} of group 0x${group.toString(16)}.`;
}
