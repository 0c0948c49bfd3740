/** The errors of this folder: one table, one class. */
import { getSystemErrorName } from 'node:util';

export const BRIDGE_ERRORS = {
  BRIDGE_ERR_KERNEL: 'The kernel refused.',
  BRIDGE_ERR_PERMISSION: 'The system does not permit this.',
  BRIDGE_ERR_UNSUPPORTED: 'This machine cannot do that.',
  BRIDGE_ERR_ABSENT: 'What is needed is not there.',
  BRIDGE_ERR_FORMAT: 'What was received cannot be read.',
  BRIDGE_ERR_REFUSED: 'The supplicant or the network manager refused.',
  BRIDGE_ERR_TIMEOUT: 'No answer came in time.',
  BRIDGE_ERR_GONE: 'The other side is gone.',
  BRIDGE_ERR_OPTION: 'A value that was given cannot be used.',
  BRIDGE_ERR_CLOSED: 'It was closed.',
} as const;

export type BridgeErrorCode = keyof typeof BRIDGE_ERRORS;

export interface BridgeErrorDetails {
  /** What exactly and what helps, in words that follow the sentence of the table. */
  readonly detail: string;
  /** Positive, where a call of the kernel failed. */
  readonly errno?: number;
  /** What the kernel said in words about a netlink request (NLMSGERR_ATTR_MSG). */
  readonly extended?: string;
  readonly cause?: unknown;
}

export class BridgeError extends Error {
  readonly code: BridgeErrorCode;
  readonly errno: number | undefined;
  readonly extended: string | undefined;

  constructor(code: BridgeErrorCode, details: BridgeErrorDetails) {
    super(
      `${BRIDGE_ERRORS[code]} ${details.detail}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'BridgeError';
    this.code = code;
    this.errno = details.errno;
    this.extended = details.extended;
  }

  /** Such as ETIMEDOUT; undefined without an errno. */
  get errnoName(): string | undefined {
    return this.errno === undefined ? undefined : getSystemErrorName(-this.errno);
  }
}
