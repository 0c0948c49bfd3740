/** Lines that hold a frame each: `{"frame": hex, "filters": its filter set, "csme", "host": the recorded verdict}`. */
import { compileFilter } from '../../rx/index.ts';
import {
  bytesOfHex,
  type FilterQuirks,
  type FilterVerdict,
  type FrameFilter,
  type OobFilters,
  VERDICT_CONSUMED,
  VERDICT_CSME,
} from '../../sap/index.ts';
import { type FilterList, objectOf, setOf } from './sets.ts';

interface LineVerdict {
  readonly verdict: FilterVerdict;
  /** The bits of what the line says, where it says it. */
  readonly recorded: number | undefined;
}

/** Judges lines. What is wrong with one is a value, the end of a sentence that begins with the line. */
export class LineJudge {
  readonly #one: FrameFilter | undefined;
  readonly #list: FilterList | undefined;
  readonly #quirks: FilterQuirks;
  readonly #compiled = new Map<unknown, FrameFilter>();
  #frame = Buffer.alloc(1 << 16);

  /** `one` is for all lines; beside a `list` it is for those that name no set. */
  constructor(given: { one: OobFilters | undefined; list: FilterList | undefined; quirks: FilterQuirks }) {
    this.#one = given.one && compileFilter(given.one, given.quirks);
    this.#list = given.list;
    this.#quirks = given.quirks;
  }

  judge(line: string): LineVerdict | string {
    const members = objectOf(line);
    if (typeof members === 'string') return members;
    const { frame } = members;
    if (typeof frame !== 'string') return 'has no "frame" of hex digits';
    const length = this.#decode(frame);
    if (typeof length === 'string') return length;
    const filter = this.#filterOf(members.filters);
    if (typeof filter === 'string') return filter;
    return { verdict: filter(this.#frame, 0, length), recorded: recordedIn(members) };
  }

  /** Puts the frame into the one buffer for all of them; gives its length. */
  #decode(hex: string): number | string {
    const length = hex.length / 2;
    if (length > this.#frame.length) this.#frame = Buffer.alloc(2 * length);
    // Of a character beyond ASCII, Buffer takes the low byte for a digit.
    const isAscii = Buffer.byteLength(hex) === hex.length;
    if (isAscii && this.#frame.write(hex, 0, 'hex') === length) return length;
    if (hex.length % 2 !== 0) return 'has a "frame" with an odd number of hex digits';
    return `has a "frame" whose character ${hex.search(/[^0-9a-f]/i) + 1} is no hex digit`;
  }

  #filterOf(named: unknown): FrameFilter | string {
    if (this.#one !== undefined && (this.#list === undefined || named === undefined)) return this.#one;
    const known = this.#compiled.get(named);
    if (known !== undefined) return known;
    const set = this.#setOf(named);
    if (typeof set === 'string') return set;
    if (this.#compiled.size === COMPILED_MAX) this.#compiled.clear();
    const filter = compileFilter(set, this.#quirks);
    this.#compiled.set(named, filter);
    return filter;
  }

  #setOf(named: unknown): OobFilters | undefined | string {
    if (named === null) return undefined;
    if (typeof named !== 'string' && typeof named !== 'number') return 'names no filter set';
    if (this.#list?.has(named)) return this.#list.get(named);
    const bytes = typeof named === 'string' ? bytesOfHex(named) : undefined;
    if (bytes !== undefined && bytes.length > 0) {
      const set = setOf(bytes);
      return typeof set === 'string' ? `has "filters" that are no filter set: it ${set}` : set;
    }
    return this.#list === undefined
      ? `names the filter set ${JSON.stringify(named)}, but there is no list of them`
      : `names the filter set ${JSON.stringify(named)}, which is not in the list`;
  }
}

const COMPILED_MAX = 1024;

function recordedIn({ csme, host }: Readonly<Record<string, unknown>>): number | undefined {
  if (typeof csme !== 'boolean' || (host !== 'pass' && host !== 'consumed')) return undefined;
  return (csme ? VERDICT_CSME : 0) | (host === 'consumed' ? VERDICT_CONSUMED : 0);
}
