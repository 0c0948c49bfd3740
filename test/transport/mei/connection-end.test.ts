/** How a connection ends. */
import { constants } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { TEST_GUIDS } from '../../../csme/mei/index.ts';
import { MeiError } from '../../../transport/index.ts';
import type { MeiConnection } from '../../../transport/mei/connection.ts';
import { bytes, code, driver, hear, open, replaceDevice, say } from './support/device.ts';
import { MeiDriver, settled } from './support/driver.ts';

const { errno } = constants;

describe('the end', () => {
  const lost = code('MEI_ERR_DISCONNECTED');

  test('close: whoever waits is told, twice is once, and nothing works after it', async () => {
    const connection = await open();
    const waiting = [connection.receive(), connection.notification()];
    const told = Promise.allSettled(waiting);
    await Promise.all([connection.close(), connection.close()]);
    await connection.close();
    for (const outcome of await told) expect(outcome).toMatchObject({ reason: code('MEI_ERR_CLOSED') });
    for (const call of [
      say(connection, 'x'),
      connection.receive(),
      connection.notification(),
      connection.setNotifications(true),
    ]) {
      await expect(call).rejects.toEqual(code('MEI_ERR_CLOSED'));
    }
  });

  test('close while the firmware is asked for notifications', async () => {
    const connection = await open();
    await say(connection, '@agree 1000');
    const set = connection.setNotifications(true).catch((error) => error);
    const queued = expect(connection.setNotifications(false)).rejects.toEqual(code('MEI_ERR_CLOSED'));
    await settled();
    const closed = connection.close();
    driver.advance(30_000);
    await Promise.all([closed, queued]);
    expect([undefined, expect.any(MeiError)]).toContainEqual(await set);
  });

  test.each([
    ['a reset', { type: 'reset' }],
    ['a removal', { type: 'remove' }],
  ] as const)('%s ends every connection, with nobody waiting and with everybody', async (_, what) => {
    const idle = await open(TEST_GUIDS.plain);
    const busy = await open(TEST_GUIDS.tagged);
    await busy.setNotifications(true);
    await say(busy, '@busy never');
    await Promise.all(Array.from({ length: 50 }, () => say(busy, '@none')));
    const told = Promise.allSettled([busy.receive(), busy.notification(), say(busy, 'one more')]);
    await settled();
    driver.happen(what);
    for (const outcome of await told) expect(outcome).toMatchObject({ reason: lost });
    expect(await idle.closed).toEqual(lost);
    expect(await busy.closed).toMatchObject({ errno: errno.ENODEV, syscall: 'read' });
    await expect(say(idle, 'x')).rejects.toEqual(lost);
    await idle.close();
  });

  test('after a reset a new connection is like the first', async () => {
    const connection = await open();
    await say(connection, '@reset 200');
    expect(await connection.closed).toEqual(lost);
    await expect(open()).rejects.toEqual(code('MEI_ERR_NOT_READY'));
    driver.advance(200);
    const again = await open();
    await say(again, 'again');
    expect(await hear(again)).toBe('again');
    await again.close();
  });

  test('a firmware that says good-bye: what came before is received first', async () => {
    const connection = await open();
    await say(connection, 'one');
    await settled();
    await say(connection, 'two');
    await say(connection, '@bye 10');
    // "one" is here, "two" in the kernel or the firmware.
    await settled();
    driver.advance(10);
    expect(await hear(connection)).toBe('one');
    const rest = await hear(connection).catch((error) => error.code);
    expect(['two', 'MEI_ERR_DISCONNECTED']).toContain(rest);
    await expect(connection.receive()).rejects.toEqual(lost);
    expect(await connection.closed).toEqual(lost);
  });

  test('a message in the kernel is received although poll says only POLLERR', async () => {
    const connection = await open();
    const read = driver.deviceRead.bind(driver);
    const last = [bytes('last')];
    vi.spyOn(driver, 'deviceRead').mockImplementation((fd, into, at) => {
      const message = driver.device.view().handles[0]?.state === 'connected' ? undefined : last.shift();
      if (message === undefined) return read(fd, into, at);
      into.set(message, at);
      return message.length;
    });
    driver.happen({ type: 'reset' });
    expect(await connection.closed).toEqual(lost);
    expect(await hear(connection)).toBe('last');
    await expect(connection.receive()).rejects.toEqual(lost);
  });

  test('a device that is in error and still gives messages for ever ends too', async () => {
    const connection = await open();
    vi.spyOn(driver, 'deviceRead').mockReturnValue(0);
    driver.happen({ type: 'remove' });
    expect(await connection.closed).toMatchObject({ code: 'MEI_ERR_DISCONNECTED', errno: undefined });
  });

  test('a read error that no document names is the end, one of a write only of that message', async () => {
    const connection = await open();
    driver.failNext = { call: 'write', errno: errno.EIO };
    await expect(say(connection, 'x')).rejects.toEqual(code('MEI_ERR_HARDWARE'));
    driver.failNext = { call: 'write', errno: errno.ENOSPC };
    await expect(say(connection, 'x')).rejects.toEqual(code('MEI_ERR_SYSTEM'));
    driver.failNext = { call: 'read', errno: errno.ECONNABORTED };
    await say(connection, 'x');
    expect(await connection.closed).toMatchObject({ code: 'MEI_ERR_SYSTEM', errno: errno.ECONNABORTED });
  });

  test('a write that fails while others wait behind it fails alone', async () => {
    const connection = await open(TEST_GUIDS.plain);
    await say(connection, '@busy 1000');
    await Promise.all(Array.from({ length: 50 }, () => say(connection, '@none')));
    const first = say(connection, 'first');
    const failed = expect(first).rejects.toEqual(code('MEI_ERR_NO_MEMORY'));
    const second = say(connection, 'second');
    await settled();
    driver.failNext = { call: 'write', errno: errno.ENOMEM };
    driver.advance(1000);
    await failed;
    await second;
    expect(await hear(connection)).toBe('second');
    await connection.close();
  });

  test('no descriptor left for a watch', async () => {
    driver.failNext = { call: 'watch', errno: errno.EMFILE };
    const connection = await open();
    expect(await connection.closed).toEqual(code('MEI_ERR_TOO_MANY_HANDLES'));
  });
});

