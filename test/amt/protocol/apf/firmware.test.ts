import { describe, expect, it } from 'vitest';
import { type ApfMessage, FirmwareSession } from '../../../../amt/protocol/index.ts';
import { Driven, FORWARD, PORT, startedFirmware, UUID, VERSION } from './driven.ts';

const open = (
  senderChannel: number,
  more: Partial<Extract<ApfMessage, { name: 'CHANNEL_OPEN' }>> = {},
): ApfMessage => ({
  name: 'CHANNEL_OPEN',
  channelType: 'forwarded-tcpip',
  senderChannel,
  initialWindow: 100,
  connectedAddress: '127.0.0.1',
  connectedPort: PORT,
  originatorAddress: '127.0.0.1',
  originatorPort: 50_000,
  ...more,
});
const failure = (recipientChannel: number, reason: number) => ({
  name: 'CHANNEL_OPEN_FAILURE',
  recipientChannel,
  reason,
});

function openFirmware() {
  const firmware = startedFirmware();
  firmware.hear(open(5));
  firmware.put({ type: 'accepted', connection: 1 });
  return firmware;
}

describe('the start', () => {
  it('goes as the description has it', () => {
    const firmware = new Driven(new FirmwareSession());
    expect(firmware.put({ type: 'forward', address: '', port: PORT })).toEqual([]);
    expect(firmware.put({ type: 'connected', maxMessageLength: 4096 })).toEqual([{ ...VERSION, uuid: UUID }]);
    expect(firmware.hear(VERSION)).toEqual([{ name: 'SERVICE_REQUEST', service: 'pfwd@amt.intel.com' }]);
    expect(firmware.hear(VERSION)).toEqual([]);
    expect(firmware.hear({ name: 'SERVICE_ACCEPT', service: 'pfwd@amt.intel.com' })).toEqual([
      { type: 'started' },
      FORWARD,
    ]);
    expect(firmware.hear({ name: 'REQUEST_SUCCESS', port: PORT })).toEqual([
      { type: 'forwarded', address: '', port: PORT, ok: true },
    ]);
  });

  it('asks for its ports again after the bus was lost', () => {
    const firmware = startedFirmware();
    expect(firmware.put({ type: 'lost' })).toEqual([]);
    firmware.put({ type: 'connected', maxMessageLength: 4096 });
    firmware.hear(VERSION);
    expect(firmware.hear({ name: 'SERVICE_ACCEPT', service: 'pfwd@amt.intel.com' })).toContainEqual(FORWARD);
  });

  it('ends with a host of another version', () => {
    const firmware = new Driven(new FirmwareSession());
    firmware.put({ type: 'connected', maxMessageLength: 4096 });
    expect(firmware.hear({ ...VERSION, major: 2 })).toMatchObject([
      { name: 'DISCONNECT', reason: 8 },
      { type: 'disconnect' },
    ]);
  });

  it.each<[string, ApfMessage]>([
    ['SERVICE_ACCEPT', { name: 'SERVICE_ACCEPT', service: 'pfwd@amt.intel.com' }],
    ['CHANNEL_OPEN', open(1)],
    ['CHANNEL_CLOSE', { name: 'CHANNEL_CLOSE', recipientChannel: 1 }],
  ])('ends at a %s that comes too early', (_, message) => {
    const firmware = new Driven(new FirmwareSession());
    firmware.put({ type: 'connected', maxMessageLength: 4096 });
    expect(firmware.hear(message)).toMatchObject([{ name: 'DISCONNECT', reason: 2 }, { type: 'disconnect' }]);
  });
});

describe('ports', () => {
  it('come and go while the session is up', () => {
    const firmware = startedFirmware();
    const port = { address: '::', port: 664 };
    expect(firmware.put({ type: 'forward', ...port })).toEqual([{ ...FORWARD, ...port }]);
    expect(firmware.put({ type: 'forward', ...port })).toEqual([]);
    expect(firmware.put({ type: 'cancel', ...port })).toEqual([
      { ...FORWARD, ...port, name: 'CANCEL_TCPIP_FORWARD' },
    ]);
    expect(firmware.put({ type: 'cancel', ...port })).toEqual([]);
    expect(firmware.hear({ name: 'REQUEST_FAILURE' }, { name: 'REQUEST_SUCCESS' })).toEqual([
      { type: 'forwarded', ...port, ok: false },
    ]);
    expect(firmware.hear({ name: 'REQUEST_SUCCESS' })).toEqual([
      { problem: expect.stringContaining('Nothing was requested') },
    ]);
  });
});

