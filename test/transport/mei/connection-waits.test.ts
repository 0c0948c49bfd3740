/** What waits on a connection: time-outs, cancellation, notifications. */
import { constants } from 'node:os';
import { describe, expect, test, vi } from 'vitest';
import { TEST_GUIDS, testClients } from '../../../csme/mei/index.ts';
import { bytes, code, driver, hear, open, replaceDevice, say } from './support/device.ts';
import { MeiDriver, settled } from './support/driver.ts';

const { errno } = constants;

describe('patience', () => {
  test('a receive that was given up leaves its message to the next', async () => {
    const connection = await open();
    await say(connection, '@after 100 late');
    const abort = new AbortController();
    const waiting = connection.receive({ signal: abort.signal });
    await settled();
    const reason = new Error('enough');
    abort.abort(reason);
    await expect(waiting).rejects.toMatchObject({ code: 'MEI_ERR_CANCELLED', cause: reason });
    driver.advance(100);
    expect(await hear(connection)).toBe('late');
    await connection.close();
  });

  test('a signal that was given before is obeyed before anything is done', async () => {
    const connection = await open();
    const signal = AbortSignal.abort();
    const writes = vi.spyOn(driver, 'deviceWrite');
    for (const call of [
      () => connection.send(bytes('x'), { signal }),
      () => connection.receive({ signal }),
      () => connection.notification({ signal }),
      () => open(TEST_GUIDS.plain, { signal }),
    ]) {
      await expect(call()).rejects.toEqual(code('MEI_ERR_CANCELLED'));
    }
    expect(writes).not.toHaveBeenCalled();
    expect(driver.descriptors).toBe(1);
    await connection.close();
  });

  test('a signal that was not given is let go of', async () => {
    const connection = await open();
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, 'addEventListener');
    const removed = vi.spyOn(signal, 'removeEventListener');
    const waiting = connection.receive({ signal, timeoutMs: 60_000 });
    await say(connection, 'x');
    await waiting;
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
    await connection.close();
  });

  test('time is over for a receive, a notification and a send, and the connection goes on', async () => {
    const connection = await open(TEST_GUIDS.plain);
    const late = code('MEI_ERR_TIMEOUT');
    await expect(connection.receive({ timeoutMs: 1 })).rejects.toEqual(late);
    await expect(connection.notification({ timeoutMs: 1 })).rejects.toEqual(late);
    await say(connection, '@busy 1000');
    await Promise.all(Array.from({ length: 50 }, () => say(connection, '@none')));
    await expect(connection.send(bytes('one more'), { timeoutMs: 1 })).rejects.toEqual(late);
    driver.advance(1000);
    await say(connection, 'still here');
    expect(await hear(connection)).toBe('still here');
    await connection.close();
  });

  test('a cancelled connect rejects at once, and closes what the kernel opens later', async () => {
    const abort = new AbortController();
    const connect = open(TEST_GUIDS.slow, { signal: abort.signal });
    await settled();
    abort.abort();
    await expect(connect).rejects.toEqual(code('MEI_ERR_CANCELLED'));
    expect(driver.device.openHandles).toBe(1);
    driver.advance(500);
    await settled();
    expect(driver.device.openHandles).toBe(0);
    // Nothing holds the client either.
    const again = open(TEST_GUIDS.slow);
    await settled();
    driver.advance(500);
    await (await again).close();
  });

  test('a connect that is cancelled before its turn never gets to the kernel', async () => {
    const abort = new AbortController();
    const calls = vi.spyOn(driver, 'meiConnect');
    const first = [open(TEST_GUIDS.silent), open(TEST_GUIDS.silent)].map((connect) =>
      connect.catch(() => 'failed'),
    );
    const third = open(TEST_GUIDS.tagged, { signal: abort.signal });
    await settled();
    abort.abort();
    await expect(third).rejects.toEqual(code('MEI_ERR_CANCELLED'));
    driver.advance(30_000);
    await Promise.all(first);
    await settled();
    expect(calls).toHaveBeenCalledTimes(2);
  });
});

describe('notifications', () => {
  test('wake whoever waits, are kept for whoever comes, and become one', async () => {
    const connection = await open();
    await connection.setNotifications(true);
    const both = Promise.all([connection.notification(), connection.notification()]);
    await say(connection, '@event 0');
    await both;
    await say(connection, '@event 0');
    await say(connection, '@event 0');
    await settled();
    await connection.notification();
    await expect(connection.notification({ timeoutMs: 1 })).rejects.toEqual(code('MEI_ERR_TIMEOUT'));
    await connection.close();
  });

  test('come beside messages, with one waiting to be received and with none', async () => {
    const connection = await open();
    await connection.setNotifications(true);
    await say(connection, 'kept');
    await settled();
    await say(connection, '@event 0');
    await connection.notification();
    expect(await hear(connection)).toBe('kept');
    await connection.close();
  });

  test('are off before and after', async () => {
    const connection = await open();
    await say(connection, '@event 0');
    await connection.setNotifications(true);
    await connection.setNotifications(false);
    await say(connection, '@event 0');
    await settled();
    await connection.setNotifications(true);
    await expect(connection.notification({ timeoutMs: 1 })).rejects.toEqual(code('MEI_ERR_TIMEOUT'));
    await say(connection, '@event 0');
    await connection.notification();
    await connection.close();
  });

  test('a firmware that refuses, and one that does not answer', async () => {
    const connection = await open();
    await say(connection, '@agree refuse');
    await expect(connection.setNotifications(true)).rejects.toMatchObject({
      code: 'MEI_ERR_NOTIFICATIONS_REFUSED',
      errno: errno.EINVAL,
    });
    await connection.close();
    const other = await open();
    await say(other, '@agree never');
    const set = other.setNotifications(true);
    const after = other.setNotifications(false).catch((error) => error.code);
    await settled();
    driver.advance(30_000);
    await expect(set).rejects.toEqual(code('MEI_ERR_NOTIFICATIONS_TIMEOUT'));
    driver.advance(30_000);
    await settled();
    driver.advance(30_000);
    await after;
    await other.close();
  });

  test('a firmware that has none', async () => {
    replaceDevice(new MeiDriver({ clients: testClients(), hbm: { major: 1, minor: 1 } }));
    const connection = await open(TEST_GUIDS.plain);
    await expect(connection.setNotifications(true)).rejects.toMatchObject({
      code: 'MEI_ERR_NO_NOTIFICATIONS',
      errno: errno.EOPNOTSUPP,
    });
    await connection.close();
  });

  test('an ioctl that fails in between is the end', async () => {
    const connection = await open();
    await connection.setNotifications(true);
    driver.failNext = { call: 'notifyGet', errno: errno.ENODEV };
    await say(connection, '@event 0');
    expect(await connection.closed).toMatchObject({ code: 'MEI_ERR_DISCONNECTED', errno: errno.ENODEV });
  });
});