test('whatever happens in whatever order, everything is answered and nothing stays open', async () => {
  const clients = [TEST_GUIDS.tagged, TEST_GUIDS.plain, TEST_GUIDS.slow, TEST_GUIDS.fixed, TEST_GUIDS.silent];
  const words = [
    'x',
    '@twice y',
    '@empty',
    '@broken',
    '@long',
    '@event 5',
    '@busy 20',
    '@after 10 z',
    '@agree 7',
  ];
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('open'), client: fc.constantFrom(...clients) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('send'), word: fc.constantFrom(...words) }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constantFrom('receive', 'notification', 'abort', 'settle') }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('on', 'off', 'close') }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('time'), ms: fc.nat(600) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('reset', 'bye') }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ step, which: fc.nat(9) }), { maxLength: 40 }), async (steps) => {
      replaceDevice(new MeiDriver());
      const connections: MeiConnection[] = [];
      const aborts: AbortController[] = [];
      const pending: Promise<unknown>[] = [];
      const track = (promise: Promise<unknown>) =>
        pending.push(
          promise.catch((error) => {
            if (!(error instanceof MeiError)) throw error;
          }),
        );
      const signal = () => {
        aborts.push(new AbortController());
        return aborts.at(-1)!.signal;
      };
      for (const { step, which } of steps) {
        const connection = connections[which % Math.max(1, connections.length)];
        if (step.do === 'open') {
          const { client } = step as { client: string };
          track(open(client, { signal: signal() }).then((opened) => connections.push(opened)));
        } else if (step.do === 'time') driver.advance((step as { ms: number }).ms);
        else if (step.do === 'reset') driver.happen({ type: 'reset', readyAfterMs: 50 });
        else if (step.do === 'abort') aborts[which % Math.max(1, aborts.length)]?.abort();
        else if (step.do === 'settle') await settled();
        else if (connection === undefined) continue;
        else if (step.do === 'send')
          track(connection.send(bytes((step as { word: string }).word), { signal: signal() }));
        else if (step.do === 'receive') track(connection.receive({ signal: signal() }));
        else if (step.do === 'notification') track(connection.notification({ signal: signal() }));
        else if (step.do === 'bye') track(say(connection, '@bye 5'));
        else if (step.do === 'close') track(connection.close());
        else track(connection.setNotifications(step.do === 'on'));
      }
      for (const abort of aborts) abort.abort();
      // The longest that the kernel waits, for as many as can wait one behind the other.
      let over = false;
      const all = Promise.all(pending).then(() => Promise.all(connections.map((opened) => opened.close())));
      void all.finally(() => {
        over = true;
      });
      for (let rounds = 0; rounds < 200 && !over; rounds++) {
        driver.advance(30_000);
        await settled();
      }
      expect(over).toBe(true);
      await all;
      for (let rounds = 0; rounds < 20 && driver.device.openHandles > 0; rounds++) {
        driver.advance(30_000);
        await settled();
      }
      expect([driver.descriptors, driver.watches, driver.device.openHandles]).toEqual([0, 0, 0]);
    }),
    { numRuns: 150 },
  );
});
