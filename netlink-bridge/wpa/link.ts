/** Keeps a connection to wpa_supplicant: waits for it, hears its events, notices when it is gone or was started anew. */
import { statSync } from 'node:fs';
import { BridgeError } from '../errors.ts';
import { type Log, SILENT } from '../log.ts';
import { Control } from './control.ts';
import type { Ask } from './networks.ts';
import { isOk } from './text.ts';

export interface LinkOptions {
  /** Of the control socket. */
  readonly path: string;
  /** wpa_supplicant is there. */
  onUp(): void;
  onGone(why: BridgeError): void;
  onEvent(text: string): void;
  /** Why it cannot be reached, where that is no matter of waiting; once, until it is another problem. */
  onProblem?(problem: BridgeError): void;
  readonly log?: Log;
  readonly times?: Partial<LinkTimes>;
}

export interface LinkTimes {
  /** How often it is looked for, and looked whether it is still the same. */
  readonly lookMs: number;
  /** So many looks later it is asked for a sign of life. */
  readonly looksPerPing: number;
  /** How long an answer is waited for. */
  readonly answerMs: number;
}

const TIMES: LinkTimes = { lookMs: 1000, looksPerPing: 5, answerMs: 10_000 };

/** With these it is only not there yet, or not any more. */
const WAITING: readonly string[] = ['BRIDGE_ERR_ABSENT', 'BRIDGE_ERR_GONE', 'BRIDGE_ERR_CLOSED'];

/** It keeps the process alive until it is closed. */
export class Link {
  readonly #options: LinkOptions;
  readonly #times: LinkTimes;
  readonly #timer: NodeJS.Timeout;
  #control: Control | undefined;
  #up = false;
  /** Of the socket: another one is another wpa_supplicant. */
  #identity: string | undefined;
  #looks = 0;
  #problem = '';

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    this.#timer = setInterval(() => this.#look(), this.#times.lookMs);
    this.#look();
  }

  /** For commands, to the wpa_supplicant that is there now. Throws BRIDGE_ERR_GONE while there is none. */
  get ask(): Ask {
    const control = this.#control;
    if (control !== undefined && this.#up) return (command) => control.ask(command);
    const detail = `wpa_supplicant is not there (${this.#options.path}).`;
    throw new BridgeError('BRIDGE_ERR_GONE', { detail });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#control?.close('DETACH');
    this.#control = undefined;
    this.#up = false;
  }

  /** What is there is not to be used any more. */
  drop(why: BridgeError): void {
    this.#control?.close();
    this.#ended(why);
  }

  #look(): void {
    if (this.#control === undefined) {
      this.#connect();
      return;
    }
    if (this.#identity !== identityOf(this.#options.path)) {
      const detail = `Another wpa_supplicant has ${this.#options.path} now, or none.`;
      this.drop(new BridgeError('BRIDGE_ERR_GONE', { detail }));
      this.#connect();
      return;
    }
    this.#looks++;
    // Without an answer the connection ends.
    if (this.#looks % this.#times.looksPerPing === 0) this.#control.ask('PING').catch(() => {});
  }

  #connect(): void {
    const { path, onEvent } = this.#options;
    this.#identity = identityOf(path);
    try {
      const control: Control = new Control({
        path,
        onEvent,
        onEnd: (error) => {
          if (this.#control === control) this.#ended(error);
        },
        timeoutMs: this.#times.answerMs,
      });
      this.#control = control;
      control.ask('ATTACH').then(
        (reply) => this.#attached(control, reply),
        () => {},
      );
    } catch (error) {
      if (!(error instanceof BridgeError)) throw error;
      this.#report(error);
    }
  }

  #attached(control: Control, reply: string): void {
    if (this.#control !== control) return;
    if (!isOk(reply)) {
      const detail = `${this.#options.path}: wpa_supplicant lets nobody listen to its events.`;
      this.drop(new BridgeError('BRIDGE_ERR_REFUSED', { detail }));
      return;
    }
    this.#up = true;
    this.#problem = '';
    (this.#options.log ?? SILENT).info({ path: this.#options.path }, 'connected to wpa_supplicant');
    this.#options.onUp();
  }

  #ended(error: BridgeError): void {
    const was = this.#up;
    this.#control = undefined;
    this.#up = false;
    this.#report(error);
    if (was) this.#options.onGone(error);
  }

  #report(error: BridgeError): void {
    if (error.message === this.#problem) return;
    this.#problem = error.message;
    if (WAITING.includes(error.code)) {
      (this.#options.log ?? SILENT).info({ detail: error.message }, 'waiting for wpa_supplicant');
    } else this.#options.onProblem?.(error);
  }
}

/** undefined: there is none, or it cannot be seen; what is the matter the next connect says. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino, mtimeNs } = statSync(path, { bigint: true });
    return `${dev} ${ino} ${mtimeNs}`;
  } catch {
    return undefined;
  }
}
