/**
 * A WS-Management client for AMT: HTTP with Digest over whatever carries bytes to port 16992.
 *
 * Hostile answers: their headers and bodies are bounded, and so is the time for each request, connecting included. The
 * body of a request is not sent before the other side has asked for credentials.
 */
import { randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  AMT_HTTP,
  authorizationFor,
  type Credentials,
  type DigestChallenge,
  parseChallenge,
  XML_LIMITS,
} from '../web/index.ts';
import { WsmanError, type WsmanErrorCode } from './errors.ts';
import {
  readAnswer,
  requestName,
  requestXml,
  type WsmanAnswer,
  type WsmanRequest,
  type WsmanValues,
} from './messages.ts';

export interface WsmanOptions {
  /** Opens a connection to AMT's web service; each is used for one exchange and destroyed. */
  connect(signal: AbortSignal): Promise<Duplex>;
  readonly credentials: Credentials;
  /** For all of a request. */
  readonly timeoutMs?: number;
  /** Ends requests; they reject with the reason of the signal. */
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 30_000;
const PATH = '/wsman';
const HEADERS_MAX = 8192;
/** The first without credentials, one with them, and as many more as a nonce may turn out to be too old. */
const TRIES = 4;

interface Answer {
  readonly status: number;
  readonly challenges: readonly string[];
  readonly body: Uint8Array;
}

export class WsmanClient {
  readonly #options: WsmanOptions;
  #challenge: DigestChallenge | undefined;
  /** Requests that were sent with the challenge's nonce. */
  #uses = 0;

  constructor(options: WsmanOptions) {
    this.#options = options;
  }

  /** Reads the one instance of a class. Rejects with a `WsmanError`. */
  get(className: string): Promise<WsmanValues> {
    return this.#ask({ className });
  }

  /** Calls a method; resolves with its output, whatever `ReturnValue` says. Rejects with a `WsmanError`. */
  invoke(
    className: string,
    method: string,
    input: Readonly<Record<string, string | number>> = {},
  ): Promise<WsmanValues> {
    return this.#ask({ className, method, input });
  }

  async #ask(request: WsmanRequest): Promise<WsmanValues> {
    const name = requestName(request);
    const timeoutMs = this.#options.timeoutMs ?? TIMEOUT_MS;
    const timeout = AbortSignal.timeout(timeoutMs);
    const { signal } = this.#options;
    const until = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    const messageId = `uuid:${randomUUID()}`;
    try {
      const { status, body } = await this.#exchange(requestXml(request, messageId, timeoutMs), until);
      return valuesOf(status, readAnswer(body, request, messageId));
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (timeout.aborted) throw new WsmanError('WSMAN_ERR_TIMEOUT', { request: name });
      if (!(error instanceof WsmanError)) throw error;
      throw new WsmanError(error.code, { ...error.details, request: name });
    }
  }

  /** Sends a request until it is not asked for other credentials. */
  async #exchange(xml: string, signal: AbortSignal): Promise<Answer> {
    for (let tries = 0; tries < TRIES; tries++) {
      const asked = this.#challenge;
      const answer = await this.#send(asked, xml, signal);
      if (answer.status !== 401) {
        if (asked === undefined) throw wrong('It did not ask for a password.');
        return answer;
      }
      const challenge = digestOf(answer.challenges);
      this.#challenge = undefined;
      // A nonce that was good before may have become too old, whether AMT says so or not. Else user or password is
      // wrong, and asking again would only count as another attempt.
      if (asked !== undefined && !challenge.stale && this.#uses === 1) {
        throw new WsmanError('WSMAN_ERR_CREDENTIALS');
      }
      this.#challenge = challenge;
      this.#uses = 0;
    }
    throw wrong('It calls every nonce stale.');
  }

  async #send(challenge: DigestChallenge | undefined, xml: string, signal: AbortSignal): Promise<Answer> {
    const headers: Record<string, string> = { 'Content-Type': 'application/soap+xml;charset=UTF-8' };
    if (challenge !== undefined) {
      const { credentials } = this.#options;
      const asked = { credentials, method: 'POST', uri: PATH, count: ++this.#uses };
      headers.Authorization = authorizationFor(challenge, asked);
    }
    const socket = await this.#connect(signal);
    try {
      return await post(socket, headers, challenge === undefined ? '' : xml, signal);
    } finally {
      socket.destroy();
    }
  }

  async #connect(signal: AbortSignal): Promise<Duplex> {
    const connecting = this.#options.connect(signal);
    try {
      const socket = await unlessAborted(connecting, signal);
      // What goes wrong with it is told by the request; afterwards nobody wants to know.
      return socket.on('error', () => {});
    } catch (cause) {
      // One that comes too late is not needed any more.
      connecting.then((socket) => socket.on('error', () => {}).destroy()).catch(() => {});
      throw new WsmanError('WSMAN_ERR_CONNECT', { detail: messageOf(cause), cause });
    }
  }
}

/** Does not wait for who does not heed the signal. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** One HTTP request on a connection of its own. Rejects with a `WsmanError`. */
function post(
  socket: Duplex,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) =>
      reject(new WsmanError(codeOf(error), { detail: `(${error.code ?? error.message})`, cause: error }));
    const request = httpRequest({
      host: '127.0.0.1',
      port: AMT_HTTP,
      method: 'POST',
      path: PATH,
      headers: { ...headers, 'Content-Length': Buffer.byteLength(body) },
      maxHeaderSize: HEADERS_MAX,
      createConnection: () => socket,
      signal,
    });
    request.on('error', failed);
    request.once('response', (response) => {
      readBody(response).then(
        (bytes) =>
          resolve({
            status: response.statusCode ?? 0,
            challenges: response.headersDistinct['www-authenticate'] ?? [],
            body: bytes,
          }),
        (error) => (error instanceof WsmanError ? reject(error) : failed(error)),
      );
    });
    request.end(body);
  });
}

async function readBody(response: IncomingMessage): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response as AsyncIterable<Uint8Array>) {
    length += part.length;
    if (length > XML_LIMITS.bytes) throw wrong(`Its answer has more than ${XML_LIMITS.bytes} bytes.`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function digestOf(challenges: readonly string[]): DigestChallenge {
  for (const header of challenges) {
    const challenge = parseChallenge(header);
    if (challenge === 'other') continue;
    if ('problem' in challenge) throw wrong(challenge.problem);
    return challenge;
  }
  throw wrong('It does not offer HTTP Digest.');
}

function valuesOf(status: number, answer: WsmanAnswer): WsmanValues {
  if ('values' in answer) return answer.values;
  if ('fault' in answer) {
    const { code, reason } = answer.fault;
    throw new WsmanError('WSMAN_ERR_FAULT', { fault: code, detail: `It says: ${reason} (${code})` });
  }
  if (status !== 200) throw new WsmanError('WSMAN_ERR_HTTP', { detail: `The status is ${status}.` });
  throw wrong(answer.problem);
}

function wrong(detail: string): WsmanError {
  return new WsmanError('WSMAN_ERR_ANSWER', { detail });
}

/** What node:http's parser complains about comes from the other side. */
function codeOf(error: NodeJS.ErrnoException): WsmanErrorCode {
  return error.code?.startsWith('HPE_') ? 'WSMAN_ERR_ANSWER' : 'WSMAN_ERR_LOST';
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
