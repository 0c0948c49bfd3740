/** What `sapwood agent` says where there is no card: its log, its options, its lock. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { holdInterface } from '../../cli/agent/lock.ts';
import { agentLog } from '../../cli/agent/log.ts';
import { logNews } from '../../cli/agent/news.ts';
import type { Context } from '../../cli/command.ts';
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
    process.env.JOURNAL_STREAM = '8:1234';
    const log = logOf(false);
    log.info({}, 'one');
    log.error({}, 'two');
    expect(said).toEqual(['<6>one', '<3>error: two']);
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

  test('does not restore under a living agent', async () => {
    const held = await holdInterface('wlan-test0');
    try {
      writeFileSync(join(folder, 'wlan-test0.wpa.json'), '{}');
      const file = config(`state_directory = "${folder}"`);
      const { status, stderr } = sapwood(['agent', '--restore', '--config', file]);
      expect(status).toBe(3);
      expect(stderr).toContain('wlan-test0 cannot be had: another agent works on it.');
    } finally {
      held.close();
    }
  });
});
