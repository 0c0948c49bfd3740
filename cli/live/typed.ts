/** Lines that somebody types, or pipes in, while a command runs: a word, and what stands behind it. */
import { createInterface } from 'node:readline';

interface Typed {
  close(): void;
}

/** Hears lines on stdin until it ends; a stdin that cannot be read is one that has ended. */
export function hearTyped(onLine: (word: string, rest: string) => void): Typed {
  // In the background of a shell a read would stop the process.
  const ignore = () => {};
  process.on('SIGTTIN', ignore);
  const lines = createInterface({ input: process.stdin, terminal: false });
  process.stdin.on('error', ignore);
  lines.on('line', (line) => {
    const [, word = '', rest = ''] = /^\s*(\S*)\s*(.*?)\s*$/.exec(line) ?? [];
    if (word !== '' && !word.startsWith('#')) onLine(word, rest);
  });
  return {
    close() {
      process.off('SIGTTIN', ignore);
      lines.close();
      process.stdin.destroy();
    },
  };
}

/** What was typed, for a message: in quotes, not too long, and no control character of it reaches the terminal. */
export function quoted(word: string, rest = ''): string {
  const text = `${word} ${rest}`.trim();
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}

const SHOWN = 60;
