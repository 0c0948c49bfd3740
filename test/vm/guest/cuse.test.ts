/**
 * The MEI device as a device file, on the kernel's CUSE: what only the kernel between program and device can show.
 * Programs are processes of their own; the server is this one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type DeviceError, type MeiServer, serveMeiDevice } from '../../../csme/device/index.ts';
import {
  answering,
  IOCTL_MEI_CONNECT_CLIENT,
  IOCTL_MEI_CONNECT_CLIENT_VTAG,
  IOCTL_MEI_NOTIFY_GET,
  IOCTL_MEI_NOTIFY_SET,
  type MeLink,
  POLL,
  standardClients,
  TEST_GUIDS,
  testClients,
} from '../../../csme/mei/index.ts';
import { hexOf, parseGuid } from '../../../sap/index.ts';
import { Caller } from './support/caller.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const EVENTS = POLL.IN | POLL.PRI;
const connectArgument = (guid: string) => hexOf(parseGuid(guid)!);

let server: MeiServer;
/** They stay from test to test: a program takes its time to start in there. */
let one: Caller;
let two: Caller;
const problems: DeviceError[] = [];

const serve = (name: string) =>
  serveMeiDevice({
    name,
    clients: [...standardClients(), ...testClients()],
    onProblem: (problem) => problems.push(problem),
  });

beforeAll(() => {
  one = new Caller();
  two = new Caller();
});
afterAll(() => Promise.all([one.end(), two.end()]));
beforeEach(async () => {
  server = await serve('mei0');
});
afterEach(async () => {
  await Promise.all([one.call('closeAll'), two.call('closeAll')]);
  await server.close();
  expect(existsSync(server.path)).toBe(false);
  expect(problems.splice(0)).toEqual([]);
});

/** A handle of a program, connected to a client. */
async function connected(program: Caller, guid: string = TEST_GUIDS.plain): Promise<number> {
  const fd = (await program.call('open', server.path)) as number;
  const answer = await program.call('ioctl', fd, IOCTL_MEI_CONNECT_CLIENT, connectArgument(guid));
  expect(answer).toMatch(/^[0-9a-f]{32}$/);
  return fd;
}

