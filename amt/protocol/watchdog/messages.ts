/**
 * The messages of AMT's watchdog client, each declared once: header of 4 bytes, then fields, little-endian.
 *
 * Source of all: Linux, drivers/watchdog/mei_wdt.c; of AMT's state: Intel LMS, which asks the same client.
 */
import { openEnum } from '../../../sap/index.ts';
import {
  decodeWith,
  type Fields,
  type Infer,
  Reader,
  readFields,
  reserved,
  sizeOf,
  skip,
  u8,
  u16,
  u32,
  Writer,
  writeFields,
} from '../declare.ts';
import { AmtError } from '../errors.ts';
import { WATCHDOG_TIMEOUT_S } from './limits.ts';

interface MessageDecl {
  readonly from: 'host' | 'firmware';
  readonly command: number;
  readonly subcommand: number;
  readonly doc: string;
  readonly fields: Fields;
}

/** Bits of `wdstate`. */
export const WatchdogState = openEnum({
  NOT_REQUIRED: [0x01, 'AMT does not want to be pinged now.'],
});

/** Bits of the answer to IS_CHANGE_TO_AMT_ENABLED. */
export const AmtChange = openEnum({
  CHANGE_ENABLED: [0x01, 'The host may enable and disable AMT.'],
  OPERATIONAL: [0x02, 'AMT is enabled now.'],
  CIRA_TIMER_FIX: [0x20, 'The periodic timer of remote access counts right.'],
  TLS_ON_LOCAL_PORTS: [0x40, 'Local ports take TLS only.'],
  NEW_INTERFACE: [0x80, 'OPERATIONAL, CIRA_TIMER_FIX and TLS_ON_LOCAL_PORTS mean something.'],
});

/** The header's fields; `byteCount` is what follows it. */
const HEADER = { command: u8, byteCount: u8, subcommand: u8, version: u8 };
const VERSION = 0x10;

/** The header's first byte. */
const MANAGEMENT = 0x02;
const STATE_INDEPENDENCE = 0x05;

/** The messages with a header. */
export const WATCHDOG_MESSAGES = {
  START: {
    from: 'host',
    command: MANAGEMENT,
    subcommand: 0x13,
    doc: 'Starts the watchdog, and is its heart beat: the time begins anew.',
    fields: {
      timeoutS: u16.doc(
        `Seconds until the alarm, ${WATCHDOG_TIMEOUT_S.least} to ${WATCHDOG_TIMEOUT_S.most}.`,
      ),
      reserved: reserved(17),
    },
  },
  START_RESPONSE: {
    from: 'firmware',
    command: MANAGEMENT,
    subcommand: 0x83,
    doc: 'Answers each START, from version 2 of the client on.',
    fields: {
      status: u8.doc('0 for done. Linux does not look at it.'),
      wdstate: u8.bits(WatchdogState),
      behind: skip(),
    },
  },
  STOP: {
    from: 'host',
    command: MANAGEMENT,
    subcommand: 0x14,
    doc: 'Stops the watchdog. The answer, if there is one, has no meaning; it may be an empty message.',
    fields: {},
  },
  IS_CHANGE_TO_AMT_ENABLED: {
    from: 'host',
    command: STATE_INDEPENDENCE,
    subcommand: 0x51,
    doc: 'Asks whether the host may enable and disable AMT.',
    fields: {},
  },
  SET_AMT_OPERATIONAL_STATE: {
    from: 'host',
    command: STATE_INDEPENDENCE,
    subcommand: 0x53,
    doc: 'Enables or disables AMT.',
    fields: { state: u8.doc('1 enable, 0 disable.') },
  },
} as const satisfies Readonly<Record<string, MessageDecl>>;

/** The answers about AMT's state, which have no header of their own. */
export const AMT_STATE_ANSWERS = {
  IS_CHANGE_TO_AMT_ENABLED: { flags: u8.bits(AmtChange) },
  SET_AMT_OPERATIONAL_STATE: { header: reserved(4), status: u32.doc('0 for done.') },
} as const satisfies Readonly<Record<string, Fields>>;

