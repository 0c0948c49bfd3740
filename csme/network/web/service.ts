/**
 * The emulated AMT web service: pages, HTTP Digest and WS-Management, as a server of node:http.
 *
 * It listens wherever it is told to: on CSME's address in a network namespace, or on 127.0.0.1.
 *
 *     const service = new WebService({ credentials: { user: 'admin', password } });
 *     const { port } = await service.listen({ host: '127.0.0.1', port: 0 });
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Credentials } from '../../../amt/web/index.ts';
import { systemClock } from '../../../transport/index.ts';
import { type AmtDevice, amtDevice } from '../device.ts';
import { ENVELOPE_MAX } from '../wsman/envelope.ts';
import { WsmanService } from '../wsman/service.ts';
import { readBody, sendBytes } from './bytes.ts';
import { DigestGuard } from './digest.ts';
import { WEB_LIMITS, type WebLimits } from './limits.ts';
import { indexPage, logonPage, problemPage } from './pages.ts';

/** AMT's port for HTTP without TLS. */
export const AMT_HTTP = 16992;

export interface WebOptions {
  /** Who may log on. There is no default: without them the constructor throws NETWORK_ERR_CREDENTIALS. */
  readonly credentials: Credentials;
  readonly device?: AmtDevice;
  /** Further pages behind the Digest: path, with its first slash, and bytes. */
  readonly pages?: ReadonlyMap<string, Uint8Array>;
  readonly limits?: Partial<WebLimits>;
  /** Milliseconds of any epoch, for the age of nonces. */
  readonly now?: () => number;
}

export interface WebStatistics {
  readonly connections: number;
  /** Connections that were closed because there were too many. */
  readonly refused: number;
  /** Connections that were closed because nothing came and nothing was taken. */
  readonly timedOut: number;
  readonly requests: number;
  /** Requests that were answered with 401. */
  readonly challenged: number;
}

export class WebService {
  readonly #device: AmtDevice;
  readonly #guard: DigestGuard;
  readonly #wsman: WsmanService;
  readonly #pages: ReadonlyMap<string, Uint8Array>;
  readonly #bodyMax: number;
  readonly #server: Server;
  /** The responses of a connection that are not out yet. */
  readonly #openResponses = new WeakMap<Socket, Set<ServerResponse>>();
  readonly #statistics = { connections: 0, refused: 0, timedOut: 0, requests: 0, challenged: 0 };

