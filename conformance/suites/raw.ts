/** What a hostile CSME writes. */
import { declOf, type KnownMessage, SAP_HEADER_LEN } from '../../sap/index.ts';

/** The check that fails when the driver does not answer any more. */
export const SURVIVES = 'hostile.survives';

/** A header that claims `length` bytes, and a payload (or so many zeros) that need not be as long. */
export function raw(
  what: KnownMessage['name'] | number,
  length: number,
  payload: Uint8Array | number,
  seqNum: number,
): Uint8Array {
  const id = typeof what === 'number' ? what : declOf(what).id;
  const body = typeof payload === 'number' ? new Uint8Array(payload) : payload;
  const out = new Uint8Array(SAP_HEADER_LEN + body.length);
  out.set([id, id >> 8, length, length >> 8, seqNum, seqNum >> 8, seqNum >> 16, seqNum >> 24]);
  out.set(body, SAP_HEADER_LEN);
  return out;
}
