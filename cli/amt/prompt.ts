/** Asks for a secret at the terminal, without showing what is typed. */
import { openSync, writeSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { ReadStream } from 'node:tty';
import { CliError } from '../exit.ts';

/** The terminal of this process, wherever stdin and stdout go. */
const TERMINAL = '/dev/tty';
/** Far beyond any password: what is typed beyond it does not count. */
const TYPED_MAX = 256;

/**
 * A line from the terminal; undefined where there is none. Throws a CliError when the person gives up, and the reason of
 * the signal.
 */
export async function promptSecret(question: string, signal: AbortSignal): Promise<string | undefined> {
  const descriptor = openTerminal();
  if (descriptor === undefined) return undefined;
  const terminal = new ReadStream(descriptor);
  try {
    terminal.setRawMode(true);
    writeSync(descriptor, question);
    return await typedLine(terminal, signal);
  } finally {
    terminal.setRawMode(false);
    writeSync(descriptor, '\n');
    terminal.destroy();
  }
}

function openTerminal(): number | undefined {
  try {
    return openSync(TERMINAL, 'r+');
  } catch {
    return undefined;
  }
}

/** Keys that send more than a character: arrows, and what terminals put around pasted text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what keys send.
const KEYS = /\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])/g;
const INTERRUPT = '\x03';
const END = '\x04';
const CLEAR = '\x15';
const ERASE: readonly string[] = ['\b', '\x7f'];

function typedLine(terminal: ReadStream, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    const decoder = new StringDecoder('utf8');
    let typed: readonly string[] = [];
    terminal.on('data', (bytes: Buffer) => {
      for (const key of decoder.write(bytes).replace(KEYS, '')) {
        if (key === '\r' || key === '\n') return resolve(typed.join(''));
        if (key === INTERRUPT || (key === END && typed.length === 0)) return reject(givenUp());
        if (key === CLEAR) typed = [];
        else if (ERASE.includes(key)) typed = typed.slice(0, -1);
        else if (!/\p{Cc}/u.test(key) && typed.length < TYPED_MAX) typed = [...typed, key];
      }
    });
    terminal.once('error', () => reject(givenUp()));
    terminal.once('end', () => reject(givenUp()));
  });
}

function givenUp(): CliError {
  return new CliError('usage', 'no password was given.', 'Nothing was done.');
}
