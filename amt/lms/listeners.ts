/** The ports of this machine that are AMT's: listened on at the loopback addresses, and nowhere else. */
import { once } from 'node:events';
import { BlockList, createServer, isIPv6, type Server, type Socket } from 'node:net';

/** Why a port is not listened on: errno's name, and the address. */
export interface ListenFailure {
  readonly code: string;
  readonly address: string;
}

export class Listeners {
  readonly #onConnection: (socket: Socket, port: number) => void;
  readonly #servers = new Map<number, Server[]>();

  constructor(onConnection: (socket: Socket, port: number) => void) {
    this.#onConnection = onConnection;
  }

  /** Resolves to why not, or to undefined when connections to the port are taken. */
  async listen(port: number): Promise<ListenFailure | undefined> {
    this.close(port);
    const servers: Server[] = [];
    this.#servers.set(port, servers);
    for (const address of LOOPBACK) {
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
      server.on('connection', (socket) => this.#take(socket, port));
      const failure = await begin(server, address, port);
      if (failure === undefined) {
        servers.push(server);
        if (this.#servers.get(port) === servers) continue;
        // The port was closed meanwhile.
        server.close();
        return { code: 'ECANCELED', address };
      }
      if (isIPv6(address) && NO_IPV6.has(failure.code)) continue;
      if (this.#servers.get(port) === servers) this.close(port);
      return failure;
    }
    return undefined;
  }

  /** Takes no more connections to the port; those that there are stay. */
  close(port: number): void {
    for (const server of this.#servers.get(port) ?? []) server.close();
    this.#servers.delete(port);
  }

  closeAll(): void {
    for (const port of [...this.#servers.keys()]) this.close(port);
  }

  #take(socket: Socket, port: number): void {
    if (isLocal(socket.remoteAddress)) this.#onConnection(socket, port);
    else socket.destroy();
  }
}

/** Whether somebody listens on the port at a loopback address. Nothing is sent there. */
export async function isTaken(port: number): Promise<boolean> {
  const listeners = new Listeners((socket) => socket.destroy());
  const failure = await listeners.listen(port);
  listeners.closeAll();
  return failure?.code === 'EADDRINUSE';
}

async function begin(server: Server, address: string, port: number): Promise<ListenFailure | undefined> {
  try {
    server.listen({ host: address, port, backlog: BACKLOG, ipv6Only: true, exclusive: true });
    await once(server, 'listening');
    // A connection that could not be accepted, for want of descriptors for example, is the loss of that one.
    server.on('error', () => {});
    return undefined;
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? 'EINVAL', address };
  }
}

/** The address that a program connects from may be routed here by somebody's rules: it is looked at, too. */
function isLocal(address: string | undefined): boolean {
  return address !== undefined && LOCAL.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

const LOOPBACK = ['127.0.0.1', '::1'] as const;
const LOCAL = new BlockList();
LOCAL.addSubnet('127.0.0.0', 8);
LOCAL.addAddress('::1', 'ipv6');
/** What a system without IPv6 says. */
const NO_IPV6: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL']);
/** Programs that connect all at once; the kernel has a limit of its own (net.core.somaxconn). */
const BACKLOG = 4096;
