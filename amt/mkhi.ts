/**
 * The client of MKHI: asks the firmware for its versions and features.
 *
 *     const mkhi = await openMkhi('/dev/mei0');
 *     const { code } = await mkhi.ask('GET_FW_VERSION');
 *     await mkhi.close();
 */
import { MEI_CLIENTS } from '../transport/index.ts';
import {
  type AmtError,
  decodeMkhiResponse,
  encodeMkhiRequest,
  MKHI_RESULT,
  type MkhiAnswered,
  type MkhiAsked,
  type MkhiCommandName,
  type MkhiRequest,
  mkhiResultName,
  mkhiResultSentence,
} from './protocol/index.ts';
import { type AskOptions, type NoAnswer, Turns } from './turns.ts';

/** What can go wrong with a command, besides a MeiError of the device, and what to do about it. */
export const MKHI_ERRORS = {
  MKHI_ERR_REFUSED: {
    sentence: 'The firmware refused the command.',
    next: 'The result says why; older firmware has fewer commands.',
  },
  MKHI_ERR_ANSWER: {
    sentence: 'The answer is not one to this command.',
    next: 'The next command connects anew. When it stays so, report the firmware version and this text.',
  },
  MKHI_ERR_EMPTY: {
    sentence: 'The firmware has no answer.',
    next: 'Older firmware has fewer commands.',
  },
  MKHI_ERR_TIMEOUT: {
    sentence: 'The firmware did not answer in time.',
    next: 'Try again; when it stays so, the firmware needs a reset: switch the machine off and take it from the mains.',
  },
} as const satisfies Readonly<Record<string, { readonly sentence: string; readonly next: string }>>;

export type MkhiErrorCode = keyof typeof MKHI_ERRORS;

export class MkhiError extends Error {
  readonly code: MkhiErrorCode;
  readonly command: MkhiCommandName;
  /** Only where the firmware gave one; never 0. */
  readonly result: number | undefined;
  /** What is wrong, without what to do about it. */
  readonly sentence: string;

  constructor(
    code: MkhiErrorCode,
    command: MkhiCommandName,
    { result, cause }: { readonly result?: number; readonly cause?: unknown } = {},
  ) {
    const why = result === undefined ? '' : ` ${mkhiResultName(result)}: ${mkhiResultSentence(result)}`;
    const detail = code === 'MKHI_ERR_ANSWER' ? ` ${(cause as AmtError).message}` : '';
    const sentence = `${command}: ${MKHI_ERRORS[code].sentence}${why}${detail}`;
    super(`${sentence} ${MKHI_ERRORS[code].next}`, cause === undefined ? undefined : { cause });
    this.name = 'MkhiError';
    this.code = code;
    this.command = command;
    this.result = result;
    this.sentence = sentence;
  }

  /** What to do about it. */
  get next(): string {
    return MKHI_ERRORS[this.code].next;
  }
}

/** Left out where a command takes none. */
type DataOf<N extends MkhiCommandName> =
  Record<never, never> extends MkhiAsked<N> ? [data?: MkhiAsked<N>] : [data: MkhiAsked<N>];

/** Connects to the MKHI of the device at `path`, /dev/mei0 for example. Rejects as `openMei` does. */
export async function openMkhi(path: string, options: AskOptions = {}): Promise<MkhiClient> {
  return new MkhiClient(await Turns.open(path, MEI_CLIENTS.MKHI.guid, options));
}

/** `openMkhi` gives one. It keeps the process alive until it is closed. */
export class MkhiClient {
  readonly #turns: Turns;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** As `AmthiClient.ask`, with MkhiError. */
  async ask<N extends MkhiCommandName>(command: N, ...[data]: DataOf<N>): Promise<MkhiAnswered<N>> {
    const request = encodeMkhiRequest({ command, data } as MkhiRequest);
    const response = await this.#turns.take(
      request,
      (answer) => decodeMkhiResponse(answer, command),
      (why) => mkhiError(command, why),
    );
    if (response.result === MKHI_RESULT.SUCCESS) return response.data as MkhiAnswered<N>;
    throw new MkhiError('MKHI_ERR_REFUSED', command, { result: response.result });
  }

  /** Ends the connection; what is not answered yet is rejected. Twice is once. */
  close(): Promise<void> {
    return this.#turns.close();
  }
}

function mkhiError(command: MkhiCommandName, { kind, cause }: NoAnswer): MkhiError {
  const code = { wrong: 'MKHI_ERR_ANSWER', empty: 'MKHI_ERR_EMPTY', late: 'MKHI_ERR_TIMEOUT' } as const;
  return new MkhiError(code[kind], command, { cause });
}
