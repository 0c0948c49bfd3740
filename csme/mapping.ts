/** The shared area as the firmware's side uses it: readers of the host's rings, writers of its own. */
import {
  type AreaLayout,
  declOf,
  type Queue,
  RingReader,
  RingWriter,
  ringsOf,
  type SapError,
  type SapMessage,
  SharedArea,
  sapError,
} from '../sap/index.ts';

export interface Mapping {
  readonly memory: ArrayBufferLike;
  readonly area: SharedArea;
  readonly readers: Readonly<Record<Queue, RingReader>>;
  readonly writers: Readonly<Record<Queue, RingWriter>>;
}

/** What the area says of itself is not looked at here: the host may not have written it yet. */
export function mappingOf(memory: ArrayBufferLike, layout: AreaLayout): Mapping {
  const area = new SharedArea(memory, layout);
  const { h2m, m2h } = layout.rings;
  return {
    memory,
    area,
    readers: { notif: new RingReader(area, h2m.notif), data: new RingReader(area, h2m.data) },
    writers: { notif: new RingWriter(area, m2h.notif), data: new RingWriter(area, m2h.data) },
  };
}

/** All rings are empty and start at 0, as HOST_RESUMES may ask. */
export function zeroPointers(area: SharedArea): void {
  for (const ring of ringsOf(area.layout)) {
    Atomics.store(area.words, ring.wrAt >> 2, 0);
    Atomics.store(area.words, ring.rdAt >> 2, 0);
  }
}

/** A good message in the wrong ring, or one that only CSME sends. */
export function misplaced(message: SapMessage, queue: Queue): SapError | undefined {
  if (message.name === 'UNKNOWN') return undefined;
  const { queue: right, from } = declOf(message.name);
  if (right !== queue) return sapError('SAP_ERR_WRONG_QUEUE', { fault: 'host', message: message.name });
  if (!from.includes('host')) return sapError('SAP_ERR_WRONG_SIDE', { fault: 'host', message: message.name });
  return undefined;
}
