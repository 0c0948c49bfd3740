import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sapwood } from './run.ts';

describe('sapwood watchdog', () => {
  test.skipIf(existsSync('/dev/mei0'))('without a watchdog: what is missing, and what it needs', () => {
    const { status, stdout, stderr } = sapwood(['watchdog', '--json']);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toBe(
      'sapwood: This machine has no watchdog of AMT.\n' +
        'It needs an Intel platform with AMT and the kernel module mei_me: `sapwood mei list` shows what answers.\n',
    );
  });

  test('a device that is none', () => {
    const { status, stderr } = sapwood(['watchdog', '--device', '/dev/mei99']);
    expect(status).toBe(3);
    expect(stderr).toContain('/dev/mei99: There is no such MEI device.');
  });

  test.each(['119', '120.5'])('a timeout of %s cannot be', (timeout) => {
    const { status, stderr } = sapwood(['watchdog', '--timeout', timeout]);
    expect(status).toBe(2);
    expect(stderr).toContain('It takes 120 to 65535 seconds.');
  });
});
