/** The records of /dev/rfkill, in bytes and as values. Source: include/uapi/linux/rfkill.h. */
import { endianness } from 'node:os';
import { BridgeError } from '../errors.ts';

/** Bytes of a record of every kernel, and of one that also has the reasons of a hard block. */
const RECORD_BYTES = 8;
export const EXTENDED_RECORD_BYTES = 9;

/** Kinds of radio by their number, as sysfs names them; 0 means all of them and is the type of no switch. */
export const RFKILL_TYPES = [
  'all',
  'wlan',
  'bluetooth',
  'ultrawideband',
  'wimax',
  'wwan',
  'gps',
  'fm',
  'nfc',
] as const;
/** A type that this list does not have keeps its number. */
export type RfkillType = (typeof RFKILL_TYPES)[number] | `type ${number}`;

export const RFKILL_OPS = ['add', 'del', 'change', 'change-all'] as const;
export type RfkillOp = (typeof RFKILL_OPS)[number];

/** Why hardware blocks a radio: a switch, a key or the BIOS; or the firmware (CSME) owns the card. */
export type RfkillReason = 'SIGNAL' | 'NOT_OWNER';

const REASON_BITS: Readonly<Record<RfkillReason, number>> = { SIGNAL: 1, NOT_OWNER: 2 };
const KNOWN_BITS = REASON_BITS.SIGNAL | REASON_BITS.NOT_OWNER;

export interface RfkillRecord {
  readonly index: number;
  readonly type: RfkillType;
  readonly op: RfkillOp;
  readonly soft: boolean;
  readonly hard: boolean;
  /** Undefined in a record of 8 bytes. */
  readonly reasonBits: number | undefined;
}

/** One record, as a read gave it. What a later kernel adds behind it is left alone. */
export function decodeRfkillRecord(bytes: Uint8Array): RfkillRecord | BridgeError {
  if (bytes.length < RECORD_BYTES) {
    return new BridgeError('BRIDGE_ERR_FORMAT', {
      detail: `The kernel gave a record of /dev/rfkill with ${bytes.length} bytes, it has at least ${RECORD_BYTES}.`,
    });
  }
  const op = RFKILL_OPS[bytes[5]!];
  if (op === undefined) {
    return new BridgeError('BRIDGE_ERR_FORMAT', {
      detail: `The kernel gave a record of /dev/rfkill with op ${bytes[5]}, which is not known.`,
    });
  }
  return {
    index: viewOf(bytes).getUint32(0, LITTLE_ENDIAN),
    type: RFKILL_TYPES[bytes[4]!] ?? `type ${bytes[4]!}`,
    op,
    soft: bytes[6] !== 0,
    hard: bytes[7] !== 0,
    reasonBits: bytes[8],
  };
}

/** The record that soft-blocks one switch, or lets it go: what is written to /dev/rfkill. */
export function encodeSoftBlock(index: number, type: RfkillType, blocked: boolean): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES);
  viewOf(bytes).setUint32(0, index, LITTLE_ENDIAN);
  // The kernel refuses types that it does not know: `all` fits every switch.
  bytes[4] = Math.max(0, (RFKILL_TYPES as readonly string[]).indexOf(type));
  bytes[5] = RFKILL_OPS.indexOf('change');
  bytes[6] = blocked ? 1 : 0;
  return bytes;
}

/**
 * The reasons of a block. A hard block whose reason is not known counts as SIGNAL: then nobody asks CSME for a card
 * that a person has switched off.
 */
export function reasonsOf(hard: boolean, bits: number | undefined): ReadonlySet<RfkillReason> {
  const reasons = new Set<RfkillReason>();
  if (!hard) return reasons;
  const known = bits ?? 0;
  if (known & REASON_BITS.NOT_OWNER) reasons.add('NOT_OWNER');
  if (known & REASON_BITS.SIGNAL || known & ~KNOWN_BITS || known === 0) reasons.add('SIGNAL');
  return reasons;
}

const LITTLE_ENDIAN = endianness() === 'LE';

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
