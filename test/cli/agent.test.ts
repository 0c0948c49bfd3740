/** What `sapwood agent` says where there is no card: its log, its options, its lock. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, fstatSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseConfig } from '../../cli/agent/config.ts';
import { sharedInterface } from '../../cli/agent/interface.ts';
import { holdInterface } from '../../cli/agent/lock.ts';
import { agentLog } from '../../cli/agent/log.ts';
import { logNews } from '../../cli/agent/news.ts';
import type { Context } from '../../cli/command.ts';
import { acquireCard, Released } from '../../cli/nic/acquire.ts';
import type { Parts } from '../../cli/nic/look.ts';
import { BridgeError, type Nl80211 } from '../../netlink-bridge/index.ts';
import { SILENT } from '../../netlink-bridge/log.ts';
import { sapwood } from './run.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'agent-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = (text: string) => {
  const file = join(folder, 'agent.toml');
  writeFileSync(file, text);
  return file;
};

describe('the log', () => {
  let said: string[];
  let printed: string[];
  let journalStream: string | undefined;
  beforeEach(() => {
    said = [];
    printed = [];
    journalStream = process.env.JOURNAL_STREAM;
    delete process.env.JOURNAL_STREAM;
  });
  afterEach(() => {
    if (journalStream !== undefined) process.env.JOURNAL_STREAM = journalStream;
    else delete process.env.JOURNAL_STREAM;
  });

  const logOf = (json: boolean) => {
    const output = {
      say: (text: string) => said.push(text),
      print: (text: string) => void printed.push(text),
      flush: async () => {},
    };
    return agentLog({ json, output } as unknown as Context, 'info');
  };

  test('is sentences for people', () => {
    const log = logOf(false);
    logNews(log, { type: 'step', step: 3, tookMs: 12.345, sinceRequestMs: undefined, detail: 'corp-ap' });
    logNews(log, { type: 'trouble', trouble: 'window-missed', detail: '' });
    logNews(log, { type: 'phase', from: 'idle', to: 'learning' });
    expect(said.map((line) => line.replace(/^\d\d:\d\d:\d\d\.\d{3}/, 'TIME'))).toEqual([
      'TIME Step 3 of 10: CSME said which access point it is connected to. corp-ap (tookMs=12.3)',
      'TIME warn: The connection did not stand in time: CSME may take the card back.',
    ]);
    expect(printed).toEqual([]);
  });

  test('has levels for the journal of systemd', () => {
    const { dev, ino } = fstatSync(2);
    process.env.JOURNAL_STREAM = `${dev}:${ino}`;
    const log = logOf(false);
    log.info({}, 'one');
    log.error({}, 'two');
    expect(said).toEqual(['<6>one', '<3>error: two']);
  });

  test('has times where a process further up writes to that journal', () => {
    process.env.JOURNAL_STREAM = '8:1';
    logOf(false).info({}, 'one');
    expect(said[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} one$/);
  });

  test('keeps a line one line, whatever a profile is called', () => {
    const detail = 'corp\n<0>\u001b[2Jall is lost';
    logNews(logOf(false), { type: 'step', step: 4, tookMs: 0, sinceRequestMs: undefined, detail });
    expect(said[0]).toContain('corp\\u000a<0>\\u001b[2Jall is lost');
  });

  test('is objects for programs', () => {
    logNews(logOf(true), { type: 'step', step: 10, tookMs: 5, sinceRequestMs: 480.04, detail: '192.0.2.7' });
    expect(said).toEqual([]);
    expect(JSON.parse(printed[0]!)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      event: 'step',
      step: 10,
      tookMs: 5,
      sinceRequestMs: 480,
      detail: '192.0.2.7',
      msg: 'Step 10 of 10: The interface has an address: the remote session lives on.',
    });
  });

  test.each([true, false])('never has a secret, wherever it comes from (JSON %s)', (json) => {
    const psk = 'correct horse battery';
    logOf(json).error({ psk, network: { psk, password: psk, ssid: 'corp' }, secrets: [psk] }, 'it failed');
    const text = [...said, ...printed].join('\n');
    expect(text).toContain('corp');
    expect(text).not.toContain(psk);
  });
});

test('nobody waits any more for a card when it is interrupted', async () => {
  const close = vi.fn();
  const nothing = async () => [];
  const open = async () => ({ interfaces: nothing, wiphys: nothing, close }) as unknown as Nl80211;
  let interrupt = (): void => {};
  const interrupted = new Promise<void>((resolve) => {
    interrupt = resolve;
  });
  const waiting = sharedInterface(parseConfig('', 'agent.toml'), SILENT, interrupted, open);
  await new Promise((resolve) => setImmediate(resolve));
  expect(close).not.toHaveBeenCalled();
  interrupt();
  expect(await waiting).toBeUndefined();
  expect(close).toHaveBeenCalledOnce();
});

test.each([
  ['BRIDGE_ERR_UNSUPPORTED', constants.errno.EOPNOTSUPP],
  ['BRIDGE_ERR_PERMISSION', constants.errno.EPERM],
] as const)('a request that never came to CSME is no answer of it: %s', async (code, errno) => {
  const error = new BridgeError(code, { detail: 'no.', errno });
  const wlan = { ifindex: 4, name: 'wlan0', wiphy: 1 };
  const parts = {
    rfkill: { switches: new Map() },
    rtnetlink: { addresses: async () => [] },
    nl80211: {
      interfaces: async () => [wlan],
      wiphys: async () => [],
      link: async () => undefined,
      hostGetOwnership: () => Promise.reject(error),
    },
  } as unknown as Parts;
  const context = { json: false, output: { say: () => {} } } as unknown as Context;
  await expect(acquireCard(context, parts, new Released(), 'wlan0')).rejects.toBe(error);
});

describe('the command', () => {
  test.each([
    ['[', /agent\.toml, line 1, column \d+: /],
    ['window_s = 0', /agent\.toml: window_s is seconds, 1 to 60\./],
    ['wpa = true', /agent\.toml: there is no key "wpa"; there are interface,/],
  ])('refuses the configuration %j', (text, why) => {
    const { status, stdout, stderr } = sapwood(['agent', '--config', config(text)]);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(why);
  });

  test('refuses a supplicant that it does not know', () => {
    const { status, stderr } = sapwood(['agent', '--supplicant', 'iwd']);
    expect(status).toBe(2);
    expect(stderr).toContain('Allowed choices are wpa, networkmanager.');
  });

  test('has nothing to restore where nobody was', () => {
    const file = config(`state_directory = "${folder}/none"`);
    expect(sapwood(['agent', '--restore', '--config', file])).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('Nothing was left behind.'),
    });
  });

  test('refuses a name that no interface has', () => {
    const { status, stderr } = sapwood(['agent', '--interface', '../wlan0']);
    expect(status).toBe(2);
    expect(stderr).toContain('--interface is the name of a wireless interface.');
  });

  test('says that what was left cannot be seen', () => {
    const file = config('');
    const folderless = config(`state_directory = "${file}"`);
    expect(sapwood(['agent', '--restore', '--config', folderless])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('agent.toml cannot be read: ENOTDIR.'),
    });
  });

  test('does not restore under a living agent', async () => {
    const held = await holdInterface('wlan-test0', folder);
    try {
      writeFileSync(join(folder, 'wlan-test0.wpa.json'), '{}');
      // No interface has such a name. It comes first, and keeps nothing else from its turn.
      writeFileSync(join(folder, '..wpa.json'), '{}');
      const file = config(`state_directory = "${folder}"`);
      const { status, stderr } = sapwood(['agent', '--restore', '--config', file]);
      expect(status).toBe(3);
      expect(stderr).toContain('"." is no interface.');
      expect(stderr).toContain('wlan-test0 cannot be had: another agent works on it.');
    } finally {
      held.close();
    }
  });

  test('an interface is held by one, and free behind its end, in order or not', async () => {
    const held = await holdInterface('wlan0', join(folder, 'state'));
    await expect(holdInterface('wlan0', join(folder, 'state'))).rejects.toThrow('another agent works on it');
    const other = await holdInterface('wlan1', join(folder, 'state'));
    other.close();
    held.close();
    await once(held, 'close');
    const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', script, join(folder, 'state', 'wlan0.lock')]);
    expect(existsSync(join(folder, 'state', 'wlan0.lock'))).toBe(true);
    (await holdInterface('wlan0', join(folder, 'state'))).close();
  });
});
