/** What can be wrong with the management service itself; what is wrong with the device is a `MeiError`. */

export const LMS_ERRORS = {
  LMS_ERR_PORT_TAKEN: {
    sentence: 'Another management service runs here.',
    next: "Stop it (Intel's: `systemctl stop lms`), or use that one: one at a time can have AMT's connection.",
  },
  LMS_ERR_NOT_OFFERED: {
    sentence: 'AMT does not offer this port.',
    next: '`sapwood amt info` says what state AMT is in; without TLS it offers 16992, with TLS 16993.',
  },
  LMS_ERR_REFUSED: {
    sentence: 'AMT did not take the connection.',
    next: 'It takes about eight at a time: try again.',
  },
  LMS_ERR_ENDED: {
    sentence: 'The connection to AMT has ended.',
    next: 'Try again; the firmware may have been reset.',
  },
} as const satisfies Readonly<Record<string, { readonly sentence: string; readonly next: string }>>;

export type LmsErrorCode = keyof typeof LMS_ERRORS;

export class LmsError extends Error {
  readonly code: LmsErrorCode;
  /** What is wrong, without what to do about it. */
  readonly sentence: string;

  /** `detail`: what exactly, in words that follow the sentence of the table. */
  constructor(code: LmsErrorCode, detail?: string) {
    const { sentence, next } = LMS_ERRORS[code];
    const full = detail === undefined ? sentence : `${sentence} ${detail}`;
    super(`${full} ${next}`);
    this.name = 'LmsError';
    this.code = code;
    this.sentence = full;
  }

  /** What to do about it. */
  get next(): string {
    return LMS_ERRORS[this.code].next;
  }
}
