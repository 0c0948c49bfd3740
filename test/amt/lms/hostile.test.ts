/** A firmware that means no good: what it costs the management service is bounded, and nothing escapes from it. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { type LmsNews, type RunningLms, runLms } from '../../../amt/index.ts';
import { encodeApf } from '../../../amt/protocol/index.ts';
import type { MeClient, MeLink } from '../../../csme/mei/index.ts';
import { MEI_CLIENTS, VirtualClock } from '../../../transport/index.ts';
import { MeiDriver, settled } from '../../transport/mei/support/driver.ts';
import { PATH } from './firmware.ts';
import { startLms } from './service.ts';

/** Nothing is written to it while it is stuck, as to a firmware that gives no credit. */
class StuckDriver extends MeiDriver {
  isStuck = false;
  override deviceWrite(fd: number, from: Uint8Array, start: number, end: number): number {
    return this.isStuck ? -1 : super.deviceWrite(fd, from, start, end);
  }
}

/** LME whose firmware does `onConnected` when it is connected, and hears nothing. */
const lme = (onConnected: (link: MeLink) => void, maxMessageLength = 4096): MeClient => ({
  name: 'LME',
  guid: MEI_CLIENTS.LME.guid,
  protocolVersion: 1,
  maxMessageLength,
  maxConnections: 1,
  accept: (link) => {
    setImmediate(() => onConnected(link));
    return {};
  },
});

async function startBeside(calls: MeiDriver) {
  const clock = new VirtualClock();
  const waits: Extract<LmsNews, { type: 'waiting' }>[] = [];
  let told = (): void => {};
  const lms: RunningLms = await runLms({
    path: PATH,
    calls,
    clock,
    lookedAtFirst: [],
    onNews: (news) => {
      if (news.type !== 'waiting') return;
      waits.push(news);
      told();
    },
  });
  return {
    clock,
    lms,
    waits,
    wait: async (count: number) => {
      while (waits.length < count) await new Promise<void>((resolve) => (told = resolve));
    },
  };
}

describe('a firmware', () => {
  test('that asks and takes no answers is left, before they fill the memory', async () => {
    const driver: StuckDriver = new StuckDriver({
      clients: [
        lme((link) => {
          driver.isStuck = true;
          for (let n = 0; n < 6_000; n++) link.send(encodeApf({ name: 'KEEPALIVE_REQUEST', cookie: n }));
          driver.advance(0);
        }),
      ],
    });
    const { lms, wait, waits } = await startBeside(driver);
    await wait(1);
    expect(waits[0]!.why).toBe('The firmware takes no messages.');
    await lms.stop();
    expect([driver.descriptors, driver.watches]).toEqual([0, 0]);
  });

  test('that takes not even the goodbye is tried again once', async () => {
    const version = { name: 'PROTOCOLVERSION', major: 2, minor: 0, trigger: 254 } as const;
    const uuid = '00000000-0000-0000-0000-000000000000';
    let connections = 0;
    const driver: StuckDriver = new StuckDriver({
      clients: [
        lme((link) => {
          driver.isStuck = ++connections === 1;
          if (!driver.isStuck) return;
          for (let n = 0; n < 4_096; n++) link.send(encodeApf({ name: 'KEEPALIVE_REQUEST', cookie: n }));
          link.send(encodeApf({ ...version, uuid }));
          driver.advance(0);
        }),
      ],
    });
    const { clock, lms, wait, waits } = await startBeside(driver);
    await wait(1);
    clock.advanceBy(1_000);
    await settled();
    expect([waits.length, connections, driver.descriptors]).toEqual([1, 2, 1]);
    await lms.stop();
    expect(driver.descriptors).toBe(0);
  });

  test('that ends each connection at once is asked less often in the end', async () => {
    const driver: MeiDriver = new MeiDriver({
      clients: [
        lme((link) => {
          link.disconnect();
          driver.advance(0);
        }),
      ],
    });
    const { clock, lms, wait, waits } = await startBeside(driver);
    for (let n = 1; n <= 36; n++) {
      await wait(n);
      clock.advanceBy(waits.at(-1)!.retryAfterMs);
    }
    expect(waits.map(({ retryAfterMs }) => retryAfterMs)).toEqual([...Array(34).fill(1_000), 60_000, 60_000]);
    await lms.stop();
    await settled();
    expect(driver.descriptors).toBe(0);
  });

  test.each([1, 8, 9, 92])('whose messages have %i bytes at most cannot be talked to', async (length) => {
    const { lms, wait, waits } = await startBeside(new MeiDriver({ clients: [lme(() => {}, length)] }));
    await wait(1);
    expect(waits[0]!.why).toMatch(`${length} bytes at most; APF needs 93`);
    await lms.stop();
  });

  test('cannot have more and more sockets to a service, by leaving each', async () => {
    const sockets: Socket[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.push(socket.on('error', () => {}).resume());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { firmware, next, lms } = await startLms({ tcpTargets: [{ address: '127.0.0.1', port }] });
    for (let n = 1; n <= 33; n++) {
      firmware.feed({
        type: 'openDirect',
        id: n,
        address: '127.0.0.1',
        port,
        originatorAddress: '',
        originatorPort: 0,
      });
      expect((await next('wanted')).outcome).toBe(n > 32 ? 'too many' : 'done');
      if (n > 32) break;
      await firmware.until(() => firmware.reached.length === n);
      firmware.feed({ type: 'abort', connection: firmware.reached.at(-1)! });
      await next('over');
    }
    for (const socket of sockets) socket.destroy();
    await lms.stop();
    server.close();
  });
});
