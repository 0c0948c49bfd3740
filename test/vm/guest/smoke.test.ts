/** The virtual machine itself: what its kernel has to offer to the other tests. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { describe, expect, it, test } from 'vitest';
import { native, nativeProblem } from '../../../native/index.ts';

test('the kernel is not that of the host', () => {
  // Only the guest boots with this console.
  expect(readFileSync('/proc/cmdline', 'utf8')).toContain('rdinit=/init');
  expect(release()).toMatch(/^\d+\.\d+/);
});

describe('devices', () => {
  it.each(['/dev/cuse', '/dev/fuse', '/dev/rfkill', '/dev/net/tun'])('%s is there', (path) => {
    expect(statSync(path).isCharacterDevice()).toBe(true);
  });

  it('has four simulated radios', () => {
    expect(readdirSync('/sys/class/ieee80211')).toEqual(['phy0', 'phy1', 'phy2', 'phy3']);
  });

  it('has their rfkill switches, not blocked by hardware', () => {
    const switches = readdirSync('/sys/class/rfkill').map((name) => `/sys/class/rfkill/${name}`);
    expect(switches).toHaveLength(4);
    for (const path of switches) {
      expect(readFileSync(`${path}/type`, 'utf8').trim()).toBe('wlan');
      expect(readFileSync(`${path}/hard`, 'utf8').trim()).toBe('0');
    }
  });
});

test('nl80211 is a family of generic netlink', () => {
  expect(execFileSync('genl', ['ctrl', 'list'], { encoding: 'utf8' })).toMatch(/^Name: nl80211$/m);
});

test('the addon loads', () => {
  expect(nativeProblem()).toBeUndefined();
  expect(native().ifIndex('wlan0')).toBeGreaterThan(0);
});
