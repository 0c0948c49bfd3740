/** A connection to a message bus: calls with a time limit, services that come and go, their signals. */
import { createConnection, type Socket } from 'node:net';
import * as dbusNative from '@homebridge/dbus-native';
import { BridgeError } from '../errors.ts';
import { type DbusValue, fromPackage, parseSignature, toPackage } from './values.ts';

export const SYSTEM_BUS = 'unix:path=/run/dbus/system_bus_socket';

export interface Signal {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly DbusValue[];
}

export interface ServiceHandler {
  /** A process took the name; also for the one that has it at the start. */
  readonly onOwner: (owner: string) => void;
  readonly onGone: () => void;
  /** Of the present owner only: anybody can send a signal to anybody. */
  readonly onSignal: (signal: Signal) => void;
}

export interface CallOptions {
  /** A unique name: nothing is started by a call. */
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly DbusValue[];
  readonly timeoutMs?: number;
}

/** What a service answered instead of a result. */
export class DbusError extends Error {
  /** Such as `org.freedesktop.DBus.Error.UnknownMethod`. */
  readonly errorName: string;

  constructor(errorName: string, message: string) {
    super(message);
    this.name = 'DbusError';
    this.errorName = errorName;
  }
}

/** A call that somebody makes here. */
export interface IncomingCall extends Signal {
  /** The unique name of who calls. */
  readonly sender: string;
}

/** What is answered: a body with its signature, or the name of an error; undefined: the method is not known. */
export type IncomingAnswer =
  | { readonly signature: string; readonly body: readonly DbusValue[] }
  | string
  | undefined;

interface Message {
  readonly type: number;
  readonly serial: number;
  readonly replySerial?: number;
  readonly errorName?: string;
  readonly sender?: string;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
}

/** The part of the package that is used, which its own types leave out. */
interface Wire {
  on(event: 'connect' | 'end', listener: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'message', listener: (message: Message) => void): void;
  message(message: object): void;
}
const { createConnection: createWire } = dbusNative as unknown as {
  createConnection(options: { stream: Socket; authMethods: string[] }): Wire;
};

const DAEMON = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};
const TYPES = { call: 1, result: 2, error: 3, signal: 4 } as const;
/** Nothing that is asked for here is larger. */
const MAX_MESSAGE_BYTES = 16 << 20;
const CALL_MS = 10_000;

interface Waiting {
  resolve(body: DbusValue[]): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

export class Bus {
  readonly #socket: Socket;
  readonly #wire: Wire;
  readonly #onClosed: (error: BridgeError) => void;
  readonly #waiting = new Map<number, Waiting>();
  readonly #services: {
    readonly name: string;
    owner: string | undefined;
    readonly handler: ServiceHandler;
  }[] = [];
  /** Answers the calls of others, if any. */
  onCall: ((call: IncomingCall) => IncomingAnswer) | undefined;
  #serial = 1;
  #closed: BridgeError | undefined;

  constructor(socket: Socket, onClosed: (error: BridgeError) => void) {
    this.#socket = guarded(socket);
    this.#onClosed = onClosed;
    socket.on('error', (error) => this.#end(busGone(error.message)));
    socket.on('close', () => this.#end(busGone('the connection was closed')));
    this.#wire = createWire({ stream: this.#socket, authMethods: ['EXTERNAL'] });
    this.#wire.on('error', (error) => this.#end(busGone(error.message)));
    this.#wire.on('end', () => this.#end(busGone('the connection was closed')));
    this.#wire.on('message', (message) => this.#receive(message));
  }

  /**
   * What a method returns. Rejects with a DbusError when the service refuses, with a BridgeError when no answer comes
   * (BRIDGE_ERR_TIMEOUT) or the connection is gone (BRIDGE_ERR_GONE).
   */
  call(options: CallOptions): Promise<DbusValue[]> {
    const { signature, body = [], timeoutMs = CALL_MS, ...address } = options;
    return new Promise((resolve, reject) => {
      if (this.#closed !== undefined) {
        reject(this.#closed);
        return;
      }
      const serial = this.#serial++;
      const timer = setTimeout(() => {
        this.#waiting.delete(serial);
        const detail = `${options.interface}.${options.member} was not answered in ${timeoutMs} ms.`;
        reject(new BridgeError('BRIDGE_ERR_TIMEOUT', { detail }));
      }, timeoutMs);
      this.#waiting.set(serial, { resolve, reject, timer });
      const content = signature === undefined ? {} : { signature, body: toPackage(body) };
      try {
        this.#wire.message({ type: TYPES.call, serial, ...address, ...content });
      } catch (cause) {
        this.#waiting.delete(serial);
        clearTimeout(timer);
        const detail = `${options.member} cannot be called with that: ${(cause as Error).message}.`;
        reject(new BridgeError('BRIDGE_ERR_FORMAT', { detail }));
      }
    });
  }

  /** Follows a service from now on. Resolves when it is known whether somebody has the name, which was told then. */
  async follow(name: string, handler: ServiceHandler): Promise<void> {
    this.#services.push({ name, owner: undefined, handler });
    const match = (rule: string) =>
      this.call({ ...DAEMON, member: 'AddMatch', signature: 's', body: [`type='signal',${rule}`] });
    await match(`sender='${DAEMON.destination}',member='NameOwnerChanged',arg0='${name}'`);
    await match(`sender='${name}'`);
    try {
      const [owner] = await this.call({ ...DAEMON, member: 'GetNameOwner', signature: 's', body: [name] });
      if (typeof owner === 'string') this.#changeOwner(name, owner);
    } catch (error) {
      if (!(error instanceof DbusError)) throw error;
    }
  }

  hello(): Promise<unknown> {
    return this.call({ ...DAEMON, member: 'Hello' });
  }

  close(): void {
    this.#end(
      new BridgeError('BRIDGE_ERR_CLOSED', { detail: 'The connection to D-Bus is needed for this.' }),
      true,
    );
  }

  #end(error: BridgeError, wanted = false): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    this.#socket.destroy();
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#waiting.clear();
    if (!wanted) this.#onClosed(error);
  }

  #receive(message: Message): void {
    if (this.#closed !== undefined) return;
    if (message.type === TYPES.signal) this.#signal(message);
    else if (message.type === TYPES.call) this.#serve(message);
    else if (message.type === TYPES.result || message.type === TYPES.error) this.#answer(message);
  }

  #answer(message: Message): void {
    const waiting = this.#waiting.get(message.replySerial ?? 0);
    if (waiting === undefined) return;
    this.#waiting.delete(message.replySerial!);
    clearTimeout(waiting.timer);
    try {
      const body = bodyOf(message);
      if (message.type === TYPES.result) waiting.resolve(body);
      else {
        const text = typeof body[0] === 'string' ? body[0] : 'no words';
        waiting.reject(new DbusError(message.errorName ?? '', text));
      }
    } catch (error) {
      waiting.reject(error as BridgeError);
    }
  }

