/**
 * The nonces of HTTP Digest: which are ours, how old they are, which counts of them were used.
 *
 * A nonce carries its time of issue and a MAC over it, so those that nobody uses cost no memory. Only a nonce with
 * which somebody has proven to know the password is remembered, with its counts.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export interface NonceOptions {
  /** Milliseconds of any epoch; never goes back. */
  readonly now: () => number;
  /** Age up to which a nonce is good. */
  readonly lifetimeMs: number;
  /** Nonces in use at the same time; one more makes those that are as old as the oldest of them stale. */
  readonly remembered: number;
}

interface Use {
  readonly issuedAt: number;
  /** Highest count that was used. */
  highest: number;
  /** Bit n: count `highest - n` was used. Connections that share a nonce overtake each other by a few counts. */
  window: number;
}

const WINDOW = 32;
const TIME_BYTES = 6;
const RANDOM_BYTES = 6;
const HEAD_BYTES = TIME_BYTES + RANDOM_BYTES;
const MAC_BYTES = 12;
/** Base64 of 24 bytes: 32 characters, as AMT's have. */
const NONCE = /^[A-Za-z0-9+/]{32}$/;

export class NonceBook {
  readonly #options: NonceOptions;
  readonly #key = randomBytes(32);
  readonly #uses = new Map<string, Use>();
  /** Nonces that were issued before this, or then, are stale: what was forgotten of them cannot be checked. */
  #forgottenUntil = -1;

  constructor(options: NonceOptions) {
    this.#options = options;
  }

  issue(): string {
    const bytes = Buffer.alloc(HEAD_BYTES + MAC_BYTES);
    bytes.writeUIntBE(this.#now(), 0, TIME_BYTES);
    randomBytes(RANDOM_BYTES).copy(bytes, TIME_BYTES);
    this.#mac(bytes).copy(bytes, HEAD_BYTES);
    return bytes.toString('base64');
  }

  /**
   * Uses a count of a nonce up, or without one the whole nonce. False when it is not ours, is too old, or was used
   * before: whoever sent it needs a fresh one. To be called only for requests whose digest is right.
   */
  spend(nonce: string, count: number | undefined): boolean {
    const issuedAt = this.#issueTime(nonce);
    if (issuedAt === undefined || issuedAt <= this.#forgottenUntil) return false;
    if (this.#now() - issuedAt > this.#options.lifetimeMs) return false;
    const use = this.#uses.get(nonce);
    if (count === undefined) {
      if (use !== undefined) return false;
      // The highest count there is: no other comes after it.
      return this.#remember(nonce, { issuedAt, highest: 0xffffffff, window: -1 });
    }
    if (count === 0) return false;
    return use === undefined
      ? this.#remember(nonce, { issuedAt, highest: count, window: 1 })
      : advance(use, count);
  }

  /** Whole milliseconds that fit into TIME_BYTES. */
  #now(): number {
    return Math.floor(this.#options.now());
  }

  #issueTime(nonce: string): number | undefined {
    if (!NONCE.test(nonce)) return undefined;
    const bytes = Buffer.from(nonce, 'base64');
    if (!timingSafeEqual(bytes.subarray(HEAD_BYTES), this.#mac(bytes))) return undefined;
    return bytes.readUIntBE(0, TIME_BYTES);
  }

  #mac(bytes: Buffer): Buffer {
    return createHmac('sha256', this.#key)
      .update(bytes.subarray(0, HEAD_BYTES))
      .digest()
      .subarray(0, MAC_BYTES);
  }

  #remember(nonce: string, use: Use): true {
    if (this.#uses.size >= this.#options.remembered) this.#forget();
    this.#uses.set(nonce, use);
    return true;
  }

  /** Forgets the nonces that are too old, or when there is none of them, the oldest. */
  #forget(): void {
    let until = this.#now() - this.#options.lifetimeMs - 1;
    let oldest = Number.POSITIVE_INFINITY;
    for (const { issuedAt } of this.#uses.values()) oldest = Math.min(oldest, issuedAt);
    until = Math.max(until, oldest);
    for (const [nonce, { issuedAt }] of this.#uses) if (issuedAt <= until) this.#uses.delete(nonce);
    this.#forgottenUntil = Math.max(this.#forgottenUntil, until);
  }
}

/** Whether `count` was not used before; it is from now on. */
function advance(use: Use, count: number): boolean {
  const ahead = count - use.highest;
  if (ahead > 0) {
    use.window = ahead >= WINDOW ? 1 : (use.window << ahead) | 1;
    use.highest = count;
    return true;
  }
  if (-ahead >= WINDOW) return false;
  const bit = 1 << -ahead;
  if ((use.window & bit) !== 0) return false;
  use.window |= bit;
  return true;
}
