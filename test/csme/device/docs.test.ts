import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEVICE_ERRORS } from '../../../csme/device/index.ts';
import { MAX_MESSAGE_BYTES } from '../../../csme/device/session.ts';
import { standardClients } from '../../../csme/mei/index.ts';

const page = readFileSync(new URL('../../../docs/mei-device.md', import.meta.url), 'utf8');

test('the page has every error of the server', () => {
  const documented = [...page.matchAll(/^\| `(DEVICE_ERR_\w+)` \|/gm)].map(([, code]) => code);
  expect(documented).toEqual(Object.keys(DEVICE_ERRORS));
});

test('the page has every client', () => {
  const documented = [...page.matchAll(/^\| ([\w ]+) \| `([0-9a-f-]{36})` \|/gm)].map(([, name, guid]) => [
    name,
    guid,
  ]);
  expect(documented).toEqual(standardClients().map(({ name, guid }) => [name, guid]));
});

test('the page has the longest message', () => {
  expect(page).toContain(`${MAX_MESSAGE_BYTES.toLocaleString('en')} bytes`);
});
