/** One APF message of each kind and a few more, with channel numbers that meet those of a session. */
import { type ApfMessage, Secret } from '../amt/protocol/index.ts';

export function apfSamples(): ApfMessage[] {
  const uuid = '00112233-4455-6677-8899-aabbccddeeff';
  const open = {
    initialWindow: 4096,
    connectedAddress: '127.0.0.1',
    connectedPort: 16992,
    originatorAddress: '127.0.0.1',
    originatorPort: 50000,
  };
  const forward = { wantReply: true, address: '0.0.0.0', port: 16992 };
  const user = { user: 'admin', service: 'auth@amt.intel.com' };
  const onChannel = (recipientChannel: number): ApfMessage[] => [
    {
      name: 'CHANNEL_OPEN_CONFIRMATION',
      recipientChannel,
      senderChannel: 6 + recipientChannel,
      initialWindow: 1000,
    },
    { name: 'CHANNEL_OPEN_FAILURE', recipientChannel, reason: 1 + recipientChannel },
    { name: 'CHANNEL_WINDOW_ADJUST', recipientChannel, bytesToAdd: 900 },
    { name: 'CHANNEL_WINDOW_ADJUST', recipientChannel, bytesToAdd: 0xfffffc00 },
    { name: 'CHANNEL_DATA', recipientChannel, data: new Uint8Array(50 * recipientChannel) },
    { name: 'CHANNEL_CLOSE', recipientChannel },
  ];
  return [
    { name: 'PROTOCOLVERSION', major: 1, minor: 0, trigger: 254, uuid },
    { name: 'SERVICE_REQUEST', service: 'auth@amt.intel.com' },
    { name: 'SERVICE_REQUEST', service: 'pfwd@amt.intel.com' },
    { name: 'SERVICE_ACCEPT', service: 'pfwd@amt.intel.com' },
    { name: 'TCPIP_FORWARD', ...forward },
    { name: 'CANCEL_TCPIP_FORWARD', ...forward, address: '::' },
    {
      name: 'UDP_SEND_TO',
      ...forward,
      originatorAddress: '10.0.0.9',
      originatorPort: 1,
      payload: new Uint8Array(9),
    },
    { name: 'GLOBAL_REQUEST', request: 'something', wantReply: true, data: new Uint8Array(9) },
    { name: 'USERAUTH_PASSWORD', ...user, password: new Secret('P@ssw0rd') },
    { name: 'USERAUTH_NONE', ...user },
    { name: 'USERAUTH_REQUEST', ...user, method: 'publickey', data: new Uint8Array(9) },
    { name: 'USERAUTH_FAILURE', methods: 'password', partialSuccess: false },
    { name: 'USERAUTH_SUCCESS' },
    { name: 'REQUEST_SUCCESS', port: 16992 },
    { name: 'REQUEST_FAILURE' },
    { name: 'CHANNEL_OPEN', channelType: 'forwarded-tcpip', senderChannel: 1, ...open },
    { name: 'CHANNEL_OPEN', channelType: 'direct-tcpip', senderChannel: 2, ...open },
    ...onChannel(1),
    ...onChannel(2),
    ...onChannel(3),
    { name: 'KEEPALIVE_REQUEST', cookie: 1 },
    { name: 'KEEPALIVE_REPLY', cookie: 1 },
    { name: 'KEEPALIVE_OPTIONS_REQUEST', intervalSeconds: 30, timeoutSeconds: 0 },
    { name: 'KEEPALIVE_OPTIONS_REPLY', intervalSeconds: 30, timeoutSeconds: 0 },
    { name: 'DISCONNECT', reason: 2 },
  ];
}