export type WatchdogMessageName = keyof typeof WATCHDOG_MESSAGES;
type Decls = typeof WATCHDOG_MESSAGES;
type MessageFrom<Side> = {
  [N in WatchdogMessageName]: Decls[N]['from'] extends Side
    ? { readonly name: N } & Infer<Decls[N]['fields']>
    : never;
}[WatchdogMessageName];
export type HostWatchdogMessage = MessageFrom<'host'>;
export type FirmwareWatchdogMessage = MessageFrom<'firmware'>;
export type WatchdogMessage = HostWatchdogMessage | FirmwareWatchdogMessage;

/** RangeError for a value that its field cannot carry. */
export function encodeWatchdog(message: WatchdogMessage): Uint8Array {
  const { command, subcommand, fields } = WATCHDOG_MESSAGES[message.name] as MessageDecl;
  const writer = new Writer('le');
  const byteCount = sizeOf(HEADER) - BYTES_BEFORE_COUNTED + sizeOf(fields);
  writeFields(HEADER, writer, { command, byteCount, subcommand, version: VERSION });
  writeFields<Fields>(fields, writer, message as Infer<Fields>);
  return writer.done();
}

/** A message of the host, as firmware takes it: what does not have its length to the byte is no message. */
export function decodeFromHost(bytes: Uint8Array): HostWatchdogMessage | AmtError {
  return decode(bytes, 'host') as HostWatchdogMessage | AmtError;
}

/** A message of the firmware, as Linux takes it: its count is not looked at, and what stands behind it neither. */
export function decodeFromFirmware(bytes: Uint8Array): FirmwareWatchdogMessage | AmtError {
  return decode(bytes, 'firmware') as FirmwareWatchdogMessage | AmtError;
}

/** Whether AMT does not want to be pinged. */
export function isNotRequired({ wdstate }: FirmwareWatchdogMessage): boolean {
  return (wdstate & WatchdogState.NOT_REQUIRED) !== 0;
}

type StateAnswers = typeof AMT_STATE_ANSWERS;

export function encodeStateAnswer<N extends keyof StateAnswers>(
  name: N,
  answer: Infer<StateAnswers[N]>,
): Uint8Array {
  const writer = new Writer('le');
  writeFields<Fields>(AMT_STATE_ANSWERS[name], writer, answer as Infer<Fields>);
  return writer.done();
}

export function decodeStateAnswer<N extends keyof StateAnswers>(
  name: N,
  bytes: Uint8Array,
): Infer<StateAnswers[N]> | AmtError {
  const reader = new Reader(bytes, 'le', { message: `answer to ${name}`, fault: 'firmware' });
  return decodeWith(reader, (from) => readFields<Fields>(AMT_STATE_ANSWERS[name], from)) as
    | Infer<StateAnswers[N]>
    | AmtError;
}

/** `command` and `byteCount` themselves. */
const BYTES_BEFORE_COUNTED = 2;

function decode(bytes: Uint8Array, from: 'host' | 'firmware'): object | AmtError {
  const reader = new Reader(bytes, 'le', { message: 'message', fault: from });
  return decodeWith(reader, () => {
    const { command, byteCount, subcommand, version } = readFields(HEADER, reader);
    if (version !== VERSION) throw reader.misfit('AMT_ERR_HEADER', `Version ${version} is not ${VERSION}.`);
    const found = Object.entries<MessageDecl>(WATCHDOG_MESSAGES).find(
      ([, decl]) => decl.from === from && decl.command === command && decl.subcommand === subcommand,
    );
    if (found === undefined) {
      const known = command === MANAGEMENT || (from === 'host' && command === STATE_INDEPENDENCE);
      const detail = `Command ${command}, ${subcommand}.`;
      throw reader.misfit(known ? 'AMT_ERR_UNKNOWN' : 'AMT_ERR_HEADER', detail);
    }
    const [name, { fields }] = found;
    if (from === 'host' && byteCount !== bytes.length - BYTES_BEFORE_COUNTED) {
      throw new AmtError('AMT_ERR_LENGTH', {
        message: name,
        field: 'byteCount',
        offset: 1,
        detail: `${byteCount} bytes are announced, ${bytes.length - BYTES_BEFORE_COUNTED} are there.`,
        fault: from,
      });
    }
    return { name, ...readFields<Fields>(fields, reader) };
  });
}
