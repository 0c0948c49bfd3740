/**
 * What is in flight between the two machines, as small numbers.
 *
 * Every message that was ever sent gets a number, every burst (what one step wrote into the ring) and every content of
 * a channel as well, so that a state of the whole is a handful of numbers. Messages go through the real codec once.
 */
import {
  decodeSap,
  encodeSap,
  headlineSap,
  hexOf,
  type SapDraft,
  SapError,
  type SapMessage,
} from '../../../sap/index.ts';

/** A notification, or one of the two ME messages of the start-up, which share the order of the notifications. */
export type InFlight =
  | { readonly kind: 'sap'; readonly message: SapMessage }
  | { readonly kind: 'START'; readonly version: number }
  | { readonly kind: 'START_OK'; readonly version: number };

export const NOTHING = 0;

/** A message's character in the text of a channel; the first of a burst is marked. */
const FIRST_OF_BURST = 0x8000;

export class Channels {
  readonly #messages: InFlight[] = [];
  readonly #messageIds = new Map<string, number>();
  readonly #texts: string[] = [''];
  readonly #ids = new Map<string, number>([['', NOTHING]]);
  /** Bursts and what follows from putting one behind a channel, both by channel number. */
  readonly #pushed: (number | undefined)[][] = [];
  readonly #popped: (number | undefined)[] = [];
  /** What messages are made of, so that states that keep a part of one can be told apart fast. */
  readonly #parts = new WeakMap<object, number>();
  #partCount = 0;

  get contents(): number {
    return this.#texts.length;
  }

  sap(draft: SapDraft, from: 'host' | 'csme'): number {
    const bytes = encodeSap(draft, 0);
    const key = `${from} ${hexOf(bytes)}`;
    const known = this.#messageIds.get(key);
    if (known !== undefined) return known;
    const message = decodeSap(bytes, 0, bytes.length, from);
    if (message instanceof SapError) throw message;
    for (const part of [message, ...Object.values(message)])
      if (typeof part === 'object' && part !== null) this.#parts.set(part, ++this.#partCount);
    return this.#intern(key, { kind: 'sap', message });
  }

  start(kind: 'START' | 'START_OK', version: number): number {
    const key = `${kind} ${version}`;
    return this.#messageIds.get(key) ?? this.#intern(key, { kind, version });
  }

  /** The burst of these messages, as the number of a channel that holds nothing else. */
  burst(messages: readonly number[]): number {
    return this.#idOf(messages.map((m, i) => String.fromCharCode(i === 0 ? m | FIRST_OF_BURST : m)).join(''));
  }

  push(channel: number, burst: number): number {
    if (burst === NOTHING) return channel;
    this.#pushed[channel] ??= [];
    const row = this.#pushed[channel]!;
    row[burst] ??= this.#idOf(this.#texts[channel]! + this.#texts[burst]!);
    return row[burst]!;
  }

  /** Number of the message that comes out first, and what is left. */
  head(channel: number): number {
    return this.#texts[channel]!.charCodeAt(0) & ~FIRST_OF_BURST;
  }

  pop(channel: number): number {
    this.#popped[channel] ??= this.#idOf(this.#texts[channel]!.slice(1));
    return this.#popped[channel]!;
  }

  /** How many bursts lie in it; one that was read in part counts. */
  bursts(channel: number): number {
    const text = this.#texts[channel]!;
    let count = text.length > 0 && text.charCodeAt(0) < FIRST_OF_BURST ? 1 : 0;
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= FIRST_OF_BURST) count++;
    return count;
  }

  message(id: number): InFlight {
    return this.#messages[id]!;
  }

  /** The numbers of the messages, first out first. */
  list(channel: number): number[] {
    return Array.from(this.#texts[channel]!, (c) => c.charCodeAt(0) & ~FIRST_OF_BURST);
  }

  headline(id: number): string {
    const m = this.message(id);
    return m.kind === 'sap' ? headlineSap(m.message) : `${m.kind} version ${m.version}`;
  }

  /** A value that came out of a message, as a short text; `undefined` for any other. */
  partKey(value: object): string | undefined {
    const part = this.#parts.get(value);
    return part === undefined ? undefined : `#${part}`;
  }

  #intern(key: string, message: InFlight): number {
    const id = this.#messages.length;
    this.#messages.push(message);
    this.#messageIds.set(key, id);
    return id;
  }

  #idOf(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#texts.length;
      this.#texts.push(text);
      this.#ids.set(text, id);
    }
    return id;
  }
}
