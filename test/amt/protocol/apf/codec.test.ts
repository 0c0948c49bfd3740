import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AmtError,
  APF_MESSAGES,
  type ApfMessage,
  type ApfName,
  decodeApf,
  encodeApf,
} from '../../../../amt/protocol/index.ts';
import { hexOf } from '../../../../sap/index.ts';
import { revealed, valuesOf } from '../arbitrary.ts';
import { APF_EXAMPLES, bytesOf } from './examples.ts';

const NAMES = Object.keys(APF_MESSAGES) as ApfName[];

function messageOf(name: ApfName): fc.Arbitrary<ApfMessage> {
  return valuesOf(APF_MESSAGES[name].fields).map((values) => ({ name, ...values }) as ApfMessage);
}

describe('worked examples', () => {
  it.each(APF_EXAMPLES)('%s', (_, message, hex) => {
    const bytes = bytesOf(hex);
    expect(hexOf(encodeApf(message))).toBe(hexOf(bytes));
    expect(revealed(decodeApf(bytes))).toEqual(revealed(message));
  });

  it('have the sizes that the description gives', () => {
    const sizes = Object.fromEntries(APF_EXAMPLES.map(([what, , hex]) => [what, bytesOf(hex).length]));
    expect(sizes).toMatchObject({
      'PROTOCOLVERSION of CIRA': 93,
      USERAUTH_REQUEST: 57,
      USERAUTH_FAILURE: 14,
      CHANNEL_OPEN: 66,
      'udp-send-to': 70,
    });
  });

  it('cover every message but those that no example can', () => {
    const shown = new Set(APF_EXAMPLES.map(([, message]) => message.name));
    expect(NAMES.filter((name) => !shown.has(name))).toEqual([
      'USERAUTH_NONE',
      'USERAUTH_REQUEST',
      'GLOBAL_REQUEST',
    ]);
  });
});

describe.each(NAMES)('%s', (name) => {
  it('comes back as it was, whatever is in it', () => {
    fc.assert(
      fc.property(messageOf(name), (message) => {
        expect(revealed(decodeApf(encodeApf(message)))).toEqual(revealed(message));
      }),
      { numRuns: 50 },
    );
  });

  it('is an error wherever it is cut off', () => {
    fc.assert(
      fc.property(messageOf(name), fc.nat(), (message, at) => {
        const bytes = encodeApf(message);
        const cut = decodeApf(bytes.subarray(0, at % bytes.length));
        // What ends in the rest of the message, or in something that may be missing, is whole where it ends.
        if (cut instanceof AmtError) expect(cut.code).toBe('AMT_ERR_TRUNCATED');
        else expect(['GLOBAL_REQUEST', 'USERAUTH_REQUEST', 'REQUEST_SUCCESS']).toContain(cut.name);
      }),
      { numRuns: 50 },
    );
  });

  it('ignores what stands behind it, and counts that', () => {
    if (name === 'GLOBAL_REQUEST' || name === 'USERAUTH_REQUEST') return;
    fc.assert(
      fc.property(messageOf(name), fc.uint8Array({ minLength: 4, maxLength: 9 }), (message, more) => {
        if (message.name === 'REQUEST_SUCCESS' && message.port === undefined) return;
        let trailing = 0;
        const bytes = Uint8Array.of(...encodeApf(message), ...more);
        const decoded = decodeApf(bytes, 'firmware', (count) => {
          trailing = count;
        });
        expect(revealed(decoded)).toEqual(revealed(message));
        expect(trailing).toBe(more.length);
      }),
      { numRuns: 20 },
    );
  });
});

describe('decodeApf', () => {
  it('never throws and never reads outside', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.uint8Array({ maxLength: 80 }), (name, body) => {
        const bytes = Uint8Array.of(APF_MESSAGES[name].opcode, ...body);
        const around = new Uint8Array(bytes.length + 40).fill(0xee);
        around.set(bytes, 20);
        const inside = decodeApf(around.subarray(20, 20 + bytes.length));
        expect(revealed(inside)).toEqual(revealed(decodeApf(bytes)));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['no bytes at all', '', 'AMT_ERR_TRUNCATED'],
    ['a number that is not known', 'fa 7b 7d', 'AMT_ERR_UNKNOWN'],
    ['data that is shorter than it says', '5e 00 00 00 07 00 00 00 05 68', 'AMT_ERR_TRUNCATED'],
    ['data that cannot be so long', '5e 00 00 00 07 00 10 00 01 68', 'AMT_ERR_LENGTH'],
    ['a text that cannot be so long', '05 00 00 08 01 70', 'AMT_ERR_LENGTH'],
    ['a request whose name cannot be so long', '50 ff ff ff ff', 'AMT_ERR_LENGTH'],
  ])('%s: an error that names the sender', (_, hex, code) => {
    const error = decodeApf(bytesOf(hex), 'host');
    expect(error).toBeInstanceOf(AmtError);
    expect((error as AmtError).code).toBe(code);
    expect((error as AmtError).details.fault).toBe('host');
  });

  it('tells requests apart whatever the case of their names, and by nothing less than the whole name', () => {
    const request = (name: string) =>
      Uint8Array.of(0x50, 0, 0, 0, name.length, ...Buffer.from(name), 1, 0, 0, 0, 0, 0, 0, 0x42, 0x60);
    expect(decodeApf(request('TCPIP-Forward'))).toMatchObject({ name: 'TCPIP_FORWARD', port: 16992 });
    for (const name of ['tcpip-forwar', 'tcpip-forward2', 'tcpip_forward'])
      expect(decodeApf(request(name))).toMatchObject({
        name: 'GLOBAL_REQUEST',
        request: name,
        wantReply: true,
      });
  });

  it('shows no password', () => {
    const message = decodeApf(bytesOf(APF_EXAMPLES.find(([what]) => what === 'USERAUTH_REQUEST')![2]));
    expect(JSON.stringify(message)).not.toContain('P@ss');
    expect(String((message as { password?: unknown }).password)).not.toContain('P@ss');
  });

  it('gives data as a view', () => {
    const bytes = encodeApf({ name: 'CHANNEL_DATA', recipientChannel: 7, data: new Uint8Array(4000) });
    const message = decodeApf(bytes) as Extract<ApfMessage, { name: 'CHANNEL_DATA' }>;
    expect(message.data.buffer).toBe(bytes.buffer);
  });
});

describe('encodeApf', () => {
  it('refuses what no message can carry', () => {
    expect(() => encodeApf({ name: 'CHANNEL_CLOSE', recipientChannel: -1 })).toThrow(RangeError);
    expect(() => encodeApf({ name: 'SERVICE_ACCEPT', service: 'x'.repeat(2049) })).toThrow(RangeError);
  });
});
