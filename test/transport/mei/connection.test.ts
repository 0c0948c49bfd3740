/** Our client on the emulated device, in one thread: every way that a connection goes and ends. */
import { constants } from 'node:os';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { MKHI_GUID, TEST_GUIDS, testClients } from '../../../csme/mei/index.ts';
import { NativeError } from '../../../native/index.ts';
import { MeiError, type MeiErrorCode, type MeiOptions, openMei } from '../../../transport/index.ts';
import type { MeiConnection } from '../../../transport/mei/connection.ts';
import { MeiDriver, settled } from './support/driver.ts';

const PATH = '/dev/mei0';
const { errno } = constants;
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (message: Uint8Array) => new TextDecoder().decode(message);
const code = (wanted: MeiErrorCode) => expect.objectContaining({ name: 'MeiError', code: wanted });

let driver: MeiDriver;
const open = (client: string = TEST_GUIDS.tagged, options: Partial<MeiOptions> = {}) =>
  openMei(PATH, { client, ...options }, driver);
const say = (connection: MeiConnection, what: string) => connection.send(bytes(what));
const hear = async (connection: MeiConnection) => text(await connection.receive());

beforeEach(() => {
  driver = new MeiDriver();
});
afterEach(async () => {
  await settled();
  expect(driver.watches).toBe(0);
  expect(driver.descriptors).toBe(0);
  expect(driver.device.openHandles).toBe(0);
});

describe('connect', () => {
  test('tells what the firmware says of the client', async () => {
    const connection = await open(TEST_GUIDS.plain);
    expect(connection).toMatchObject({ maxMessageLength: 512, protocolVersion: 2 });
    await connection.close();
    expect(await connection.closed).toBeUndefined();
  });

  test.each([
    ['00000000-0000-0000-0000-000000000000', undefined, 'MEI_ERR_NO_CLIENT', errno.ENOTTY],
    [TEST_GUIDS.notFound, undefined, 'MEI_ERR_NO_CLIENT', errno.ENOTTY],
    [TEST_GUIDS.alreadyStarted, undefined, 'MEI_ERR_BUSY', errno.EBUSY],
    [TEST_GUIDS.outOfResources, undefined, 'MEI_ERR_BUSY', errno.EBUSY],
    [TEST_GUIDS.notAllowed, undefined, 'MEI_ERR_BUSY', errno.EBUSY],
    [TEST_GUIDS.invalidParameter, undefined, 'MEI_ERR_CONNECT_REFUSED', errno.EINVAL],
    [TEST_GUIDS.unknownStatus, undefined, 'MEI_ERR_CONNECT_REFUSED', errno.EINVAL],
    [TEST_GUIDS.tagged, 0, 'MEI_ERR_VTAG', errno.EINVAL],
    [TEST_GUIDS.plain, 3, 'MEI_ERR_NO_VTAGS', errno.EOPNOTSUPP],
    [MKHI_GUID, 3, 'MEI_ERR_NO_CLIENT', errno.ENOTTY],
  ] as const)('%s with tag %s is %s', async (client, vtag, name, number) => {
    const error = await open(client, { vtag }).catch((reason) => reason);
    expect(error).toEqual(code(name));
    const call = vtag === undefined ? 'IOCTL_MEI_CONNECT_CLIENT' : 'IOCTL_MEI_CONNECT_CLIENT_VTAG';
    expect(error).toMatchObject({ errno: number, syscall: `ioctl ${call}`, path: PATH });
    expect(error.cause).toBeInstanceOf(NativeError);
    expect(error.message.endsWith(error.next)).toBe(true);
    expect(driver.descriptors).toBe(0);
  });

  test('a firmware that does not answer', async () => {
    const connect = open(TEST_GUIDS.silent);
    await settled();
    driver.advance(30_000);
    await expect(connect).rejects.toEqual(code('MEI_ERR_CONNECT_TIMEOUT'));
  });

  test('a device that is not ready, at open and in the middle of a connect', async () => {
    const connect = open(TEST_GUIDS.slow);
    await settled();
    driver.happen({ type: 'reset' });
    await expect(connect).rejects.toEqual(code('MEI_ERR_NOT_READY'));
    await expect(open()).rejects.toMatchObject({ code: 'MEI_ERR_NOT_READY', syscall: 'open' });
  });

  test('as many handles as there are', async () => {
    const clients = testClients().map((client) => ({ ...client, maxConnections: 255 }));
    driver = new MeiDriver({ clients });
    const opened = await Promise.all(Array.from({ length: 255 }, () => open(TEST_GUIDS.plain)));
    await expect(open()).rejects.toMatchObject({ code: 'MEI_ERR_TOO_MANY_HANDLES', errno: errno.EMFILE });
    await Promise.all(opened.map((connection) => connection.close()));
  });

  test('what is no GUID or no tag is misuse', async () => {
    await expect(open('12f80028')).rejects.toThrow(TypeError);
    await expect(open('12f80028')).rejects.toThrow('8-4-4-4-12');
  });

  test.each([0, 2 ** 20 + 1, 2 ** 32 - 1])(
    'a longest message of %d bytes cannot be',
    async (maxMessageLength) => {
      driver.properties = { maxMessageLength, protocolVersion: 1 };
      await expect(open()).rejects.toEqual(code('MEI_ERR_LENGTH'));
      expect(driver.descriptors).toBe(0);
    },
  );

  test('two at a time wait in the kernel, the third waits here', async () => {
    const calls = vi.spyOn(driver, 'meiConnect');
    const connects = [1, 2, 3].map(() => open(TEST_GUIDS.silent).catch((error) => error.code));
    await settled();
    expect(calls).toHaveBeenCalledTimes(2);
    driver.advance(30_000);
    await settled();
    expect(calls).toHaveBeenCalledTimes(3);
    driver.advance(30_000);
    expect(await Promise.all(connects)).toEqual(Array(3).fill('MEI_ERR_CONNECT_TIMEOUT'));
  });
});

