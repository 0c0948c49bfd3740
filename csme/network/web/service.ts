/**
 * The emulated AMT web service: pages, HTTP Digest and WS-Management, as a server of node:http.
 *
 * It listens wherever it is told to: on CSME's address in a network namespace, or on 127.0.0.1. Whoever comes that way is
 * served while AMT is provisioned. Programs of the host come by `accept`: they are served as soon as AMT runs, and only
 * to them is its local account good.
 *
 *     const service = new WebService({ credentials: { user: 'admin', password } });
 *     const { port } = await service.listen({ host: '127.0.0.1', port: 0 });
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Credentials, secretOf } from '../../../amt/web/index.ts';
import { systemClock } from '../../../transport/index.ts';
import { type Amt, LOCAL_USER } from '../../amt/index.ts';
import { ownAmt } from '../own-amt.ts';
import { ENVELOPE_MAX } from '../wsman/envelope.ts';
import { WsmanService } from '../wsman/service.ts';
import { readBody, sendBytes } from './bytes.ts';
import { type Accounts, DigestGuard } from './digest.ts';
import { WEB_LIMITS, type WebLimits } from './limits.ts';
import { indexPage, logonPage, problemPage } from './pages.ts';

export interface WebOptions {
  /** What it is the web service of: its state and who may log on. It is asked at every request. */
  readonly amt?: Amt;
  /**
   * Without `amt`: the one administrator of a provisioned AMT. There is no default: without them the constructor throws
   * NETWORK_ERR_CREDENTIALS.
   */
  readonly credentials?: Credentials;
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
  readonly #amt: Amt;
  readonly #guard: DigestGuard;
  readonly #wsman: WsmanService;
  readonly #pages: ReadonlyMap<string, Uint8Array>;
  readonly #bodyMax: number;
  readonly #server: Server;
  /** Connections of programs of the host. */
  readonly #local = new WeakSet<Duplex>();
  /** The responses of a connection that are not out yet. */
  readonly #openResponses = new WeakMap<Socket, Set<ServerResponse>>();
  readonly #forgetAmt: () => void;
  readonly #statistics = { connections: 0, refused: 0, timedOut: 0, requests: 0, challenged: 0 };

  constructor(options: WebOptions) {
    const limits = { ...WEB_LIMITS, ...options.limits };
    this.#amt = options.amt ?? ownAmt(options.credentials);
    this.#guard = new DigestGuard(this.#amt.state.realm, {
      now: options.now ?? (() => systemClock.now()),
      lifetimeMs: limits.nonceLifetimeMs,
      remembered: limits.nonces,
    });
    this.#wsman = new WsmanService(this.#amt);
    this.#pages = options.pages ?? new Map();
    this.#bodyMax = Math.min(limits.bodyBytes, ENVELOPE_MAX);
    this.#server = this.#createServer(limits);
    // Who is being answered hears the end of the answer.
    this.#forgetAmt = this.#amt.onChange(({ before, state }) => {
      if (reached(before) && !reached(state)) this.#server.closeIdleConnections();
    });
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

  /** Serves a program of the host: `stream` is its connection, whatever carries it. */
  accept(stream: Duplex): void {
    // Only with this does a server that does not listen look at the times of its connections, and end them.
    if (!this.#server.listening && this.#statistics.connections === 0) this.#server.emit('listening');
    this.#local.add(stream);
    this.#server.emit('connection', stream);
  }

  statistics(): WebStatistics {
    return { ...this.#statistics };
  }

  /** Closes the listener and every connection. */
  close(): Promise<void> {
    this.#forgetAmt();
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
      // Clients that speak to LME themselves leave it out.
      requireHostHeader: false,
    });
    server.maxConnections = limits.connections;
    server.timeout = limits.silenceTimeoutMs;
    server.on('connection', (stream) => {
      if (this.#serves(stream)) this.#statistics.connections++;
      else stream.destroy();
    });
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
    const { socket, headers } = request;
    if (!this.#serves(socket)) return void socket.destroy();
    const judged = this.#guard.judge(method, target, headers.authorization, this.#accounts(socket));
    if (judged.verdict === 'malformed') return this.#problem(response, 400, judged.problem);
    if (judged.verdict === 'challenged') {
      this.#statistics.challenged++;
      response.setHeader('WWW-Authenticate', judged.challenge);
      return this.#problem(response, 401, 'This page needs a user and a password.');
    }
    if (path === '/wsman') return this.#manage(request, response, body, judged.user);
    const page = path === '/index.htm' ? Buffer.from(indexPage(this.#amt.state)) : this.#pages.get(path);
    if (page === undefined) return this.#problem(response, 404, 'There is no such page.');
    if (!readsOnly(method)) return this.#notAllowed(response, 'GET, HEAD');
    const type = path === '/index.htm' ? HTML : 'application/octet-stream';
    return sendBytes(response, 200, type, page);
  }

  /** Whether there is a service at all for who comes this way. */
  #serves(stream: Duplex): boolean {
    const { state } = this.#amt;
    return this.#local.has(stream) ? state.enabled : reached(state);
  }

  #accounts(stream: Duplex): Accounts {
    const accounts = this.#amt.accounts();
    if (!this.#local.has(stream)) return accounts;
    const { user, password } = this.#amt.localAccount();
    return new Map(accounts).set(user, secretOf(user, this.#amt.state.realm, password));
  }

  /** What needs no password. */
  #open(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!readsOnly(request.method)) return this.#notAllowed(response, 'GET, HEAD');
    if (path === '/logon.htm') return sendBytes(response, 200, HTML, Buffer.from(logonPage()));
    response.writeHead(303, { Location: '/logon.htm', 'Content-Length': 0 }).end();
    return Promise.resolve();
  }

  #manage(request: IncomingMessage, response: ServerResponse, body: Uint8Array, user: string): Promise<void> {
    if (request.method !== 'POST') return this.#notAllowed(response, 'POST');
    const caller = { isLocalAccount: user === LOCAL_USER };
    const { status, xml } = this.#wsman.answer(body, Date.now(), caller);
    // The request may have ended the service.
    if (!this.#serves(request.socket)) response.setHeader('Connection', 'close');
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
    return `Intel(R) Active Management Technology ${this.#amt.state.version}`;
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

/** The network reaches the service. */
function reached({ enabled, provisioningState }: Amt['state']): boolean {
  return enabled && provisioningState === 2;
}

function readsOnly(method: string | undefined): boolean {
  return method === 'GET' || method === 'HEAD';
}
