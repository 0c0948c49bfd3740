/** docs/agent-states.md shows what the agent's tables say. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PHASES, TIMER_NAMES, TROUBLES } from '../../../netlink-bridge/agent/index.ts';
import { TRANSITIONS } from '../../../netlink-bridge/agent/transitions.ts';
import { fillSections } from '../../../ownership/diagram.ts';
import { agentStateSections } from '../../../scripts/agent-states.ts';

const PAGE = readFileSync(new URL('../../../docs/agent-states.md', import.meta.url), 'utf8');
const sections = agentStateSections();

describe('docs/agent-states.md', () => {
  test('is up to date', () => {
    expect(fillSections(PAGE, sections) === PAGE, 'stale: run `npm run generate`').toBe(true);
  });

  test('has a place for every generated part', () => {
    for (const [name, text] of sections) {
      expect(PAGE).toContain(`<!-- generated: ${name} -->\n${text}\n<!-- end: ${name} -->`);
    }
  });

  test('names every guard and action', () => {
    for (const text of sections.values()) expect(text).not.toMatch(/\?`|\[\?\]/);
  });

  test('has every phase, every row, every timer and every trouble', () => {
    const events = Object.values(TRANSITIONS).flatMap((rows) => Object.keys(rows));
    for (const event of events) expect(sections.get('rows')).toContain(`| \`${event}\` |`);
    for (const phase of Object.keys(PHASES)) expect(sections.get('phases')).toContain(`| \`${phase}\` |`);
    for (const phase of Object.keys(PHASES)) expect(sections.get('diagram')).toContain(phase);
    for (const name of TIMER_NAMES) expect(sections.get('timers')).toContain(`\`${name}\``);
    for (const name of Object.keys(TROUBLES)) expect(sections.get('troubles')).toContain(`\`${name}\``);
  });
});
