/**
 * The thread of the remote console: a machine of its own (network namespace) on the other side of the air, whose
 * browser keeps one HTTP session with port 16992 open and reads the same page again and again.
 */
import { createHash } from 'node:crypto';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { answerChallenge, type Credentials } from '../../amt/web/index.ts';
import { becomeRemote, type RemoteOptions } from '../../csme/network/index.ts';
import { formatIpv4 } from '../../sap/index.ts';

export interface ConsoleInput extends RemoteOptions {
  readonly amt: { readonly ipv4: number; readonly port: number; readonly path: string };
  readonly credentials: Credentials;
}

export type ToConsole = { readonly type: 'start' } | { readonly type: 'stop' };

/** What the session came to. */
export interface ConsoleReport {
  /** Pages that came whole and equal to the first. */
  readonly pages: number;
  /** Bytes of those pages. */
  readonly bytes: number;
  readonly connections: number;
  /** The longest time without a byte from port 16992, in ms. */
  readonly silentMs: number;
}

export type FromConsole =
  | { readonly type: 'ready' }
  | { readonly type: 'page'; readonly pages: number }
  | { readonly type: 'failed'; readonly text: string }
  | { readonly type: 'report'; readonly report: ConsoleReport };

const PAUSE_MS = 40;
/** Longer than any hand-over; a connection that is silent for so long is dead. */
const PATIENCE_MS = 10_000;

class Browser {
  readonly #input: ConsoleInput;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #sockets = new Set<Socket>();
  #challenge: string | undefined;
  #count = 0;
  #first: string | undefined;
  #heardAt: number | undefined;
  #silentMs = 0;
  #pages = 0;
  #bytes = 0;

  constructor(input: ConsoleInput) {
    this.#input = input;
  }

  get report(): ConsoleReport {
    return {
      pages: this.#pages,
      bytes: this.#bytes,
      connections: this.#sockets.size,
      silentMs: Math.round(this.#silentMs),
    };
  }

  /** Reads the page once; rejects when it does not come as it came before. */
  async read(): Promise<void> {
    let { status, body, challenge } = await this.#get();
    if (status === 401 && challenge !== undefined) {
      this.#challenge = challenge;
      this.#count = 0;
      ({ status, body } = await this.#get());
    }
    if (status !== 200) throw new Error(`port ${this.#input.amt.port} answered with status ${status}`);
    const hash = createHash('sha256').update(body).digest('hex');
    this.#first ??= hash;
    if (hash !== this.#first) throw new Error('a page came with other bytes than before');
    this.#pages++;
    this.#bytes += body.length;
  }

  close(): void {
    this.#agent.destroy();
  }

  #get(): Promise<{ status: number; body: Buffer; challenge: string | undefined }> {
    const { amt, credentials } = this.#input;
    const headers: Record<string, string> = {};
    if (this.#challenge !== undefined) {
      this.#count++;
      headers.authorization = answerChallenge(this.#challenge, {
        credentials,
        method: 'GET',
        uri: amt.path,
        count: this.#count,
      });
    }
    const host = formatIpv4(amt.ipv4);
    return new Promise((resolve, reject) => {
      const request = get(
        { host, port: amt.port, path: amt.path, headers, agent: this.#agent },
        (response) => {
          readBody(response).then(
            (body) =>
              resolve({
                status: response.statusCode ?? 0,
                body,
                challenge: response.headers['www-authenticate'],
              }),
            reject,
          );
        },
      );
      request.setTimeout(PATIENCE_MS, () =>
        request.destroy(new Error(`no byte for ${PATIENCE_MS / 1000} s`)),
      );
      request.on('socket', (socket) => this.#watch(socket));
      request.on('error', reject);
    });
  }

  #watch(socket: Socket): void {
    if (this.#sockets.has(socket)) return;
    this.#sockets.add(socket);
    socket.prependListener('data', () => {
      const now = performance.now();
      if (this.#heardAt !== undefined) this.#silentMs = Math.max(this.#silentMs, now - this.#heardAt);
      this.#heardAt = now;
    });
  }
}

function readBody(response: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    response.on('data', (piece: Buffer) => pieces.push(piece));
    response.on('end', () => resolve(Buffer.concat(pieces)));
    // A connection that ends inside of the body.
    response.on('error', reject);
  });
}

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const input = workerData as ConsoleInput;
  const say = (message: FromConsole) => port.postMessage(message);
  const browser = new Browser(input);
  let wanted = false;
  const browse = async () => {
    try {
      while (wanted) {
        await browser.read();
        say({ type: 'page', pages: browser.report.pages });
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
      say({ type: 'report', report: browser.report });
    } catch (error) {
      say({ type: 'failed', text: error instanceof Error ? error.message : String(error) });
    } finally {
      browser.close();
    }
  };
  port.on('message', (message: ToConsole) => {
    wanted = message.type === 'start';
    if (wanted) void browse();
  });
  await becomeRemote(input);
  say({ type: 'ready' });
}

if (parentPort !== null) await main(parentPort);
