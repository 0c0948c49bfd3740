/** What of this machine the firmware may reach by itself: nothing that nobody has configured. */
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { APF_TIMERS } from '../protocol/index.ts';
import type { Datagram } from './lme.ts';

/** A name or an address, as the firmware says it, and a port. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

/** `name:port`, `192.0.2.1:162`, `[2001:db8::1]:162`; undefined for anything else. */
export function parseTarget(text: string): Target | undefined {
  const [, six, other, digits] = TARGET.exec(text) ?? [];
  const port = Number(digits);
  const address = six ?? other;
  if (address === undefined || !(port >= 1 && port <= 0xffff)) return undefined;
  return six !== undefined && !isIPv6(six) ? undefined : { address: address.toLowerCase(), port };
}

export function formatTarget({ address, port }: Target): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether it is one of them: the same words, for a name may be resolved to anything. */
export function isAllowed(allowed: readonly Target[], { address, port }: Target): boolean {
  const asked = address.toLowerCase();
  return allowed.some((target) => target.address === asked && target.port === port);
}

/** Connects to a service of the host; undefined when it cannot be reached in time. */
export function reach({ address, port }: Target): Promise<Duplex | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    const giveUp = () => {
      socket.destroy();
      resolve(undefined);
    };
    socket.setTimeout(APF_TIMERS.reach.ms, giveUp);
    socket.once('error', giveUp);
    socket.once('connect', () => {
      socket.off('error', giveUp);
      socket.off('timeout', giveUp);
      socket.pause();
      resolve(socket);
    });
  });
}

/** Sends one datagram; resolves to whether it went out. */
export function sendDatagram({ address, port, payload }: Datagram): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4' });
    const end = (error: Error | null) => {
      socket.close();
      resolve(error === null);
    };
    socket.once('error', end);
    socket.send(payload, port, address, end);
  });
}

/** Lets so many things pass in a second, and no more. */
export class Rate {
  readonly #perSecond: number;
  #second = Number.NEGATIVE_INFINITY;
  #passed = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  pass(nowMs: number): boolean {
    if (nowMs - this.#second >= 1_000) {
      this.#second = nowMs;
      this.#passed = 0;
    }
    return ++this.#passed <= this.#perSecond;
  }
}

const TARGET = /^(?:\[([^\]]+)\]|([\w.-]{1,253})):(\d{1,5})$/;
