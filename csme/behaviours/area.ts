/** Misbehaviours in the shared area itself. */
import { ID_AT, type RingLayout, ringsOf, type SharedArea } from '../../sap/index.ts';
import type { Behaviour } from './behaviour.ts';

const NOT_SAP = 0x21544f4e;

/** Where a pointer is put: one byte past the ring, as far as it goes, or exactly at its end (which means 0). */
export const DAMAGES = {
  past: (ring: RingLayout) => ring.size + 1,
  max: () => 0xffffffff,
  size: (ring: RingLayout) => ring.size,
} as const;

/**
 * A ring pointer is damaged before each of the first `bells` door bells, and put right again when CSME next sends.
 * While it stands past its ring the host must touch neither pointer; CSME may damage any of the four rings.
 */
export function damagedPointers(which: {
  readonly ring: RingLayout['name'];
  readonly pointer: 'wr' | 'rd';
  readonly to: keyof typeof DAMAGES;
  readonly bells?: number;
}): Behaviour {
  const name = `damaged ${which.ring} ${which.pointer}`;
  const bells = which.bells ?? 1;
  return {
    name,
    doc: `${which.pointer}_ptr of ${which.ring} is set to ${which.to} before the first ${bells} door bells.`,
    memory: { left: bells, damaged: false, was: 0 },
    onSend: (c, out) => {
      if (c.area !== undefined && c.memory.damaged === true && out.name !== 'CHECK_SHARED_AREA') {
        const { at } = pointerOf(c.area, which);
        Atomics.store(c.area.words, at, c.memory.was as number);
        c.memory.damaged = false;
      }
      return undefined;
    },
    onArea: (c, area) => {
      if ((c.memory.left as number) <= 0 || c.memory.damaged === true) return;
      const { at, ring } = pointerOf(area, which);
      c.memory.left = (c.memory.left as number) - 1;
      c.memory.was = Atomics.exchange(area.words, at, DAMAGES[which.to](ring));
      c.memory.damaged = true;
    },
  };
}

function pointerOf(area: SharedArea, which: { ring: RingLayout['name']; pointer: 'wr' | 'rd' }) {
  const ring = ringsOf(area.layout).find((r) => r.name === which.ring) as RingLayout;
  return { ring, at: (which.pointer === 'wr' ? ring.wrAt : ring.rdAt) >> 2 };
}

/** The id at the start of the area is overwritten; the reference does not notice. */
export const damagedSapId: Behaviour = {
  name: 'damaged sap_id',
  doc: 'sap_id of the control block is overwritten before each door bell.',
  onArea: (_, area) => {
    Atomics.store(area.words, ID_AT >> 2, NOT_SAP);
  },
};

/** The ring sizes in the control block are overwritten; the reference uses its own. */
export const damagedSizes: Behaviour = {
  name: 'damaged sizes',
  doc: 'The size words of all four rings are set to 0 before each door bell.',
  onArea: (_, area) => {
    for (const ring of ringsOf(area.layout)) Atomics.store(area.words, ring.sizeAt >> 2, 0);
  },
};
