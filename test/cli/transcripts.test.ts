/**
 * Runs the transcripts beside this file. A `console` block begins with the command (`$ NAME=value sapwood … < FILE`);
 * then comes what it prints: stdout as it is, stderr behind `2> `, and `exit N` if that is not 0. Paths are relative to
 * `test/cli/data`.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { DATA, MAIN } from './command.ts';

const folder = new URL('.', import.meta.url);
for (const file of readdirSync(folder).filter((name) => name.endsWith('.md'))) {
  describe(file, () => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    for (const [, block] of text.matchAll(/```console\n(.*?)```/gs)) {
      const end = block!.indexOf('\n');
      test(block!.slice(2, end), () => {
        expect(run(block!.slice(2, end))).toBe(block!.slice(end + 1));
      });
    }
  });
}

function run(command: string): string {
  const words = command.match(/'[^']*'|\S+/g)!.map((word) => word.replace(/^'(.*)'$/, '$1'));
  const env: Record<string, string> = { PATH: process.env.PATH ?? '', LANG: 'C.UTF-8' };
  while (words[0]?.includes('=')) {
    const [name, value] = words.shift()!.split('=');
    env[name!] = value!;
  }
  expect(words.shift()).toBe('sapwood');
  const from = words.indexOf('<');
  const input = from < 0 ? '' : readFileSync(new URL(words.splice(from, 2)[1]!, DATA));
  const result = spawnSync(process.execPath, [MAIN, ...words], { cwd: DATA, env, input, encoding: 'utf8' });
  const stderr = result.stderr.replace(/^(?=.)/gm, '2> ');
  return result.stdout + stderr + (result.status === 0 ? '' : `exit ${result.status}\n`);
}
