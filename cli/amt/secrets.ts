/**
 * Where a password comes from: a file, the environment, or the person at the terminal. Never an argument, which every
 * user of the machine can read.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { Secret } from '../../amt/index.ts';
import { CliError } from '../exit.ts';
import type { Output } from '../output.ts';
import { PASSWORD_ENVIRONMENT } from './options.ts';
import { promptSecret } from './prompt.ts';

/** Far beyond any password. */
const FILE_MAX = 4096;

/**
 * The password that was given: by file, else by environment, where it is removed from for what this program starts.
 * Undefined: by neither. Throws a CliError for a file that has none.
 */
export async function givenPassword(
  file: string | undefined,
  output: Pick<Output, 'say'>,
): Promise<Secret | undefined> {
  const inherited = process.env[PASSWORD_ENVIRONMENT];
  delete process.env[PASSWORD_ENVIRONMENT];
  if (file !== undefined) return readSecretFile(file, output);
  if (inherited === undefined) return undefined;
  if (inherited === '') throw new CliError('usage', `${PASSWORD_ENVIRONMENT} is empty.`);
  return new Secret(inherited);
}

/**
 * Asks the person at the terminal, twice where the password `isNew`. Throws a CliError where there is none, and the
 * reason of the signal.
 */
export async function askPassword(isNew: boolean, signal: AbortSignal): Promise<Secret> {
  const question = `${isNew ? 'New password' : 'Password'} of AMT's user admin: `;
  const password = await prompt(question, signal);
  if (isNew && (await prompt('The same again: ', signal)) !== password) {
    throw new CliError('usage', 'the two passwords differ.', 'Nothing was done; try again.');
  }
  return new Secret(password);
}

async function prompt(question: string, signal: AbortSignal): Promise<string> {
  const typed = await promptSecret(question, signal);
  if (typed !== undefined) return typed;
  throw new CliError(
    'usage',
    'a password is needed, and there is no terminal to ask at.',
    `Give it with --password-file FILE, or in the environment as ${PASSWORD_ENVIRONMENT}.`,
  );
}

async function readSecretFile(path: string, output: Pick<Output, 'say'>): Promise<Secret> {
  try {
    const file = await open(path, 'r');
    try {
      // A pipe has no permissions that matter.
      const stat = await file.stat();
      if (stat.isFile() && (stat.mode & 0o004) !== 0) {
        output.say(`sapwood: every user of this machine can read ${path}: chmod 600 ${path}`);
      }
      return firstLine(path, await readUpTo(file, FILE_MAX));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CliError('usage', `the password file ${path} cannot be read: ${code ?? message}.`);
  }
}

/** All of the file, or a byte more than `max` of it. */
async function readUpTo(file: FileHandle, max: number): Promise<string> {
  const bytes = Buffer.alloc(max + 1);
  let length = 0;
  while (length <= max) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  const text = bytes.toString('utf8', 0, length);
  bytes.fill(0);
  return text;
}

function firstLine(path: string, text: string): Secret {
  const [line = '', ...more] = text.split(/\r?\n/);
  if (line === '')
    throw new CliError('usage', `the password file ${path} has no password in its first line.`);
  if (line.length > FILE_MAX || more.some((rest) => rest !== '')) {
    throw new CliError('usage', `the password file ${path} has more than one line.`);
  }
  return new Secret(line);
}
