/** Damage to the bytes of messages. */
import { encodeMe, encodeSap, SAP_HEADER_LEN } from '../../sap/index.ts';
import type { Outgoing } from '../contract.ts';

/** The same bytes, cut or padded with zeros to `size`. */
export function patched(bytes: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  out.set(bytes.subarray(0, size));
  return out;
}

/** A message whose type or length field says something else; the bytes stay as many as they are. */
export function withHeader(
  out: Outgoing,
  header: { id?: number; length?: number; seqNum?: number },
): Outgoing {
  const bytes = out.bytes.slice();
  const view = new DataView(bytes.buffer);
  if (header.id !== undefined) view.setUint16(0, header.id, true);
  if (header.length !== undefined) view.setUint16(2, header.length, true);
  if (header.seqNum !== undefined) view.setUint32(4, header.seqNum, true);
  return { ...out, bytes };
}

/** A message of another size whose length field is right. */
export function resized(out: Outgoing, size: number): Outgoing {
  return withHeader({ ...out, bytes: patched(out.bytes, size) }, { length: size - SAP_HEADER_LEN });
}

export const amtStateEnabled = (seqNum: number) => encodeSap({ name: 'AMT_STATE', enabled: 1 }, seqNum);

export const bell = () => encodeMe({ name: 'CHECK_SHARED_AREA' }, 0);