  #serve(message: Message): void {
    const { sender = '', path = '', interface: iface = '', member = '' } = message;
    let answer: IncomingAnswer;
    try {
      answer = this.onCall?.({ sender, path, interface: iface, member, body: bodyOf(message) });
    } catch {
      answer = 'org.freedesktop.DBus.Error.InvalidArgs';
    }
    answer ??= 'org.freedesktop.DBus.Error.UnknownMethod';
    const content =
      typeof answer === 'string'
        ? { type: TYPES.error, errorName: answer, signature: 's', body: ['Not here.'] }
        : { type: TYPES.result, signature: answer.signature, body: toPackage(answer.body) };
    const address = { serial: this.#serial++, destination: sender, replySerial: message.serial };
    this.#wire.message({ ...address, ...content });
  }

  #signal(message: Message): void {
    const { sender, path = '', interface: iface = '', member = '' } = message;
    let body: DbusValue[];
    try {
      body = bodyOf(message);
    } catch {
      return;
    }
    if (sender === DAEMON.destination && member === 'NameOwnerChanged') {
      const [name, , owner] = body;
      if (typeof name === 'string' && typeof owner === 'string') this.#changeOwner(name, owner);
      return;
    }
    for (const { owner, handler } of this.#services) {
      if (owner !== undefined && owner === sender) handler.onSignal({ path, interface: iface, member, body });
    }
  }

  #changeOwner(name: string, owner: string): void {
    for (const service of this.#services) {
      if (service.name !== name || (service.owner ?? '') === owner) continue;
      const before = service.owner;
      service.owner = owner === '' ? undefined : owner;
      if (before !== undefined) service.handler.onGone();
      if (service.owner !== undefined) service.handler.onOwner(service.owner);
    }
  }
}

/** Rejects with BRIDGE_ERR_ABSENT, BRIDGE_ERR_PERMISSION, BRIDGE_ERR_OPTION for an address that cannot be used. */
export async function openBus(address: string, onClosed: (error: BridgeError) => void): Promise<Bus> {
  let early: BridgeError | undefined;
  let open = false;
  const bus = new Bus(createConnection(socketPathOf(address)), (error) => {
    early = error;
    if (open) onClosed(error);
  });
  try {
    await bus.hello();
    open = true;
    return bus;
  } catch (error) {
    bus.close();
    throw early ?? error;
  }
}

/** `unix:path=…` or `unix:abstract=…`, the first such of a list. */
function socketPathOf(addresses: string): string {
  for (const address of addresses.split(';')) {
    const match = /^unix:(?:.*,)?(path|abstract)=([^,;]+)/.exec(address);
    if (match === null) continue;
    try {
      const path = decodeURIComponent(match[2]!);
      return match[1] === 'abstract' ? `\0${path}` : path;
    } catch {
      break;
    }
  }
  const detail = `"${addresses}" is no address of a bus on this machine; such as ${SYSTEM_BUS}.`;
  throw new BridgeError('BRIDGE_ERR_OPTION', { detail });
}

/** The package reads from the socket in listeners of its own: what cannot be read there ends the connection, not the process. */
function guarded(socket: Socket): Socket {
  const on = socket.on.bind(socket);
  const read = socket.read.bind(socket);
  const replaced = {
    on(event: string, listener: (...values: unknown[]) => void): Socket {
      if (event !== 'readable') return on(event, listener);
      const safe = (...values: unknown[]): void => {
        try {
          listener(...values);
        } catch (error) {
          socket.destroy(error as Error);
        }
      };
      return on(event, Object.assign(safe, { listener }));
    },
    read(size?: number): unknown {
      if (size !== undefined && size > MAX_MESSAGE_BYTES) throw new Error(`a message of ${size} bytes`);
      return read(size);
    },
  };
  return Object.assign(socket, replaced);
}

function bodyOf({ signature = '', body = [] }: Message): DbusValue[] {
  return parseSignature(signature).map((type, index) => fromPackage(body[index], type));
}

function busGone(detail: string): BridgeError {
  const code = /EACCES|EPERM|REJECTED/.test(detail)
    ? 'BRIDGE_ERR_PERMISSION'
    : /ENOENT|ECONNREFUSED/.test(detail)
      ? 'BRIDGE_ERR_ABSENT'
      : 'BRIDGE_ERR_GONE';
  return new BridgeError(code, { detail: `D-Bus: ${detail}.` });
}
