/** How long the command takes to say that this machine has no MEI device, beside Node.js that starts and does nothing. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median } from './median.ts';
import type { BenchResult } from './result.ts';

const ROUNDS = 15;
/** What a person does not notice. */
const REQUIRED_MS = 200;
const MAIN = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const LACKING = 3;

export function startBench(): BenchResult[] {
  const info: number[] = [];
  const nothing: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const [infoMs, status] = timed([MAIN, 'amt', 'info']);
    const [nothingMs] = timed(['-e', '0']);
    // A machine that has a device asks it: that takes as long as its firmware does.
    if (status !== LACKING) return [];
    if (round === 0) continue;
    info.push(infoMs);
    nothing.push(nothingMs);
  }
  const value = median(info);
  const common = { name: 'amt info without a MEI device', unit: 'ms', value };
  const [ratio, anchorValue] = [REQUIRED_MS / value, median(nothing)];
  return [
    { ...common, anchor: 'required', anchorValue: REQUIRED_MS, ratio, target: 1, ok: ratio >= 1 },
    { ...common, anchor: 'node -e 0', anchorValue, ratio: anchorValue / value, target: 0, ok: true },
  ];
}

function timed(args: readonly string[]): [ms: number, status: number | null] {
  const begun = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: 'ignore', timeout: 10_000 });
  return [performance.now() - begun, status];
}
