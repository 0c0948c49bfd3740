/** The control socket of a driver's helper, from the judge's side. */
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ControlReply,
  type ControlRequest,
  formatControlRequest,
  parseControlReply,
  TraceError,
} from '../trace/index.ts';

/** A line without an end is not waited for any longer. */
const LINE_MAX = 1 << 20;
/** How often a helper that is not there yet is looked for, in ms. */
const AGAIN_MS = 100;

export interface ControlHandlers {
  onReply(reply: ControlReply): void;
  /** Once, when nothing comes any more; why. */
  onLost(why: string): void;
}

export class ControlClient {
  readonly #socket: Socket;
  #handlers: ControlHandlers | undefined;
  /** What came before somebody listened. */
  #early: ControlReply[] = [];
  #lost: string | undefined;
  #rest = '';

  /** Waits so long for a helper to listen at the path, or until the signal; why not, in words, when none does. */
  static async open(path: string, waitMs: number, signal?: AbortSignal): Promise<ControlClient | string> {
    const deadline = performance.now() + waitMs;
    for (;;) {
      const socket = await connected(path);
      if (typeof socket !== 'string') return new ControlClient(socket);
      if (performance.now() >= deadline || signal?.aborted) return socket;
      await sleep(AGAIN_MS);
    }
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.#read(text));
    socket.on('error', ({ message }) => this.#lose(message));
    socket.on('close', () => this.#lose('it has closed the connection'));
  }

  /** Gives what has come, and what comes from now on. */
  listen(handlers: ControlHandlers): void {
    this.#handlers = handlers;
    for (const reply of this.#early) handlers.onReply(reply);
    this.#early = [];
    if (this.#lost !== undefined) handlers.onLost(this.#lost);
  }

  send(request: ControlRequest): void {
    this.#socket.write(`${formatControlRequest(request)}\n`);
  }

  close(): void {
    this.#handlers = undefined;
    this.#socket.destroy();
  }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') this.#take(line);
    if (this.#rest.length > LINE_MAX) this.#lose(`it sends a line of more than ${LINE_MAX} characters`);
  }

  #take(line: string): void {
    const parsed = parseControlReply(line);
    const reply: ControlReply =
      parsed instanceof TraceError ? { ch: 'error', line: 0, error: parsed } : parsed;
    if (this.#handlers === undefined) this.#early.push(reply);
    else this.#handlers.onReply(reply);
  }

  #lose(why: string): void {
    if (this.#lost !== undefined) return;
    this.#lost = why;
    this.#socket.destroy();
    this.#handlers?.onLost(why);
  }
}

function connected(path: string): Promise<Socket | string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', ({ code, message }: NodeJS.ErrnoException) => resolve(code ?? message));
  });
}
