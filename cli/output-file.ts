/** Files that a command writes. */
import { openSync } from 'node:fs';
import { CliError } from './exit.ts';

/** Opens a file for writing; a `CliError` when it cannot be. */
export function openOutput(path: string): number {
  try {
    return openSync(path, 'w');
  } catch (error) {
    throw notOpened(path, error as NodeJS.ErrnoException);
  }
}

export function notOpened(path: string, { code }: NodeJS.ErrnoException): CliError {
  return new CliError(
    'usage',
    `cannot write ${path}: ${code}.`,
    'Give a file in a folder that may be written.',
  );
}

/** The file was open, and does not take what is written. */
export function notWritten(path: string, { code, message }: NodeJS.ErrnoException): CliError {
  return new CliError('environment', `cannot write ${path}: ${code ?? message}.`);
}
