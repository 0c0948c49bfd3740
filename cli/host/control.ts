/**
 * The control socket: whoever connects has the driver's side act, and hears what it does. docs/conformance.md tells the
 * protocol, `trace/control.ts` has its lines.
 */
import { once } from 'node:events';
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { formatControlReply, parseControlRequest, TraceError, type TraceEvent } from '../../trace/index.ts';
import { CliError } from '../exit.ts';
import type { Station } from '../live/station.ts';

/** A line without an end is not waited for any longer. */
const LINE_MAX = 1 << 20;
/** What a client that does not read may owe before it is cut off. */
const UNREAD_MAX = 1 << 24;

export class ControlServer {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  readonly #driver: string;
  #station: Station | undefined;

  /** Listens at a path; a `CliError` when it cannot. */
  static async listen(path: string, driver: string): Promise<ControlServer> {
    await claim(path);
    const server = createServer();
    server.listen(path);
    try {
      await once(server, 'listening');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new CliError(
        'environment',
        `cannot listen at ${path}: ${code}.`,
        code === 'EADDRINUSE'
          ? 'Another program does; give another path.'
          : 'Give a path in a folder that is there and may be written.',
      );
    }
    return new ControlServer(server, driver);
  }

  private constructor(server: Server, driver: string) {
    this.#server = server;
    this.#driver = driver;
    server.on('connection', (socket) => this.#serve(socket));
  }

  /** From now on requests are carried out by this station. */
  drives(station: Station): void {
    this.#station = station;
  }

  /** Something happened: what the driver's side knows goes to every client; what crossed the wire CSME knows itself. */
  tell(event: TraceEvent): void {
    if (event.ch === 'me' || event.ch === 'notif' || event.ch === 'data') return;
    const line = `${formatControlReply(event)}\n`;
    for (const client of this.#clients) this.#write(client, line);
  }

  close(): void {
    this.#server.close();
    for (const client of this.#clients) client.destroy();
  }

  #serve(socket: Socket): void {
    this.#clients.add(socket);
    socket.on('close', () => this.#clients.delete(socket));
    // A client that dies is a client that is gone.
    socket.on('error', () => socket.destroy());
    const hello = { t: 0, ch: 'note', text: `host by ${this.#driver}`, driver: this.#driver } as const;
    this.#write(socket, `${formatControlReply(hello)}\n`);
    let rest = '';
    let last: Promise<void> = Promise.resolve();
    socket.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) last = last.then(() => this.#carryOut(socket, line));
      if (rest.length > LINE_MAX) this.#refuse(socket, `a line of more than ${LINE_MAX} characters`);
    });
  }

  async #carryOut(socket: Socket, line: string): Promise<void> {
    if (line.trim() === '' || socket.destroyed) return;
    const request = parseControlRequest(line);
    if (request instanceof TraceError) return this.#refuse(socket, request.message);
    const { id, event } = request;
    const error =
      this.#station === undefined ? 'the driver is not there yet' : await this.#station.take(event);
    const reply = formatControlReply({ ch: 'done', id, ...(error !== undefined && { error }) });
    this.#write(socket, `${reply}\n`);
  }

  /** The client does not speak the protocol: what it sends next cannot be told from the rest of this. */
  #refuse(socket: Socket, why: string): void {
    const note = { t: 0, ch: 'note', text: `refused: ${why}` } as const;
    socket.end(`${formatControlReply(note)}\n`, () => socket.destroy());
  }

  #write(socket: Socket, text: string): void {
    if (socket.destroyed || !socket.writable) return;
    socket.write(text);
    if (socket.writableLength > UNREAD_MAX) socket.destroy();
  }
}

/** Removes a socket whose listener has died. Whatever else lies there stays: to connect to any file is refused. */
async function claim(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  if (!there.isSocket()) {
    throw new CliError('environment', `cannot listen at ${path}: it is no socket.`, 'Give another path.');
  }
  if (await isStale(path)) unlinkSync(path);
}

async function isStale(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}
