import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../../../amt/protocol/declare.ts';
import {
  AMT_STATUS,
  AMTHI_COMMAND_NAMES,
  AMTHI_COMMANDS,
  AmtError,
  type AmtErrorCode,
  type AmthiCommandName,
  type AmthiRequest,
  type AmthiResponse,
  amtStatusName,
  amtStatusSentence,
  decodeAmthiRequest,
  decodeAmthiResponse,
  encodeAmthiRequest,
  encodeAmthiResponse,
  Secret,
} from '../../../amt/protocol/index.ts';
import { bytesOfHex, hexOf } from '../../../sap/index.ts';
import { revealed, valuesOf } from './arbitrary.ts';

const bytes = (text: string) => bytesOfHex(text.replaceAll(' ', ''))!;
const codeOf = (value: unknown): AmtErrorCode | undefined =>
  value instanceof AmtError ? value.code : undefined;

describe.each(AMTHI_COMMAND_NAMES)('%s', (command) => {
  const { request, response } = AMTHI_COMMANDS[command] as { request: Fields; response: Fields };

  it('a request is what was encoded', () => {
    fc.assert(
      fc.property(valuesOf(request), (data) => {
        const encoded = encodeAmthiRequest({ command, data } as AmthiRequest);
        expect(revealed(decodeAmthiRequest(encoded))).toEqual({ command, data: revealed(data) });
      }),
      { numRuns: 50 },
    );
  });

  it('a response is what was encoded', () => {
    fc.assert(
      fc.property(valuesOf(response), (data) => {
        const encoded = encodeAmthiResponse({ command, status: 0, data } as AmthiResponse);
        expect(revealed(decodeAmthiResponse(encoded, command))).toEqual({
          command,
          status: 0,
          data: revealed(data),
        });
      }),
      { numRuns: 50 },
    );
  });

  it('a message that is cut off anywhere is an error, and no value', () => {
    fc.assert(
      fc.property(valuesOf(request), valuesOf(response), fc.nat(), (asked, answered, cut) => {
        const sent = encodeAmthiRequest({ command, data: asked } as AmthiRequest);
        expect(codeOf(decodeAmthiRequest(sent.subarray(0, cut % sent.length)))).toBeDefined();
        const got = encodeAmthiResponse({ command, status: 0, data: answered } as AmthiResponse);
        expect(codeOf(decodeAmthiResponse(got.subarray(0, cut % got.length), command))).toBeDefined();
      }),
      { numRuns: 50 },
    );
  });

  it('a refusal has its status and no data', () => {
    for (const status of [AMT_STATUS.INTERNAL_ERROR, AMT_STATUS.NOT_PERMITTED, 0xffffffff]) {
      const refused = encodeAmthiResponse({ command, status });
      expect(decodeAmthiResponse(refused, command)).toEqual({ command, status });
      // Bytes behind it have no meaning.
      const longer = Uint8Array.of(...refused, 1, 2, 3);
      longer[8]! += 3;
      expect(decodeAmthiResponse(longer, command)).toEqual({ command, status });
    }
  });
});

