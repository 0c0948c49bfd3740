/** One direction of the MEI bus: ME messages arrive in order, each after a while of its own, or not at all. */

export class Wire {
  readonly #messages: { atMs: number; bytes: Uint8Array }[] = [];

  get length(): number {
    return this.#messages.length;
  }

  send(nowMs: number, delayMs: number, bytes: Uint8Array): void {
    const last = this.#messages.at(-1);
    this.#messages.push({ atMs: Math.max(nowMs + delayMs, last?.atMs ?? 0), bytes });
  }

  nextAt(): number | undefined {
    return this.#messages[0]?.atMs;
  }

  receive(nowMs: number): Uint8Array | undefined {
    const first = this.#messages[0];
    if (first === undefined || first.atMs > nowMs) return undefined;
    this.#messages.shift();
    return first.bytes;
  }

  clear(): void {
    this.#messages.length = 0;
  }
}
