/** The watchdog found and opened: which way, and what it is called when it does not work. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ClientWatchdog,
  findWatchdog,
  openKernelWatchdog,
  type WatchdogCalls,
  type WatchdogErrorCode,
  WatchdogSource,
} from '../../../amt/index.ts';
import { Amt } from '../../../csme/amt/index.ts';
import { testClients, watchdogClient } from '../../../csme/mei/index.ts';
import { systemError } from '../../../native/errors.ts';
import { MEI_CLIENTS, openMei } from '../../../transport/index.ts';
import { MeiDriver, settled } from '../../transport/mei/support/driver.ts';
import { ManualClock } from './support/clock.ts';

const { errno } = constants;
const code = (wanted: WatchdogErrorCode) => expect.objectContaining({ name: 'WatchdogError', code: wanted });
const GUID = MEI_CLIENTS.WATCHDOG.guid;

let folder: string;
const folders = () => ({
  watchdogs: join(folder, 'watchdog'),
  meiBus: join(folder, 'mei'),
  dev: '/dev',
  proc: join(folder, 'proc'),
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function process(pid: number, name: string, open: string): void {
  file(`proc/${pid}/comm`, `${name}\n`);
  mkdirSync(join(folder, `proc/${pid}/fd`));
  symlinkSync(open, join(folder, `proc/${pid}/fd/7`));
}

describe('the kernel’s watchdog is found by its identity', () => {
  it('among others', () => {
    file('watchdog/watchdog0/identity', 'iTCO_wdt\n');
    file('watchdog/watchdog1/identity', 'iamt_wdt\n');
    expect(findWatchdog(folders())).toEqual({ path: '/dev/watchdog1', unstoppable: false });
    file('watchdog/watchdog1/nowayout', '1\n');
    expect(findWatchdog(folders())).toEqual({ path: '/dev/watchdog1', unstoppable: true });
  });

  it('or not', () => {
    expect(findWatchdog(folders())).toBeUndefined();
    file('watchdog/watchdog0/identity', 'iamt_wdt2\n');
    file('watchdog/watchdog1/state', 'active\n');
    file('watchdog/other/identity', 'iamt_wdt\n');
    expect(findWatchdog(folders())).toBeUndefined();
  });
});

describe('through the kernel', () => {
  const found = { path: '/dev/watchdog1', unstoppable: false };
  let closed: number;
  const calls = (more: Partial<WatchdogCalls> = {}): WatchdogCalls => ({
    deviceOpen: () => 7,
    deviceClose: async () => {
      closed++;
    },
    watchdogIdentity: () => 'iamt_wdt',
    watchdogSetTimeout: async () => {},
    watchdogKeepAlive: async () => {},
    ...more,
  });
  const failing = (number: number) => () => {
    throw systemError('open', number, 'device /dev/watchdog1');
  };
  beforeEach(() => {
    closed = 0;
  });

  it.each<readonly [keyof typeof errno, WatchdogErrorCode]>([
    ['ENOENT', 'WATCHDOG_ERR_GONE'],
    ['ENODEV', 'WATCHDOG_ERR_GONE'],
    ['EBUSY', 'WATCHDOG_ERR_BUSY'],
    ['EACCES', 'WATCHDOG_ERR_PERMISSION'],
    ['ENOTTY', 'WATCHDOG_ERR_IDENTITY'],
    ['EMFILE', 'WATCHDOG_ERR_SYSTEM'],
  ])('open: %s is %s', async (name, wanted) => {
    const opening = openKernelWatchdog(found, calls({ deviceOpen: failing(errno[name]) }));
    await expect(opening).rejects.toEqual(code(wanted));
  });

  it('one that calls itself something else is closed again', async () => {
    const opening = openKernelWatchdog(found, calls({ watchdogIdentity: () => 'Software Watchdog' }));
    await expect(opening).rejects.toThrow('It calls itself "Software Watchdog".');
    expect(closed).toBe(1);
  });

  it.each<readonly [keyof typeof errno, WatchdogErrorCode]>([
    ['ENODEV', 'WATCHDOG_ERR_GONE'],
    ['EINVAL', 'WATCHDOG_ERR_TIMEOUT'],
    ['EIO', 'WATCHDOG_ERR_SYSTEM'],
  ])('a call: %s is %s', async (name, wanted) => {
    const watchdog = await openKernelWatchdog(
      found,
      calls({ watchdogKeepAlive: async () => failing(errno[name])() }),
    );
    await expect(watchdog.ping()).rejects.toEqual(code(wanted));
    await watchdog.close();
    await watchdog.close();
    expect(closed).toBe(1);
    await expect(watchdog.ping()).rejects.toEqual(code('WATCHDOG_ERR_GONE'));
  });

  it('it is closed behind the call that waits', async () => {
    let answer!: () => void;
    const waiting = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const watchdog = await openKernelWatchdog(found, calls({ watchdogKeepAlive: () => waiting }));
    const ping = watchdog.ping();
    await settled();
    const close = watchdog.close();
    await settled();
    expect(closed).toBe(0);
    answer();
    await Promise.all([ping, close]);
    expect(closed).toBe(1);
  });
});

describe('through the firmware’s client', () => {
  let driver: MeiDriver;
  let clock: ManualClock;
  const client = (amt = new Amt(), options = {}) => {
    driver = new MeiDriver({ clients: [watchdogClient(amt, options), ...testClients()] });
    clock = new ManualClock();
    return new ClientWatchdog('/dev/mei0', { calls: driver, clock, folders: folders() });
  };
  const over = async () => {
    await settled();
    expect([driver.descriptors, driver.watches, driver.device.openHandles]).toEqual([0, 0, 0]);
  };

  it('another program has it: who has the device open is said', async () => {
    const watchdog = client();
    const other = await openMei('/dev/mei0', { client: GUID }, driver);
    process(812, 'lms', '/dev/mei0');
    process(813, 'cat', '/dev/null');
    await expect(watchdog.open()).rejects.toEqual(code('WATCHDOG_ERR_BUSY'));
    await expect(watchdog.open()).rejects.toThrow('The device is open in lms (812).');
    await other.close();
    await over();
  });

  it('mei_wdt has it and offers no watchdog: it is not required', async () => {
    const watchdog = client();
    const other = await openMei('/dev/mei0', { client: GUID }, driver);
    mkdirSync(join(folder, `mei/0000:00:16.0-${GUID}`), { recursive: true });
    symlinkSync('../../drivers/mei_wdt', join(folder, `mei/0000:00:16.0-${GUID}/driver`));
    await expect(watchdog.open()).rejects.toEqual(code('WATCHDOG_ERR_NOT_REQUIRED'));
    await other.close();
  });

  it('a firmware that does not say whether it requires it: given up, and asked again', async () => {
    const watchdog = client(new Amt(), { answerAfterMs: Number.POSITIVE_INFINITY });
    const opening = expect(watchdog.open()).rejects.toMatchObject({ code: 'MEI_ERR_TIMEOUT' });
    await settled();
    clock.jump(15_000);
    await opening;
    await over();
  });

  it('a program that does not want it any more', async () => {
    const watchdog = client(new Amt(), { answerAfterMs: Number.POSITIVE_INFINITY });
    const given = new AbortController();
    const opening = expect(watchdog.open(given.signal)).rejects.toMatchObject({ name: 'MeiError' });
    await settled();
    given.abort();
    await opening;
    await over();
  });

  it('one opener at a time, and none after the end', async () => {
    const watchdog = client();
    const first = await watchdog.open();
    await expect(watchdog.open()).rejects.toEqual(code('WATCHDOG_ERR_BUSY'));
    await first.setTimeout(120);
    await expect(first.setTimeout(119)).rejects.toEqual(code('WATCHDOG_ERR_TIMEOUT'));
    driver.happen({ type: 'reset', readyAfterMs: 0 });
    await settled();
    await expect(first.ping()).rejects.toEqual(code('WATCHDOG_ERR_GONE'));
    driver.advance(1);
    const second = await watchdog.open();
    await expect(first.ping()).rejects.toEqual(code('WATCHDOG_ERR_GONE'));
    await second.close();
    await watchdog.close();
    await over();
  });

  it('a firmware without notifications', async () => {
    const hbm = { major: 1, minor: 1 };
    driver = new MeiDriver({ clients: [watchdogClient(new Amt({ watchdogRequired: false }))], hbm });
    const watchdog = new ClientWatchdog('/dev/mei0', {
      calls: driver,
      clock: new ManualClock(),
      folders: folders(),
    });
    await expect(watchdog.open()).rejects.toEqual(code('WATCHDOG_ERR_NOT_REQUIRED'));
    await watchdog.close();
    await over();
  });
});

describe('the source', () => {
  it('without the firmware’s client there is no watchdog', async () => {
    const calls = new MeiDriver({ clients: testClients() }) as never;
    const source = new WatchdogSource({ device: '/dev/mei0', calls, folders: folders() });
    await expect(source.open()).rejects.toEqual(code('WATCHDOG_ERR_ABSENT'));
    await source.close();
  });

  it('takes the kernel’s where there is one', async () => {
    file('watchdog/watchdog3/identity', 'iamt_wdt\n');
    const opened: string[] = [];
    const calls = {
      deviceOpen(path: string) {
        opened.push(path);
        throw systemError('open', errno.EBUSY, `device ${path}`);
      },
    } as never;
    process(900, 'lms', '/dev/watchdog3');
    const source = new WatchdogSource({ device: '/dev/mei0', calls, folders: folders() });
    await expect(source.open()).rejects.toThrow('It is lms (900).');
    expect(opened).toEqual(['/dev/watchdog3']);
  });
});
