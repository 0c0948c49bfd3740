/**
 * The client of AMTHI: asks AMT about itself, and tells it what to do.
 *
 *     const amt = await openAmthi('/dev/mei0');
 *     const { mode } = await amt.ask('GET_CONTROL_MODE');
 *     await amt.close();
 *
 * Most firmware serves one program at a time: connect shortly, ask, close.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MEI_CLIENTS, MeiError } from '../transport/index.ts';
import {
  AMT_STATUS,
  type AmtError,
  type AmthiAnswered,
  type AmthiAsked,
  type AmthiCommandName,
  type AmthiRequest,
  amtStatusName,
  amtStatusSentence,
  decodeAmthiResponse,
  encodeAmthiRequest,
} from './protocol/index.ts';
import { type AskOptions, type NoAnswer, Turns } from './turns.ts';

/** What can go wrong with a command, besides a MeiError of the device, and what to do about it. */
export const AMTHI_ERRORS = {
  AMTHI_ERR_REFUSED: {
    sentence: 'AMT refused the command.',
    next: 'The status says why; `sapwood amt info` shows the state that AMT is in.',
  },
  AMTHI_ERR_ANSWER: {
    sentence: 'The answer is not one to this command.',
    next: 'The next command connects anew. When it stays so, report the firmware version and this text.',
  },
  AMTHI_ERR_DISABLED: {
    sentence: 'The firmware has no answer: AMT is disabled.',
    next: 'Enable AMT in the BIOS (MEBx).',
  },
  AMTHI_ERR_TIMEOUT: {
    sentence: 'AMT did not answer in time.',
    next: 'Try again; when it stays so, the firmware needs a reset: switch the machine off and take it from the mains.',
  },
} as const satisfies Readonly<Record<string, { readonly sentence: string; readonly next: string }>>;

export type AmthiErrorCode = keyof typeof AMTHI_ERRORS;

export class AmthiError extends Error {
  readonly code: AmthiErrorCode;
  readonly command: AmthiCommandName;
  /** Only where AMT gave one; never 0. */
  readonly status: number | undefined;
  /** What is wrong, without what to do about it. */
  readonly sentence: string;

  constructor(
    code: AmthiErrorCode,
    command: AmthiCommandName,
    { status, cause }: { readonly status?: number; readonly cause?: unknown } = {},
  ) {
    const why = status === undefined ? '' : ` ${amtStatusName(status)}: ${amtStatusSentence(status)}`;
    const detail = code === 'AMTHI_ERR_ANSWER' ? ` ${(cause as AmtError).message}` : '';
    const sentence = `${command}: ${AMTHI_ERRORS[code].sentence}${why}${detail}`;
    super(`${sentence} ${AMTHI_ERRORS[code].next}`, cause === undefined ? undefined : { cause });
    this.name = 'AmthiError';
    this.code = code;
    this.command = command;
    this.status = status;
    this.sentence = sentence;
  }

  /** What to do about it. */
  get next(): string {
    return AMTHI_ERRORS[this.code].next;
  }
}

/** Left out where a command takes none. */
type DataOf<N extends AmthiCommandName> =
  Record<never, never> extends AmthiAsked<N> ? [data?: AmthiAsked<N>] : [data: AmthiAsked<N>];

/** Connects to the AMTHI of the device at `path`, /dev/mei0 for example. Rejects as `openMei` does. */
export async function openAmthi(path: string, options: AskOptions = {}): Promise<AmthiClient> {
  return new AmthiClient(await Turns.open(path, MEI_CLIENTS.AMTHI.guid, options));
}

/**
 * Connects for as long as `ask` takes. AMTHI is one for all programs, which keep it for a moment: while it is busy it is
 * tried again, for 3 s. Rejects as `openAmthi` and `ask` do.
 */
export async function askAmthi<T>(
  path: string,
  options: AskOptions,
  ask: (client: AmthiClient) => Promise<T>,
): Promise<T> {
  const client = await openWhenFree(path, options);
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}

/** As long as several programs keep it, one after the other. */
const BUSY = { tries: 10, everyMs: 300 } as const;

async function openWhenFree(path: string, options: AskOptions): Promise<AmthiClient> {
  for (let tries = 1; ; tries++) {
    try {
      return await openAmthi(path, options);
    } catch (error) {
      const isBusy = error instanceof MeiError && error.code === 'MEI_ERR_BUSY';
      if (!isBusy || tries === BUSY.tries) throw error;
      await sleep(BUSY.everyMs, undefined, { signal: options.signal });
    }
  }
}

/** `openAmthi` gives one. It keeps the process alive until it is closed. */
export class AmthiClient {
  readonly #turns: Turns;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /**
   * Asks one command, after those before it; gives the data of the answer. Rejects with AmthiError, with the MeiError
   * of a device that does not carry the question, with RangeError for data that the command cannot carry.
   */
  async ask<N extends AmthiCommandName>(command: N, ...[data]: DataOf<N>): Promise<AmthiAnswered<N>> {
    const request = encodeAmthiRequest({ command, data } as AmthiRequest);
    const response = await this.#turns.take(
      request,
      (answer) => decodeAmthiResponse(answer, command),
      (why) => amthiError(command, why),
    );
    if (response.status === AMT_STATUS.SUCCESS) return response.data as AmthiAnswered<N>;
    throw new AmthiError('AMTHI_ERR_REFUSED', command, { status: response.status });
  }

  /** Ends the connection; what is not answered yet is rejected. Twice is once. */
  close(): Promise<void> {
    return this.#turns.close();
  }
}

function amthiError(command: AmthiCommandName, { kind, cause }: NoAnswer): AmthiError {
  const code = { wrong: 'AMTHI_ERR_ANSWER', empty: 'AMTHI_ERR_DISABLED', late: 'AMTHI_ERR_TIMEOUT' } as const;
  return new AmthiError(code[kind], command, { cause });
}
