import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AmtError,
  APF_DATA_MAX,
  APF_MESSAGES,
  type ApfMessage,
  type ApfName,
  ApfStream,
  encodeApf,
} from '../../../../amt/protocol/index.ts';
import { revealed, valuesOf } from '../arbitrary.ts';
import { APF_EXAMPLES, bytesOf } from './examples.ts';

/** In a stream, the end of these is not known. */
const ENDLESS: readonly ApfName[] = ['GLOBAL_REQUEST', 'USERAUTH_REQUEST'];
const STREAMED = (Object.keys(APF_MESSAGES) as ApfName[]).filter((name) => !ENDLESS.includes(name));
const EXAMPLES = APF_EXAMPLES.filter(([what]) => what !== 'REQUEST_SUCCESS of a cancel');

function read(stream: ApfStream, chunks: readonly Uint8Array[]): (ApfMessage | AmtError)[] {
  const out: (ApfMessage | AmtError)[] = [];
  for (const chunk of chunks) {
    stream.push(chunk);
    for (let message = stream.poll(); message !== undefined; message = stream.poll()) {
      out.push(message);
      if (message instanceof AmtError) return out;
    }
  }
  return out;
}

function joined(messages: readonly ApfMessage[]): Uint8Array {
  return Uint8Array.from(messages.flatMap((message) => [...encodeApf(message)]));
}

function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length));
}

const anyMessages = fc.array(
  fc
    .constantFrom(...STREAMED)
    .chain((name) => valuesOf(APF_MESSAGES[name].fields).map((values) => ({ name, ...values }) as ApfMessage))
    .filter((message) => message.name !== 'REQUEST_SUCCESS' || message.port !== undefined),
  { maxLength: 8 },
);

describe('a stream', () => {
  const messages = EXAMPLES.map(([, message]) => message);
  const bytes = joined(messages);

  it('gives the same messages wherever it is cut in two', () => {
    for (let at = 0; at <= bytes.length; at++) {
      const got = read(new ApfStream({ from: 'firmware' }), [bytes.slice(0, at), bytes.slice(at)]);
      expect(revealed(got)).toEqual(revealed(messages));
    }
  });

  it('gives the same messages byte by byte', () => {
    const stream = new ApfStream({ from: 'firmware' });
    expect(revealed(read(stream, cut(bytes, [...bytes.keys()])))).toEqual(revealed(messages));
    expect(stream.pending).toBe(0);
  });

  it('gives any messages, in any pieces', () => {
    fc.assert(
      fc.property(anyMessages, fc.array(fc.nat(), { maxLength: 12 }), (some, places) => {
        const stream = new ApfStream({ from: 'host' });
        expect(revealed(read(stream, cut(joined(some), places)))).toEqual(revealed(some));
        expect(stream.pending).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same of any bytes, in any pieces', () => {
    const damaged = fc.tuple(
      anyMessages,
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
    );
    fc.assert(
      fc.property(damaged, fc.array(fc.nat(), { maxLength: 12 }), ([some, hits], places) => {
        const all = joined(some);
        for (const [at, value] of hits) if (all.length > 0) all[at % all.length] = value;
        const whole = read(new ApfStream({ from: 'host' }), [all]);
        const pieces = read(new ApfStream({ from: 'host' }), cut(all, places));
        const shown = (list: readonly (ApfMessage | AmtError)[]) =>
          list.map((one) => (one instanceof AmtError ? one.message : revealed(one)));
        expect(shown(pieces)).toEqual(shown(whole));
      }),
      { numRuns: 300 },
    );
  });

  it('reads a REQUEST_SUCCESS without a port where none is due', () => {
    let hasPort = false;
    const stream = new ApfStream({ from: 'host', successHasPort: () => hasPort });
    expect(read(stream, [bytesOf('51 51')])).toEqual([
      { name: 'REQUEST_SUCCESS' },
      { name: 'REQUEST_SUCCESS' },
    ]);
    hasPort = true;
    expect(read(stream, [bytesOf('51 00'), bytesOf('00 42 60')])).toEqual([
      { name: 'REQUEST_SUCCESS', port: 16992 },
    ]);
  });

  it('reads USERAUTH_FAILURE with one byte at its end, or two as MPS has it', () => {
    const failure = '33 00 00 00 08 70 61 73 73 77 6f 72 64 00';
    for (const hex of [`${failure} 34`, `${failure} 00 34`]) {
      const all = bytesOf(hex);
      for (let at = 0; at <= all.length; at++) {
        const got = read(new ApfStream({ from: 'host' }), [all.slice(0, at), all.slice(at)]);
        expect(got.map((one) => (one as ApfMessage).name)).toEqual(['USERAUTH_FAILURE', 'USERAUTH_SUCCESS']);
      }
    }
  });

  it.each([
    ['a number that is not known', 'fa', 'AMT_ERR_UNKNOWN'],
    ['a request whose end is not known', '50 00 00 00 01 78 01 00', 'AMT_ERR_UNKNOWN'],
    ['a method whose end is not known', '32 00 00 00 00 00 00 00 00 00 00 00 01 78', 'AMT_ERR_UNKNOWN'],
    ['a text above the limit', '05 00 00 08 01', 'AMT_ERR_LENGTH'],
    ['data above the limit', '5e 00 00 00 07 00 10 00 01', 'AMT_ERR_LENGTH'],
  ])('ends at %s, before anything of it is kept', (_, hex, code) => {
    const stream = new ApfStream({ from: 'firmware' });
    const [message, error] = read(stream, [bytesOf(`61 00 00 00 07 ${hex}`)]);
    expect(message).toEqual({ name: 'CHANNEL_CLOSE', recipientChannel: 7 });
    expect((error as AmtError).code).toBe(code);
    stream.push(bytesOf('61 00 00 00 07'));
    expect(stream.poll()).toBe(error);
    expect(stream.pending).toBe(0);
  });

  it('takes the longest data, and keeps no more than that', () => {
    const stream = new ApfStream({ from: 'firmware' });
    const data = new Uint8Array(APF_DATA_MAX).fill(7);
    const all = encodeApf({ name: 'CHANNEL_DATA', recipientChannel: 1, data });
    const got = read(stream, cut(all, [1, 5, 9, 70_000, 500_000]));
    expect(got).toHaveLength(1);
    const { data: found } = got[0] as Extract<ApfMessage, { name: 'CHANNEL_DATA' }>;
    expect(Buffer.compare(found, data)).toBe(0);
    expect(stream.pending).toBe(0);
  });
});
