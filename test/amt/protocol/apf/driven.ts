/** A session as its tests drive it: inputs at times, outputs as values, messages of the other side by name. */
import {
  AmtError,
  type ApfMessage,
  decodeApf,
  encodeApf,
  type FirmwareInput,
  type FirmwareOptions,
  type FirmwareOutput,
  FirmwareSession,
  type LmsInput,
  type LmsOptions,
  type LmsOutput,
  LmsSession,
} from '../../../../amt/protocol/index.ts';
import { bytesOf } from './examples.ts';

type Output = LmsOutput | FirmwareOutput;
/** What was sent as a message, a problem as its text; everything else as it is. */
type Shown = ApfMessage | Exclude<Output, { type: 'send' | 'problem' }> | { readonly problem: string };

interface Session<I> {
  handle(nowMs: number, input: I): void;
  handleTimeout(nowMs: number): void;
  nextTimeoutAt(): number | undefined;
  poll(): Output | undefined;
}

export class Driven<S extends Session<I>, I extends LmsInput | FirmwareInput> {
  readonly session: S;
  nowMs = 0;

  constructor(session: S) {
    this.session = session;
  }

  /** What comes of an input. */
  put(input: I): Shown[] {
    this.session.handle(this.nowMs, input);
    return this.#drain();
  }

  /** What comes of a message of the other side. */
  hear(...messages: (ApfMessage | string)[]): Shown[] {
    return messages.flatMap((message) => {
      const bytes = typeof message === 'string' ? bytesOf(message) : encodeApf(message);
      return this.put({ type: 'message', bytes } as I);
    });
  }

  /** What comes of so much time. */
  pass(ms: number): Shown[] {
    const until = this.nowMs + ms;
    const out: Shown[] = [];
    for (
      let at = this.session.nextTimeoutAt();
      at !== undefined && at <= until;
      at = this.session.nextTimeoutAt()
    ) {
      this.nowMs = at;
      this.session.handleTimeout(at);
      out.push(...this.#drain());
    }
    this.nowMs = until;
    return out;
  }

  #drain(): Shown[] {
    const out: Shown[] = [];
    for (let output = this.session.poll(); output !== undefined; output = this.session.poll())
      out.push(shown(output));
    return out;
  }
}

function shown(output: Output): Shown {
  if (output.type === 'problem') return { problem: output.error.message };
  if (output.type !== 'send') return output;
  const message = decodeApf(output.bytes, 'host');
  if (message instanceof AmtError) throw message;
  return message;
}

export const UUID = '00000000-0000-0000-0000-000000000000';
export const VERSION = { name: 'PROTOCOLVERSION', major: 1, minor: 0, trigger: 254, uuid: UUID } as const;
export const PORT = 16992;
export const FORWARD = { name: 'TCPIP_FORWARD', wantReply: true, address: '', port: PORT } as const;
const PFWD = 'pfwd@amt.intel.com';

export const newLms = (options: LmsOptions = {}) => new Driven<LmsSession, LmsInput>(new LmsSession(options));

/** A host's session that listens on a port. */
export function startedLms(options: LmsOptions = {}, maxMessageLength = 4096) {
  const lms = newLms(options);
  lms.put({ type: 'connected', maxMessageLength });
  lms.hear(VERSION, { name: 'SERVICE_REQUEST', service: PFWD }, FORWARD);
  lms.put({ type: 'listening', id: 1, ok: true });
  return lms;
}

export function accept(connection: number, port = PORT): LmsInput {
  return { type: 'accept', connection, port, originatorAddress: '127.0.0.1', originatorPort: 50_000 };
}

/** A host's session with one connection, 1, over channel 1, which the firmware calls 7. */
export function openLms(window = 4096, maxMessageLength = 4096) {
  const lms = startedLms({}, maxMessageLength);
  lms.put(accept(1));
  lms.hear({
    name: 'CHANNEL_OPEN_CONFIRMATION',
    recipientChannel: 1,
    senderChannel: 7,
    initialWindow: window,
  });
  return lms;
}

/** A firmware's session that has started. */
export function startedFirmware(options: FirmwareOptions = {}) {
  const firmware = new Driven<FirmwareSession, FirmwareInput>(new FirmwareSession(options));
  firmware.put({ type: 'forward', address: '', port: PORT });
  firmware.put({ type: 'connected', maxMessageLength: 4096 });
  firmware.hear(VERSION, { name: 'SERVICE_ACCEPT', service: PFWD }, { name: 'REQUEST_SUCCESS', port: PORT });
  return firmware;
}

// What the firmware says of a channel that the session numbered `id`; the firmware's own number is 100 more.

export const confirm = (id: number, initialWindow = 4096) =>
  ({
    name: 'CHANNEL_OPEN_CONFIRMATION',
    recipientChannel: id,
    senderChannel: 100 + id,
    initialWindow,
  }) as const;
export const refuse = (id: number, reason: number) =>
  ({ name: 'CHANNEL_OPEN_FAILURE', recipientChannel: id, reason }) as const;
export const close = (id: number) => ({ name: 'CHANNEL_CLOSE', recipientChannel: id }) as const;
export const data = (id: number, bytes: Uint8Array) =>
  ({ name: 'CHANNEL_DATA', recipientChannel: id, data: bytes }) as const;
export const adjust = (id: number, bytesToAdd: number) =>
  ({ name: 'CHANNEL_WINDOW_ADJUST', recipientChannel: id, bytesToAdd }) as const;
export const give = (connection: number, count: number) =>
  ({ type: 'data', connection, bytes: new Uint8Array(count).fill(connection) }) as const;
export const sizes = (outputs: readonly object[]) =>
  (outputs as Partial<ApfMessage>[]).flatMap((one) =>
    one.name === 'CHANNEL_DATA' ? [one.data!.length] : [],
  );
