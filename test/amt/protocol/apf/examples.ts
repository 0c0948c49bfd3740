/** The worked examples of the description of APF. */
import { type ApfMessage, Secret } from '../../../../amt/protocol/index.ts';
import { bytesOfHex } from '../../../../sap/index.ts';

const PFWD = '70 66 77 64 40 61 6d 74 2e 69 6e 74 65 6c 2e 63 6f 6d';
const AUTH = '61 75 74 68 40 61 6d 74 2e 69 6e 74 65 6c 2e 63 6f 6d';
const FORWARD = '00 00 00 0d 74 63 70 69 70 2d 66 6f 72 77 61 72 64';
const zeros = (count: number) => '00'.repeat(count);

export const APF_EXAMPLES: readonly (readonly [what: string, message: ApfMessage, hex: string])[] = [
  [
    'PROTOCOLVERSION of the local service',
    {
      name: 'PROTOCOLVERSION',
      major: 1,
      minor: 0,
      trigger: 254,
      uuid: '00000000-0000-0000-0000-000000000000',
    },
    `c0 00 00 00 01 00 00 00 00 00 00 00 fe ${zeros(16)} ${zeros(64)}`,
  ],
  [
    'PROTOCOLVERSION of CIRA',
    { name: 'PROTOCOLVERSION', major: 1, minor: 0, trigger: 1, uuid: '00112233-4455-6677-8899-aabbccddeeff' },
    `c0 00 00 00 01 00 00 00 00 00 00 00 01 33 22 11 00 55 44 77 66 88 99 aa bb cc dd ee ff ${zeros(64)}`,
  ],
  ['SERVICE_REQUEST', { name: 'SERVICE_REQUEST', service: 'pfwd@amt.intel.com' }, `05 00 00 00 12 ${PFWD}`],
  ['SERVICE_ACCEPT', { name: 'SERVICE_ACCEPT', service: 'pfwd@amt.intel.com' }, `06 00 00 00 12 ${PFWD}`],
  [
    'SERVICE_REQUEST, auth',
    { name: 'SERVICE_REQUEST', service: 'auth@amt.intel.com' },
    `05 00 00 00 12 ${AUTH}`,
  ],
  [
    'USERAUTH_REQUEST',
    {
      name: 'USERAUTH_PASSWORD',
      user: 'admin',
      service: 'auth@amt.intel.com',
      password: new Secret('P@ssw0rd'),
    },
    `32 00 00 00 05 61 64 6d 69 6e 00 00 00 12 ${AUTH}
     00 00 00 08 70 61 73 73 77 6f 72 64 00 00 00 00 08 50 40 73 73 77 30 72 64`,
  ],
  [
    'USERAUTH_FAILURE',
    { name: 'USERAUTH_FAILURE', methods: 'password', partialSuccess: false },
    '33 00 00 00 08 70 61 73 73 77 6f 72 64 00',
  ],
  ['USERAUTH_SUCCESS', { name: 'USERAUTH_SUCCESS' }, '34'],
  [
    'tcpip-forward, no address',
    { name: 'TCPIP_FORWARD', wantReply: true, address: '', port: 16992 },
    `50 ${FORWARD} 01 00 00 00 00 00 00 42 60`,
  ],
  [
    'tcpip-forward',
    { name: 'TCPIP_FORWARD', wantReply: true, address: '0.0.0.0', port: 16992 },
    `50 ${FORWARD} 01 00 00 00 07 30 2e 30 2e 30 2e 30 00 00 42 60`,
  ],
  ['REQUEST_SUCCESS', { name: 'REQUEST_SUCCESS', port: 16992 }, '51 00 00 42 60'],
  ['REQUEST_FAILURE', { name: 'REQUEST_FAILURE' }, '52'],
  ['REQUEST_SUCCESS of a cancel', { name: 'REQUEST_SUCCESS' }, '51'],
  [
    'cancel-tcpip-forward',
    { name: 'CANCEL_TCPIP_FORWARD', wantReply: true, address: '0.0.0.0', port: 16992 },
    `50 00 00 00 14 63 61 6e 63 65 6c 2d 74 63 70 69 70 2d 66 6f 72 77 61 72 64 01
     00 00 00 07 30 2e 30 2e 30 2e 30 00 00 42 60`,
  ],
  [
    'CHANNEL_OPEN',
    {
      name: 'CHANNEL_OPEN',
      channelType: 'forwarded-tcpip',
      senderChannel: 1,
      initialWindow: 4096,
      connectedAddress: '127.0.0.1',
      connectedPort: 16992,
      originatorAddress: '127.0.0.1',
      originatorPort: 50000,
    },
    `5a 00 00 00 0f 66 6f 72 77 61 72 64 65 64 2d 74 63 70 69 70 00 00 00 01 00 00 10 00 ff ff ff ff
     00 00 00 09 31 32 37 2e 30 2e 30 2e 31 00 00 42 60 00 00 00 09 31 32 37 2e 30 2e 30 2e 31 00 00 c3 50`,
  ],
  [
    'CHANNEL_OPEN_CONFIRMATION',
    { name: 'CHANNEL_OPEN_CONFIRMATION', recipientChannel: 1, senderChannel: 7, initialWindow: 4096 },
    '5b 00 00 00 01 00 00 00 07 00 00 10 00 ff ff ff ff',
  ],
  [
    'CHANNEL_OPEN_FAILURE',
    { name: 'CHANNEL_OPEN_FAILURE', recipientChannel: 1, reason: 2 },
    '5c 00 00 00 01 00 00 00 02 00 00 00 00 00 00 00 00',
  ],
  [
    'CHANNEL_WINDOW_ADJUST',
    { name: 'CHANNEL_WINDOW_ADJUST', recipientChannel: 7, bytesToAdd: 5 },
    '5d 00 00 00 07 00 00 00 05',
  ],
  [
    'CHANNEL_DATA',
    { name: 'CHANNEL_DATA', recipientChannel: 7, data: Buffer.from('hello') },
    '5e 00 00 00 07 00 00 00 05 68 65 6c 6c 6f',
  ],
  ['CHANNEL_CLOSE', { name: 'CHANNEL_CLOSE', recipientChannel: 7 }, '61 00 00 00 07'],
  ['KEEPALIVE_REQUEST', { name: 'KEEPALIVE_REQUEST', cookie: 0x01020304 }, 'd0 01 02 03 04'],
  ['KEEPALIVE_REPLY', { name: 'KEEPALIVE_REPLY', cookie: 0x01020304 }, 'd1 01 02 03 04'],
  [
    'KEEPALIVE_OPTIONS_REQUEST',
    { name: 'KEEPALIVE_OPTIONS_REQUEST', intervalSeconds: 30, timeoutSeconds: 0 },
    'd2 00 00 00 1e 00 00 00 00',
  ],
  [
    'KEEPALIVE_OPTIONS_REPLY',
    { name: 'KEEPALIVE_OPTIONS_REPLY', intervalSeconds: 30, timeoutSeconds: 0 },
    'd3 00 00 00 1e 00 00 00 00',
  ],
  ['DISCONNECT', { name: 'DISCONNECT', reason: 2 }, '01 00 00 00 02 00 00'],
  [
    'udp-send-to',
    {
      name: 'UDP_SEND_TO',
      wantReply: false,
      address: '10.0.0.5',
      port: 162,
      originatorAddress: '10.0.0.9',
      originatorPort: 16992,
      payload: Uint8Array.of(0x30, 1, 0),
    },
    `50 00 00 00 19 75 64 70 2d 73 65 6e 64 2d 74 6f 40 61 6d 74 2e 69 6e 74 65 6c 2e 63 6f 6d 00
     00 00 00 08 31 30 2e 30 2e 30 2e 35 00 00 00 a2 00 00 00 08 31 30 2e 30 2e 30 2e 39 00 00 42 60 00 00 00 03 30 01 00`,
  ],
];

export function bytesOf(hex: string): Uint8Array {
  return bytesOfHex(hex.replaceAll(/\s/g, ''))!;
}