  constructor(options: WebOptions) {
    const limits = { ...WEB_LIMITS, ...options.limits };
    this.#device = options.device ?? amtDevice();
    this.#guard = new DigestGuard(this.#device.realm, options.credentials, {
      now: options.now ?? (() => systemClock.now()),
      lifetimeMs: limits.nonceLifetimeMs,
      remembered: limits.nonces,
    });
    this.#wsman = new WsmanService(this.#device);
    this.#pages = options.pages ?? new Map();
    this.#bodyMax = Math.min(limits.bodyBytes, ENVELOPE_MAX);
    this.#server = this.#createServer(limits);
  }

  /** Listens in the network namespace of the calling thread. */
  listen(address: { readonly host: string; readonly port: number }): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ ...address, exclusive: true }, () => {
        this.#server.off('error', reject);
        resolve(this.#server.address() as AddressInfo);
      });
    });
  }

  statistics(): WebStatistics {
    return { ...this.#statistics };
  }

  /** Closes the listener and every connection. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #createServer(limits: WebLimits): Server {
    const server = createServer({
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      noDelay: true,
    });
    server.maxConnections = limits.connections;
    server.timeout = limits.silenceTimeoutMs;
    server.on('connection', () => this.#statistics.connections++);
    server.on('drop', () => this.#statistics.refused++);
    server.on('timeout', (socket) => {
      this.#statistics.timedOut++;
      socket.destroy();
    });
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#refuse(error, socket as Socket));
    server.on('request', (request, response) => {
      this.#statistics.requests++;
      this.#remember(request.socket, response);
      this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    return server;
  }

  #remember(socket: Socket, response: ServerResponse): void {
    const responses = this.#openResponses.get(socket) ?? new Set();
    this.#openResponses.set(socket, responses.add(response));
    response.once('close', () => responses.delete(response));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('Server', this.#serverHeader());
    response.setHeader('X-Frame-Options', 'DENY');
    const body = await readBody(request, this.#bodyMax);
    if (body === 'aborted') return;
    if (body === 'too large') {
      response.setHeader('Connection', 'close');
      return this.#problem(response, 413, `A request may have ${this.#bodyMax} bytes.`);
    }
    const method = request.method ?? '';
    const target = request.url ?? '';
    const path = target.split('?', 1)[0]!;
    if (path === '/' || path === '/logon.htm') return this.#open(path, request, response);
    const judged = this.#guard.judge(method, target, request.headers.authorization);
    if (judged.verdict === 'malformed') return this.#problem(response, 400, judged.problem);
    if (judged.verdict === 'challenged') {
      this.#statistics.challenged++;
      response.setHeader('WWW-Authenticate', judged.challenge);
      return this.#problem(response, 401, 'This page needs a user and a password.');
    }
    if (path === '/wsman') return this.#manage(request, response, body);
    const page = path === '/index.htm' ? Buffer.from(indexPage(this.#device)) : this.#pages.get(path);
    if (page === undefined) return this.#problem(response, 404, 'There is no such page.');
    if (!readsOnly(method)) return this.#notAllowed(response, 'GET, HEAD');
    const type = path === '/index.htm' ? HTML : 'application/octet-stream';
    return sendBytes(response, 200, type, page);
  }

  /** What needs no password. */
  #open(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!readsOnly(request.method)) return this.#notAllowed(response, 'GET, HEAD');
    if (path === '/logon.htm') return sendBytes(response, 200, HTML, Buffer.from(logonPage()));
    response.writeHead(303, { Location: '/logon.htm', 'Content-Length': 0 }).end();
    return Promise.resolve();
  }

  #manage(request: IncomingMessage, response: ServerResponse, body: Uint8Array): Promise<void> {
    if (request.method !== 'POST') return this.#notAllowed(response, 'POST');
    const { status, xml } = this.#wsman.answer(body);
    // In chunks, as AMT sends it: its clients are made for that.
    response.writeHead(status, { 'Content-Type': 'application/soap+xml;charset=UTF-8' });
    response.write(xml);
    response.end();
    return Promise.resolve();
  }

  #notAllowed(response: ServerResponse, allowed: string): Promise<void> {
    response.setHeader('Allow', allowed);
    return this.#problem(response, 405, `This page takes ${allowed}.`);
  }

  #problem(response: ServerResponse, status: Problem, sentence: string): Promise<void> {
    const page = Buffer.from(problemPage(`${status} ${PROBLEMS[status]}`, sentence));
    return sendBytes(response, status, HTML, page);
  }

  /** What node:http could not read, or did not get in time. */
  #refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    const responses = [...(this.#openResponses.get(socket) ?? [])];
    // What is written now would stand in the middle of a response that has begun.
    if (!socket.writable || responses.some((response) => response.headersSent)) {
      socket.destroy();
      return;
    }
    const status = UNREADABLE[error.code ?? ''] ?? 400;
    const headers = `Server: ${this.#serverHeader()}\r\nContent-Length: 0\r\nConnection: close`;
    socket.end(`HTTP/1.1 ${status} ${PROBLEMS[status]}\r\n${headers}\r\n\r\n`, () => socket.destroy());
  }

  #serverHeader(): string {
    return `Intel(R) Active Management Technology ${this.#device.version}`;
  }
}

const HTML = 'text/html; charset=UTF-8';

const PROBLEMS = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Payload Too Large',
  431: 'Request Header Fields Too Large',
} as const;

type Problem = keyof typeof PROBLEMS;

/** By the error codes of node:http. */
const UNREADABLE: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

function readsOnly(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD';
}
