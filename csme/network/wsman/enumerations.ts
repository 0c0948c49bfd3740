/** The enumerations that are under way: what of each is left to be pulled. Bounded; the oldest goes first. */

/** Items as XML, and their class. */
interface Enumeration {
  readonly classUri: string;
  items: readonly string[];
}

interface Pulled {
  readonly items: readonly string[];
  /** Nothing is left: the context is gone. */
  readonly isEnd: boolean;
}

const ENUMERATIONS_MAX = 16;

export class Enumerations {
  readonly #open = new Map<string, Enumeration>();
  #serial = 0;

  /** Begins one, and gives its context. */
  begin(classUri: string, items: readonly string[]): string {
    const oldest = this.#open.size >= ENUMERATIONS_MAX ? this.#open.keys().next().value : undefined;
    if (oldest !== undefined) this.#open.delete(oldest);
    const context = contextOf(++this.#serial);
    this.#open.set(context, { classUri, items });
    return context;
  }

  /**
   * The next items, at most so many and of so many characters together. Undefined: there is no such enumeration of this
   * class. 'too large': the next item alone has more characters; the enumeration stays.
   */
  pull(
    classUri: string,
    context: string,
    maxItems: number,
    maxCharacters: number,
  ): Pulled | 'too large' | undefined {
    const enumeration = this.#open.get(context);
    if (enumeration === undefined || enumeration.classUri !== classUri) return undefined;
    const { items } = enumeration;
    let count = 0;
    for (let left = maxCharacters; count < Math.min(maxItems, items.length); count++) {
      left -= items[count]!.length;
      if (left < 0) break;
    }
    if (count === 0 && items.length > 0) return 'too large';
    enumeration.items = items.slice(count);
    if (enumeration.items.length === 0) this.#open.delete(context);
    return { items: items.slice(0, count), isEnd: enumeration.items.length === 0 };
  }

  /** False: there is no such enumeration of this class. */
  release(classUri: string, context: string): boolean {
    return this.#open.get(context)?.classUri === classUri && this.#open.delete(context);
  }
}

/** As AMT writes them: a number, least significant byte first, in the form of a GUID. */
function contextOf(serial: number): string {
  const bytes = [0, 8, 16, 24].map((shift) => ((serial >>> shift) & 0xff).toString(16).padStart(2, '0'));
  return `${bytes.join('').toUpperCase()}-0000-0000-0000-000000000000`;
}
