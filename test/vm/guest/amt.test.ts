/** A vPro machine from end to end, as processes: the emulated CSME, and every command that talks to its AMT. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AMT } from '@device-management-toolkit/wsman-messages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Daemon } from '../iwlwifi/programs.ts';
import { Emulator, PASSWORD, sapwood, startLms } from './support/amt.ts';

const HOME = 'http://127.0.0.1:16992';

/** curl, logged on as admin. */
async function curl(...words: readonly string[]): Promise<string> {
  const all = ['--silent', '--show-error', '--digest', '--user', `admin:${PASSWORD}`, '--max-time', '120'];
  return (await promisify(execFile)('curl', [...all, ...words])).stdout;
}

/** One after the other: each finds the machine as the one before has left it. */
describe('a vPro machine', () => {
  let folder: string;
  let emulator: Emulator;
  let lms: Daemon;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'amt-'));
    writeFileSync(join(folder, 'password'), `${PASSWORD}\n`, { mode: 0o600 });
    emulator = await Emulator.start('--amt', 'unprovisioned');
  });
  afterAll(async () => {
    await lms?.stop();
    await emulator?.daemon.stop();
    rmSync(folder, { recursive: true });
  });

  const setUp = (what: 'activate' | 'deactivate') =>
    sapwood('amt', what, '--json', '--password-file', join(folder, 'password'));
  const info = async () => {
    const { code, stdout } = await sapwood('amt', 'info', '--json');
    return { code, said: JSON.parse(stdout) };
  };

  it('says what it is', async () => {
    const { code, said } = await info();
    expect(code).toBe(0);
    expect(said).toMatchObject({ provisioningState: { name: 'PRE' }, controlMode: { name: 'NONE' } });
  });

  it('is activated where no management service runs', async () => {
    const { code, stdout, stderr } = await setUp('activate');
    expect([code, stderr]).toEqual([0, expect.stringContaining('no management service runs')]);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'done' });
    await emulator.daemon.until(/AMT: activated: client control mode/);
    expect(stdout + stderr + emulator.daemon.lines.join()).not.toContain(PASSWORD);
  });

  it('has its web service on this machine', async () => {
    lms = await startLms();
    expect(await curl(`${HOME}/index.htm`)).toContain('<html');
    const status = ['--output', '/dev/null', '--write-out', '%{http_code}'];
    expect(await curl(...status, `${HOME}/index.htm`)).toBe('200');
    expect(await curl(...status, '--user', 'admin:wrong', `${HOME}/index.htm`)).toBe('401');
  });

  it('answers the messages of a public library', async () => {
    const message = new AMT.Messages().GeneralSettings.Get();
    const answer = await curl(
      '--header',
      'Content-Type: application/soap+xml',
      '--data',
      message,
      `${HOME}/wsman`,
    );
    expect(answer).toContain('AMT_GeneralSettings>');
    expect(answer).toContain('DigestRealm>Digest:');
  });

  it('carries many connections at a time', async () => {
    const urls = Array.from({ length: 40 }, () => `${HOME}/index.htm`);
    const status = ['--write-out', '%{http_code}\n', '--output', '/dev/null'];
    const words = urls.flatMap((url) => [...status.slice(2), url]);
    const said = await curl(
      '--parallel',
      '--parallel-immediate',
      '--parallel-max',
      '40',
      // AMT has eight channels: who keeps an idle connection keeps one of them.
      '--header',
      'Connection: close',
      ...status.slice(0, 2),
      ...words,
    );
    expect(said.trim().split('\n')).toEqual(urls.map(() => '200'));
  });

  it('has one management service at a time', async () => {
    const { code, stderr } = await sapwood('lms');
    expect([code, stderr]).toEqual([3, expect.stringContaining('Another management service')]);
  });

  it('has its web service again after a reset of the firmware', async () => {
    const from = lms.lines.length;
    await emulator.command('reset', /the firmware resets|the device is/);
    await lms.until(/AMT is there/, { from });
    await lms.until(/Port 16992 is AMT's/, { from });
    expect(await curl(`${HOME}/index.htm`)).toContain('<html');
  });

  it('is deactivated while its management service runs', async () => {
    const { code, stdout, stderr } = await setUp('deactivate');
    expect([code, stderr]).toEqual([0, expect.stringContaining('AMT: deactivate AMT')]);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'done' });
    await emulator.daemon.until(/AMT: deactivated/);
  });

  it('is activated through its management service', async () => {
    const from = emulator.daemon.lines.length;
    const { code, stdout, stderr } = await setUp('activate');
    expect([code, stderr]).toEqual([0, expect.stringContaining('through the management service')]);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'done' });
    await emulator.daemon.until(/AMT: activated: client control mode/, { from });
  });

  it('ends its management service with a good-bye', async () => {
    await lms.stop();
    expect(lms.lines.at(-1)).toContain('has ended');
  });

  it('is told to be disabled', async () => {
    await emulator.command('amt disable', /AMT: disabled/);
    const { code, said } = await info();
    expect([code, said.amt]).toEqual([3, 'disabled']);
  });
});
