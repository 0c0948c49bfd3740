/**
 * Traces: what crossed the wire between a host and CSME, and what the WLAN driver and the bus did around it, one JSON
 * object a line (`docs/trace-format.md`). Reading is streamed and never throws for what a file holds.
 */
export * from './control.ts';
export { type Description, describe } from './describe.ts';
export { TRACE_ERRORS, TraceError, type TraceErrorCode } from './errors.ts';
export * from './event.ts';
export { eventToJson } from './json.ts';
export { Ladder, type LadderOptions } from './ladder.ts';
export { type Palette, palette } from './palette.ts';
export { MAX_LINE, parseTrace, type ReadOptions, readTrace, TraceParser } from './read.ts';
export * from './replay/index.ts';
export * from './rules/index.ts';
export { printable } from './text.ts';
export { formatEvent, formatJson, TraceWriter } from './write.ts';