describe('a response that is not taken', () => {
  const GOOD = '01 01 00 00 6b 00 80 04 08 00 00 00 00 00 00 00 01 00 00 00';
  const cases: readonly (readonly [what: string, bytes: string, code: AmtErrorCode])[] = [
    ['nothing', '', 'AMT_ERR_TRUNCATED'],
    ['half a header', '01 01 00 00 6b 00', 'AMT_ERR_TRUNCATED'],
    ['no status', '01 01 00 00 6b 00 80 04 00 00 00 00', 'AMT_ERR_TRUNCATED'],
    ['major version 2', `02${GOOD.slice(2)}`, 'AMT_ERR_HEADER'],
    ['minor version 0', `01 00${GOOD.slice(5)}`, 'AMT_ERR_HEADER'],
    ['reserved bytes', `01 01 01 00${GOOD.slice(11)}`, 'AMT_ERR_HEADER'],
    ['another command', GOOD.replace('6b', '11'), 'AMT_ERR_UNEXPECTED'],
    ['the request itself', GOOD.replace('80 04', '00 04'), 'AMT_ERR_UNEXPECTED'],
    ['a length that is too small', GOOD.replace('08', '04'), 'AMT_ERR_LENGTH'],
    ['a length that is too large', GOOD.replace('08', '0c'), 'AMT_ERR_LENGTH'],
    ['data that are too short', '01 01 00 00 6b 00 80 04 06 00 00 00 00 00 00 00 01 00', 'AMT_ERR_TRUNCATED'],
    [
      'data that are too long',
      '01 01 00 00 6b 00 80 04 09 00 00 00 00 00 00 00 01 00 00 00 00',
      'AMT_ERR_LENGTH',
    ],
  ];
  it.each(cases)('%s', (_, message, code) => {
    expect(codeOf(decodeAmthiResponse(bytes(message), 'GET_CONTROL_MODE'))).toBe(code);
  });

  it('a later minor version is taken', () => {
    const later = bytes(`01 02${GOOD.slice(5)}`);
    expect(decodeAmthiResponse(later, 'GET_CONTROL_MODE')).toMatchObject({ data: { mode: 1 } });
  });

  it('says where it does not fit, and whose fault it is', () => {
    const versions = `01 01 00 00 1a 00 80 04 49 00 00 00 00 00 00 00 ${'00'.repeat(65)} 33 00 00 00`;
    const error = decodeAmthiResponse(bytes(versions), 'GET_CODE_VERSIONS');
    expect(error).toMatchObject({
      code: 'AMT_ERR_LENGTH',
      message:
        'GET_CODE_VERSIONS response from the firmware, field versions at byte 85: A length or count in the message does not fit what is there. 51 items, at most 50 can be.',
    });
  });

  it('a count of versions beyond the message is an error before anything is read', () => {
    const versions = `01 01 00 00 1a 00 80 04 49 00 00 00 00 00 00 00 ${'00'.repeat(65)} 02 00 00 00`;
    expect(decodeAmthiResponse(bytes(versions), 'GET_CODE_VERSIONS')).toMatchObject({
      code: 'AMT_ERR_TRUNCATED',
      details: { field: 'versions' },
    });
  });
});

describe('a request that is not taken', () => {
  it.each([
    ['another major version', '02 01 00 00 5c 00 00 04 00 00 00 00', 'AMT_ERR_HEADER'],
    ['a command that is not known', '01 01 00 00 ff 00 00 04 00 00 00 00', 'AMT_ERR_UNKNOWN'],
    ['a response', '01 01 00 00 5c 00 80 04 00 00 00 00', 'AMT_ERR_UNKNOWN'],
    ['a length beyond the message', '01 01 00 00 5c 00 00 04 01 00 00 00', 'AMT_ERR_LENGTH'],
    ['data where none are', '01 01 00 00 5c 00 00 04 01 00 00 00 00', 'AMT_ERR_LENGTH'],
    ['a count beyond the data', '01 01 00 00 5b 00 00 04 03 00 00 00 05 00 61', 'AMT_ERR_TRUNCATED'],
  ] as const)('%s', (_, message, code) => {
    expect(codeOf(decodeAmthiRequest(bytes(message)))).toBe(code);
  });
});

describe('what clients do in two ways', () => {
  it('the flag of START_CONFIGURATION_HBASED has one byte or four', () => {
    const data = {
      serverHashAlgorithm: 2,
      serverHash: new Uint8Array(64),
      hostVpn: true,
      dnsSuffixes: ['corp.example', 'lab.example'],
    };
    const narrow = encodeAmthiRequest({ command: 'START_CONFIGURATION_HBASED', data });
    expect(narrow.length).toBe(12 + 390);
    const wide = new Uint8Array(12 + 393);
    wide.set(narrow.subarray(0, 12 + 66));
    wide.set(narrow.subarray(12 + 66), 12 + 69);
    new DataView(wide.buffer).setUint32(8, 393, true);
    for (const message of [narrow, wide]) expect(decodeAmthiRequest(message)).toMatchObject({ data });
  });

  it('suffixes are counted in bytes or in names', () => {
    const data = {
      serverHashAlgorithm: 2,
      serverHash: new Uint8Array(64),
      hostVpn: false,
      dnsSuffixes: ['corp.example', 'lab.example'],
    };
    const message = encodeAmthiRequest({ command: 'START_CONFIGURATION_HBASED', data });
    new DataView(message.buffer, message.byteOffset).setUint32(12 + 66, 2, true);
    expect(decodeAmthiRequest(message)).toMatchObject({ data });
  });

  it('the local account may have two bytes behind it, and UNPROVISION a state', () => {
    const account = encodeAmthiResponse({
      command: 'GET_LOCAL_SYSTEM_ACCOUNT',
      status: 0,
      data: { user: '$$OsAdmin', password: new Secret('secret') },
    });
    for (const more of [
      [0, 0],
      [0, 0, 0],
    ]) {
      const padded = Uint8Array.of(...account, ...more);
      padded[8]! += more.length;
      expect(decodeAmthiResponse(padded, 'GET_LOCAL_SYSTEM_ACCOUNT')).not.toBeInstanceOf(AmtError);
    }
    const state = bytes('01 01 00 00 10 00 80 04 08 00 00 00 00 00 00 00 00 00 00 00');
    expect(decodeAmthiResponse(state, 'UNPROVISION')).toMatchObject({ status: 0, data: { state: 0 } });
  });

  it('a version that says to be longer than its room fills it', () => {
    const room = Buffer.from('x'.repeat(20)).toString('hex');
    const message = bytes(
      `01 01 00 00 1a 00 80 04 75 00 00 00 00 00 00 00 ${'00'.repeat(65)} 01 00 00 00 ff ff ${room} 01 00 31 ${'00'.repeat(19)}`,
    );
    expect(decodeAmthiResponse(message, 'GET_CODE_VERSIONS')).toMatchObject({
      data: { versions: [{ name: 'x'.repeat(20), version: '1' }] },
    });
  });
});

