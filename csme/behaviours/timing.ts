/** Misbehaviours of when, and whether, something is sent. */
import { ME_MSG } from '../../sap/index.ts';
import type { Behaviour } from './behaviour.ts';

const BELL = 'CHECK_SHARED_AREA';

/** Everything comes `ms` later than it should; the door bell rings when it has come. */
export function late(ms: number): Behaviour {
  return {
    name: 'late',
    doc: `Every message is sent ${ms} ms late.`,
    onSend: (_, out) => (out.name === BELL ? undefined : [{ ...out, delayMs: (out.delayMs ?? 0) + ms }]),
  };
}

/** Nothing at all is sent, not even START_OK. Maps are still granted. */
export const silent: Behaviour = {
  name: 'silent',
  doc: 'Nothing is sent.',
  onSend: () => [],
};

/** One kind of message is never sent: `never('PLDR_ACK')`, `never('START_OK')`. */
export function never(message: string): Behaviour {
  return {
    name: `never ${message}`,
    doc: `${message} is not sent.`,
    onSend: (_, out) => (out.name === message ? [] : undefined),
  };
}

/** PLDR is never answered. */
export const neverAcksPldr: Behaviour = never('PLDR_ACK');

/** Messages are written, but the host is not told. */
export const withoutBells: Behaviour = { ...never(BELL), name: 'without bells' };

/** Every door bell rings twice; the second time there is nothing new. */
export const emptyBells: Behaviour = {
  name: 'empty bells',
  doc: 'A second CHECK_SHARED_AREA follows each, with nothing in the rings.',
  onSend: (_, out) => (out.name === BELL ? [out, out] : undefined),
};

const REPLIES = ['CSME_REPLY_TO_HOST_OWNERSHIP_REQ', 'NIC_OWNER', 'NVM', 'PLDR_ACK', 'PONG', 'START_OK'];

/** Every answer comes twice, with the same sequence number. */
export const duplicateReplies: Behaviour = {
  name: 'duplicate replies',
  doc: `Sent twice: ${REPLIES.join(', ')}.`,
  onSend: (_, out) => (REPLIES.includes(out.name) ? [out, out] : undefined),
};

/** The rings from the host are never read: they fill up, and the host gets no answer but START_OK and AMT_STATE. */
export const deaf: Behaviour = {
  name: 'deaf',
  doc: 'CHECK_SHARED_AREA is ignored: the rings from the host are never read.',
  onInput: (_, input) => input.type === 'me' && input.bytes[0] === ME_MSG.CHECK_SHARED_AREA,
};
