/** The errors of CSME's network stack: one table, one class. What comes from the network is answered, never thrown. */

export const NETWORK_ERRORS = {
  NETWORK_ERR_CREDENTIALS: 'The web service needs a user and a password, and has no default.',
  NETWORK_ERR_OPTION: 'An option of the network stack has a value that it cannot have.',
  NETWORK_ERR_PROGRAM: 'A program that sets up the network interface is missing.',
  NETWORK_ERR_SETUP: 'The network interface could not be set up.',
} as const;

export type NetworkErrorCode = keyof typeof NETWORK_ERRORS;

export interface NetworkErrorDetails {
  /** What exactly, in words that follow the sentence of the table. */
  readonly detail?: string;
  readonly cause?: unknown;
}

export class NetworkError extends Error {
  readonly code: NetworkErrorCode;

  constructor(code: NetworkErrorCode, details: NetworkErrorDetails = {}) {
    const sentence = NETWORK_ERRORS[code];
    super(
      details.detail === undefined ? sentence : `${sentence} ${details.detail}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'NetworkError';
    this.code = code;
  }
}