describe('secrets', () => {
  const PASSWORD = 'p4ssword-of-nobody';
  const account = encodeAmthiResponse({
    command: 'GET_LOCAL_SYSTEM_ACCOUNT',
    status: 0,
    data: { user: '$$OsAdmin', password: new Secret(PASSWORD) },
  });

  it('are printed by nothing', () => {
    const got = decodeAmthiResponse(account, 'GET_LOCAL_SYSTEM_ACCOUNT');
    const password = (got as { data: { password: Secret } }).data.password;
    expect(password.reveal()).toBe(PASSWORD);
    const shown = [inspect(got, { depth: 9, showHidden: true }), JSON.stringify(got), `${password}`];
    for (const text of shown) {
      expect(text).not.toContain(PASSWORD);
      expect(text).toContain('(secret)');
    }
  });

  it('are in no error', () => {
    for (let cut = 0; cut < account.length; cut++) {
      const broken = account.slice(0, cut);
      if (cut > 8) broken[8] = cut - 12;
      const error = decodeAmthiResponse(broken, 'GET_LOCAL_SYSTEM_ACCOUNT');
      expect(`${inspect(error)} ${JSON.stringify(error)}`).not.toContain(PASSWORD.slice(0, 4));
    }
    const tooLong = new Secret(PASSWORD.repeat(4));
    const encode = () =>
      encodeAmthiRequest({ command: 'SET_PROVISIONING_SERVER_OTP', data: { password: tooLong } });
    expect(encode).toThrow(new RangeError('password has more than 32 characters'));
  });

  it('are all fields that a password is in', () => {
    for (const name of AMTHI_COMMAND_NAMES) {
      const { request, response } = AMTHI_COMMANDS[name];
      for (const [field, { secret }] of Object.entries<Fields[string]>({ ...request, ...response })) {
        expect([name, field, secret === true]).toEqual([name, field, field === 'password']);
      }
    }
  });
});

describe('status', () => {
  it('has a name, or is shown as a number', () => {
    expect([amtStatusName(0), amtStatusName(0x10), amtStatusName(2501)]).toEqual([
      'SUCCESS',
      'NOT_PERMITTED',
      'INTERFACE_DOES_NOT_EXIST',
    ]);
    expect(amtStatusName(0x7ff)).toBe('0x7ff');
    expect(amtStatusSentence(0x7ff)).toBe('This status is not known.');
  });
});

describe('the register', () => {
  it('has each command word once', () => {
    const words = AMTHI_COMMAND_NAMES.map(
      (name) => AMTHI_COMMANDS[name].op + 256 * AMTHI_COMMANDS[name].class,
    );
    expect(new Set(words).size).toBe(words.length);
  });

  it('is encoded with its own command word', () => {
    const word = (command: AmthiCommandName) =>
      hexOf(encodeAmthiResponse({ command, status: 1 }).subarray(4, 8));
    expect(word('GET_AMT_STATE')).toBe('01008001');
    expect(word('START_CONFIGURATION_HBASED')).toBe('8b008004');
  });
});
