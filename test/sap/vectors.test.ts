import { describe, expect, it } from 'vitest';
import type { MeDraft, MeMessage, SapMessage } from '../../sap/index.ts';
import { decodeMe, decodeSap, encodeMe, encodeSap, SAP_MESSAGES, SapError } from '../../sap/index.ts';
import { ME_MESSAGES } from '../../sap/messages/me.ts';
import { parsed, plain, readVectors, vectorFiles } from '../support/vectors.ts';

const fieldsOf = (list: readonly { short: string; fields: object }[], name: unknown) =>
  (list.find((decl) => decl.short === name)?.fields ?? {}) as (typeof SAP_MESSAGES)[number]['fields'];

describe.each(vectorFiles().filter((file) => file !== 'errors.md' && file !== 'me-messages.md'))(
  '%s',
  (file) => {
    it.each(readVectors(file))('$title', ({ bytes, expected }) => {
      const fields = fieldsOf(SAP_MESSAGES, expected.name);
      const message = decodeSap(bytes) as SapMessage;
      expect(plain(message, fields)).toEqual(expected);
      const written = parsed(expected, fields) as unknown as SapMessage;
      expect(encodeSap(written, written.seqNum)).toEqual(bytes);
    });
  },
);

describe('me-messages.md', () => {
  it.each(readVectors('me-messages.md'))('$title', ({ bytes, expected }) => {
    const fields = { ...fieldsOf(ME_MESSAGES, expected.name), supportedVersions: undefined };
    const message = decodeMe(bytes) as MeMessage;
    expect(plain(message, fields as never)).toEqual(expected);
    const written = parsed(expected, fields as never) as unknown as MeDraft & { seqNum: number };
    expect(encodeMe(written, written.seqNum, { size: bytes.length })).toEqual(bytes);
  });
});

describe('errors.md', () => {
  it.each(readVectors('errors.md'))('$title', ({ bytes, expected }) => {
    const error = decodeSap(bytes, 0, bytes.length, 'csme') as SapError;
    expect(error).toBeInstanceOf(SapError);
    const { message, error: code, ...rest } = expected;
    expect(error).toMatchObject({ code, fault: 'csme', ...rest });
    if (message !== undefined) expect(error.messageName).toBe(message);
  });
});

it('every message of the register that was recorded has a vector', () => {
  const without = SAP_MESSAGES.map((decl) => decl.short).filter(
    (name) => !vectorFiles().includes(`${name.toLowerCase().replaceAll('_', '-')}.md`),
  );
  expect(without).toEqual(['BAND_SELECTION', 'HOST_SUSPENDS', 'HOST_RESUMES']);
});
