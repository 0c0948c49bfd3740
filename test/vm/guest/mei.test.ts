/** Our MEI client on a device file of the kernel: every errno that can be provoked, resets, removal, cancellation. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { MKHI_GUID, TEST_GUIDS } from '../../../csme/mei/index.ts';
import { native } from '../../../native/index.ts';
import { parseGuid } from '../../../sap/index.ts';
import {
  askMeiClients,
  MEI_CLIENTS,
  MeiError,
  type MeiErrorCode,
  openMei,
} from '../../../transport/index.ts';
import { MeiServerProcess, openOn } from './support/mei.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const { errno } = constants;
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (message: Uint8Array) => new TextDecoder().decode(message);
const failure = (code: MeiErrorCode, number?: number) => expect.objectContaining({ code, errno: number });
const UNKNOWN = '00000000-0000-0000-0000-000000000000';

let device: MeiServerProcess;
let path: string;
const connect = (client: string = TEST_GUIDS.tagged, options: { vtag?: number; signal?: AbortSignal } = {}) =>
  openMei(path, { client, ...options });
type Connection = Awaited<ReturnType<typeof connect>>;
const say = (connection: Connection, what: string) => connection.send(bytes(what));
const hear = async (connection: Connection) => text(await connection.receive());

beforeAll(async () => {
  device = await MeiServerProcess.start();
  path = device.path;
});
afterAll(() => device.stop());
afterEach(() => expect(openOn(path)).toBe(0));

describe('open', () => {
  test('no node, no driver, no device, no MEI device', async () => {
    const client = MKHI_GUID;
    await expect(openMei('/dev/mei99', { client })).rejects.toEqual(
      failure('MEI_ERR_NO_DEVICE', errno.ENOENT),
    );
    execFileSync('mknod', ['/dev/mei98', 'c', '240', '98']);
    await expect(openMei('/dev/mei98', { client })).rejects.toEqual(
      failure('MEI_ERR_NO_DEVICE', errno.ENXIO),
    );
    execFileSync('rm', ['/dev/mei98']);
    await expect(openMei('/etc/passwd', { client })).rejects.toEqual(
      failure('MEI_ERR_NOT_A_DEVICE', errno.ENOTTY),
    );
    await expect(openMei('/dev', { client })).rejects.toEqual(failure('MEI_ERR_NOT_A_DEVICE', errno.EISDIR));
    await expect(openMei('/dev/null', { client })).rejects.toEqual(
      failure('MEI_ERR_NO_CLIENT', errno.ENOTTY),
    );
  });

  test('no permission', () => {
    const script = `
      import { openMei } from '${ROOT}dist/transport/index.js';
      await openMei('${path}', { client: '${MKHI_GUID}' }).catch((error) => console.log(error.code, error.errno));`;
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
    const { stdout, stderr } = spawnSync('setpriv', [...nobody, '--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect([stdout, stderr]).toEqual([`MEI_ERR_PERMISSION ${errno.EACCES}\n`, '']);
  });

  test('as many handles as there are', async () => {
    const opened = Array.from({ length: 255 }, () => native().deviceOpen(path));
    await expect(connect()).rejects.toEqual(failure('MEI_ERR_TOO_MANY_HANDLES', errno.EMFILE));
    for (const fd of opened) native().close(fd);
    await (await connect()).close();
  });
});

describe('connect', () => {
  test('tells what the firmware says', async () => {
    const connection = await connect(TEST_GUIDS.plain);
    expect(connection).toMatchObject({ maxMessageLength: 512, protocolVersion: 2 });
    await connection.close();
    expect(await connection.closed).toBeUndefined();
  });

  test.each([
    [UNKNOWN, undefined, 'MEI_ERR_NO_CLIENT', 'ENOTTY'],
    [TEST_GUIDS.notFound, undefined, 'MEI_ERR_NO_CLIENT', 'ENOTTY'],
    [TEST_GUIDS.alreadyStarted, undefined, 'MEI_ERR_BUSY', 'EBUSY'],
    [TEST_GUIDS.outOfResources, undefined, 'MEI_ERR_BUSY', 'EBUSY'],
    [TEST_GUIDS.notAllowed, undefined, 'MEI_ERR_BUSY', 'EBUSY'],
    [TEST_GUIDS.invalidParameter, undefined, 'MEI_ERR_CONNECT_REFUSED', 'EINVAL'],
    [TEST_GUIDS.unknownStatus, undefined, 'MEI_ERR_CONNECT_REFUSED', 'EINVAL'],
    [TEST_GUIDS.silent, undefined, 'MEI_ERR_CONNECT_TIMEOUT', 'EFAULT'],
    [TEST_GUIDS.plain, 1, 'MEI_ERR_NO_VTAGS', 'EOPNOTSUPP'],
    [TEST_GUIDS.tagged, 0, 'MEI_ERR_VTAG', 'EINVAL'],
    [UNKNOWN, 1, 'MEI_ERR_NO_CLIENT', 'ENOTTY'],
  ] as const)('%s with tag %s is %s', async (client, vtag, code, name) => {
    const error = await openMei(path, { client, vtag }).catch((reason) => reason);
    expect(error).toEqual(failure(code, errno[name]));
    expect(error).toBeInstanceOf(MeiError);
  });

  test('more connections than the client takes, and a second time on a handle', async () => {
    const [one, two] = await Promise.all([connect(TEST_GUIDS.plain), connect(TEST_GUIDS.plain)]);
    await expect(connect(TEST_GUIDS.plain)).rejects.toEqual(failure('MEI_ERR_BUSY', errno.EBUSY));
    await Promise.all([one.close(), two.close()]);
    const fd = native().deviceOpen(path);
    const guid = parseGuid(TEST_GUIDS.plain)!;
    await native().meiConnect(fd, guid);
    await expect(native().meiConnect(fd, guid)).rejects.toMatchObject({ errno: errno.EBUSY });
    await native().deviceClose(fd);
  });

  test('a tag that is in use', async () => {
    const one = await connect(TEST_GUIDS.tagged, { vtag: 7 });
    const two = await connect(TEST_GUIDS.tagged, { vtag: 8 });
    await expect(connect(TEST_GUIDS.tagged, { vtag: 7 })).rejects.toEqual(
      failure('MEI_ERR_VTAG', errno.EINVAL),
    );
    await say(one, 'to seven');
    await say(two, 'to eight');
    expect([await hear(two), await hear(one)]).toEqual(['to eight', 'to seven']);
    await Promise.all([one.close(), two.close()]);
  });
});

describe('messages', () => {
  test('whole, in order, the longest too', async () => {
    const connection = await connect();
    const longest = new Uint8Array(connection.maxMessageLength).fill(0x5a);
    for (const message of [bytes('first'), longest, bytes('last')]) await connection.send(message);
    expect(await hear(connection)).toBe('first');
    expect(await connection.receive()).toEqual(longest);
    expect(await hear(connection)).toBe('last');
    await connection.close();
  });

  test('too long, empty, broken, and longer than it may be', async () => {
    const connection = await connect(TEST_GUIDS.plain);
    await expect(connection.send(new Uint8Array(513))).rejects.toEqual(
      failure('MEI_ERR_TOO_LONG', errno.EFBIG),
    );
    await say(connection, '@empty');
    await expect(connection.receive()).rejects.toEqual(failure('MEI_ERR_NO_ANSWER'));
    await say(connection, '@broken');
    await expect(connection.receive()).rejects.toEqual(failure('MEI_ERR_MESSAGE_LOST', errno.EPROTO));
    await say(connection, '@long');
    await expect(connection.receive()).rejects.toEqual(failure('MEI_ERR_MESSAGE_LOST', errno.EMSGSIZE));
    await say(connection, 'still here');
    expect(await hear(connection)).toBe('still here');
    await connection.close();
  });

  test('a full queue makes a sender wait for POLLOUT', async () => {
    const connection = await connect(TEST_GUIDS.plain);
    await say(connection, '@busy 4000');
    let sent = 0;
    const all = Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        await say(connection, `${i}`);
        sent++;
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toBeLessThan(60);
    for (let i = 0; i < 60; i++) expect(await hear(connection)).toBe(`${i}`);
    await all;
    await connection.close();
  });

  test('before a connect, and with a short buffer, below our connection', async () => {
    const fd = native().deviceOpen(path);
    const room = new Uint8Array(64);
    expect(() => native().deviceWrite(fd, room, 0, 1)).toThrow(/write .*ENODEV/);
    expect(() => native().deviceRead(fd, room, 0)).toThrow(/read .*ENODEV/);
    expect(() => native().meiNotifyGet(fd)).toThrow(/ENODEV/);
    await expect(native().meiNotifySet(fd, 1)).rejects.toMatchObject({ errno: errno.ENODEV });
    await native().meiConnect(fd, parseGuid(TEST_GUIDS.plain)!);
    expect(native().deviceRead(fd, room, 0)).toBe(-1);
    expect(native().deviceWrite(fd, room, 0, 0)).toBe(0);
    expect(native().deviceWrite(fd, bytes('in two parts'), 0, 12)).toBe(12);
    await new Promise<void>((resolve) => {
      const watch = native().watch(fd, 1, () => {
        watch.close();
        resolve();
      });
    });
    expect(native().deviceRead(fd, room.subarray(0, 3), 0)).toBe(3);
    expect(native().deviceRead(fd, room, 3)).toBe(9);
    expect(text(room.subarray(0, 12))).toBe('in two parts');
    await native().deviceClose(fd);
  });
});

describe('notifications', () => {
  test('come while waiting and before, and beside a message', async () => {
    const connection = await connect();
    await connection.setNotifications(true);
    const waiting = connection.notification();
    await say(connection, '@event 0');
    await waiting;
    await say(connection, 'kept');
    await say(connection, '@event 10');
    await connection.notification();
    expect(await hear(connection)).toBe('kept');
    await connection.setNotifications(false);
    await connection.close();
  });

  test('refused, wrong, without an answer, and none', async () => {
    const connection = await connect();
    await say(connection, '@agree refuse');
    await expect(connection.setNotifications(true)).rejects.toEqual(
      failure('MEI_ERR_NOTIFICATIONS_REFUSED', errno.EINVAL),
    );
    await connection.close();
    const fd = native().deviceOpen(path);
    await native().meiConnect(fd, parseGuid(TEST_GUIDS.tagged)!);
    await expect(native().meiNotifySet(fd, 2)).rejects.toMatchObject({ errno: errno.EINVAL });
    expect(native().meiNotifyGet(fd)).toBe(false);
    await native().deviceClose(fd);
    const silent = await connect();
    await say(silent, '@agree never');
    await expect(silent.setNotifications(true)).rejects.toEqual(
      failure('MEI_ERR_NOTIFICATIONS_TIMEOUT', errno.EFAULT),
    );
    await silent.close();
  });
});

describe('patience', () => {
  test('a receive that was given up leaves its message to the next', async () => {
    const connection = await connect();
    const abort = new AbortController();
    const waiting = connection.receive({ signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toEqual(failure('MEI_ERR_CANCELLED'));
    await expect(connection.receive({ timeoutMs: 10 })).rejects.toEqual(failure('MEI_ERR_TIMEOUT'));
    await say(connection, 'late');
    expect(await hear(connection)).toBe('late');
    await connection.close();
  });

  test('a cancelled connect is over at once, and closes what comes of it', async () => {
    const abort = new AbortController();
    const attempt = connect(TEST_GUIDS.slow, { signal: abort.signal });
    // The ioctl is on its way when its thread shows on the device.
    while (openOn(path) < 2) await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await expect(attempt).rejects.toEqual(failure('MEI_ERR_CANCELLED'));
    expect(openOn(path)).toBeGreaterThan(0);
    while (openOn(path) > 0) await new Promise((resolve) => setImmediate(resolve));
    // The one connection of this client is free again.
    await (await connect(TEST_GUIDS.slow)).close();
  });

  test('many that wait hold no thread of the pool', async () => {
    const connections = await Promise.all(
      Array.from({ length: 12 }, (_, i) => connect(TEST_GUIDS.tagged, { vtag: i + 1 })),
    );
    const waiting = connections.map((connection) => connection.receive());
    const files = await Promise.all(Array.from({ length: 12 }, () => readFile('/etc/passwd')));
    expect(files).toHaveLength(12);
    for (const [i, connection] of connections.entries()) await say(connection, `${i}`);
    expect((await Promise.all(waiting)).map(text)).toEqual(connections.map((_, i) => `${i}`));
    await Promise.all(connections.map((connection) => connection.close()));
  });
});

describe('the end', () => {
  const lost = failure('MEI_ERR_DISCONNECTED', errno.ENODEV);

  test('a reset ends every connection; then the device is not ready, and at last as before', async () => {
    const idle = await connect(TEST_GUIDS.plain);
    const busy = await connect();
    await busy.setNotifications(true);
    const told = Promise.allSettled([busy.receive(), busy.notification()]);
    await device.order('reset');
    expect(await idle.closed).toEqual(lost);
    expect(await busy.closed).toEqual(lost);
    for (const outcome of await told) expect(outcome).toMatchObject({ reason: lost });
    await expect(say(idle, 'x')).rejects.toEqual(lost);
    await Promise.all([idle.close(), busy.close()]);
    await expect(connect()).rejects.toEqual(failure('MEI_ERR_NOT_READY', errno.ENODEV));
    await device.order('ready');
    const again = await connect();
    await say(again, 'again');
    expect(await hear(again)).toBe('again');
    await again.close();
  });

  test('a reset in the middle of a connect', async () => {
    const attempt = connect(TEST_GUIDS.silent).catch((error) => error);
    let over = false;
    void attempt.then(() => {
      over = true;
    });
    while (openOn(path) < 2) await new Promise((resolve) => setImmediate(resolve));
    // The first one may be there before the ioctl.
    while (!over) for (const order of ['reset', 'ready']) await device.order(order);
    expect(await attempt).toEqual(failure('MEI_ERR_NOT_READY', errno.ENODEV));
  });

  test('a firmware that says good-bye: what came before is received', async () => {
    const connection = await connect();
    await say(connection, 'before');
    await say(connection, '@bye 50');
    expect(await hear(connection)).toBe('before');
    await expect(connection.receive()).rejects.toEqual(lost);
    expect(await connection.closed).toEqual(lost);
    await connection.close();
  });

  test('a handle that is closed with messages under way leaves the client free', async () => {
    for (let i = 0; i < 5; i++) {
      const connection = await connect(TEST_GUIDS.fixed);
      await say(connection, '@after 1 late');
      await connection.close();
    }
  });
});

describe('sapwood mei list', () => {
  const list = (...args: string[]) =>
    spawnSync(process.execPath, [`${ROOT}dist/cli/main.js`, 'mei', 'list', ...args], { encoding: 'utf8' });

  test('shows who answers, who is busy and who is absent', async () => {
    const { guid } = MEI_CLIENTS.AMTHI;
    const held = await openMei(path, { client: guid });
    const reports = await askMeiClients(path);
    await held.close();
    expect(reports).toContainEqual({ name: 'AMTHI', guid, answer: { answer: 'busy' } });
    const { status, stdout, stderr } = list('--json');
    expect([status, stderr]).toEqual([0, '']);
    const { devices } = JSON.parse(stdout);
    expect(devices).toMatchObject([{ name: 'mei0', path, state: null, error: null }]);
    const answers = new Map(
      devices[0].clients.map((client: { name: string; answer: string }) => [client.name, client.answer]),
    );
    expect([...answers.keys()]).toEqual(Object.keys(MEI_CLIENTS));
    expect([answers.get('AMTHI'), answers.get('MKHI'), answers.get('HOTHAM')]).toEqual([
      'connected',
      'connected',
      'absent',
    ]);
  });

  test('says what is missing to a user without the permission', () => {
    const { status, stdout, stderr } = spawnSync(
      'setpriv',
      [
        '--reuid=65534',
        '--regid=65534',
        '--clear-groups',
        process.execPath,
        `${ROOT}dist/cli/main.js`,
        'mei',
        'list',
      ],
      { encoding: 'utf8' },
    );
    expect(status).toBe(3);
    expect(stdout).toContain('not asked: /dev/mei0: This user may not open the MEI device.');
    expect(stderr).toContain('Run as root, or give the node to a group with a udev rule');
  });
});

describe('devices that go', () => {
  test('a client that the firmware forgot', async () => {
    const other = await MeiServerProcess.start('mei7');
    const open = (client: string) => openMei(other.path, { client });
    const connection = await open(TEST_GUIDS.plain);
    const second = native().deviceOpen(other.path);
    await native().meiConnect(second, parseGuid(TEST_GUIDS.plain)!);
    await other.order(`removeClient ${TEST_GUIDS.plain}`);
    // The kernel learns it from the next connect.
    await expect(open(TEST_GUIDS.plain)).rejects.toEqual(failure('MEI_ERR_NO_CLIENT', errno.ENOTTY));
    await expect(say(connection, 'x')).rejects.toEqual(failure('MEI_ERR_DISCONNECTED', errno.ENOTTY));
    expect(await connection.closed).toEqual(failure('MEI_ERR_DISCONNECTED', errno.ENOTTY));
    // A handle that only waits is not told: poll says nothing about it.
    expect(() => native().deviceRead(second, new Uint8Array(8), 0)).toThrow(/read .*ENOTTY/);
    await Promise.all([connection.close(), native().deviceClose(second)]);
    await other.stop();
  });

  test('hot removal', async () => {
    const other = await MeiServerProcess.start('mei7');
    const connection = await openMei(other.path, { client: TEST_GUIDS.tagged });
    await other.order('remove');
    expect(await connection.closed).toEqual(failure('MEI_ERR_DISCONNECTED', errno.ENODEV));
    await connection.close();
    await other.stop();
    await expect(openMei(other.path, { client: TEST_GUIDS.tagged })).rejects.toEqual(
      failure('MEI_ERR_NO_DEVICE', errno.ENOENT),
    );
  });

  test('a driver that dies', async () => {
    const other = await MeiServerProcess.start('mei7');
    const connection = await openMei(other.path, { client: TEST_GUIDS.tagged });
    const waiting = connection.receive();
    const told = expect(waiting).rejects.toBeInstanceOf(MeiError);
    await other.kill();
    expect(await connection.closed).toBeInstanceOf(MeiError);
    await told;
    await connection.close();
    expect(openOn(other.path)).toBe(0);
  });

  test('a firmware without notifications and tags', async () => {
    const old = await MeiServerProcess.start('mei7', '1.1');
    const connection = await openMei(old.path, { client: TEST_GUIDS.plain });
    await expect(connection.setNotifications(true)).rejects.toEqual(
      failure('MEI_ERR_NO_NOTIFICATIONS', errno.EOPNOTSUPP),
    );
    await expect(openMei(old.path, { client: TEST_GUIDS.tagged, vtag: 1 })).rejects.toEqual(
      failure('MEI_ERR_NO_VTAGS', errno.EOPNOTSUPP),
    );
    await connection.close();
    await old.stop();
  });
});
