/** A machine whose every step is counted, and in which the process can be killed at any of them. */
import { AREA_LAYOUTS, ME_HEADER_LEN, SharedArea } from '../../../sap/index.ts';
import type { Machine } from '../../../transport/index.ts';
import { isReadEmpty } from '../pair/pair.ts';
import type { Heard, Point } from './protocol.ts';

interface Tagged {
  readonly type: string;
  readonly bytes?: unknown;
  readonly memory?: unknown;
}

export interface WatchedHooks {
  /** The point that was armed: the process is to end here. */
  readonly onPoint: (point: string) => void;
  /** The machine has no more to do about these inputs. */
  readonly onDrained: (inputs: readonly string[]) => void;
  /** A new area, and with it numbers that begin anew. */
  readonly onArea: () => void;
}

export class Watched<Input extends Tagged, Output extends Tagged> implements Machine<Input, Output> {
  turns = 0;
  meSent = 0;
  readonly me = new Numbers();
  armed: Point | undefined;
  /** Type of the input that was handled last; `timer` for time that is up. */
  last = '';
  /** A host’s client is there. */
  probed = false;
  readonly #inner: Machine<Input, Output>;
  readonly #hooks: WatchedHooks;
  #area: SharedArea | undefined;
  #inputs: string[] = [];

  constructor(inner: Machine<Input, Output>, hooks: WatchedHooks) {
    this.#inner = inner;
    this.#hooks = hooks;
  }

  /** Without an area there is nothing to read. */
  get ringsEmpty(): boolean {
    return this.#area === undefined || isReadEmpty(this.#area);
  }

  handle(nowMs: number, input: Input): void {
    this.#at('before', input.type);
    this.#note(input);
    this.#inner.handle(nowMs, input);
    this.#at('after', input.type);
  }

  handleTimeout(nowMs: number): void {
    this.turns++;
    this.last = 'timer';
    this.#at('before', 'timer');
    this.#inner.handleTimeout(nowMs);
    this.#at('after', 'timer');
  }

  nextTimeoutAt(): number | undefined {
    return this.#inner.nextTimeoutAt();
  }

  poll(): Output | undefined {
    const output = this.#inner.poll();
    if (output === undefined) {
      if (this.#inputs.length > 0) this.#hooks.onDrained(this.#inputs);
      this.#inputs = [];
      return undefined;
    }
    this.#at('out', output.type);
    if (output.type === 'me') this.meSent = seqNumOf(output.bytes as Uint8Array);
    else if (output.type === 'unmap') this.#area = undefined;
    return output;
  }

  #note(input: Tagged): void {
    this.turns++;
    this.last = input.type;
    this.#inputs.push(input.type);
    switch (input.type) {
      case 'probe':
        this.probed = true;
        return;
      case 'me':
        if ((input.bytes as Uint8Array).length >= ME_HEADER_LEN)
          this.me.hear(seqNumOf(input.bytes as Uint8Array));
        return;
      case 'mapped':
      case 'area': {
        const memory = input.memory as ArrayBuffer;
        const layout = Object.values(AREA_LAYOUTS).find(({ size }) => size === memory.byteLength);
        this.#area = layout && new SharedArea(memory, layout);
        this.meSent = 0;
        this.me.clear();
        return this.#hooks.onArea();
      }
      case 'lost':
        this.probed = false;
        this.#area = undefined;
        return;
      case 'areaGone':
        this.#area = undefined;
    }
  }

  #at(when: 'before' | 'after' | 'out', type: string): void {
    const { armed } = this;
    if (armed?.type !== type || (armed.when === 'later' ? 'after' : armed.when) !== when) return;
    this.armed = { ...armed, nth: armed.nth - 1 };
    if (this.armed.nth > 0) return;
    const reached = () => this.#hooks.onPoint(`${armed.when} ${type}`);
    if (armed.when === 'later') setImmediate(reached);
    else reached();
  }
}

/** Sequence numbers as they come. */
export class Numbers {
  #heard: Heard = NOTHING_HEARD;

  get heard(): Heard {
    return this.#heard;
  }

  hear(number: number): void {
    const { count, first, last, disordered } = this.#heard;
    this.#heard = {
      count: count + 1,
      first: count === 0 ? number : Math.min(first, number),
      last: Math.max(last, number),
      disordered: disordered + (number > last ? 0 : 1),
    };
  }

  clear(): void {
    this.#heard = NOTHING_HEARD;
  }
}

const NOTHING_HEARD: Heard = { count: 0, first: 0, last: 0, disordered: 0 };

/** Of an ME message or a SAP message: it stands at the same place. */
export function seqNumOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4, true);
}
