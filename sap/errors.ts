/**
 * What can be wrong, and whose fault it is.
 *
 * What arrives from elsewhere and is wrong becomes a `SapError` that is *returned*; only misuse of this library is
 * thrown, with the fault `local`.
 */

/** Who broke the rule. `peer`: the other side, where it is not known which one it is; `file`: a recording. */
export type Fault = 'local' | 'host' | 'csme' | 'peer' | 'file';

/** What an error knows. Offsets and sizes are in bytes; offsets count from the start of the message. */
export interface SapErrorInfo {
  readonly fault: Fault;
  /** Name of the message, ring or structure. */
  readonly message?: string | undefined;
  /** Path of the field: `connectionInfo.bssid`. */
  readonly field?: string | undefined;
  readonly offset?: number | undefined;
  readonly needed?: number | undefined;
  readonly available?: number | undefined;
  /** More words, where the numbers do not tell it. */
  readonly detail?: string | undefined;
}

interface ErrorKind {
  /** When it happens, in one sentence. */
  readonly doc: string;
  /** The sentence for one case. */
  readonly say: (info: SapErrorInfo) => string;
}

const subject = (i: SapErrorInfo) => `${i.message ?? 'the message'}${ORIGIN[i.fault]}`;
const place = (i: SapErrorInfo) => (i.field === undefined ? '' : ` ${i.field}`);
const at = (i: SapErrorInfo) => (i.offset === undefined ? '' : ` at byte ${i.offset}`);
const detail = (i: SapErrorInfo) => (i.detail === undefined ? '' : `: ${i.detail}`);
const counts = (i: SapErrorInfo) =>
  i.needed === undefined ? '' : `: needs ${i.needed} bytes, has ${i.available ?? 'fewer'}`;
const plain = (text: string) => (i: SapErrorInfo) =>
  `${subject(i)}${place(i)}${at(i)} ${text}${counts(i)}${detail(i)}`;

const ORIGIN: Record<Fault, string> = {
  local: '',
  host: ' from the host',
  csme: ' from CSME',
  peer: ' from the peer',
  file: ' of the file',
};

