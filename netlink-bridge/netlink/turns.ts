/**
 * Who goes when. A listing is continued by whoever reads its answers, in the kernel and with its locks: while a request that
 * takes long holds those, the reading thread would stand still. So the two wait for each other.
 */
export type Turn = 'listing' | 'long';

export class Turns {
  readonly #under = { listing: 0, long: 0 };
  readonly #waiting: (() => void)[] = [];

  /** Resolves when it may begin, and counts as begun then. */
  async begin(turn: Turn): Promise<void> {
    const other = turn === 'listing' ? 'long' : 'listing';
    while (this.#under[other] > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#under[turn]++;
  }

  end(turn: Turn): void {
    this.#under[turn]--;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
