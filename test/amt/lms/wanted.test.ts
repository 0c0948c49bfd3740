/** What the firmware wants of this machine: nothing goes that nobody has allowed. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTarget, parseTarget } from '../../../amt/index.ts';
import { eventOf } from '../../../amt/lms/events.ts';
import { isAllowed } from '../../../amt/lms/targets.ts';
import { startLms } from './service.ts';

const direct = (port: number, address = '127.0.0.1') =>
  ({ type: 'openDirect', id: 7, address, port, originatorAddress: '', originatorPort: 0 }) as const;

describe('a datagram', () => {
  const datagram = (port: number) =>
    ({
      type: 'udpSend',
      address: '127.0.0.1',
      port,
      originatorAddress: '127.0.0.1',
      originatorPort: 16992,
      payload: Uint8Array.of(0x30, 1, 0),
    }) as const;

  test('is sent where that is allowed, and not too often', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const target = { address: '127.0.0.1', port };
    const { firmware, next } = await startLms({ udpTargets: [target] });
    const received = once(socket, 'message');
    firmware.feed(datagram(port));
    expect((await received)[0]).toEqual(Buffer.of(0x30, 1, 0));
    expect(await next('wanted')).toMatchObject({ protocol: 'UDP', target, outcome: 'done' });
    const outcomes: string[] = [];
    for (let n = 0; n < 12; n++) firmware.feed(datagram(port));
    for (let n = 0; n < 12; n++) outcomes.push((await next('wanted')).outcome);
    expect(outcomes.filter((outcome) => outcome === 'too many')).toHaveLength(3);
    socket.close();
  });

  test('is sent nowhere else', async () => {
    const { firmware, next } = await startLms({ udpTargets: [{ address: '127.0.0.1', port: 162 }] });
    firmware.feed(datagram(163));
    expect((await next('wanted')).outcome).toBe('not allowed');
  });
});

describe('a connection to a service of this machine', () => {
  test('is made where that is allowed', async () => {
    const server = createServer((socket) => socket.end('from the service'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { firmware, next } = await startLms({ tcpTargets: [{ address: '127.0.0.1', port }] });
    firmware.feed(direct(port));
    expect((await next('wanted')).outcome).toBe('done');
    await next('over');
    expect(firmware.received.toString()).toBe('from the service');
    server.close();
  });

  test('is made nowhere else, and where nobody listens it fails', async () => {
    const { firmware, next, ports } = await startLms({ tcpTargets: [{ address: '127.0.0.1', port: 1 }] });
    for (const [port, address, outcome] of [
      [ports[0]!, '127.0.0.1', 'not allowed'],
      [1, 'localhost', 'not allowed'],
      [1, '127.0.0.1', 'failed'],
    ] as const) {
      firmware.feed(direct(port, address));
      expect((await next('wanted')).outcome).toBe(outcome);
    }
    const answers = () => firmware.outputs.filter(({ type }) => type === 'reached');
    await firmware.until(() => answers().length === 3);
    expect(firmware.reached).toEqual([]);
  });
});

describe("AMT's events", () => {
  const body =
    '<a:Envelope xmlns:a="x"><a:Body><g:CIM_AlertIndication xmlns:g="y"><g:MessageID>iAMT0005</g:MessageID>' +
    '<g:MessageArguments>1</g:MessageArguments><g:MessageArguments> two </g:MessageArguments></g:CIM_AlertIndication></a:Body></a:Envelope>';

  test('are read from the channel to port 0', async () => {
    const { firmware, next } = await startLms();
    firmware.feed(direct(0));
    await firmware.until(() => firmware.reached.length === 1);
    const head = `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`;
    firmware.feed({ type: 'data', connection: firmware.reached[0]!, bytes: Buffer.from(head + body) });
    expect(await next('event')).toEqual({
      type: 'event',
      messageId: 'iAMT0005',
      arguments: ['1', 'two'],
      body,
    });
    await next('over');
    expect(firmware.received.toString()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  });

  test('that are none end the channel', async () => {
    const { firmware, next } = await startLms();
    for (const text of ['what is this?\r\n\r\n', `POST / HTTP/1.1\r\nX: ${'x'.repeat(9_000)}`]) {
      firmware.feed(direct(0));
      const count = firmware.reached.length + 1;
      await firmware.until(() => firmware.reached.length === count);
      firmware.feed({ type: 'data', connection: firmware.reached.at(-1)!, bytes: Buffer.from(text) });
      await next('over');
    }
  });

  test('are what is found in them, whatever that is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(eventOf(text).body).toBe(text);
      }),
    );
    const long = eventOf(`<MessageID>${'x'.repeat(1_000)}</MessageID>`);
    expect(long.messageId).toHaveLength(256);
    expect(eventOf('<MessageArguments>1</MessageArguments>'.repeat(100)).arguments).toHaveLength(16);
  });
});

describe('a target', () => {
  test.each([
    ['192.0.2.1:162', { address: '192.0.2.1', port: 162 }],
    ['[2001:DB8::1]:162', { address: '2001:db8::1', port: 162 }],
    ['Console.example:65535', { address: 'console.example', port: 65535 }],
  ])('%s is read and written', (text, target) => {
    expect(parseTarget(text)).toEqual(target);
    expect(formatTarget(target)).toBe(text.toLowerCase());
    expect(isAllowed([target], { ...target, address: target.address.toUpperCase() })).toBe(true);
    expect(isAllowed([target], { ...target, port: 1 })).toBe(false);
  });

  test.each(['', 'a', 'a:', ':1', 'a:0', 'a:65536', 'a:1:2', '[a]:1', '2001:db8::1:162', 'a b:1'])(
    '"%s" is none',
    (text) => {
      expect(parseTarget(text)).toBeUndefined();
    },
  );
});