/** Every code, once. `docs/messages.md` shows this table. */
export const SAP_ERRORS = {
  SAP_ERR_HEADER: {
    doc: 'Fewer bytes than a message header has.',
    say: (i) => `${subject(i)} has no whole header${counts(i)}`,
  },
  SAP_ERR_LENGTH: {
    doc: 'The length in a header is not the number of bytes that follow it.',
    say: (i) =>
      i.needed === undefined
        ? `${subject(i)} has not the length that its header says`
        : `${subject(i)} says in its header that it has ${i.needed} bytes, but ${i.available ?? 'others'} are there`,
  },
  SAP_ERR_TRUNCATED: {
    doc: 'A message ends before its layout does; the field is the first that does not fit.',
    say: (i) =>
      `${subject(i)} ends before its ${i.field === undefined ? 'layout' : `field ${i.field}`}${at(i)}${counts(i)}`,
  },
  SAP_ERR_UNKNOWN_TYPE: {
    doc: 'The id of a message is not in the register.',
    say: plain('has an id that is not known'),
  },
  SAP_ERR_WRONG_SIDE: {
    doc: 'A message came from the side that does not send it.',
    say: plain('does not come from this side'),
  },
  SAP_ERR_WRONG_QUEUE: {
    doc: 'A message came in a queue that does not carry it.',
    say: plain('does not belong in this queue'),
  },
  SAP_ERR_VALUE: {
    doc: 'A field has a value that voids the message.',
    say: plain('has a value without a meaning'),
  },
  SAP_ERR_UNEXPECTED: {
    doc: 'A message is good by itself, but not at this moment.',
    say: plain('was not expected now'),
  },
  SAP_ERR_NO_ANSWER: {
    doc: 'An answer that was due did not come.',
    say: plain('did not come in time'),
  },
  SAP_ERR_ME_SIZE: {
    doc: 'An ME message does not have the size of its type.',
    say: plain('does not have the size of its type'),
  },
  SAP_ERR_VERSION: {
    doc: 'The other side chose a SAP version that was not offered.',
    say: plain('names a version that was not offered'),
  },
  SAP_ERR_AREA_SIZE: {
    doc: 'A shared area has the size of no SAP version.',
    say: plain('does not have the size of any SAP version'),
  },
  SAP_ERR_AREA_ID: {
    doc: 'A shared area does not begin or end with "SAP!".',
    say: plain('does not carry the mark of a SAP area'),
  },
  SAP_ERR_AREA_CONTROL: {
    doc: 'A size in the control block is not that of the layout.',
    say: plain('disagrees with the layout'),
  },
  SAP_ERR_RING_POINTER: {
    doc: 'A read or write pointer is past the end of its ring.',
    say: plain('is past the end of the ring'),
  },
  SAP_ERR_RING_FULL: {
    doc: 'A ring has no room for a message.',
    say: plain('has no room for the message'),
  },
  SAP_ERR_RING_REST: {
    doc: 'Bytes that are no whole message stand at the end of what a ring holds.',
    say: plain('ends in bytes that are no whole message'),
  },
  SAP_ERR_TOO_BIG: {
    doc: 'A message is larger than the largest that its queue takes.',
    say: plain('is larger than allowed'),
  },
  SAP_ERR_FRAME: {
    doc: 'A data message holds fewer bytes than an Ethernet header has.',
    say: plain('is shorter than an Ethernet header'),
  },
  SAP_ERR_DRAFT: {
    doc: 'A message to be sent has a field whose value does not fit; thrown.',
    say: (i) => `${subject(i)} cannot be encoded${i.field === undefined ? '' : `: ${i.field}`}${detail(i)}`,
  },
  SAP_ERR_NO_ROOM: {
    doc: 'A message to be sent does not fit in the buffer that was given for it; thrown.',
    say: plain('does not fit in the buffer'),
  },
  SAP_ERR_USE: {
    doc: 'A call that makes no sense in this state or with these arguments; thrown.',
    say: plain('was used wrongly'),
  },
  SAP_ERR_TRANSPORT: {
    doc: 'The carrier below refused or failed.',
    say: plain('failed below'),
  },
  SAP_ERR_FILE: {
    doc: 'A file or line is not what its format demands.',
    say: plain('cannot be read'),
  },
} satisfies Record<`SAP_ERR_${string}`, ErrorKind>;

export type SapErrorCode = keyof typeof SAP_ERRORS;

/** Something wrong: what, whose fault, and where. `message` is one sentence that a bug report can quote. */
export class SapError extends Error {
  declare readonly code: SapErrorCode;
  declare readonly fault: Fault;
  /** Name of the message, ring or structure. */
  declare readonly messageName: string | undefined;
  declare readonly field: string | undefined;
  declare readonly offset: number | undefined;
  declare readonly needed: number | undefined;
  declare readonly available: number | undefined;
  declare readonly detail: string | undefined;

  constructor(code: SapErrorCode, info: SapErrorInfo) {
    super(sentence(code, info));
    fill(this, code, info);
  }

  /** The error as a plain value: what is known, and the sentence. */
  toJSON(): Record<string, unknown> {
    const { code, fault, messageName, field, offset, needed, available, detail, message } = this;
    return { code, fault, messageName, field, offset, needed, available, detail, message };
  }
}
SapError.prototype.name = 'SapError';

/**
 * An error to return, or, with the fault `local`, to throw.
 *
 * Only a local one carries a stack. The others tell about bytes of somebody else, who may send them by the million:
 * V8 takes 3.5 µs for an error with a stack, and a fifth of one for this.
 */
export function sapError(code: SapErrorCode, info: SapErrorInfo): SapError {
  if (info.fault === 'local') return new SapError(code, info);
  const error = Object.create(SapError.prototype) as SapError;
  (error as { message: string }).message = sentence(code, info);
  fill(error, code, info);
  return error;
}

function sentence(code: SapErrorCode, info: SapErrorInfo): string {
  return `${SAP_ERRORS[code].say(info)}.`;
}

function fill(
  error: { -readonly [K in keyof SapError]: SapError[K] },
  code: SapErrorCode,
  info: SapErrorInfo,
) {
  error.code = code;
  error.fault = info.fault;
  error.messageName = info.message;
  error.field = info.field;
  error.offset = info.offset;
  error.needed = info.needed;
  error.available = info.available;
  error.detail = info.detail;
}
