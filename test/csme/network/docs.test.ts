import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PROVISIONED } from '../../../csme/amt/index.ts';
import { WEB_LIMITS } from '../../../csme/network/index.ts';
import { AMT_CLASSES } from '../../../csme/network/wsman/classes/index.ts';
import { FAULTS } from '../../../csme/network/wsman/faults.ts';

const page = readFileSync(new URL('../../../docs/amt-web.md', import.meta.url), 'utf8');

it('names every class with what it does, and every fault', () => {
  const rows = page.split('\n').filter((line) => /^\| [A-Z]{3}_/.test(line));
  for (const { name, put, methods = {} } of AMT_CLASSES.values()) {
    const row = rows.find((line) => new RegExp(`\\b${name}\\b`).test(line.split('|')[1]!)) ?? '';
    const cells = row.split('|').map((cell) => cell.trim());
    expect([name, cells[3] !== '']).toEqual([name, put !== undefined]);
    expect(Object.keys(methods).filter((method) => !cells[4]!.includes(method))).toEqual([]);
  }
  for (const fault of Object.values(FAULTS)) {
    expect(page).toContain(`\`${'subcode' in fault ? fault.subcode : fault.code}\``);
  }
});

it('has the limits as they are', () => {
  const row = (name: string) => page.split('\n').find((line) => line.startsWith(`| ${name}`)) ?? '';
  expect(row('connections')).toContain(`| ${WEB_LIMITS.connections};`);
  expect(row('request line')).toContain(`${WEB_LIMITS.headerBytes / 1024} KiB`);
  expect(row('body')).toContain(`${WEB_LIMITS.bodyBytes / 1024} KiB`);
  expect(row('time for the headers')).toContain(
    `${WEB_LIMITS.headersTimeoutMs / 1000} s, ${WEB_LIMITS.requestTimeoutMs / 1000} s`,
  );
  expect(row('time between')).toContain(`${WEB_LIMITS.keepAliveTimeoutMs / 1000} s`);
  expect(row('time without')).toContain(`${WEB_LIMITS.silenceTimeoutMs / 1000} s`);
  expect(row('age of a nonce')).toContain(
    `${WEB_LIMITS.nonceLifetimeMs / 60_000} minutes, ${WEB_LIMITS.nonces};`,
  );
});

it('shows the version that the service gives', () => {
  expect(page).toContain(`Intel(R) Active Management Technology ${PROVISIONED.version}`);
});
