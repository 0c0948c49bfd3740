import { once } from 'node:events';
import { expect, test } from 'vitest';
import { namespaceProblem, spawnInNamespace } from '../../native/namespaces.ts';

const problem = namespaceProblem();

test('a problem is one sentence', () => {
  if (problem !== undefined) expect(problem).toMatch(/^[A-Z].*\.$/);
});

test.skipIf(problem)('a program sees a network of its own, with nothing but lo', async () => {
  const child = spawnInNamespace('cat', ['/proc/net/dev'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout!.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  await once(child, 'close');
  const interfaces = [...text.matchAll(/^\s*(\S+):/gm)].map((match) => match[1]);
  expect(interfaces).toEqual(['lo']);
});
