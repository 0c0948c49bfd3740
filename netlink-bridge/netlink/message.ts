/**
 * Netlink messages: struct nlmsghdr (u32 length, u16 type, u16 flags, u32 number, u32 port), payload, padding to 4 bytes.
 * Source of names and numbers: linux/netlink.h, linux/genetlink.h.
 */
import { BridgeError } from '../errors.ts';
import { Attributes, aligned, attributeIds, concat, viewOf } from './attributes.ts';

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLMSG_OVERRUN = 4;
/** The types below are netlink's own. */
export const NLMSG_MIN_TYPE = 16;

export const NLM_F_REQUEST = 1;
export const NLM_F_ACK = 4;
/** The listing changed while it was made. */
export const NLM_F_DUMP_INTR = 0x10;
export const NLM_F_DUMP = 0x300;
/** Of errors: the request is not repeated behind the number; words follow. */
export const NLM_F_CAPPED = 0x100;
export const NLM_F_ACK_TLVS = 0x200;

export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  /** The number of the request that it answers. */
  readonly sequence: number;
  /** The port that it is for, or that caused a notification. */
  readonly port: number;
  readonly payload: Uint8Array;
}

export const MESSAGE_HEADER = 16;

/** The messages of one datagram, as views. Throws BRIDGE_ERR_FORMAT for a length that leaves it. */
export function splitMessages(datagram: Uint8Array): NetlinkMessage[] {
  const view = viewOf(datagram);
  const found: NetlinkMessage[] = [];
  for (let at = 0; at < datagram.length; ) {
    const left = datagram.length - at;
    const length = left < MESSAGE_HEADER ? 0 : view.getUint32(at, true);
    if (length < MESSAGE_HEADER || length > left) {
      const detail = `The netlink message at byte ${at} says that it has ${length} bytes; there are ${left}.`;
      throw new BridgeError('BRIDGE_ERR_FORMAT', { detail });
    }
    found.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      port: view.getUint32(at + 12, true),
      payload: datagram.subarray(at + MESSAGE_HEADER, at + length),
    });
    at += aligned(length);
  }
  return found;
}

export function encodeMessage({ type, flags, sequence, port, payload }: NetlinkMessage): Uint8Array {
  const out = new Uint8Array(aligned(MESSAGE_HEADER + payload.length));
  const view = viewOf(out);
  view.setUint32(0, MESSAGE_HEADER + payload.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  view.setUint32(12, port, true);
  out.set(payload, MESSAGE_HEADER);
  return out;
}

/** The payload of generic netlink: u8 command, u8 version, 2 bytes reserved, attributes. */
export function encodeGeneric(command: number, version: number, attributes: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(command, version, 0, 0), attributes]);
}

/** Throws BRIDGE_ERR_FORMAT. */
export function decodeGeneric(payload: Uint8Array): {
  readonly command: number;
  readonly attributes: Attributes;
} {
  return {
    command: headed(payload, GENERIC_HEADER)[0]!,
    attributes: new Attributes(payload.subarray(GENERIC_HEADER)),
  };
}

const GENERIC_HEADER = 4;

/** What an NLMSG_ERROR or NLMSG_DONE says. */
export interface Verdict {
  /** Positive; 0: it is done. */
  readonly errno: number;
  /** The kernel's words, and where they point to. */
  readonly extended: string | undefined;
}

/** Throws BRIDGE_ERR_FORMAT. The words are of use only: damage to them is not an error. */
export function verdictOf({ type, flags, payload }: NetlinkMessage): Verdict {
  // Old kernels end a listing without a number.
  if (type === NLMSG_DONE && payload.length < 4) return { errno: 0, extended: undefined };
  const errno = -viewOf(headed(payload, 4)).getInt32(0, true);
  if (errno < 0 || errno > ERRNO_MAX) {
    throw new BridgeError('BRIDGE_ERR_FORMAT', { detail: `${errno} is no error number of the kernel.` });
  }
  if ((flags & NLM_F_ACK_TLVS) === 0) return { errno, extended: undefined };
  return { errno, extended: wordsOf(payload.subarray(wordsAt(type, flags, payload))) };
}

/** Source: MAX_ERRNO of linux/err.h. */
const ERRNO_MAX = 4095;

const NLMSGERR = attributeIds('NLMSGERR_ATTR_', { MSG: 1, OFFS: 2, MISS_TYPE: 5 });

/** Behind the number, and behind the request where that is repeated: its header, or all of it. */
function wordsAt(type: number, flags: number, payload: Uint8Array): number {
  if (type === NLMSG_DONE) return 4;
  const request = payload.subarray(4);
  if ((flags & NLM_F_CAPPED) !== 0 || request.length < 4) return 4 + MESSAGE_HEADER;
  return 4 + aligned(viewOf(request).getUint32(0, true));
}

function wordsOf(bytes: Uint8Array): string | undefined {
  try {
    const words = new Attributes(bytes);
    const missing = words.u32(NLMSGERR.MISS_TYPE);
    const at = words.u32(NLMSGERR.OFFS);
    const parts = [
      words.text(NLMSGERR.MSG),
      missing === undefined ? undefined : `attribute ${missing} is missing`,
      at === undefined ? undefined : `about byte ${at} of the request`,
    ];
    const said = parts.filter((part) => part !== undefined && part !== '').join(', ');
    return said === '' ? undefined : said;
  } catch (error) {
    if (error instanceof BridgeError) return undefined;
    throw error;
  }
}

/** The bytes of a structure, when there are as many. Throws BRIDGE_ERR_FORMAT. */
export function headed(value: Uint8Array, bytes: number): Uint8Array {
  if (value.length >= bytes) return value;
  const detail = `A structure in a netlink message has ${value.length} bytes, and should have ${bytes} or more.`;
  throw new BridgeError('BRIDGE_ERR_FORMAT', { detail });
}
