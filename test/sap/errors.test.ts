import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { decodeSap, encodeSap, SAP_ERRORS, SapError, type SapErrorCode, sapError } from '../../sap/index.ts';

const CODES = Object.keys(SAP_ERRORS) as SapErrorCode[];

it('the page of messages lists every code with its sentence, and no other', () => {
  const page = readFileSync(new URL('../../docs/messages.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `(SAP_ERR_\w+)` \| (.+) \|$/gm)].map(([, code, doc]) => [code, doc]);
  expect(rows).toEqual(CODES.map((code) => [code, SAP_ERRORS[code].doc]));
});

describe.each(CODES)('%s', (code) => {
  it('says one sentence, whatever is known', () => {
    for (const fault of ['local', 'host', 'csme', 'peer', 'file'] as const) {
      for (const info of [
        { fault },
        { fault, message: 'NVM', field: 'caps', offset: 20, needed: 468, available: 22, detail: 'why' },
      ]) {
        const { message } = sapError(code, info);
        expect(message).toMatch(/^[A-Za-z].*[^.]\.$/);
        expect(message).not.toContain('undefined');
        expect(message).not.toContain('\n');
      }
    }
  });
});

it('tells message, side, field, place and sizes', () => {
  const bytes = encodeSap({ name: 'UNKNOWN', id: 512, payload: new Uint8Array(58) }, 3);
  const error = decodeSap(bytes, 0, bytes.length, 'csme');
  expect(error).toMatchObject({
    code: 'SAP_ERR_TRUNCATED',
    fault: 'csme',
    messageName: 'CSME_CONN_STATUS',
    field: 'connectionInfo.bssid',
    offset: 64,
    needed: 72,
    available: 66,
    message:
      'CSME_CONN_STATUS from CSME ends before its field connectionInfo.bssid at byte 64: needs 72 bytes, has 66.',
  });
});

it('is an Error, prints as one and has a plain form', () => {
  for (const fault of ['local', 'csme'] as const) {
    const error = sapError('SAP_ERR_RING_FULL', { fault, message: 'h2m notif', needed: 12, available: 3 });
    expect(error).toBeInstanceOf(SapError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('SapError');
    expect(`${error}`).toBe(`SapError: ${error.message}`);
    expect(inspect(error)).toContain(error.message);
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      code: 'SAP_ERR_RING_FULL',
      fault,
      message: error.message,
    });
  }
});

it('only a local one carries a stack', () => {
  expect(sapError('SAP_ERR_USE', { fault: 'local' }).stack).toContain('errors.test');
  expect(sapError('SAP_ERR_FRAME', { fault: 'peer' }).stack).toBeUndefined();
});
