/**
 * Where things lie in the shared area.
 *
 * In order: control block (64), host→CSME notif ring, host→CSME data ring, CSME→host notif ring, CSME→host data ring,
 * trailer. The whole is rounded up to pages. The two versions differ in the size of the first ring only.
 * Source: iwlwifi/mei/main.c (iwl_mei_alloc_shared_mem, iwl_mei_init_shared_mem), iwlwifi/mei/sap.h; offsets as
 * observed (test/data/traces/shared-memory.json). A drawing in main.c has data before notif; the wire has notif first.
 */
import type { Queue, Side } from '../declare.ts';

export type SapVersion = 3 | 4;

/** Host to CSME, or CSME (ME) to host. */
export type Direction = 'h2m' | 'm2h';

export interface RingLayout {
  readonly name: `${Direction}-${Queue}`;
  readonly dir: Direction;
  readonly queue: Queue;
  /** Owns the write pointer. */
  readonly writer: Side;
  /** Owns the read pointer. */
  readonly reader: Side;
  /** Byte offsets of the ring's three words in the control block. */
  readonly wrAt: number;
  readonly rdAt: number;
  readonly sizeAt: number;
  /** Byte offset of the ring in the area. */
  readonly at: number;
  /** Bytes in the ring. */
  readonly size: number;
}

export interface AreaLayout {
  readonly version: SapVersion;
  /** Bytes to map. */
  readonly size: number;
  /** Bytes that have a meaning, from the start. */
  readonly used: number;
  readonly trailerAt: number;
  readonly rings: {
    readonly h2m: { readonly notif: RingLayout; readonly data: RingLayout };
    readonly m2h: { readonly notif: RingLayout; readonly data: RingLayout };
  };
}

/** "SAP!" at the start of the control block and behind the last ring. */
export const SAP_AREA_ID = 0x21504153;
export const CONTROL_BLOCK_LEN = 64;
export const ID_AT = 0;
export const CONTROL_BLOCK_SIZE_AT = 4;

const PAGE = 4096;
const DIRECTION_AT = { h2m: 8, m2h: 36 } as const;
const QUEUE_AT = { notif: 4, data: 16 } as const;

/** The four rings in the order in which they lie in the area. */
export function ringsOf(layout: AreaLayout): readonly RingLayout[] {
  const { h2m, m2h } = layout.rings;
  return [h2m.notif, h2m.data, m2h.notif, m2h.data];
}

export const AREA_LAYOUTS: Readonly<Record<SapVersion, AreaLayout>> = Object.freeze({
  3: areaLayout(3, 2240),
  4: areaLayout(4, 32768),
});

function areaLayout(version: SapVersion, hostNotifSize: number): AreaLayout {
  let at = CONTROL_BLOCK_LEN;
  const ring = (dir: Direction, queue: Queue, size: number): RingLayout => {
    const control = DIRECTION_AT[dir] + QUEUE_AT[queue];
    const layout: RingLayout = Object.freeze({
      name: `${dir}-${queue}` as const,
      dir,
      queue,
      writer: dir === 'h2m' ? 'host' : 'csme',
      reader: dir === 'h2m' ? 'csme' : 'host',
      wrAt: control,
      rdAt: control + 4,
      sizeAt: control + 8,
      at,
      size,
    });
    at += size;
    return layout;
  };
  const h2m = Object.freeze({ notif: ring('h2m', 'notif', hostNotifSize), data: ring('h2m', 'data', 48256) });
  const m2h = Object.freeze({ notif: ring('m2h', 'notif', 62720), data: ring('m2h', 'data', 24128) });
  const used = at + 4;
  return Object.freeze({
    version,
    size: Math.ceil(used / PAGE) * PAGE,
    used,
    trailerAt: at,
    rings: Object.freeze({ h2m, m2h }),
  });
}
