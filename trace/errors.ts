/** What can be wrong with a line of a trace: the whole table. */

export const TRACE_ERRORS = {
  TRACE_ERR_UTF8: 'The line is not UTF-8 text.',
  TRACE_ERR_JSON: 'The line is not JSON.',
  TRACE_ERR_OBJECT: 'The line is JSON, but not an object.',
  TRACE_ERR_MISSING: 'A member that the channel needs is missing.',
  TRACE_ERR_TYPE: 'A member has the wrong type.',
  TRACE_ERR_TIME: 'The time is not a finite number of seconds, 0 or more.',
  TRACE_ERR_DIR: 'The channel does not have this direction.',
  TRACE_ERR_HEX: 'The bytes are not pairs of hexadecimal digits.',
  TRACE_ERR_DEPTH: 'Values are nested too deeply.',
  TRACE_ERR_LINE_LENGTH: 'The line is longer than the limit.',
} as const;
export type TraceErrorCode = keyof typeof TRACE_ERRORS;

/** A line that is no event. It is a value of the event stream, not thrown; the fault is the file's. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
  readonly fault = 'file';
  readonly code: TraceErrorCode;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Bytes from the beginning of the line to what is wrong, from 0. */
  readonly offset: number;
  readonly expected: string;
  /** What stands there instead, shortened; control characters are escaped. */
  readonly excerpt: string;

  constructor(
    code: TraceErrorCode,
    at: { file: string; line: number; offset: number; expected: string; excerpt: string },
  ) {
    const found = at.excerpt === '' ? 'the end of the line' : `"${at.excerpt}"`;
    super(`${at.file}:${at.line}: at byte ${at.offset}, expected ${at.expected}, found ${found} (${code})`);
    this.code = code;
    this.file = at.file;
    this.line = at.line;
    this.offset = at.offset;
    this.expected = at.expected;
    this.excerpt = at.excerpt;
  }

  toJSON(): object {
    const { code, file, line, offset, expected, excerpt, message } = this;
    return { code, file, line, offset, expected, excerpt, message };
  }
}

/** Characters of an excerpt. */
export const EXCERPT = 40;

/** What stands at `index`, for an error. */
export function excerptOf(text: string, index: number): string {
  const rest = text.slice(index, index + EXCERPT);
  const shown = rest.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return index + EXCERPT < text.length ? `${shown}…` : shown;
}