describe('messages', () => {
  test('come back in order, and whole', async () => {
    const connection = await open();
    const longest = new Uint8Array(connection.maxMessageLength).fill(7);
    for (const message of [bytes('a'), bytes('bc'), longest]) await connection.send(message);
    expect(await hear(connection)).toBe('a');
    expect(await hear(connection)).toBe('bc');
    expect(await connection.receive()).toEqual(longest);
    await connection.close();
  });

  test('those that receive are served in order', async () => {
    const connection = await open();
    const heard = Promise.all([hear(connection), hear(connection), hear(connection)]);
    for (const word of ['one', 'two', 'three']) await say(connection, word);
    expect(await heard).toEqual(['one', 'two', 'three']);
    await connection.close();
  });

  test('what was received stays as it is when the next one comes', async () => {
    const connection = await open();
    await say(connection, '@twice same');
    const first = await connection.receive();
    first.fill(0);
    expect(await hear(connection)).toBe('same');
    await connection.close();
  });

  test('one that is too long is refused, and nothing is sent', async () => {
    const connection = await open(TEST_GUIDS.plain);
    await expect(connection.send(new Uint8Array(513))).rejects.toMatchObject({
      code: 'MEI_ERR_TOO_LONG',
      errno: errno.EFBIG,
    });
    await expect(connection.send(new Uint8Array(0))).rejects.toThrow(RangeError);
    await say(connection, 'next');
    expect(await hear(connection)).toBe('next');
    await connection.close();
  });

  test('one without a byte is no answer, and the connection goes on', async () => {
    const connection = await open();
    await say(connection, '@empty');
    await expect(connection.receive()).rejects.toEqual(code('MEI_ERR_NO_ANSWER'));
    const waiting = connection.receive();
    await say(connection, '@empty');
    await expect(waiting).rejects.toEqual(code('MEI_ERR_NO_ANSWER'));
    await say(connection, 'still here');
    expect(await hear(connection)).toBe('still here');
    await connection.close();
  });

  test.each([
    ['@long', errno.EMSGSIZE],
    ['@broken', errno.EPROTO],
  ])('after %s one message is lost, and the connection goes on', async (command, number) => {
    const connection = await open();
    await say(connection, command);
    await settled();
    await expect(connection.receive()).rejects.toMatchObject({ code: 'MEI_ERR_MESSAGE_LOST', errno: number });
    await say(connection, 'still here');
    expect(await hear(connection)).toBe('still here');
    await connection.close();
  });

  test('while nobody receives, one is taken and the others wait in the firmware', async () => {
    const connection = await open();
    const reads = vi.spyOn(driver, 'deviceRead');
    await say(connection, '@twice x');
    await settled();
    await settled();
    expect(reads).toHaveBeenCalledTimes(1);
    expect([await hear(connection), await hear(connection)]).toEqual(['x', 'x']);
    await connection.close();
  });

  test('a full queue makes senders wait, in order, and those that gave up have sent nothing', async () => {
    const connection = await open(TEST_GUIDS.plain);
    await say(connection, '@busy 1000');
    const sent: string[] = [];
    const abort = new AbortController();
    const sends = Array.from({ length: 60 }, async (_, i) => {
      const patience = i === 55 ? { signal: abort.signal } : {};
      await connection.send(bytes(`${i}`), patience).then(() => sent.push(`${i}`));
    });
    const given = expect(sends[55]).rejects.toEqual(code('MEI_ERR_CANCELLED'));
    await settled();
    expect(sent).toHaveLength(50);
    abort.abort();
    await given;
    const heard = (async () => {
      const messages: string[] = [];
      while (messages.length < 59) messages.push(await hear(connection));
      return messages;
    })();
    driver.advance(1000);
    await Promise.allSettled(sends);
    const expected = Array.from({ length: 60 }, (_, i) => `${i}`).filter((name) => name !== '55');
    expect(await heard).toEqual(expected);
    expect(sent).toEqual(expected);
    await connection.close();
  });

  test('a message belongs to its sender until it is sent, but not after the call', async () => {
    const connection = await open(TEST_GUIDS.plain);
    await say(connection, '@busy 1000');
    const sends = Array.from({ length: 51 }, () => {
      const message = bytes('as it was');
      const done = connection.send(message);
      message.fill(0);
      return done;
    });
    driver.advance(1000);
    await Promise.all(sends);
    for (let i = 0; i < 51; i++) expect(await hear(connection)).toBe('as it was');
    await connection.close();
  });

  test('tags share one client and are told apart', async () => {
    const [one, two] = await Promise.all([
      open(TEST_GUIDS.tagged, { vtag: 1 }),
      open(TEST_GUIDS.tagged, { vtag: 2 }),
    ]);
    await expect(open(TEST_GUIDS.tagged, { vtag: 2 })).rejects.toEqual(code('MEI_ERR_VTAG'));
    await say(one, 'to one');
    await say(two, 'to two');
    expect([await hear(two), await hear(one)]).toEqual(['to two', 'to one']);
    await Promise.all([one.close(), two.close()]);
  });
});

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
    driver = new MeiDriver({ clients: testClients(), hbm: { major: 1, minor: 1 } });
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
      driver = new MeiDriver();
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
