import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const codesIn = (text: string) => text.match(/TRANSPORT_ERR_[A-Z_]+/g) ?? [];

it('the page lists every error of the transport, and no other', () => {
  const sources = readdirSync(new URL('transport/unix/', ROOT)).map((name) => read(`transport/unix/${name}`));
  const listed = read('docs/transports/unix.md').match(/^\| `TRANSPORT_ERR_[A-Z_]+` \|/gm) ?? [];
  expect(listed.flatMap(codesIn).toSorted()).toEqual([...new Set(sources.flatMap(codesIn))].toSorted());
});
