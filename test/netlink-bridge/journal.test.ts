/** The journal: what stands in it outlives the process, and nothing else is left of it. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BridgeError, fileJournal, memoryJournal } from '../../netlink-bridge/index.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = () => join(folder, 'deep', 'wlan0.wpa.json');
const ENTRY = { networks: [{ id: 3, bssid: 'any' }], disabled: [1, 2] };

test('what was written is read by whoever comes next, and only its owner may', () => {
  fileJournal(path()).write(ENTRY);
  expect(fileJournal(path()).read()).toEqual(ENTRY);
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'deep'))).toEqual(['wlan0.wpa.json']);
});

test('without an entry there is nothing to undo, also behind a clear', () => {
  const journal = fileJournal(path());
  expect(journal.read()).toBeUndefined();
  journal.clear();
  journal.write(ENTRY);
  journal.clear();
  expect(journal.read()).toBeUndefined();
  expect(readdirSync(join(folder, 'deep'))).toEqual([]);
});

test('an entry takes the place of the last one; half of one is never seen', () => {
  const journal = fileJournal(path());
  journal.write(ENTRY);
  // A process that was killed while it wrote the next one.
  writeFileSync(`${path()}.new`, '{"networks": [{"id"');
  expect(journal.read()).toEqual(ENTRY);
  journal.write({ disabled: [] });
  expect(journal.read()).toEqual({ disabled: [] });
});

test('a file that is no journal is refused with its name', () => {
  writeFileSync(join(folder, 'x.json'), '');
  const file = join(folder, 'x.json');
  const wrong = fc.oneof(fc.string(), fc.json()).filter((text) => {
    try {
      const value = JSON.parse(text);
      return typeof value !== 'object' || value === null || Array.isArray(value);
    } catch {
      return true;
    }
  });
  fc.assert(
    fc.property(wrong, (text) => {
      writeFileSync(file, text);
      expect(() => fileJournal(file).read()).toThrow(BridgeError);
      expect(() => fileJournal(file).read()).toThrow(`${file} is no journal`);
    }),
    { numRuns: 100 },
  );
});

test('one in memory does the same as long as it lives', () => {
  const journal = memoryJournal();
  expect(journal.read()).toBeUndefined();
  journal.write(ENTRY);
  expect(journal.read()).toEqual(ENTRY);
  journal.clear();
  expect(journal.read()).toBeUndefined();
});
