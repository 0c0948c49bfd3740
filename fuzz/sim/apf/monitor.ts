/**
 * What one side of an APF session may send, told from its messages alone: windows, message lengths, the life of each
 * channel. Knows the layouts by the offsets of the specification and nothing of the sessions.
 */
import {
  AmtError,
  type APF_MESSAGES,
  type ApfMessage,
  type ApfMessageOf,
  decodeApf,
} from '../../../amt/protocol/index.ts';

interface Seen {
  peer: number | undefined;
  /** Bytes that this side may still send, and the other may. */
  tx: number;
  rx: number;
  /** What `rx` was at the beginning: it is never more. */
  readonly rxMax: number;
  sentClose: boolean;
  gotClose: boolean;
}

export class Monitor {
  readonly #name: string;
  readonly #messageMax: number;
  /** By the number of this side. */
  readonly #channels = new Map<number, Seen>();
  /** By the number of the other side: what it asked for and waits to hear about. */
  readonly #asked = new Map<number, ApfMessageOf<'CHANNEL_OPEN'>>();

  constructor(name: string, messageMax: number) {
    this.#name = name;
    this.#messageMax = messageMax;
  }

  /** Channels that are not closed by both sides. */
  get size(): number {
    return this.#channels.size + this.#asked.size;
  }

  /** This side sends a message: what is wrong with that, if anything. */
  sends(bytes: Uint8Array): string | undefined {
    if (bytes.length > this.#messageMax) return this.#wrong(`sends ${bytes.length} bytes at once`);
    const message = decodeApf(bytes, 'host', () => undefined);
    if (message instanceof AmtError) return this.#wrong(`sends what cannot be read: ${message.message}`);
    switch (message.name) {
      case 'CHANNEL_OPEN':
        return this.#begin(message.senderChannel, undefined, 0, message.initialWindow);
      case 'CHANNEL_OPEN_CONFIRMATION': {
        const open = this.#asked.get(message.recipientChannel);
        if (open === undefined) return this.#wrong('confirms what was not asked for');
        this.#asked.delete(message.recipientChannel);
        const { senderChannel, recipientChannel, initialWindow } = message;
        return this.#begin(senderChannel, recipientChannel, open.initialWindow, initialWindow);
      }
      case 'CHANNEL_OPEN_FAILURE':
        return this.#asked.delete(message.recipientChannel)
          ? undefined
          : this.#wrong('refuses what was not asked for');
      case 'CHANNEL_DATA':
      case 'CHANNEL_WINDOW_ADJUST':
      case 'CHANNEL_CLOSE':
        return this.#sendsOn(message);
      default:
        return undefined;
    }
  }

  /** A message of the other side arrives. */
  receives(bytes: Uint8Array): void {
    const message = decodeApf(bytes, 'host', () => undefined);
    if (message instanceof AmtError) return;
    if (message.name === 'CHANNEL_OPEN') this.#asked.set(message.senderChannel, message);
    if (!('recipientChannel' in message)) return;
    const channel = this.#channels.get(message.recipientChannel);
    if (channel === undefined) return;
    switch (message.name) {
      case 'CHANNEL_OPEN_CONFIRMATION':
        channel.peer ??= message.senderChannel;
        channel.tx = message.initialWindow;
        break;
      case 'CHANNEL_OPEN_FAILURE':
        this.#channels.delete(message.recipientChannel);
        break;
      case 'CHANNEL_WINDOW_ADJUST':
        channel.tx += message.bytesToAdd;
        break;
      case 'CHANNEL_DATA':
        channel.rx -= message.data.length;
        break;
      case 'CHANNEL_CLOSE':
        channel.gotClose = true;
        if (channel.sentClose) this.#channels.delete(message.recipientChannel);
    }
  }

  #sendsOn(message: Extract<ApfMessage, { name: (typeof ON_CHANNEL)[number] }>): string | undefined {
    const { name, recipientChannel } = message;
    const found = [...this.#channels].find(([, { peer }]) => peer === recipientChannel);
    if (found === undefined) return this.#wrong(`sends ${name} for a channel that is not open`);
    const [own, channel] = found;
    if (channel.sentClose) return this.#wrong(`sends ${name} behind its CHANNEL_CLOSE`);
    if (name === 'CHANNEL_DATA') {
      channel.tx -= message.data.length;
      if (channel.tx < 0) return this.#wrong(`sends ${-channel.tx} bytes more than the window has`);
    } else if (name === 'CHANNEL_WINDOW_ADJUST') {
      channel.rx += message.bytesToAdd;
      if (channel.rx > channel.rxMax)
        return this.#wrong(`allows ${channel.rx} bytes, ${channel.rxMax} at first`);
    } else {
      channel.sentClose = true;
      if (channel.gotClose) this.#channels.delete(own);
    }
    return undefined;
  }

  #begin(own: number, peer: number | undefined, tx: number, rx: number): string | undefined {
    if (this.#channels.has(own)) return this.#wrong(`gives the number ${own} twice`);
    this.#channels.set(own, { peer, tx, rx, rxMax: rx, sentClose: false, gotClose: false });
    return undefined;
  }

  #wrong(what: string): string {
    return `${this.#name} ${what}`;
  }
}

const ON_CHANNEL = [
  'CHANNEL_DATA',
  'CHANNEL_WINDOW_ADJUST',
  'CHANNEL_CLOSE',
] as const satisfies readonly (keyof typeof APF_MESSAGES)[];
