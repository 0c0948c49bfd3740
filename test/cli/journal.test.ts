import { afterEach, expect, test, vi } from 'vitest';
import { Journal } from '../../cli/live/journal.ts';
import { Output } from '../../cli/output.ts';

afterEach(() => void vi.restoreAllMocks());

test('a problem that comes again and again is said once, and counted', async () => {
  let said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
  const journal = await Journal.open({ output: new Output(), json: false }, { quiet: true });
  for (let i = 0; i < 3; i++) journal.problem('no room');
  journal.say('The driver is gone.');
  for (const text of ['no room', 'a ring is damaged', 'a ring is damaged']) journal.problem(text);
  await journal.close();
  expect(said.split('\n')).toEqual([
    'problem: no room',
    'problem: the same 2 more times.',
    'The driver is gone.',
    'problem: no room',
    'problem: a ring is damaged',
    'problem: the same 1 more time.',
    '',
  ]);
});