describe('a program of the host', () => {
  it('is served, or not', () => {
    const firmware = startedFirmware();
    expect(firmware.hear(open(5), open(6))).toEqual([
      { type: 'opened', connection: 1, port: PORT, originatorAddress: '127.0.0.1', originatorPort: 50_000 },
      { type: 'opened', connection: 2, port: PORT, originatorAddress: '127.0.0.1', originatorPort: 50_000 },
    ]);
    expect(firmware.put({ type: 'accepted', connection: 1 })).toEqual([
      { name: 'CHANNEL_OPEN_CONFIRMATION', recipientChannel: 5, senderChannel: 1, initialWindow: 4096 },
    ]);
    expect(firmware.put({ type: 'denied', connection: 2, reason: 1 })).toEqual([failure(6, 1)]);
    expect(firmware.put({ type: 'denied', connection: 1, reason: 1 })).toEqual([]);
  });

  it('is refused where there are no more channels, no such port or no such type', () => {
    const firmware = startedFirmware({ channels: 1 });
    expect(
      firmware.hear(open(5, { connectedPort: 0x10000 }), open(6, { channelType: 'direct-tcpip' })),
    ).toEqual([failure(5, 2), failure(6, 3)]);
    expect(firmware.hear(open(7), open(8)).at(-1)).toEqual(failure(8, 4));
  });

  it('may send more as soon as something was taken', () => {
    const firmware = openFirmware();
    const data = new Uint8Array(10);
    expect(firmware.hear({ name: 'CHANNEL_DATA', recipientChannel: 1, data })).toEqual([
      { type: 'data', connection: 1, bytes: data },
    ]);
    expect(firmware.put({ type: 'taken', connection: 1, byteCount: 3 })).toEqual([
      { name: 'CHANNEL_WINDOW_ADJUST', recipientChannel: 5, bytesToAdd: 3 },
    ]);
  });

  it('gets everything, then the end', () => {
    const firmware = openFirmware();
    firmware.put({ type: 'data', connection: 1, bytes: new Uint8Array(150) });
    expect(firmware.put({ type: 'end', connection: 1 })).toEqual([]);
    expect(firmware.hear({ name: 'CHANNEL_WINDOW_ADJUST', recipientChannel: 1, bytesToAdd: 50 })).toEqual([
      { name: 'CHANNEL_DATA', recipientChannel: 5, data: new Uint8Array(50) },
      { type: 'closed', connection: 1 },
      { name: 'CHANNEL_CLOSE', recipientChannel: 5 },
    ]);
    expect(firmware.hear({ name: 'CHANNEL_CLOSE', recipientChannel: 1 })).toEqual([]);
    expect(firmware.session.channelCount).toBe(0);
  });
});

describe('what the firmware wants of the host', () => {
  const from = { originatorAddress: '10.0.0.9', originatorPort: 16992 };

  it('a service', () => {
    const firmware = startedFirmware();
    const direct = { type: 'openDirect', address: 'localhost', port: 80, ...from } as const;
    expect(firmware.put({ ...direct, id: 3 })).toMatchObject([
      { name: 'CHANNEL_OPEN', channelType: 'direct-tcpip' },
    ]);
    const confirmation = {
      name: 'CHANNEL_OPEN_CONFIRMATION',
      recipientChannel: 1,
      senderChannel: 2,
      initialWindow: 9,
    } as const;
    expect(firmware.hear(confirmation)).toEqual([{ type: 'reached', id: 3, connection: 1 }]);
    firmware.put({ ...direct, id: 4 });
    expect(firmware.hear({ name: 'CHANNEL_OPEN_FAILURE', recipientChannel: 2, reason: 2 })).toEqual([
      { type: 'reached', id: 4, connection: undefined },
    ]);
    firmware.put({ ...direct, id: 5 });
    expect(firmware.put({ type: 'lost' })).toEqual([
      { type: 'closed', connection: 1 },
      { type: 'reached', id: 5, connection: undefined },
    ]);
    expect(firmware.put({ ...direct, id: 6 })).toEqual([{ type: 'reached', id: 6, connection: undefined }]);
  });

  it('a datagram', () => {
    const datagram = { address: '10.0.0.5', port: 162, ...from, payload: Uint8Array.of(0x30) };
    expect(startedFirmware().put({ type: 'udpSend', ...datagram })).toEqual([
      { name: 'UDP_SEND_TO', wantReply: false, ...datagram },
    ]);
    expect(new Driven(new FirmwareSession()).put({ type: 'udpSend', ...datagram })).toEqual([]);
  });
});

it('answers what a server of CIRA may ask', () => {
  const firmware = startedFirmware();
  expect(firmware.hear('d0 00 00 00 05', 'd2 00 00 00 1e 00 00 00 00')).toEqual([
    { name: 'KEEPALIVE_REPLY', cookie: 5 },
    { name: 'KEEPALIVE_OPTIONS_REPLY', intervalSeconds: 30, timeoutSeconds: 0 },
  ]);
});
