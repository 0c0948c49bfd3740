/** The bus between both sessions: keeps the order of messages, delays each, and has every one looked at where it is sent. */
import type { Random } from '../../random.ts';
import { Wire } from '../pair/wire.ts';
import type { Side } from './link.ts';
import { Monitor } from './monitor.ts';

const DELAY_MOST_MS = 50;

export class Bus {
  /** Bytes of one message. */
  readonly messageMax: number;
  readonly #random: Random;
  readonly #to: Record<Side, Wire> = { host: new Wire(), firmware: new Wire() };
  #monitors: Record<Side, Monitor>;
  #isUp = false;
  #sent = 0;

  constructor(random: Random) {
    this.#random = random;
    this.messageMax = 128 + random.below(4000);
    this.#monitors = this.#newMonitors();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** Messages that were sent. */
  get sent(): number {
    return this.#sent;
  }

  connect(): void {
    this.#isUp = true;
  }

  /** What is on it is lost. */
  disconnect(): void {
    this.#isUp = false;
    this.#monitors = this.#newMonitors();
    this.#to.host.clear();
    this.#to.firmware.clear();
  }

  /** What is wrong with the message, if anything. */
  send(nowMs: number, from: Side, bytes: Uint8Array): string | undefined {
    if (!this.#isUp) return undefined;
    this.#sent++;
    const delayMs = this.#random.oneIn(3) ? this.#random.below(DELAY_MOST_MS) : 0;
    this.#to[from === 'host' ? 'firmware' : 'host'].send(nowMs, delayMs, bytes);
    return this.#monitors[from].sends(bytes);
  }

  /** The next message for a side that has arrived. */
  receive(nowMs: number, side: Side): Uint8Array | undefined {
    const bytes = this.#to[side].receive(nowMs);
    if (bytes !== undefined) this.#monitors[side].receives(bytes);
    return bytes;
  }

  nextAt(): number | undefined {
    const [up, down] = [this.#to.firmware.nextAt(), this.#to.host.nextAt()];
    return up === undefined || (down !== undefined && down < up) ? down : up;
  }

  /** Channels that a side has not closed, as its messages show. */
  channels(side: Side): number {
    return this.#monitors[side].size;
  }

  #newMonitors(): Record<Side, Monitor> {
    return {
      host: new Monitor('the host', this.messageMax),
      firmware: new Monitor('the firmware', this.messageMax),
    };
  }
}
