import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRfkillFacts } from '../../../netlink-bridge/rfkill/sysfs.ts';

const NOTHING = { name: undefined, wiphy: undefined, reasonBits: undefined };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rfkill-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(index: number, files: Record<string, string>, subsystem?: string): void {
  const device = join(folder, `rfkill${index}`, 'device');
  mkdirSync(device, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `rfkill${index}`, name), text);
  if (subsystem !== undefined) symlinkSync(subsystem, join(device, 'subsystem'));
}

test('name, wiphy and reasons', () => {
  write(
    2,
    { name: 'wifi-one\n', hard_block_reasons: '0x2\n', 'device/index': '7\n' },
    '../../../../class/ieee80211',
  );
  expect(readRfkillFacts(folder, 2)).toEqual({ name: 'wifi-one', wiphy: 7, reasonBits: 2 });
});

test('the index of another kind of device is no wiphy', () => {
  write(0, { name: 'hci0\n', 'device/index': '0\n' }, '../../class/bluetooth');
  write(1, { name: 'dell-wifi\n', 'device/index': '0\n' });
  expect(readRfkillFacts(folder, 0)).toEqual({ ...NOTHING, name: 'hci0' });
  expect(readRfkillFacts(folder, 1)).toEqual({ ...NOTHING, name: 'dell-wifi' });
});

test('no such switch', () => {
  expect(readRfkillFacts(folder, 3)).toEqual(NOTHING);
  expect(readRfkillFacts(join(folder, 'none'), 0)).toEqual(NOTHING);
});

test('files that are not in their form', () => {
  const name = '\x1b[31mphy0\n';
  write(0, { name, hard_block_reasons: '2\n', 'device/index': '-1\n' }, 'x/ieee80211');
  write(1, { name: '', hard_block_reasons: '0x\n', 'device/index': `${'1'.repeat(300)}\n` }, 'x/ieee80211');
  write(2, { name: 'x'.repeat(65), hard_block_reasons: '0x123456789\n' });
  for (const index of [0, 1, 2]) expect(readRfkillFacts(folder, index)).toEqual(NOTHING);
});

test('a pipe in the place of a file', () => {
  mkdirSync(join(folder, 'rfkill0'));
  execFileSync('mkfifo', [join(folder, 'rfkill0', 'name')]);
  expect(readRfkillFacts(folder, 0)).toEqual(NOTHING);
});
