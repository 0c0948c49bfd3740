/** Events as JSON for other programs: the line as it is, and what its bytes mean. */
import { declOf, decodeMe, decodeSap, formatMac, hexOf, type SapDecl, SapError } from '../sap/index.ts';
import { describe } from './describe.ts';
import type { JsonValue, TraceEvent, WireEvent } from './event.ts';

type Field = SapDecl['fields'][string];

/**
 * A value for `JSON.stringify`: the members of the line, `text` (the headline), and for bytes that are a message
 * `message` (its fields; MAC addresses as text, bytes as hex, 64-bit numbers as text), or `problem` when they are none.
 */
export function eventToJson(event: TraceEvent): { [name: string]: unknown } {
  const text = describe(event).headline;
  switch (event.ch) {
    case 'me':
    case 'notif':
    case 'data': {
      const { bytes, extra, ...rest } = event;
      return { line: event.line, ...rest, hex: hexOf(bytes), ...extra, text, ...meaning(event) };
    }
    case 'frame': {
      const { bytes, extra, ...rest } = event;
      return { line: event.line, ...rest, hex: hexOf(bytes), ...extra, text };
    }
    case 'area': {
      const { control, trailer, extra, ...rest } = event;
      const bytes = { control: hexOf(control), trailer: hexOf(trailer) };
      return { line: event.line, ...rest, ...bytes, ...extra, text };
    }
    case 'note': {
      const { extra, ...rest } = event;
      return { line: event.line, ...rest, ...extra };
    }
    case 'unknown':
      return { line: event.line, t: event.t, ch: event.channel, raw: event.raw };
    case 'error':
      return { line: event.line, ch: 'error', error: event.error.toJSON() };
    default: {
      const { extra, ...rest } = event;
      return { line: event.line, ...rest, ...extra, text };
    }
  }
}

function meaning(event: WireEvent): { message: unknown } | { problem: unknown } {
  const from = event.dir === 'h2m' ? 'host' : 'csme';
  if (event.ch === 'me') {
    const message = decodeMe(event.bytes, from);
    return message instanceof SapError ? problem(message) : { message: plain(message) };
  }
  const message = decodeSap(event.bytes, 0, event.bytes.length, from);
  if (message instanceof SapError) return problem(message);
  return { message: plain(message, message.name === 'UNKNOWN' ? undefined : declOf(message.name).fields) };
}

function problem(error: SapError): { problem: unknown } {
  return { problem: { code: error.code, fault: error.fault, message: error.message } };
}

function plain(value: unknown, fields?: Readonly<Record<string, Field>>, field?: Field): JsonValue {
  if (value instanceof Uint8Array) return hexOf(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && field?.layout.kind === 'mac') return formatMac(value);
  if (typeof value !== 'object' || value === null) return value as JsonValue;
  const layout = field?.layout;
  if (Array.isArray(value)) {
    const item = layout?.kind === 'array' ? layout.item : undefined;
    return value.map((inner) => plain(inner, undefined, item));
  }
  const inner = layout?.kind === 'struct' ? layout.fields : fields;
  return Object.fromEntries(
    Object.entries(value).map(([key, v]) => [key, plain(v, undefined, inner?.[key])]),
  );
}
