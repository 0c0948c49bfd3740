/**
 * Which answers belong to which request, without any I/O. A request ends with an NLMSG_ERROR, a listing with NLMSG_DONE, and
 * each may say in the middle that it failed. What belongs to no request is dropped.
 */
import { BridgeError } from '../errors.ts';
import { kernelError, type Meanings } from './errors.ts';
import {
  encodeMessage,
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_MIN_TYPE,
  NLMSG_OVERRUN,
  splitMessages,
  verdictOf,
} from './message.ts';

export interface NetlinkRequest {
  /** For errors: the name of the command. */
  readonly what: string;
  readonly type: number;
  readonly payload: Uint8Array;
  /** Asks for a listing. */
  readonly dump?: boolean;
  /** The kernel may take half a second for it. No listing. */
  readonly long?: boolean;
  /** What error numbers mean to this request. */
  readonly meanings?: Meanings;
}

/** The end of a request. `interrupted`: the listing changed while it was made, and is worth another try. */
export type Ending =
  | { readonly sequence: number; readonly answers: readonly NetlinkMessage[]; readonly interrupted: boolean }
  | { readonly sequence: number; readonly error: BridgeError };

/** The most that the answers to one request may have: more than the largest listing of any machine. */
const ANSWER_BYTES_MAX = 64 * 2 ** 20;

interface Pending {
  readonly request: NetlinkRequest;
  readonly answers: NetlinkMessage[];
  bytes: number;
  interrupted: boolean;
}

export class Exchange {
  readonly #port: number;
  readonly #pending = new Map<number, Pending>();
  #lastSequence = 0;

  /** `port` is the address of the socket: answers to others are not taken for ours. */
  constructor(port: number) {
    this.#port = port;
  }

  /** The bytes to send. */
  begin(request: NetlinkRequest): { readonly sequence: number; readonly bytes: Uint8Array } {
    const sequence = (this.#lastSequence % 0xffff_ffff) + 1;
    this.#lastSequence = sequence;
    this.#pending.set(sequence, { request, answers: [], bytes: 0, interrupted: false });
    const flags = NLM_F_REQUEST | (request.dump ? NLM_F_DUMP : NLM_F_ACK);
    const { type, payload } = request;
    return { sequence, bytes: encodeMessage({ type, flags, sequence, port: this.#port, payload }) };
  }

  /** Nobody waits any more: its answers will be dropped. */
  forget(sequence: number): void {
    this.#pending.delete(sequence);
  }

  /** What ended with this datagram. Damage to it, which only the kernel could have done, is thrown: BRIDGE_ERR_FORMAT. */
  receive(datagram: Uint8Array): Ending[] {
    const endings: Ending[] = [];
    for (const message of splitMessages(datagram)) {
      const ending = this.#take(message);
      if (ending === undefined) continue;
      this.#pending.delete(ending.sequence);
      endings.push(ending);
    }
    return endings;
  }

  #take(message: NetlinkMessage): Ending | undefined {
    const { sequence } = message;
    const pending = message.port === this.#port ? this.#pending.get(sequence) : undefined;
    if (pending === undefined) return undefined;
    try {
      return this.#judge(message, pending);
    } catch (error) {
      if (error instanceof BridgeError) return { sequence, error };
      throw error;
    }
  }

  #judge(message: NetlinkMessage, pending: Pending): Ending | undefined {
    const { what, meanings } = pending.request;
    const { type, sequence } = message;
    if ((message.flags & NLM_F_DUMP_INTR) !== 0 && type !== NLMSG_ERROR) pending.interrupted = true;
    if (type === NLMSG_ERROR || type === NLMSG_DONE) {
      const verdict = verdictOf(message);
      if (verdict.errno !== 0) return { sequence, error: kernelError(what, verdict, meanings) };
      return { sequence, answers: pending.answers, interrupted: pending.interrupted };
    }
    if (type === NLMSG_OVERRUN) throw format(`${what}: answers were lost on the way.`);
    if (type < NLMSG_MIN_TYPE) return undefined;
    pending.bytes += message.payload.length;
    if (pending.bytes > ANSWER_BYTES_MAX) throw format(`${what}: the answer has no end.`);
    pending.answers.push(message);
    return undefined;
  }
}

function format(detail: string): BridgeError {
  return new BridgeError('BRIDGE_ERR_FORMAT', { detail });
}
