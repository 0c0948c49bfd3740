/** What a reader must make of a ring that nobody touches, said a second time and as plainly as possible. */
import type { RingLayout, SapErrorCode } from '../sap/index.ts';

export interface Expected {
  readonly messages: Uint8Array[];
  readonly errors: SapErrorCode[];
  /** Where rd_ptr stands afterwards. */
  readonly rd: number;
}

export function expectedRead(
  ring: RingLayout,
  content: Uint8Array,
  wr: number,
  rd: number,
  notSkipped: boolean,
): Expected {
  const messages: Uint8Array[] = [];
  const errors: SapErrorCode[] = [];
  if (wr > ring.size || rd > ring.size) return { messages, errors: ['SAP_ERR_RING_POINTER'], rd };
  const from = rd % ring.size;
  const to = wr % ring.size;
  if (from === to) return { messages, errors, rd };
  const batch =
    from < to
      ? content.slice(from, to)
      : Uint8Array.from([...content.subarray(from), ...content.subarray(0, to)]);
  const supported = ring.dir === 'h2m' ? [2000, 2001] : [2000];

  let pos = 0;
  let left = batch.length;
  while (left > 0) {
    if (left < 8) {
      errors.push('SAP_ERR_RING_REST');
      break;
    }
    const id = batch[pos]! + 256 * batch[pos + 1]!;
    const total = 8 + batch[pos + 2]! + 256 * batch[pos + 3]!;
    if (total > left) {
      errors.push('SAP_ERR_LENGTH');
      break;
    }
    if (ring.queue === 'notif' && total > 4096) {
      errors.push('SAP_ERR_TOO_BIG');
      break;
    }
    left -= total;
    if (ring.queue === 'data' && !supported.includes(id)) {
      errors.push('SAP_ERR_WRONG_QUEUE');
      pos += notSkipped ? 8 : total;
    } else {
      messages.push(batch.subarray(pos, pos + total));
      pos += total;
    }
  }
  return { messages, errors, rd: to };
}
