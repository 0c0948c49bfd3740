/** The recordings that come with the package, replayed. */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import type { ReplayReport } from '../../trace/index.ts';
import { replayFile } from '../commands/replay.ts';

/** Recordings of the real iwlmei, in the repository as in the package. */
export const RECORDINGS = join(
  dirname(createRequire(import.meta.url).resolve('sapwood/package.json')),
  'test/data/traces',
);

/** Their names, sorted; none when the package came without them. */
export function recordingNames(folder = RECORDINGS): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
    return names.sort(new Intl.Collator('en', { numeric: true }).compare);
  } catch {
    return [];
  }
}

/** How a shell in the current folder names one of them. */
export function pathFromHere(name: string): string {
  const path = join(RECORDINGS, name);
  const way = relative(process.cwd(), path);
  return way.startsWith('..') ? path : way;
}

/** Replays one of them; its report has the name without the folder. */
export async function replayRecording(name: string, folder = RECORDINGS): Promise<ReplayReport> {
  return { ...(await replayFile(join(folder, name))), file: name };
}
