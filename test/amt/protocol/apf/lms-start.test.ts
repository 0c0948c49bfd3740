import { describe, expect, it } from 'vitest';
import { APF_QUICK_TRIES, type ApfMessage } from '../../../../amt/protocol/index.ts';
import { accept, FORWARD, newLms, openLms, PORT, startedLms, UUID, VERSION } from './driven.ts';
import { APF_EXAMPLES } from './examples.ts';

const hexOfExample = (what: string) => APF_EXAMPLES.find(([name]) => name === what)![2];
const OPEN_DIRECT: ApfMessage = {
  name: 'CHANNEL_OPEN',
  channelType: 'direct-tcpip',
  senderChannel: 9,
  initialWindow: 4096,
  connectedAddress: 'localhost',
  connectedPort: 80,
  originatorAddress: '127.0.0.1',
  originatorPort: 1,
};
const goodbye = (reason: number) => [
  { name: 'DISCONNECT', reason },
  expect.objectContaining({ type: 'disconnect' }),
];

function agreedLms() {
  const lms = newLms();
  lms.put({ type: 'connected', maxMessageLength: 4096 });
  lms.hear(VERSION);
  return lms;
}

describe('the start', () => {
  it('goes as the description has it', () => {
    const lms = newLms();
    expect(lms.put({ type: 'connected', maxMessageLength: 4096 })).toEqual([]);
    expect(lms.hear(VERSION)).toEqual([VERSION]);
    const auth = { name: 'SERVICE_REQUEST', service: 'auth@amt.intel.com' } as const;
    expect(lms.hear(auth)).toEqual([{ ...auth, name: 'SERVICE_ACCEPT' }]);
    expect(lms.hear(hexOfExample('USERAUTH_REQUEST'))).toEqual([{ name: 'USERAUTH_SUCCESS' }]);
    const pfwd = { name: 'SERVICE_REQUEST', service: 'PFWD@amt.intel.com' } as const;
    expect(lms.hear(pfwd)).toEqual([
      { name: 'SERVICE_ACCEPT', service: 'pfwd@amt.intel.com' },
      { type: 'started' },
    ]);
    expect(lms.hear(FORWARD)).toEqual([{ type: 'listen', id: 1, address: '', port: PORT }]);
    expect(lms.put({ type: 'listening', id: 1, ok: true })).toEqual([
      { name: 'REQUEST_SUCCESS', port: PORT },
    ]);
    expect(lms.session.nextTimeoutAt()).toBeUndefined();
  });

  it('answers a version that comes again', () => {
    expect(agreedLms().hear(VERSION)).toEqual([VERSION]);
  });

  it('is given up after 5 s without a port, and tried again after 1 s, 35 times, then every minute', () => {
    const lms = newLms();
    for (let tries = 1; tries <= APF_QUICK_TRIES + 2; tries++) {
      lms.put({ type: 'connected', maxMessageLength: 4096 });
      lms.hear(VERSION);
      expect(lms.pass(4_999)).toEqual([]);
      expect(lms.pass(1)).toEqual([
        { name: 'DISCONNECT', reason: 11 },
        {
          type: 'disconnect',
          why: 'The firmware asked for no port in time.',
          retryAfterMs: tries <= APF_QUICK_TRIES ? 1_000 : 60_000,
        },
      ]);
    }
  });

  it('counts from the beginning once a port was listened on', () => {
    const lms = newLms();
    const fail = () => lms.hear({ name: 'DISCONNECT', reason: 2 }).at(-1);
    for (let tries = 0; tries <= APF_QUICK_TRIES; tries++) {
      lms.put({ type: 'connected', maxMessageLength: 4096 });
      fail();
    }
    lms.put({ type: 'connected', maxMessageLength: 4096 });
    lms.hear(VERSION, { name: 'SERVICE_REQUEST', service: 'pfwd@amt.intel.com' }, FORWARD);
    lms.put({ type: 'listening', id: 1, ok: true });
    expect(fail()).toMatchObject({ type: 'disconnect', retryAfterMs: 1_000 });
  });
});

