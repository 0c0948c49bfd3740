/**
 * ME messages: what crosses the MEI bus itself.
 *
 * Decoding is as lenient as the reference: the size comes from the bus, never from `len`, and CHECK_SHARED_AREA may
 * have any. Encoding a decoded message with its own number and the size it had gives its bytes.
 */
import type { Side } from './declare.ts';
import { SapError, sapError } from './errors.ts';
import * as generated from './generated/me.ts';
import type { MeWire } from './messages/me.ts';
import { EMPTY, unfit } from './misfits.ts';

export const ME_MSG = { START: 1, START_OK: 2, CHECK_SHARED_AREA: 3 } as const;

/** type u32, sequence number u32, length u32. */
export const ME_HEADER_LEN = 12;

/** No ME message of either side is longer; the bus cuts what is. */
export const ME_MESSAGE_MAX = 100;

/** Sizes with the header. The reference host sends CHECK_SHARED_AREA with the size of START. */
export const ME_START_LEN = 88;
export const ME_START_OK_LEN = 20;

/** The MEI client that speaks SAP. */
export const SAP_GUID = '13280904-7792-4fcb-a1aa-5e70cbb1e865';

const VERSIONS_MAX = 64;

export interface MeStart {
  name: 'START';
  seqNum: number;
  len: number;
  sharedMem: bigint;
  initDataSeqNum: number;
  initNotifSeqNum: number;
  /** The versions before the terminating zero. */
  supportedVersions: number[];
  /** What stands behind the terminating zero; empty when that is zeros only. */
  behindVersions: Uint8Array;
  tail: Uint8Array;
}
export interface MeStartOk {
  name: 'START_OK';
  seqNum: number;
  len: number;
  initDataSeqNum: number;
  initNotifSeqNum: number;
  supportedVersion: number;
  reserved: number;
}
export interface MeCheckSharedArea {
  name: 'CHECK_SHARED_AREA';
  seqNum: number;
  len: number;
  tail: Uint8Array;
}
export interface MeUnknown {
  name: 'UNKNOWN';
  type: number;
  seqNum: number;
  len: number;
  payload: Uint8Array;
}
export type MeMessage = MeStart | MeStartOk | MeCheckSharedArea | MeUnknown;

/** What a sender writes; what is left out is what the reference sends. */
export type MeDraft =
  | (Pick<MeStart, 'name'> & { supportedVersions: readonly number[] } & Partial<
        Omit<MeStart, 'supportedVersions'>
      >)
  | (Pick<MeStartOk, 'name' | 'supportedVersion'> & Partial<MeStartOk>)
  | (Pick<MeCheckSharedArea, 'name'> & Partial<MeCheckSharedArea>)
  | (Pick<MeUnknown, 'name' | 'type' | 'payload'> & Partial<MeUnknown>);

/** The ME message that `bytes` are, or why they are none; `from` says whose fault that is. */
export function decodeMe(bytes: Uint8Array, from?: Side): MeMessage | SapError {
  const available = bytes.length;
  if (available < 4) return wrongSize('SAP_ERR_HEADER', 'An ME message', 4, available, from);
  const type = word(bytes, 0);
  if (type === ME_MSG.START || type === ME_MSG.START_OK) {
    if (type === ME_MSG.START_OK && available !== ME_START_OK_LEN) {
      return wrongSize('SAP_ERR_ME_SIZE', 'START_OK', ME_START_OK_LEN, available, from);
    }
    const wire = generated.decode(type, bytes, 0, available, from);
    if (wire === undefined || wire instanceof SapError) return wire ?? unknown(type, bytes);
    return fromWire(wire);
  }
  if (type !== ME_MSG.CHECK_SHARED_AREA) return unknown(type, bytes);
  const tail = available > ME_HEADER_LEN ? bytes.subarray(ME_HEADER_LEN) : EMPTY;
  return { name: 'CHECK_SHARED_AREA', seqNum: word(bytes, 4), len: word(bytes, 8), tail };
}

/**
 * The bytes of an ME message. `size` pads with zeros or cuts: the reference host's CHECK_SHARED_AREA is
 * `{ size: 88 }` and has 0 for `len`. A field that does not fit is thrown as `SAP_ERR_DRAFT`.
 */
export function encodeMe(draft: MeDraft, seqNum: number, options: { size?: number } = {}): Uint8Array {
  const bytes = encodeWhole(draft, seqNum, options.size);
  const size = options.size ?? bytes.length;
  if (size === bytes.length) return bytes;
  const out = new Uint8Array(size);
  out.set(size < bytes.length ? bytes.subarray(0, size) : bytes);
  return out;
}

