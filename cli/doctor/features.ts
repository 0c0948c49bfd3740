/** What the project offers, with what each of it needs: the one table of the doctor. */
import { checkAgent } from './checks/agent.ts';
import { checkAddon, checkCuse, checkNode, checkSessions } from './checks/base.ts';
import { checkCard } from './checks/card.ts';
import { checkMei } from './checks/mei.ts';
import type { Finding } from './finding.ts';
import type { Machine } from './machine.ts';

export interface Feature {
  readonly doc: string;
  /** Other features that it is made of. */
  readonly needs: readonly FeatureName[];
  check(machine: Machine): readonly Finding[] | Promise<readonly Finding[]>;
}

export const FEATURES = {
  base: { doc: 'protocol, emulated CSME, traces, replay, validation', needs: [], check: checkNode },
  native: { doc: 'system calls that Node.js does not have', needs: ['base'], check: checkAddon },
  sessions: { doc: 'remote sessions through a real network', needs: ['native'], check: checkSessions },
  device: { doc: 'the emulated CSME as /dev/mei0', needs: ['native'], check: checkCuse },
  mei: { doc: 'the firmware of this machine', needs: ['native'], check: checkMei },
  card: { doc: 'the card that CSME shares: sapwood nic', needs: ['native'], check: checkCard },
  agent: { doc: 'take-over without breaking a session: sapwood agent', needs: ['card'], check: checkAgent },
} as const satisfies Readonly<Record<string, unknown>>;
export type FeatureName = 'base' | 'native' | 'sessions' | 'device' | 'mei' | 'card' | 'agent';

export interface Examined {
  readonly name: FeatureName;
  readonly findings: readonly Finding[];
  /** Nothing that it needs is missing, nor anything that those need. */
  readonly works: boolean;
}

/** Examines these features and those that they need, in the order of the table. */
export async function examine(machine: Machine, wanted: readonly FeatureName[]): Promise<Examined[]> {
  const all = withNeeds(wanted);
  const examined: Examined[] = [];
  for (const name of Object.keys(FEATURES) as FeatureName[]) {
    if (!all.has(name)) continue;
    const { needs, check }: Feature = FEATURES[name];
    const findings = await check(machine);
    const isWhole = findings.every(({ state }) => state !== 'missing');
    const works = isWhole && needs.every((need) => examined.find((one) => one.name === need)?.works);
    examined.push({ name, findings, works });
  }
  return examined;
}

function withNeeds(wanted: readonly FeatureName[]): Set<FeatureName> {
  const all = new Set(wanted);
  // A set that grows while it is walked through is walked to its end.
  for (const name of all) for (const need of (FEATURES[name] as Feature).needs) all.add(need);
  return all;
}