/** Resolves when the device sees what is waited for. It looks now and then: the programs need the processor, too. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(5);
}

const waits = (what: string) => () =>
  server.view().handles.some(({ waiting }) => (waiting as readonly string[]).includes(what));

describe('what the kernel itself refuses', () => {
  test('bad pointers are EFAULT and leave the handle as it was', async () => {
    const fd = await one.call('open', server.path);
    expect(await one.call('ioctlBad', fd, IOCTL_MEI_CONNECT_CLIENT)).toBe('EFAULT');
    expect(await one.call('ioctlBad', fd, IOCTL_MEI_CONNECT_CLIENT_VTAG)).toBe('EFAULT');
    expect(await one.call('ioctlBad', fd, IOCTL_MEI_NOTIFY_SET)).toBe('EFAULT');
    expect(server.view().handles).toMatchObject([{ state: 'initializing' }]);
    await one.call('ioctl', fd, IOCTL_MEI_CONNECT_CLIENT, connectArgument(TEST_GUIDS.plain));
    expect(await one.call('writeBad', fd, 10)).toBe('EFAULT');
    await one.call('write', fd, 'one');
    expect(await one.call('readBad', fd, 64)).toBe('EFAULT');
    await one.call('write', fd, 'two');
    expect(await one.call('read', fd, 64)).toMatch(/^(one|two)$/);
  });

  test('an ioctl that there is not is ENOTTY, with whatever size', async () => {
    const fd = await connected(one);
    for (const number of [0x4801, 0xc0104805, 0xc1004801])
      expect(await one.call('ioctl', fd, number, '00'.repeat(256)), number.toString(16)).toBe('ENOTTY');
    expect(await one.call('isatty', fd)).toBe(false);
  });

  test('a message that the kernel would cut into pieces is too long as a whole', async () => {
    const fd = await connected(one);
    expect(await one.call('writeLong', fd, 300_000)).toBe('EFBIG');
    await one.call('write', fd, 'x');
    expect(await one.call('read', fd, 300_000)).toBe('x');
  });

  test('CONNECT changes the first half of its argument only', async () => {
    const fd = await one.call('open', server.path);
    const argument = connectArgument(TEST_GUIDS.plain);
    expect(await one.call('ioctl', fd, IOCTL_MEI_CONNECT_CLIENT, argument)).toBe(
      `0002000002000000${argument.slice(16)}`,
    );
  });
});

describe('signals', () => {
  test.each(['read', 'notifyGet'] as const)('a %s that waits ends with EINTR', async (what) => {
    const fd = await connected(one);
    expect(await one.call('ioctl', fd, IOCTL_MEI_NOTIFY_SET, '01000000')).toBe('01000000');
    const waiting =
      what === 'read' ? one.call('read', fd, 64) : one.call('ioctl', fd, IOCTL_MEI_NOTIFY_GET, '00000000');
    await until(waits(what));
    one.interrupt();
    expect(await waiting).toBe('EINTR');
    await one.call('write', fd, 'on');
    expect(await one.call('read', fd, 64)).toBe('on');
  });

  test('a write that waits for room ends with EINTR, and nothing of it is sent', async () => {
    const fd = await connected(one);
    await one.call('write', fd, '@busy 600000');
    for (let i = 0; i < 50; i++) await one.call('write', fd, 'x');
    const waiting = one.call('write', fd, 'too many');
    await until(waits('write'));
    one.interrupt();
    expect(await waiting).toBe('EINTR');
    expect(server.view().handles).toMatchObject([{ txQueued: 50 }]);
  });

  test('a program that is killed while it waits leaves nothing behind', async () => {
    const victim = new Caller();
    const fd = await connected(victim);
    const waiting = victim.call('read', fd, 64).catch(() => 'killed');
    await until(waits('read'));
    await victim.end('SIGKILL');
    expect(await waiting).toBe('killed');
    await until(() => server.view().handles.length === 0);
    // Its connection is free again: the client takes two.
    await Promise.all([connected(one), connected(two)]);
  });
});

describe('poll', () => {
  test('wakes for a message, an event, and a reset', async () => {
    const fd = await connected(one);
    const other = await connected(two);
    await one.call('ioctl', fd, IOCTL_MEI_NOTIFY_SET, '01000000');
    await one.call('write', fd, '@after 300 late');
    expect(await one.call('poll', fd, EVENTS, 60_000)).toEqual([POLL.IN]);
    expect(await one.call('read', fd, 64)).toBe('late');
    await one.call('write', fd, '@event 300');
    expect(await one.call('poll', fd, EVENTS, 60_000)).toEqual([POLL.PRI]);
    expect(await one.call('ioctl', fd, IOCTL_MEI_NOTIFY_GET, '00000000')).toBe('01000000');
    await two.call('write', other, '@reset 300');
    expect(await one.call('poll', fd, EVENTS, 60_000)).toEqual([POLL.ERR]);
    await until(() => server.view().state === 'ENABLED');
    expect(await one.call('ioctl', fd, IOCTL_MEI_CONNECT_CLIENT, connectArgument(TEST_GUIDS.plain))).toEqual(
      expect.any(String),
    );
  });

  test('an edge for each message', async () => {
    const fd = await connected(one);
    for (const text of ['one', 'two', 'three']) {
      await one.call('write', fd, `@after 100 ${text}`);
      expect(await one.call('edges', fd, POLL.IN, 60_000)).toEqual([POLL.IN]);
      expect(await one.call('read', fd, 64)).toBe(text);
    }
  });
});

describe('handles', () => {
  test('a duplicate is the same handle; the connection ends with the last', async () => {
    const fd = await connected(one);
    const copy = await one.call('dup', fd);
    await one.call('close', fd);
    await one.call('write', copy, 'x');
    expect(await one.call('read', copy, 64)).toBe('x');
    await one.call('close', copy);
    expect(server.view().handles).toEqual([]);
  });

  test('O_NONBLOCK that is set later is known after the next read', async () => {
    const fd = await connected(one);
    await one.call('nonblocking', fd);
    expect(await one.call('read', fd, 64)).toBe('EAGAIN');
    expect(await one.call('ioctl', fd, IOCTL_MEI_NOTIFY_GET, '00000000')).toBe('EAGAIN');
  });

  test('removal: every call is ENODEV, and the file goes with the last handle', async () => {
    const fd = await connected(one);
    const reading = one.call('read', fd, 64);
    await until(waits('read'));
    server.remove();
    expect(await reading).toBe('ENODEV');
    expect(await one.call('write', fd, 'x')).toBe('ENODEV');
    expect(await one.call('open', server.path)).toBe('ENODEV');
    expect(existsSync(server.path)).toBe(true);
    await one.call('close', fd);
    await server.closed;
    expect(existsSync(server.path)).toBe(false);
  });

  test('an end of the server in the middle of calls', async () => {
    const [first, second] = [await connected(one), await connected(two)];
    const answers = [one.call('read', first, 64), two.call('poll', second, EVENTS, 60_000)];
    await until(waits('read'));
    await server.close();
    expect(await Promise.all(answers)).toEqual(['ENODEV', [POLL.ERR]]);
    expect(await one.call('write', first, 'x')).toMatch(/^(ENOTCONN|ECONNABORTED|ENODEV)$/);
    expect(await one.call('close', first)).toBe(null);
  });
});

describe('the server', () => {
  test('two devices at a time, and a name only once', async () => {
    const second = await serve('mei1');
    await expect(serve('mei1')).rejects.toMatchObject({ code: 'DEVICE_ERR_NAME' });
    const fds = [await one.call('open', server.path), await one.call('open', second.path)];
    for (const fd of fds) {
      await one.call('ioctl', fd, IOCTL_MEI_CONNECT_CLIENT, connectArgument(TEST_GUIDS.plain));
      await one.call('write', fd, 'hello');
    }
    for (const fd of fds) expect(await one.call('read', fd, 64)).toBe('hello');
    await second.close();
    expect(existsSync(second.path)).toBe(false);
    expect(existsSync(server.path)).toBe(true);
  });

  test('a client of one’s own, and one that is taken away', async () => {
    const guid = '12345678-1234-1234-1234-123456789abc';
    const properties = { name: 'upper', guid, protocolVersion: 1, maxMessageLength: 64, maxConnections: 1 };
    server.addClient(answering(properties, (text) => text.map((c) => (c > 0x60 ? c - 0x20 : c))));
    const fd = await connected(one, guid);
    await one.call('write', fd, 'abc');
    expect(await one.call('read', fd, 64)).toBe('ABC');
    server.removeClient(guid);
    const second = await two.call('open', server.path);
    expect(await two.call('ioctl', second, IOCTL_MEI_CONNECT_CLIENT, connectArgument(guid))).toBe('ENOTTY');
    expect(await one.call('write', fd, 'x')).toBe('ENOTTY');
  });

  test('what a client says of its own accord, at a time that somebody else chooses', async () => {
    const guid = '12345678-1234-1234-1234-123456789abd';
    let link: MeLink | undefined;
    server.addClient({
      name: 'pushed',
      guid,
      protocolVersion: 1,
      maxMessageLength: 64,
      maxConnections: 1,
      accept(given) {
        link = given;
        return {};
      },
    });
    const fd = await connected(one, guid);
    const reading = one.call('read', fd, 64);
    await until(waits('read'));
    server.turn(() => link?.send(Uint8Array.of(0x68, 0x69)));
    expect(await reading).toBe('hi');
    server.reset();
    expect(await one.call('open', server.path)).toBe('ENODEV');
    server.ready();
    expect(await one.call('open', server.path)).toEqual(expect.any(Number));
  });

  test('starts and ends many times, and leaves no descriptor', async () => {
    const descriptors = () => readdirSync('/proc/self/fd').length;
    await (await serve('mei9')).close();
    const before = descriptors();
    for (let i = 0; i < 10; i++) {
      const again = await serve('mei9');
      await again.close();
      expect(existsSync('/dev/mei9')).toBe(false);
    }
    expect(descriptors()).toBe(before);
    expect(readdirSync('/sys/class/cuse')).toEqual(['mei0']);
  });

  test('says when the kernel ends the device', async () => {
    const fd = await connected(one);
    const reading = one.call('read', fd, 64);
    await until(waits('read'));
    writeFileSync('/sys/class/cuse/mei0/abort', '1');
    await server.closed;
    expect(problems.splice(0)).toMatchObject([{ code: 'DEVICE_ERR_LOST' }]);
    expect(await reading).toMatch(/^E/);
  });

  test('says what a user without the permission needs', () => {
    const script = `
      import { serveMeiDevice } from '${ROOT}dist/csme/device/index.js';
      await serveMeiDevice({ name: 'mei5' }).catch((error) => console.log(error.code, error.message));`;
    const { stdout } = spawnSync(
      'setpriv',
      [
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        process.execPath,
        '--input-type=module',
        '-e',
        script,
      ],
      { encoding: 'utf8' },
    );
    expect(stdout).toMatch(/^DEVICE_ERR_PERMISSION .*\/dev\/cuse\.\n$/);
  });
});
