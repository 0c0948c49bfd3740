/** The errors of the transports: one table, one class. */

export const TRANSPORT_ERRORS = {
  TRANSPORT_ERR_SCHEME: 'The name of the transport has no scheme, or one that is not known.',
  TRANSPORT_ERR_NO_AREA: 'A MEI device carries no SAP.',
  TRANSPORT_ERR_OPTION: 'An option of the transport is not known or has a value that it cannot have.',
  TRANSPORT_ERR_NOT_BUILT: 'A worker thread runs compiled modules, and this one has not been compiled.',
  TRANSPORT_ERR_NOT_IN_WORKER: 'This end exists only in a worker thread that a transport has started.',
  TRANSPORT_ERR_WORKER: 'The worker thread on the other side failed.',
  TRANSPORT_ERR_PATH: 'This path cannot be used for a socket.',
  TRANSPORT_ERR_IN_USE: 'Somebody listens at this path already.',
  TRANSPORT_ERR_NOBODY: 'Nobody listens at this path.',
  TRANSPORT_ERR_SECOND: 'A second driver was refused: one is served at a time.',
  TRANSPORT_ERR_CLOSED: 'The other side has closed the connection.',
  TRANSPORT_ERR_SOCKET: 'A call on the socket failed.',
  TRANSPORT_ERR_FRAME_SIZE: 'The other side sent a message of a length that none can have.',
  TRANSPORT_ERR_FRAME_CUT: 'The other side sent only a part of a message.',
  TRANSPORT_ERR_DESCRIPTOR: 'The other side sent a message with the wrong descriptors.',
  TRANSPORT_ERR_ACK: 'The other side acknowledged a message that it was not sent.',
  TRANSPORT_ERR_ACK_TIMEOUT: 'The other side is silent.',
  TRANSPORT_ERR_FLOOD: 'Too much waits for the other side.',
  TRANSPORT_ERR_EMPTY: 'A message without bytes cannot be sent: it would be an acknowledgement.',
  TRANSPORT_ERR_AREA: 'The shared area that the other side announced cannot be mapped.',
  TRANSPORT_ERR_AREA_REFUSED: 'CSME refused the shared area that the driver announced.',
  TRANSPORT_ERR_AREA_LOST: 'The file behind the shared area was shortened: a part of the area is gone.',
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
