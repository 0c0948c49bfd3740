/** What can go wrong between a WS-Management client and AMT: one table, one class. */

/** What each code means, and what to do about it. */
export const WSMAN_ERRORS = {
  WSMAN_ERR_CONNECT: {
    sentence: "AMT's web service cannot be reached.",
    next: undefined,
  },
  WSMAN_ERR_LOST: {
    sentence: 'The connection ended before AMT had answered.',
    next: 'Try again; after a reset of the firmware its web service needs some seconds.',
  },
  WSMAN_ERR_TIMEOUT: {
    sentence: 'AMT did not answer in time.',
    next: 'Try again; when it stays so, the firmware needs a reset.',
  },
  WSMAN_ERR_CREDENTIALS: {
    sentence: 'AMT refused user or password.',
    next: undefined,
  },
  WSMAN_ERR_HTTP: {
    sentence: 'AMT answered the request with an HTTP status that says no.',
    next: undefined,
  },
  WSMAN_ERR_ANSWER: {
    sentence: 'What answered is not AMT, or its answer is damaged.',
    next: undefined,
  },
  WSMAN_ERR_FAULT: {
    sentence: 'AMT refused the request.',
    next: undefined,
  },
} as const satisfies Readonly<
  Record<string, { readonly sentence: string; readonly next: string | undefined }>
>;

export type WsmanErrorCode = keyof typeof WSMAN_ERRORS;

export interface WsmanErrorDetails {
  /** What was asked: `Get AMT_GeneralSettings`. */
  readonly request?: string | undefined;
  /** What exactly, in words that follow the sentence of the table. Nothing of it is secret. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
  /** Local name of the fault's innermost code: `InvalidSelectors`. */
  readonly fault?: string | undefined;
}

export class WsmanError extends Error {
  readonly code: WsmanErrorCode;
  readonly details: WsmanErrorDetails;
  readonly sentence: string;
  readonly next: string | undefined;

  constructor(code: WsmanErrorCode, details: WsmanErrorDetails = {}) {
    const { sentence, next } = WSMAN_ERRORS[code];
    const { request, detail, cause } = details;
    const said = detail === undefined ? sentence : `${sentence} ${detail}`;
    super(request === undefined ? said : `${request}: ${said}`, cause === undefined ? undefined : { cause });
    this.name = 'WsmanError';
    this.code = code;
    this.details = details;
    this.sentence = said;
    this.next = next;
  }

  /** Whether AMT may have done what it was asked, though no answer says so. */
  get isOpen(): boolean {
    return (
      this.code === 'WSMAN_ERR_LOST' || this.code === 'WSMAN_ERR_TIMEOUT' || this.code === 'WSMAN_ERR_ANSWER'
    );
  }
}