function encodeWhole(draft: MeDraft, seqNum: number, size: number | undefined): Uint8Array {
  switch (draft.name) {
    case 'START':
      return generated.encode(
        {
          name: 'START',
          len: draft.len ?? ME_START_LEN,
          sharedMem: draft.sharedMem ?? 0n,
          initDataSeqNum: draft.initDataSeqNum ?? 0x100,
          initNotifSeqNum: draft.initNotifSeqNum ?? 0x800,
          supportedVersions: versionField(draft.supportedVersions, draft.behindVersions ?? EMPTY),
          tail: draft.tail ?? EMPTY,
        },
        seqNum,
      )!;
    case 'START_OK':
      return generated.encode({ ...draft, len: draft.len ?? ME_START_OK_LEN }, seqNum)!;
    case 'CHECK_SHARED_AREA': {
      const tail = draft.tail ?? EMPTY;
      const whole = size ?? ME_HEADER_LEN + tail.length;
      const len = draft.len ?? (whole === ME_START_LEN ? 0 : whole);
      const out = new Uint8Array(Math.max(whole, ME_HEADER_LEN + tail.length));
      generated.encodeInto({ name: 'CHECK_SHARED_AREA', len, tail }, seqNum, out, 0);
      return out;
    }
    case 'UNKNOWN':
      return encodeUnknown(
        draft.type,
        seqNum,
        draft.len ?? ME_HEADER_LEN + draft.payload.length,
        draft.payload,
      );
    default:
      throw unfit('A draft', 'name', (draft as { name: unknown }).name, 'the name of an ME message');
  }
}

function fromWire(wire: MeWire): MeMessage {
  switch (wire.name) {
    case 'START': {
      const all = wire.supportedVersions;
      const zero = all.indexOf(0);
      const count = zero < 0 ? all.length : zero;
      const behind = all.slice(count + 1);
      return {
        ...wire,
        supportedVersions: all.slice(0, count),
        behindVersions: behind.some((version) => version !== 0) ? Uint8Array.from(behind) : EMPTY,
      };
    }
    case 'START_OK': {
      const { name, seqNum, len, initDataSeqNum, initNotifSeqNum, supportedVersion, reserved } = wire;
      return { name, seqNum, len, initDataSeqNum, initNotifSeqNum, supportedVersion, reserved };
    }
    case 'CHECK_SHARED_AREA':
      return wire;
  }
}

function versionField(versions: readonly number[], behind: Uint8Array): number[] {
  const field = new Array<number>(VERSIONS_MAX).fill(0);
  if (versions.length > VERSIONS_MAX) {
    throw unfit('START', 'supportedVersions', versions, `at most ${VERSIONS_MAX} versions`);
  }
  versions.forEach((version, i) => {
    field[i] = version;
  });
  behind.forEach((version, i) => {
    if (versions.length + 1 + i < VERSIONS_MAX) field[versions.length + 1 + i] = version;
  });
  return field;
}

function unknown(type: number, bytes: Uint8Array): MeUnknown {
  const payload = bytes.length > ME_HEADER_LEN ? bytes.subarray(ME_HEADER_LEN) : EMPTY;
  return { name: 'UNKNOWN', type, seqNum: word(bytes, 4), len: word(bytes, 8), payload };
}

function encodeUnknown(type: number, seqNum: number, len: number, payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(ME_HEADER_LEN + payload.length);
  for (const [field, value, at] of [
    ['type', type, 0],
    ['seqNum', seqNum, 4],
    ['len', len, 8],
  ] as const) {
    if (value >>> 0 !== value) throw unfit('UNKNOWN', field, value, 'an integer of 32 bits');
    for (let i = 0; i < 4; i++) out[at + i] = value >>> (8 * i);
  }
  out.set(payload, ME_HEADER_LEN);
  return out;
}

/** A word of the header; bytes that are not there are 0. */
function word(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 3; i >= 0; i--) value = (value << 8) | (bytes[at + i] ?? 0);
  return value >>> 0;
}

function wrongSize(
  code: 'SAP_ERR_HEADER' | 'SAP_ERR_ME_SIZE',
  message: string,
  needed: number,
  available: number,
  from: Side | undefined,
): SapError {
  return sapError(code, { fault: from ?? 'peer', message, offset: 0, needed, available });
}
