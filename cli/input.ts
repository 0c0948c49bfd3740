/** Files of the command line, `-` being stdin. */
import { createReadStream } from 'node:fs';
import { readTrace, type TraceError, type TraceEvent } from '../trace/index.ts';
import { CliError } from './exit.ts';

const READ_SIZE = 1 << 18;

/** The bytes of a file, in pieces. A file that cannot be read is thrown as a `CliError`. */
export async function* chunksOf(file: string): AsyncGenerator<Uint8Array, void, void> {
  const source = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: READ_SIZE });
  try {
    yield* source as AsyncIterable<Uint8Array>;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CliError('usage', `cannot read ${nameOf(file)}: ${REASONS[code] ?? code}.`, NEXT[code]);
  }
}

/** The whole of a file that is small by its nature; one of more than `most` bytes is thrown as a `CliError` with `next`. */
export async function contentOf(file: string, most: number, next: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunksOf(file)) {
    size += chunk.length;
    if (size > most) throw new CliError('usage', `${nameOf(file)} has more than ${most} bytes.`, next);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The events of a trace, in batches. */
export function eventsOf(file: string): AsyncGenerator<TraceEvent[], void, void> {
  return readTrace(chunksOf(file), { file: nameOf(file) });
}

export function nameOf(file: string): string {
  return file === '-' ? 'stdin' : file;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};
const NEXT: Readonly<Record<string, string>> = {
  ENOENT: 'Check the path, or give - to read from stdin.',
  EISDIR: 'Give a file in it.',
  EACCES: 'Check the permissions of the file.',
};

/** What a file may be whose first line is not one of a trace. */
export function hintFor(first: TraceError): string {
  if (first.excerpt.includes('tracing'))
    return 'It looks like trace.dat of trace-cmd; only JSON lines are read.';
  if (first.code === 'TRACE_ERR_UTF8' && first.line === 1 && first.excerpt.startsWith('\\ufffd\\u0008')) {
    return 'It looks compressed: zcat FILE | sapwood COMMAND -';
  }
  if (first.code === 'TRACE_ERR_JSON' && first.excerpt === '') {
    return 'It looks like JSON over many lines; a trace has one object a line.';
  }
  return 'A trace has one JSON object a line, such as {"t": 1.5, "ch": "notif", "dir": "m2h", "hex": "fa01000003080000"}.';
}
