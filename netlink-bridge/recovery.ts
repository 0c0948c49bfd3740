/**
 * What an earlier run left is undone before a supplicant counts as up: tried again and again until it succeeds, or the
 * supplicant goes.
 */
import { BridgeError } from './errors.ts';

export interface RecoveryOptions {
  /**
   * Undoes what is left and then takes the supplicant for up, unless `wanted` says at that time that this is over. Rejects
   * with a BridgeError when something could not be undone.
   */
  readonly comeUp: (wanted: () => boolean) => Promise<void>;
  /** Why the supplicant is not up yet; once, until it is another problem. */
  readonly onProblem: (problem: BridgeError) => void;
  /** From a try that failed to the next one. */
  readonly retryMs: number | undefined;
}

const RETRY_MS = 5_000;

export class Recovery {
  readonly #options: RecoveryOptions;
  #round = 0;
  #timer: NodeJS.Timeout | undefined;
  #problem: BridgeError | undefined;
  #reported = '';

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Of the last try: what keeps the supplicant from being up. */
  get problem(): BridgeError | undefined {
    return this.#problem;
  }

  /** The supplicant is there, or there anew. */
  begin(): void {
    this.end();
    void this.#try(this.#round);
  }

  /** It is gone, or nobody wants it any more. */
  end(): void {
    this.#round++;
    this.#problem = undefined;
    clearTimeout(this.#timer);
  }

  async #try(round: number): Promise<void> {
    const wanted = () => round === this.#round;
    try {
      await this.#options.comeUp(wanted);
      if (!wanted()) return;
      this.#problem = undefined;
      this.#reported = '';
    } catch (error) {
      if (wanted()) this.#failed(error as BridgeError, round);
    }
  }

  #failed(problem: BridgeError, round: number): void {
    this.#problem = problem;
    this.#timer = setTimeout(() => void this.#try(round), this.#options.retryMs ?? RETRY_MS);
    if (problem.message === this.#reported) return;
    this.#reported = problem.message;
    this.#options.onProblem(problem);
  }
}

/** For what `node:fs` throws at the file of a journal. */
export function journalProblem(error: unknown): BridgeError {
  const what = error instanceof Error ? error.message : error;
  const detail = `The journal cannot be used: ${what}. Its file must be one that can be read, written and removed.`;
  return new BridgeError('BRIDGE_ERR_KERNEL', { detail, cause: error });
}
