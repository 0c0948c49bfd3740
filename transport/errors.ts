/** The errors of the transports: one table, one class. */

export const TRANSPORT_ERRORS = {
  TRANSPORT_ERR_SCHEME: 'The name of the transport has no scheme, or one that is not known.',
  TRANSPORT_ERR_OPTION: 'An option of the transport is not known or has a value that it cannot have.',
  TRANSPORT_ERR_NOT_BUILT: 'A worker thread runs compiled modules, and this one has not been compiled.',
  TRANSPORT_ERR_NOT_IN_WORKER: 'This end exists only in a worker thread that a transport has started.',
  TRANSPORT_ERR_WORKER: 'The worker thread on the other side failed.',
  TRANSPORT_ERR_STOPPED: 'The runner has stopped; the command got no answer.',
  TRANSPORT_ERR_NOT_IDLE: 'The virtual clock ran the allowed number of tasks and there is still work.',
} as const;

export type TransportErrorCode = keyof typeof TRANSPORT_ERRORS;

export interface TransportErrorDetails {
  /** What exactly, in words that follow the sentence of the table. */
  readonly detail?: string;
  /** Positive, where the system or the bus gave one. */
  readonly errno?: number;
  /** The call that gave the errno. */
  readonly syscall?: string;
  readonly cause?: unknown;
}

export class TransportError extends Error {
  readonly code: TransportErrorCode;
  readonly errno: number | undefined;
  readonly syscall: string | undefined;

  constructor(code: TransportErrorCode, details: TransportErrorDetails = {}) {
    const sentence = TRANSPORT_ERRORS[code];
    const message = details.detail === undefined ? sentence : `${sentence} ${details.detail}`;
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TransportError';
    this.code = code;
    this.errno = details.errno;
    this.syscall = details.syscall;
  }
}
