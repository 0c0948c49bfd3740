import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  BEHAVIOURS,
  behaviourByName,
  MACHINE_NAMES,
  MACHINES,
  type MachineName,
  PROFILE_PARTS,
  TIMERS,
} from '../../csme/index.ts';

const page = readFileSync(new URL('../../docs/csme.md', import.meta.url), 'utf8');

/** The arrows of a machine: `csme --> host: HOST_ASKS_FOR_NIC_OWNERSHIP`, by state and in the order of the table. */
function arrows(machine: MachineName): string[] {
  const lines = new Map<string, string[]>();
  for (const [from, row] of Object.entries(MACHINES[machine])) {
    for (const [event, steps] of Object.entries(row)) {
      for (const { to } of steps) {
        if (to === undefined || to === from) continue;
        const key = `    ${from} --> ${to}: `;
        const events = lines.get(key) ?? [];
        if (!events.includes(event)) events.push(event);
        lines.set(key, events);
      }
    }
  }
  return [...lines].map(([key, events]) => key + events.join(', ').replaceAll('timer:', 'timer '));
}

describe('docs/csme.md is what the code says', () => {
  it.each(MACHINE_NAMES)('diagram of %s', (machine) => {
    const diagram = ['```mermaid', 'stateDiagram-v2', ...arrows(machine), '```'].join('\n');
    expect(page.includes(diagram), `docs/csme.md should have, for ${machine}:\n${diagram}`).toBe(true);
  });

  it('timers', () => {
    for (const [name, { ms, choice }] of Object.entries(TIMERS)) {
      expect(page).toContain(`| \`${name}\` | ${ms / 1000} s | ${choice ? 'choice' : 'given'} |`);
    }
  });

  it('profiles and misbehaviours by name', () => {
    for (const name of Object.keys(PROFILE_PARTS)) expect(page).toContain(`| \`${name}\` |`);
    for (const name of Object.keys(BEHAVIOURS)) {
      expect(page).toContain(`| \`${name}\` |`);
      expect(behaviourByName(name)).toBeDefined();
    }
  });
});