describe('bad input', () => {
  it('a message shorter than its fixed part: DISCONNECT, protocol error', () => {
    expect(startedLms().hear('5d 00 00 00 01')).toEqual([
      { problem: expect.stringContaining('CHANNEL_WINDOW_ADJUST from the firmware, field bytesToAdd') },
      { name: 'DISCONNECT', reason: 2 },
      { type: 'unlisten', port: PORT },
      { type: 'disconnect', why: 'A message cannot be read.', retryAfterMs: 1_000 },
    ]);
  });

  it('no bytes at all: the same', () => {
    expect(startedLms().hear('')).toContainEqual({ name: 'DISCONNECT', reason: 2 });
  });

  it('an inner length above what is there: the same', () => {
    expect(openLms().hear('5e 00 00 00 01 00 00 00 05 68')).toContainEqual({ name: 'DISCONNECT', reason: 2 });
  });

  it('bytes behind a message: ignored, and told', () => {
    const lms = openLms();
    expect(lms.hear('61 00 00 00 01 ee ee')).toEqual([
      { problem: expect.stringContaining('2 bytes behind the message are ignored') },
      { name: 'CHANNEL_CLOSE', recipientChannel: 7 },
      { type: 'closed', connection: 1 },
    ]);
  });

  it.each(['pfwd@amt.intel.com.', 'ssh-connection', ''])(
    'the service %j: DISCONNECT, service not available',
    (service) => {
      expect(agreedLms().hear({ name: 'SERVICE_REQUEST', service })).toEqual(goodbye(7));
    },
  );

  it.each([0, 2])('version %i.0: DISCONNECT, version not supported', (major) => {
    const lms = newLms();
    lms.put({ type: 'connected', maxMessageLength: 4096 });
    expect(lms.hear({ ...VERSION, major })).toEqual(goodbye(8));
  });

  it.each<[string, ApfMessage]>([
    ['GLOBAL_REQUEST', FORWARD],
    ['a cancel', { ...FORWARD, name: 'CANCEL_TCPIP_FORWARD' }],
    [
      'an unknown request',
      { name: 'GLOBAL_REQUEST', request: 'x', wantReply: true, data: new Uint8Array(0) },
    ],
    ['CHANNEL_OPEN', OPEN_DIRECT],
    ['CHANNEL_DATA', { name: 'CHANNEL_DATA', recipientChannel: 1, data: new Uint8Array(1) }],
    ['CHANNEL_CLOSE', { name: 'CHANNEL_CLOSE', recipientChannel: 1 }],
  ])('%s before the service: DISCONNECT, protocol error', (_, message) => {
    expect(agreedLms().hear(message)).toEqual(goodbye(2));
  });

  it.each<[string, ApfMessage]>([
    ['SERVICE_REQUEST', { name: 'SERVICE_REQUEST', service: 'pfwd@amt.intel.com' }],
    ['USERAUTH_REQUEST', { name: 'USERAUTH_NONE', user: 'a', service: 'pfwd@amt.intel.com' }],
  ])('%s before the version: DISCONNECT, protocol error', (_, message) => {
    const lms = newLms();
    lms.put({ type: 'connected', maxMessageLength: 4096 });
    expect(lms.hear(message)).toEqual(goodbye(2));
  });

  it('CHANNEL_OPEN of an unknown type: refused as that', () => {
    expect(startedLms().hear({ ...OPEN_DIRECT, channelType: 'x11' })).toEqual([
      { name: 'CHANNEL_OPEN_FAILURE', recipientChannel: 9, reason: 3 },
    ]);
  });

  it.each<ApfMessage>([
    { name: 'CHANNEL_DATA', recipientChannel: 5, data: new Uint8Array(1) },
    { name: 'CHANNEL_WINDOW_ADJUST', recipientChannel: 5, bytesToAdd: 1 },
    { name: 'CHANNEL_CLOSE', recipientChannel: 5 },
    { name: 'CHANNEL_OPEN_CONFIRMATION', recipientChannel: 5, senderChannel: 1, initialWindow: 1 },
    { name: 'CHANNEL_OPEN_FAILURE', recipientChannel: 5, reason: 1 },
  ])('$name for a channel that is not there: ignored, and told', (message) => {
    expect(openLms().hear(message)).toEqual([
      { problem: expect.stringContaining('there is no such channel') },
    ]);
  });

  it('more data than the window: that channel is closed, the session goes on', () => {
    const lms = openLms();
    const data = new Uint8Array(0x8000);
    expect(lms.hear({ name: 'CHANNEL_DATA', recipientChannel: 1, data })).toEqual([
      { type: 'data', connection: 1, bytes: data },
    ]);
    expect(lms.hear({ name: 'CHANNEL_DATA', recipientChannel: 1, data: new Uint8Array(1) })).toEqual([
      { problem: expect.stringContaining('1 bytes, 0 were allowed') },
      { type: 'closed', connection: 1 },
      { name: 'CHANNEL_CLOSE', recipientChannel: 7 },
    ]);
    expect(lms.session.phase).toBe('started');
  });

  it('a second confirmation: ignored', () => {
    const lms = openLms(10);
    const again = {
      name: 'CHANNEL_OPEN_CONFIRMATION',
      recipientChannel: 1,
      senderChannel: 8,
      initialWindow: 99,
    } as const;
    expect(lms.hear(again)).toEqual([{ problem: expect.stringContaining('the channel is open') }]);
    expect(lms.put({ type: 'data', connection: 1, bytes: new Uint8Array(20) })).toEqual([
      { name: 'CHANNEL_DATA', recipientChannel: 7, data: new Uint8Array(10) },
    ]);
  });

  it('a window above 2^32 - 1: DISCONNECT, protocol error', () => {
    const adjust = { name: 'CHANNEL_WINDOW_ADJUST', recipientChannel: 1, bytesToAdd: 0xffffffff } as const;
    expect(openLms(0).hear(adjust)).toEqual([]);
    expect(openLms(1).hear(adjust)).toContainEqual({ name: 'DISCONNECT', reason: 2 });
  });

  it.each([0, 0x10000, 0xffffffff])('port %i: REQUEST_FAILURE', (port) => {
    expect(startedLms().hear({ ...FORWARD, port })).toEqual([{ name: 'REQUEST_FAILURE' }]);
  });

  it('KEEPALIVE without a word about it before: answered', () => {
    expect(agreedLms().hear('d0 01 02 03 04')).toEqual([{ name: 'KEEPALIVE_REPLY', cookie: 0x01020304 }]);
  });

  it('a number that is not known: ignored, and told', () => {
    expect(startedLms().hear('fa 7b 7d')).toEqual([{ problem: expect.stringContaining('message 250') }]);
  });

  it('an answer to nothing: ignored, and told', () => {
    expect(startedLms().hear({ name: 'REQUEST_SUCCESS' })).toEqual([
      { problem: expect.stringContaining('ignored') },
    ]);
  });
});

