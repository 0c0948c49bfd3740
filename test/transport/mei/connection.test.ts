/** Our client on the emulated device, in one thread: every way that a connection goes and ends. */
import { constants } from 'node:os';
import { describe, expect, test, vi } from 'vitest';
import { MKHI_GUID, TEST_GUIDS, testClients } from '../../../csme/mei/index.ts';
import { NativeError } from '../../../native/index.ts';
import { bytes, code, driver, hear, open, PATH, replaceDevice, say } from './support/device.ts';
import { MeiDriver, settled } from './support/driver.ts';

const { errno } = constants;

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
    replaceDevice(new MeiDriver({ clients }));
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
