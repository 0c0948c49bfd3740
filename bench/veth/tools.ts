/** The programs that the bench runs. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const TOOLS: readonly (readonly [program: string, debianPackage: string])[] = [
  ['ip', 'iproute2'],
  ['taskset', 'util-linux'],
  ['tcpdump', 'tcpdump'],
  ['cc', 'gcc and libc6-dev'],
];

/** One sentence that says what is missing, or undefined. */
export function missingTools(): string | undefined {
  const missing = TOOLS.filter(([program]) => spawnSync(program, ['--version']).error !== undefined);
  if (missing.length === 0) return undefined;
  const names = missing.map(([program, debianPackage]) => `${program} (Debian: ${debianPackage})`);
  return `Not on the PATH: ${names.join(', ')}.`;
}

/** Why tcpdump cannot start: as root it sets its groups anew, whatever its options, which only real root may. */
export function rootProblem(): string | undefined {
  const mayNot = readFileSync('/proc/self/setgroups', 'utf8').startsWith('deny');
  if (process.geteuid?.() === 0 && !mayNot) return undefined;
  return 'tcpdump sets its groups when it starts, which a user namespace refuses: run the bench as root.';
}

/** What `tcpdump --version` says of itself and its library: "tcpdump 4.99.3, libpcap 1.10.3". */
export function tcpdumpVersion(): string {
  const { stdout, stderr } = spawnSync('tcpdump', ['--version'], { encoding: 'utf8' });
  return shortVersion(`${stdout}${stderr}`);
}

export function shortVersion(said: string): string {
  const lines = said.split('\n').slice(0, 2);
  return lines.map((line) => line.replace(' version ', ' ').replace(/ \(.*/, '')).join(', ');
}
