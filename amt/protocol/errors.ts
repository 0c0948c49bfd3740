/**
 * What can be wrong with a message of AMT's services, and whose fault it is.
 *
 * What arrives from elsewhere and is wrong becomes an `AmtError` that decoders *return*; only misuse of this folder is
 * thrown.
 */

/** What each code means. */
export const AMT_ERRORS = {
  AMT_ERR_TRUNCATED: { sentence: 'The message ends before its layout does.' },
  AMT_ERR_LENGTH: { sentence: 'A length or count in the message does not fit what is there.' },
  AMT_ERR_VALUE: { sentence: 'A field has a value that voids the message.' },
  AMT_ERR_HEADER: { sentence: 'The header is not that of this protocol.' },
  AMT_ERR_UNEXPECTED: { sentence: 'This message is not the one that is due.' },
  AMT_ERR_UNKNOWN: { sentence: 'The message is of a kind that is not known.' },
} as const satisfies Readonly<Record<string, { readonly sentence: string }>>;

export type AmtErrorCode = keyof typeof AMT_ERRORS;

export interface AmtErrorDetails {
  /** Name of the message: `GET_CODE_VERSIONS response`, `CHANNEL_OPEN`. */
  readonly message?: string | undefined;
  /** Path of the field: `versions[3].name`. */
  readonly field?: string | undefined;
  /** Bytes from the start of the message. */
  readonly offset?: number | undefined;
  /** More words. */
  readonly detail?: string | undefined;
  /** Who sent it. */
  readonly fault: 'host' | 'firmware';
}

export class AmtError extends Error {
  readonly code: AmtErrorCode;
  readonly details: AmtErrorDetails;

  constructor(code: AmtErrorCode, details: AmtErrorDetails) {
    const { message = 'message', field, offset, detail, fault } = details;
    const place = field === undefined ? '' : `, field ${field}`;
    const at = offset === undefined ? '' : ` at byte ${offset}`;
    const more = detail === undefined ? '' : ` ${detail}`;
    super(`${message} from the ${fault}${place}${at}: ${AMT_ERRORS[code].sentence}${more}`);
    this.name = 'AmtError';
    this.code = code;
    this.details = details;
  }
}
