/**
 * Classic BPF as a graph of decisions, and its way into a program.
 *
 * A node is an instruction with the nodes that follow it, made from the end towards the start. Equal nodes are one, and
 * a test whose two ways are the same is none: so what rules have in common is tested once, and rules that change nothing
 * leave nothing behind. `assemble` lays the nodes out; jumps that are too far for their 8 bits go through a second one.
 */
import { Bpf, type BpfInstruction, type BpfProgram } from './bpf-program.ts';

export interface BpfNode {
  readonly id: number;
  readonly code: number;
  readonly k: number;
  /** Where it goes on; for a test: when it holds. Undefined: the program ends here. */
  readonly next: BpfNode | undefined;
  /** For a test: where it goes on otherwise. */
  readonly otherwise: BpfNode | undefined;
}

/** The farthest instruction that a test reaches, counted from the one behind it. */
const JUMP_MAX = 255;

export class BpfGraph {
  readonly #nodes = new Map<string, BpfNode>();

  /** Ends the program with the answer `k`. */
  ret(k: number): BpfNode {
    return this.#node(Bpf.RET_K, k, undefined, undefined);
  }

  /** An instruction that always goes on. */
  step(code: number, k: number, next: BpfNode): BpfNode {
    return this.#node(code, k, next, undefined);
  }

  /** A conditional jump. */
  test(code: number, k: number, yes: BpfNode, no: BpfNode): BpfNode {
    return yes === no ? yes : this.#node(code, k, yes, no);
  }

  /** The way of the key that A equals, or `none`: a search by halves over more than a few keys. */
  select(ways: ReadonlyMap<number, BpfNode>, none: BpfNode): BpfNode {
    const keys = [...ways.keys()].filter((key) => ways.get(key) !== none).sort((a, b) => a - b);
    return this.#search(keys, ways, none);
  }

  #search(keys: readonly number[], ways: ReadonlyMap<number, BpfNode>, none: BpfNode): BpfNode {
    if (keys.length <= 3) {
      return keys.reduceRight((no, key) => this.test(Bpf.JMP_JEQ_K, key, ways.get(key)!, no), none);
    }
    const half = keys.length >> 1;
    const above = this.#search(keys.slice(half), ways, none);
    const below = this.#search(keys.slice(0, half), ways, none);
    return this.test(Bpf.JMP_JGE_K, keys[half]!, above, below);
  }

  #node(code: number, k: number, next: BpfNode | undefined, otherwise: BpfNode | undefined): BpfNode {
    const key = `${code} ${k} ${next?.id} ${otherwise?.id}`;
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = { id: this.#nodes.size, code, k: k >>> 0, next, otherwise };
      this.#nodes.set(key, node);
    }
    return node;
  }
}

/** The program that begins at `start`. */
export function assemble(start: BpfNode): BpfProgram {
  return new Layout().program(start);
}

/** Writes from the last instruction to the first, so that every jump knows how far it goes. */
class Layout {
  readonly #reversed: BpfInstruction[] = [];
  /** The nearest instruction that does what the node does, counted from the end. */
  readonly #placed = new Map<BpfNode, number>();

  program(start: BpfNode): BpfProgram {
    this.#place(start);
    return this.#reversed.reverse();
  }

  #place(node: BpfNode): void {
    if (this.#placed.has(node)) return;
    const { code, k, next, otherwise } = node;
    if (next !== undefined) this.#place(next);
    // Last, so that it stands right behind its test.
    if (otherwise !== undefined) this.#place(otherwise);

    if (next === undefined) {
      this.#put(node, { code, jt: 0, jf: 0, k });
    } else if (otherwise === undefined) {
      if (this.#distance(next) > 0) this.#repeat(next);
      this.#put(node, { code, jt: 0, jf: 0, k });
    } else {
      // A repeated instruction for one way moves the other way off by one.
      if (this.#distance(next) > JUMP_MAX - 1) this.#repeat(next);
      if (this.#distance(otherwise) > JUMP_MAX) this.#repeat(otherwise);
      this.#put(node, { code, jt: this.#distance(next), jf: this.#distance(otherwise), k });
    }
  }

  /** Instructions between the one that is put next and the node. */
  #distance(node: BpfNode): number {
    return this.#reversed.length - 1 - this.#placed.get(node)!;
  }

  /** Puts a jump to the node here, or the node itself when it ends the program. */
  #repeat(node: BpfNode): void {
    if (node.next === undefined) this.#put(node, { code: node.code, jt: 0, jf: 0, k: node.k });
    else this.#put(node, { code: Bpf.JMP_JA, jt: 0, jf: 0, k: this.#distance(node) });
  }

  #put(node: BpfNode, instruction: BpfInstruction): void {
    this.#placed.set(node, this.#reversed.length);
    this.#reversed.push(instruction);
  }
}
