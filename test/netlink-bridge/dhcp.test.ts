/** The DHCP client of a connection: started for it, ended with it. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DhcpClient } from '../../netlink-bridge/dhcp.ts';
import { SILENT } from '../../netlink-bridge/log.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dhcp-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const written = (name: string) =>
  vi.waitFor(() => readFileSync(join(folder, name), 'utf8'), { timeout: 20_000 });
const shell = (script: string) => ['sh', '-c', script, 'sh', folder, 'on {interface}, {interface}'];

test('gets the name of the interface, and says how it ended', async () => {
  const lines: string[] = [];
  const say = (_: object, text: string) => void lines.push(text);
  const log = { ...SILENT, debug: say, warn: say };
  new DhcpClient(shell('printf "%s" "$2" >"$1/args.new"; mv "$1/args.new" "$1/args"'), 'wlp2s0', log).start();
  expect(await written('args')).toBe('on wlp2s0, wlp2s0');
  await vi.waitFor(() => expect(lines).toEqual(['The DHCP client is done.']), { timeout: 20_000 });
  lines.length = 0;
  new DhcpClient(['false'], 'wlan0', log).start();
  await vi.waitFor(() => expect(lines).toEqual(['The DHCP client failed.']), { timeout: 20_000 });
});

test('a new connection ends the client of the last one, and so does the end', async () => {
  const script =
    'trap "echo >$1/ended.$$; exit" TERM; echo >"$1/started.$$"; echo $$ >>"$1/pids"; while :; do sleep 0.05; done';
  const client = new DhcpClient(shell(script), 'wlan0', SILENT);
  const pids = (count: number) =>
    vi.waitFor(
      async () => {
        const all = (await written('pids')).trim().split('\n');
        expect(all).toHaveLength(count);
        return all;
      },
      { timeout: 20_000 },
    );
  const ended = (pid: string | undefined) =>
    vi.waitFor(() => expect(existsSync(join(folder, `ended.${pid}`))).toBe(true), { timeout: 20_000 });
  client.start();
  const [first] = await pids(1);
  client.start();
  await ended(first);
  const [, second] = await pids(2);
  client.stop();
  await ended(second);
  client.stop();
});

test('a program that is not there is said, and nothing else happens', async () => {
  const error = vi.fn();
  new DhcpClient(['/nonexistent/dhcp'], 'wlan0', { ...SILENT, error }).start();
  await vi.waitFor(() => expect(error).toHaveBeenCalledOnce(), { timeout: 20_000 });
  expect(error.mock.calls[0]?.[1]).toContain('/nonexistent/dhcp');
});

test.each([[['']], [['dh\0cp']], [['true', 'a\0b']]])(
  '%j cannot be run: so it is said, and nothing is thrown',
  (command) => {
    const error = vi.fn();
    const client = new DhcpClient(command, 'wlan0', { ...SILENT, error });
    client.start();
    client.start();
    client.stop();
    expect(error).toHaveBeenCalledTimes(2);
    expect(error.mock.calls[0]?.[1]).toMatch(/^The DHCP client cannot be run: ./);
  },
);
