/** Connections that are not open yet: those that wait for a channel, in their order, and those that wait for the firmware's word. */
import type { Channel } from './channel.ts';
import type { LmsInput } from './contract.ts';

export type Accept = Extract<LmsInput, { type: 'accept' }>;

interface Unopened {
  readonly channel: Channel;
  readonly accept: Accept;
  readonly untilMs: number;
  /** Goes up with each. */
  readonly turn: number;
}

export class Waiting {
  readonly #unopened = new Map<number, Unopened>();
  #line: Unopened[] = [];
  #turns = 0;

  /** Those that wait for a channel. */
  get length(): number {
    return this.#line.length;
  }

  /** How long the first of them waits at most. */
  get untilMs(): number | undefined {
    return this.#line[0]?.untilMs;
  }

  add(channel: Channel, accept: Accept, untilMs: number): void {
    const unopened = { channel, accept, untilMs, turn: ++this.#turns };
    this.#unopened.set(accept.connection, unopened);
    this.#line.push(unopened);
  }

  /** The one whose turn it is: from now on it waits for the firmware's word. */
  next(): Pick<Unopened, 'channel' | 'accept'> | undefined {
    return this.#line.shift();
  }

  /** The first, if it has waited for long enough. */
  overdue(nowMs: number): Channel | undefined {
    const first = this.#line[0];
    return first !== undefined && first.untilMs <= nowMs ? first.channel : undefined;
  }

  /** The firmware had no channel for it: it waits again, in its old place. */
  putBack(connection: number): void {
    const unopened = this.#unopened.get(connection)!;
    const behind = this.#line.findIndex(({ turn }) => turn > unopened.turn);
    this.#line.splice(behind < 0 ? this.#line.length : behind, 0, unopened);
  }

  /** Its channel, when it waits for one. */
  find(connection: number): Channel | undefined {
    const channel = this.#unopened.get(connection)?.channel;
    return channel?.phase === 'waiting' ? channel : undefined;
  }

  /** It is open, refused or gone. */
  remove(connection: number): void {
    const unopened = this.#unopened.get(connection);
    if (unopened === undefined) return;
    this.#unopened.delete(connection);
    const at = this.#line.indexOf(unopened);
    if (at >= 0) this.#line.splice(at, 1);
  }

  clear(): void {
    this.#unopened.clear();
    this.#line = [];
  }
}
