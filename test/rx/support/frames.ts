/** Frames made by hand, with checksums computed apart from the code under test. */
import { be16At } from '../../../sap/index.ts';

const OUR_MAC = [2, 0, 0, 0, 0, 1];
const PEER_MAC = [2, 0, 0, 0, 0, 2];

export interface Ipv4Frame {
  readonly protocol: 6 | 17;
  readonly from?: number;
  readonly to?: number;
  readonly payload: Uint8Array;
  readonly destination?: readonly number[];
  readonly id?: number;
  readonly flags?: number;
}

/** An Ethernet frame with IPv4 from 10.9.0.2 to 10.9.0.1, and TCP or UDP, all checksums right. */
export function ipv4Frame(options: Ipv4Frame): Uint8Array {
  const { protocol, from = 40_000, to = 16_992, payload, id = 7 } = options;
  const header = protocol === 6 ? 20 : 8;
  const length = 20 + header + payload.length;
  const transport =
    protocol === 6
      ? [
          ...be(from),
          ...be(to),
          0x12,
          0x34,
          0x56,
          0x78,
          0,
          0,
          0,
          9,
          0x50,
          options.flags ?? 0x18,
          1,
          0,
          0,
          0,
          0,
          0,
        ]
      : [...be(from), ...be(to), ...be(8 + payload.length), 0, 0];
  const frame = Uint8Array.from([
    ...(options.destination ?? OUR_MAC),
    ...PEER_MAC,
    ...[0x08, 0, 0x45, 0, ...be(length), ...be(id), 0x40, 0, 64, protocol, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1],
    ...transport,
    ...payload,
  ]);
  frame.set(be(~onesSum(frame.subarray(14, 34)) & 0xffff), 24);
  const field = protocol === 6 ? 50 : 40;
  frame.set(be(~onesSum(pseudoHeader(frame), frame.subarray(34)) & 0xffff || 0xffff), field);
  return frame;
}

/** Whether the checksums of an IPv4 frame with TCP or UDP are right, on exactly the length that its header states. */
export function checksumsAreRight(frame: Uint8Array): boolean {
  if (be16At(frame, 16) !== frame.length - 14) return false;
  const transport = frame.subarray(34);
  return onesSum(frame.subarray(14, 34)) === 0xffff && onesSum(pseudoHeader(frame), transport) === 0xffff;
}

/** The frame as a sender leaves it that has its card compute the checksum, and the header that says so. */
export function leftToCard(frame: Uint8Array, gso?: { type: number; size: number }) {
  const left = frame.slice();
  const field = frame[23] === 6 ? 50 : 40;
  left.set(be(onesSum(pseudoHeader(frame))), field);
  const hdr = new Uint16Array([1 | ((gso?.type ?? 0) << 8), 0, gso?.size ?? 0, 34, field - 34]);
  if (gso) hdr[1] = frame[23] === 6 ? 54 : 42;
  return { frame: left, offload: new Uint8Array(hdr.buffer) };
}

/** Bytes that differ from their neighbours. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
}

export function be(value: number): [number, number] {
  return [(value >> 8) & 0xff, value & 0xff];
}

function pseudoHeader(frame: Uint8Array): Uint8Array {
  return Uint8Array.from([...frame.subarray(26, 34), 0, frame[23]!, ...be(frame.length - 34)]);
}

/** RFC 1071: the one's complement sum of 16 bit words. */
function onesSum(...parts: Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) {
      sum += part[i]! * 256 + (part[i + 1] ?? 0);
      if (sum > 0xffff) sum -= 0xffff;
    }
  }
  return sum;
}
