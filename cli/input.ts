/** Trace files of the command line, `-` being stdin. */
import { createReadStream } from 'node:fs';
import { readTrace, type TraceError, type TraceEvent } from '../trace/index.ts';
import { CliError } from './exit.ts';

const READ_SIZE = 1 << 18;

/** The events of a file, in batches. A file that cannot be read is thrown as a `CliError`. */
export async function* eventsOf(file: string): AsyncGenerator<TraceEvent[], void, void> {
  const source = file === '-' ? process.stdin : createReadStream(file, { highWaterMark: READ_SIZE });
  const name = nameOf(file);
  try {
    yield* readTrace(source as AsyncIterable<Uint8Array>, { file: name });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new CliError('usage', `cannot read ${name}: ${REASONS[code] ?? code}.`, NEXT[code]);
  }
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
  EISDIR: 'Give the files in it, such as FOLDER/*.jsonl.',
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
