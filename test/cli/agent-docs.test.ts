/** docs/agent.md and the systemd unit, held against what they speak of. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { agentSections } from '../../cli/agent/docs.ts';
import { fillSections } from '../../ownership/diagram.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const PAGE = read('docs/agent.md');
const UNIT = read('systemd/sapwood-agent.service');

test('the page has the generated parts as they are', () => {
  expect(fillSections(PAGE, agentSections())).toBe(PAGE);
  for (const text of agentSections().values()) expect(PAGE).toContain(text);
});

test('the page has the example as it is', () => {
  expect(PAGE).toContain(`\`\`\`ts\n${read('examples/agent.ts')}\`\`\``);
});

test.each(['agent.ts', 'card.ts', 'own-supplicant.ts'])('%s is an example of twenty-odd lines', (name) => {
  expect(read(`examples/${name}`).trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  expect(PAGE).toContain(`examples/${name}`);
});

describe('the unit', () => {
  test('restores whatever ended the agent, and keeps the journal until then', () => {
    expect(UNIT).toMatch(/^ExecStopPost=.* agent --restore$/m);
    expect(UNIT).toMatch(/^RuntimeDirectory=sapwood$/m);
    expect(UNIT).toMatch(/^RuntimeDirectoryPreserve=yes$/m);
  });

  test('leaves one capability, one device, and no network but local sockets', () => {
    expect(UNIT).toMatch(/^CapabilityBoundingSet=CAP_NET_ADMIN$/m);
    expect(UNIT.match(/^DeviceAllow=.*$/gm)).toEqual(['DeviceAllow=/dev/rfkill r']);
    expect(UNIT).toMatch(/^RestrictAddressFamilies=AF_UNIX AF_NETLINK$/m);
  });
});
