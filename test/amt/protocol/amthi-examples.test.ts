/** The worked examples of the description of AMTHI, to the byte and both ways. */
import { describe, expect, it } from 'vitest';
import {
  type AmthiRequest,
  type AmthiResponse,
  decodeAmthiRequest,
  decodeAmthiResponse,
  encodeAmthiRequest,
  encodeAmthiResponse,
  Secret,
} from '../../../amt/protocol/index.ts';
import { bytesOfHex, hexOf } from '../../../sap/index.ts';
import { revealed } from './arbitrary.ts';

const hex = (text: string) => text.replaceAll(/[ |\n]/g, '');
const nul = (count: number) => '00'.repeat(count);
const textHex = (text: string) => Buffer.from(text, 'latin1').toString('hex');
/** 0 to `count` - 1. */
const counting = Uint8Array.from({ length: 32 }, (_, i) => i);
const hashOf = (start: Uint8Array) => Uint8Array.from({ length: 64 }, (_, i) => start[i] ?? 0);

interface Example {
  readonly request: AmthiRequest;
  readonly asked: string;
  readonly answers: readonly (readonly [answer: AmthiResponse, bytes: string])[];
}

const EXAMPLES: readonly Example[] = [
  {
    request: { command: 'GET_CODE_VERSIONS' },
    asked: '01 01 00 00 1a 00 00 04 00 00 00 00',
    answers: [
      [
        {
          command: 'GET_CODE_VERSIONS',
          status: 0,
          data: {
            biosVersion: 'BIOS1.0',
            versions: [
              { name: 'Flash', version: '16.1.25' },
              { name: 'Sku', version: '16392' },
            ],
          },
        },
        `01 01 00 00 1a 00 80 04 a1 00 00 00 | 00 00 00 00 ${textHex('BIOS1.0')} ${nul(58)} | 02 00 00 00
         05 00 46 6c 61 73 68 ${nul(15)} | 07 00 31 36 2e 31 2e 32 35 ${nul(13)}
         03 00 53 6b 75 ${nul(17)} | 05 00 31 36 33 39 32 ${nul(15)}`,
      ],
    ],
  },
  {
    request: { command: 'GET_UUID' },
    asked: '01 01 00 00 5c 00 00 04 00 00 00 00',
    answers: [
      [
        { command: 'GET_UUID', status: 0, data: { uuid: '00112233-4455-6677-8899-aabbccddeeff' } },
        '01 01 00 00 5c 00 80 04 14 00 00 00 00 00 00 00 33 22 11 00 55 44 77 66 88 99 aa bb cc dd ee ff',
      ],
    ],
  },
  {
    request: { command: 'GET_CONTROL_MODE' },
    asked: '01 01 00 00 6b 00 00 04 00 00 00 00',
    answers: [
      [
        { command: 'GET_CONTROL_MODE', status: 0, data: { mode: 1 } },
        '01 01 00 00 6b 00 80 04 08 00 00 00 00 00 00 00 01 00 00 00',
      ],
    ],
  },
  {
    request: { command: 'GET_PROVISIONING_STATE' },
    asked: '01 01 00 00 11 00 00 04 00 00 00 00',
    answers: [
      [
        { command: 'GET_PROVISIONING_STATE', status: 0, data: { state: 2 } },
        '01 01 00 00 11 00 80 04 08 00 00 00 00 00 00 00 02 00 00 00',
      ],
    ],
  },
  {
    request: { command: 'GET_LAN_INTERFACE_SETTINGS', data: { interfaceIndex: 0 } },
    asked: '01 01 00 00 48 00 00 04 04 00 00 00 00 00 00 00',
    answers: [
      [
        {
          command: 'GET_LAN_INTERFACE_SETTINGS',
          status: 0,
          data: {
            enabled: true,
            ipv4Address: 0xc0a80132,
            dhcpEnabled: true,
            dhcpIpMode: 1,
            linkStatus: 1,
            macAddress: 0x001122334455,
          },
        },
        '01 01 00 00 48 00 80 04 18 00 00 00 00 00 00 00 01 00 00 00 32 01 a8 c0 01 00 00 00 01 01 00 11 22 33 44 55',
      ],
      [
        { command: 'GET_LAN_INTERFACE_SETTINGS', status: 2501 },
        '01 01 00 00 48 00 80 04 04 00 00 00 c5 09 00 00',
      ],
    ],
  },
  {
    request: { command: 'GET_PKI_FQDN_SUFFIX' },
    asked: '01 01 00 00 36 00 00 04 00 00 00 00',
    answers: [
      [
        { command: 'GET_PKI_FQDN_SUFFIX', status: 0, data: { suffix: 'corp.example' } },
        '01 01 00 00 36 00 80 04 12 00 00 00 00 00 00 00 0c 00 63 6f 72 70 2e 65 78 61 6d 70 6c 65',
      ],
    ],
  },
  {
    request: { command: 'ENUMERATE_HASH_HANDLES' },
    asked: '01 01 00 00 2c 00 00 04 00 00 00 00',
    answers: [
      [
        { command: 'ENUMERATE_HASH_HANDLES', status: 0, data: { handles: [1, 2] } },
        '01 01 00 00 2c 00 80 04 10 00 00 00 00 00 00 00 02 00 00 00 01 00 00 00 02 00 00 00',
      ],
    ],
  },
  {
    request: { command: 'GET_CERTHASH_ENTRY', data: { handle: 1 } },
    asked: '01 01 00 00 2d 00 00 04 04 00 00 00 01 00 00 00',
    answers: [
      [
        {
          command: 'GET_CERTHASH_ENTRY',
          status: 0,
          data: { isDefault: true, isActive: true, hash: hashOf(counting), algorithm: 2, name: 'Test CA' },
        },
        `01 01 00 00 2d 00 80 04 56 00 00 00 | 00 00 00 00 | 01 00 00 00 | 01 00 00 00
         ${hexOf(counting)} ${nul(32)} | 02 | 07 00 54 65 73 74 20 43 41`,
      ],
    ],
  },
  {
    request: { command: 'GET_LOCAL_SYSTEM_ACCOUNT' },
    asked: `01 01 00 00 67 00 00 04 28 00 00 00 ${nul(40)}`,
    answers: [
      [
        {
          command: 'GET_LOCAL_SYSTEM_ACCOUNT',
          status: 0,
          data: { user: '$$OsAdmin', password: new Secret('secret') },
        },
        `01 01 00 00 67 00 80 04 46 00 00 00 00 00 00 00 ${textHex('$$OsAdmin')} ${nul(24)} ${textHex('secret')} ${nul(27)}`,
      ],
    ],
  },
  {
    request: { command: 'GET_REMOTE_ACCESS_CONNECTION_STATUS' },
    asked: '01 01 00 00 46 00 00 04 00 00 00 00',
    answers: [
      [
        {
          command: 'GET_REMOTE_ACCESS_CONNECTION_STATUS',
          status: 0,
          data: { networkStatus: 2, remoteStatus: 2, trigger: 0, mpsHostName: 'mps.example' },
        },
        `01 01 00 00 46 00 80 04 1d 00 00 00 00 00 00 00 02 00 00 00 02 00 00 00 00 00 00 00
         0b 00 6d 70 73 2e 65 78 61 6d 70 6c 65`,
      ],
    ],
  },
  {
    request: { command: 'UNPROVISION', data: { mode: 0 } },
    asked: '01 01 00 00 10 00 00 04 04 00 00 00 00 00 00 00',
    answers: [[{ command: 'UNPROVISION', status: 0x10 }, '01 01 00 00 10 00 80 04 04 00 00 00 10 00 00 00']],
  },
  {
    request: { command: 'GET_AMT_STATE', data: { id: '00000000-0000-0000-0000-000000000001' } },
    asked: `01 01 00 00 01 00 00 01 10 00 00 00 ${nul(15)} 01`,
    answers: [
      [
        {
          command: 'GET_AMT_STATE',
          status: 0,
          data: {
            id: '00000000-0000-0000-0000-000000000001',
            linkUp: true,
            cryptoFuse: true,
            flashProtection: false,
            lastMeResetType: 2,
          },
        },
        `01 01 00 00 01 00 80 01 1d 00 00 00 00 00 00 00 ${nul(15)} 01 05 00 00 00 01 00 01 00 02`,
      ],
    ],
  },
];

describe.each(EXAMPLES)('$request.command', ({ request, asked, answers }) => {
  it('request', () => {
    expect(hexOf(encodeAmthiRequest(request))).toBe(hex(asked));
    expect(decodeAmthiRequest(bytesOfHex(hex(asked))!)).toEqual({ data: {}, ...request });
  });

  it.each(answers)('response %#', (answer, bytes) => {
    expect(hexOf(encodeAmthiResponse(answer))).toBe(hex(bytes));
    expect(revealed(decodeAmthiResponse(bytesOfHex(hex(bytes))!, answer.command))).toEqual(revealed(answer));
  });
});
