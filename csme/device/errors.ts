/** The errors of the MEI device as a device file: one table, one class. What programs do wrong is answered, never thrown. */

export const DEVICE_ERRORS = {
  DEVICE_ERR_NO_CUSE: 'The kernel has no /dev/cuse, through which a program serves a device file.',
  DEVICE_ERR_PERMISSION: 'This user may not serve a device file.',
  DEVICE_ERR_OPTION: 'An option of the MEI device has a value that it cannot have.',
  DEVICE_ERR_NAME: 'There is a file with the name of the device already.',
  DEVICE_ERR_REFUSED: 'The kernel refused the device.',
  DEVICE_ERR_REQUEST: 'The kernel sent a request that is none.',
  DEVICE_ERR_LOST: 'The kernel ended the device.',
} as const;

export type DeviceErrorCode = keyof typeof DEVICE_ERRORS;

export interface DeviceErrorDetails {
  /** What exactly and what helps, in words that follow the sentence of the table. */
  readonly detail?: string;
  /** Positive, where the system gave one. */
  readonly errno?: number;
  readonly cause?: unknown;
}

export class DeviceError extends Error {
  readonly code: DeviceErrorCode;
  readonly errno: number | undefined;

  constructor(code: DeviceErrorCode, details: DeviceErrorDetails = {}) {
    const sentence = DEVICE_ERRORS[code];
    super(
      details.detail === undefined ? sentence : `${sentence} ${details.detail}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'DeviceError';
    this.code = code;
    this.errno = details.errno;
  }
}
