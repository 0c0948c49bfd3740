/** The shared area as an object: views of the memory, its initialisation, and how the firmware's side takes it over. */
import { SapError, sapError } from '../errors.ts';
import {
  AREA_LAYOUTS,
  type AreaLayout,
  CONTROL_BLOCK_LEN,
  CONTROL_BLOCK_SIZE_AT,
  ID_AT,
  ringsOf,
  SAP_AREA_ID,
  type SapVersion,
} from './layout.ts';

/** What the rings need of an area. */
export interface RingMemory {
  readonly bytes: Uint8Array;
  /** The same memory; ring pointers are read and written through it, atomically. */
  readonly words: Int32Array;
}

/**
 * An area of memory that both sides have mapped.
 *
 * The host makes one with the layout that it chose, calls `initialise()`, and from then on trusts its own layout only:
 * it never looks at the ids and sizes in the memory again. The firmware's side calls `SharedArea.adopt()`.
 */
export class SharedArea implements RingMemory {
  readonly layout: AreaLayout;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;

  /** Throws a SapError (fault `local`) when the memory is smaller than the layout. */
  constructor(memory: ArrayBufferLike, layout: AreaLayout) {
    if (memory.byteLength < layout.size) {
      throw sapError('SAP_ERR_AREA_SIZE', {
        fault: 'local',
        message: 'the area',
        needed: layout.size,
        available: memory.byteLength,
      });
    }
    this.layout = layout;
    this.bytes = new Uint8Array(memory, 0, layout.size);
    this.words = new Int32Array(memory, 0, layout.size >> 2);
  }

  /** Zeroes the area and writes control block and trailer, as the host does before it sends START. */
  initialise(): void {
    const { words, layout } = this;
    this.bytes.fill(0);
    words[ID_AT >> 2] = SAP_AREA_ID;
    words[CONTROL_BLOCK_SIZE_AT >> 2] = CONTROL_BLOCK_LEN;
    for (const ring of ringsOf(layout)) words[ring.sizeAt >> 2] = ring.size;
    // Last, and as a store that orders the ones before it: whoever sees the trailer sees the rest.
    Atomics.store(words, layout.trailerAt >> 2, SAP_AREA_ID);
  }

  /**
   * Takes over an area that the host has initialised: picks the version whose size and ring sizes it has.
   * Returns a SapError (fault `host`) when it is none: SAP_ERR_AREA_SIZE, SAP_ERR_AREA_ID, SAP_ERR_AREA_CONTROL.
   */
  static adopt(memory: ArrayBufferLike): SharedArea | SapError {
    const layout = layoutOfSize(memory.byteLength);
    if (layout instanceof SapError) return layout;
    const area = new SharedArea(memory, layout);
    return area.#mismatch() ?? area;
  }

  #mismatch(): SapError | undefined {
    const { layout } = this;
    const trailer = this.#word(layout.trailerAt);
    if (trailer !== SAP_AREA_ID) return wrongWord('SAP_ERR_AREA_ID', 'trailer', layout.trailerAt, trailer);
    const id = this.#word(ID_AT);
    if (id !== SAP_AREA_ID) return wrongWord('SAP_ERR_AREA_ID', 'sap_id', ID_AT, id);
    const size = this.#word(CONTROL_BLOCK_SIZE_AT);
    if (size !== CONTROL_BLOCK_LEN)
      return wrongWord('SAP_ERR_AREA_CONTROL', 'size', CONTROL_BLOCK_SIZE_AT, size);
    for (const ring of ringsOf(layout)) {
      const found = this.#word(ring.sizeAt);
      if (found !== ring.size)
        return wrongWord('SAP_ERR_AREA_CONTROL', `${ring.name}.size`, ring.sizeAt, found);
    }
    return undefined;
  }

  #word(at: number): number {
    return Atomics.load(this.words, at >> 2) >>> 0;
  }
}

/** The layout whose mapping has exactly this many bytes. */
export function layoutOfSize(size: number): AreaLayout | SapError {
  for (const version of [4, 3] satisfies SapVersion[]) {
    if (AREA_LAYOUTS[version].size === size) return AREA_LAYOUTS[version];
  }
  return sapError('SAP_ERR_AREA_SIZE', {
    fault: 'host',
    message: 'the area',
    available: size,
    detail: `a version 4 area has ${AREA_LAYOUTS[4].size} bytes, a version 3 area ${AREA_LAYOUTS[3].size}`,
  });
}

function wrongWord(
  code: 'SAP_ERR_AREA_ID' | 'SAP_ERR_AREA_CONTROL',
  field: string,
  offset: number,
  found: number,
): SapError {
  return sapError(code, {
    fault: 'host',
    message: 'the area',
    field,
    offset,
    detail: `found 0x${found.toString(16)}`,
  });
}
