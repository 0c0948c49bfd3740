/** Values that no log, error or formatter may show. */

const SHOWN = '(secret)';

/** Keeps a text to itself: printed, inspected or made into JSON it is `(secret)`. Only `reveal` gives it. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return SHOWN;
  }
}
