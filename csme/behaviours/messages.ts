/** Misbehaviours of single messages: their sizes, types, lengths and sequence numbers. */
import { ETH_HLEN, encodeSap, NOTIF_MAX, SAP_HEADER_LEN } from '../../sap/index.ts';
import type { Outgoing } from '../contract.ts';
import type { Behaviour, BehaviourContext } from './behaviour.ts';
import { resized, withHeader } from './bytes.ts';

/** An id that no version of the protocol has a meaning for. */
const UNASSIGNED = 515;
const WRONG_DATA_TYPE = 2002;

/** Which notifications a misbehaviour takes: those with this name, all without one. */
const takes = (out: Outgoing, message: string | undefined) =>
  out.channel === 'notif' && (message === undefined || out.name === message);

/** Notifications with a payload lose their last byte; the length field agrees. */
export function shortMessages(message?: string): Behaviour {
  return {
    name: 'short messages',
    doc: `${message ?? 'Every notification with a payload'} is one byte too short.`,
    onSend: (_, out) =>
      takes(out, message) && out.bytes.length > SAP_HEADER_LEN
        ? [resized(out, out.bytes.length - 1)]
        : undefined,
  };
}

/** Notifications have `extra` zero bytes behind their layout; a good host takes them as if they had not. */
export function longMessages(extra = 4, message?: string): Behaviour {
  return {
    name: 'long messages',
    doc: `${message ?? 'Every notification'} is ${extra} bytes longer than its layout.`,
    onSend: (_, out) => (takes(out, message) ? [resized(out, out.bytes.length + extra)] : undefined),
  };
}

/** A notification of an unknown type goes before each. */
export const unknownTypes: Behaviour = {
  name: 'unknown types',
  doc: `A notification of type ${UNASSIGNED} goes before each.`,
  onSend: (c, out) => (out.channel === 'notif' ? [stranger(c, 3), out] : undefined),
};

/** A notification that is larger than any may be (4096 bytes) goes before each; the host drops what follows it. */
export const tooBig: Behaviour = {
  name: 'too big',
  doc: `A notification of ${NOTIF_MAX + 1} bytes goes before each.`,
  onSend: (c, out) =>
    out.channel === 'notif' ? [stranger(c, NOTIF_MAX + 1 - SAP_HEADER_LEN), out] : undefined,
};

/** The first `times` notifications say that they are longer than what the ring holds. */
export function lengthBeyondRing(times = 1): Behaviour {
  return {
    name: 'length beyond ring',
    doc: `The first ${times} notifications say in their header that they have 65535 bytes of payload.`,
    memory: { left: times },
    onSend: (c, out) => {
      if (out.channel !== 'notif' || (c.memory.left as number) <= 0) return undefined;
      c.memory.left = (c.memory.left as number) - 1;
      return [withHeader(out, { length: 0xffff })];
    },
  };
}

/** Frames come with a type that the data ring does not know. */
export const wrongDataType: Behaviour = {
  name: 'wrong data type',
  doc: `DATA_PACKET carries the type ${WRONG_DATA_TYPE}.`,
  onSend: (_, out) => (out.channel === 'data' ? [withHeader(out, { id: WRONG_DATA_TYPE })] : undefined),
};

/**
 * Behind each frame comes one of 13 bytes. The argument is there so that nobody adds it by accident: the reference
 * host does not survive it (kernel BUG in skb_put), and the machine it runs on must be restarted.
 */
export function shortFrames(_: { readonly crashesTheReferenceKernel: true }): Behaviour {
  return {
    name: 'short frames',
    doc: 'A DATA_PACKET of 13 bytes follows each: less than an Ethernet header, a kernel BUG in the reference.',
    onSend: (c, out) => {
      if (out.channel !== 'data') return undefined;
      const short = resized(out, SAP_HEADER_LEN + ETH_HLEN - 1);
      return [out, withHeader(short, { seqNum: c.nextSapSeqNum() })];
    },
  };
}

/** The sequence number never changes. */
export const staleSeqNums: Behaviour = {
  name: 'stale seq nums',
  doc: 'Every SAP message carries the sequence number 1.',
  onSend: (_, out) => (out.channel === 'me' ? undefined : [withHeader(out, { seqNum: 1 })]),
};

function stranger(c: BehaviourContext, payload: number): Outgoing {
  const draft = { name: 'UNKNOWN', id: UNASSIGNED, payload: new Uint8Array(payload) } as const;
  return { channel: 'notif', name: draft.name, bytes: encodeSap(draft, c.nextSapSeqNum()) };
}