describe('the end', () => {
  it('by the firmware: everything is closed, and tried again', () => {
    const lms = openLms();
    lms.put(accept(2));
    expect(lms.hear({ name: 'DISCONNECT', reason: 11 })).toEqual([
      { type: 'closed', connection: 1 },
      { type: 'refused', connection: 2, reason: expect.stringContaining('reason 11: By the application.') },
      { type: 'unlisten', port: PORT },
      { type: 'disconnect', why: expect.stringContaining('reason 11'), retryAfterMs: 1_000 },
    ]);
    expect([lms.session.channelCount, lms.session.nextTimeoutAt()]).toEqual([0, undefined]);
  });

  it('by the bus: everything is closed, nothing is sent, and the next connection begins anew', () => {
    const lms = openLms();
    lms.put({ type: 'data', connection: 1, bytes: new Uint8Array(10_000) });
    expect(lms.put({ type: 'lost' })).toEqual([
      { type: 'closed', connection: 1 },
      { type: 'unlisten', port: PORT },
    ]);
    expect(lms.session.queuedBytes).toBe(0);
    expect(lms.put(accept(2))).toEqual([
      { type: 'refused', connection: 2, reason: 'The firmware does not serve port 16992 now.' },
    ]);
    lms.put({ type: 'connected', maxMessageLength: 4096 });
    expect(lms.hear({ ...VERSION, uuid: UUID })).toEqual([VERSION]);
  });

  it('by the service: says so, and is not tried again', () => {
    const lms = openLms();
    expect(lms.put({ type: 'stop' })).toEqual([
      { name: 'DISCONNECT', reason: 11 },
      { type: 'closed', connection: 1 },
      { type: 'unlisten', port: PORT },
      { type: 'disconnect', why: 'The local service stops.', retryAfterMs: undefined },
    ]);
    lms.put({ type: 'connected', maxMessageLength: 4096 });
    expect(lms.hear(VERSION)).toEqual([]);
  });

  it('by the service, without a firmware', () => {
    expect(newLms().put({ type: 'stop' })).toEqual([
      { type: 'disconnect', why: 'The local service stops.', retryAfterMs: undefined },
    ]);
  });
});
