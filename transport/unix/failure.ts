/** Failures of system calls as errors of the transport. */
import { getSystemErrorName } from 'node:util';
import { NativeError } from '../../native/index.ts';
import { TransportError, type TransportErrorCode } from '../errors.ts';

/** Positive; undefined for what is no failure of a system call. */
export function errnoOf(cause: unknown): number | undefined {
  return cause instanceof NativeError ? cause.errno : undefined;
}

/** `text` stands behind the call and its errno: what it was about, and what helps. What is no failure of a call is thrown. */
export function systemFailure(code: TransportErrorCode, cause: unknown, text = ''): TransportError {
  if (!(cause instanceof NativeError) || cause.errno === undefined) throw cause;
  const { errno, syscall = '' } = cause;
  const detail = `${syscall}: ${getSystemErrorName(-errno)}.${text === '' ? '' : ` ${text}`}`;
  return new TransportError(code, { detail, errno, syscall, cause });
}
