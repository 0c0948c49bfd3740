/** Recorded bytes: comparing and showing them. */
import { decodeSap, headlineSap, hexOf, ME_MSG, SapError, u32At } from '../../sap/index.ts';

/** First byte of a CHECK_SHARED_AREA. */
export const ME_BELL = ME_MSG.CHECK_SHARED_AREA;

/** Whether two messages are equal, but for the bytes from `from` to `to`. */
export function sameBut(a: Uint8Array, b: Uint8Array, from: number, to: number): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && (i < from || i >= to)) return false;
  return true;
}

const SEQ_NUM_AT = 4;
/** Whether two messages, SAP or ME, are equal but for their sequence numbers. */
export function sameButSeqNum(a: Uint8Array, b: Uint8Array): boolean {
  return sameBut(a, b, SEQ_NUM_AT, SEQ_NUM_AT + 4);
}

export function showBell(bytes: Uint8Array): string {
  return `CHECK_SHARED_AREA seq=${u32At(bytes, SEQ_NUM_AT)} (${bytes.length} bytes)`;
}

export function showMessage(bytes: Uint8Array): string {
  const message = decodeSap(bytes, 0, bytes.length, 'host');
  const name =
    message instanceof SapError ? message.message : `${headlineSap(message)} seq=${message.seqNum}`;
  return `${name} [${hexOf(bytes)}]`;
}
