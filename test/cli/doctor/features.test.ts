import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, test } from 'vitest';
import { examine, FEATURES, type FeatureName } from '../../../cli/doctor/features.ts';
import type { Machine } from '../../../cli/doctor/machine.ts';
import { examinedJson, examinedText, summaryText } from '../../../cli/doctor/text.ts';
import type { Terminal } from '../../../cli/output.ts';
import { TestMachine } from './support/machine.ts';

const made: TestMachine[] = [];
afterEach(() => {
  for (const machine of made.splice(0)) machine.remove();
});
function machineOf(answers?: Partial<Machine>): Machine {
  made.push(new TestMachine({ 'dev/cuse': undefined }, answers));
  return made.at(-1)!.machine;
}
const NAMES = Object.keys(FEATURES) as FeatureName[];
const PLAIN: Terminal = { width: 60, colours: false, unicode: true, interactive: false };

describe('features', () => {
  it('bring what they need, in the order of the table', async () => {
    const names = async (wanted: FeatureName[]) =>
      (await examine(machineOf(), wanted)).map(({ name }) => name);
    expect(await names(['agent'])).toEqual(['base', 'native', 'card', 'agent']);
    expect(await names(['device', 'sessions'])).toEqual(['base', 'native', 'sessions', 'device']);
    expect(await names(NAMES)).toEqual(NAMES);
  });

  it('do not work where what they need does not', async () => {
    const works = async (answers?: Partial<Machine>) =>
      Object.fromEntries((await examine(machineOf(answers), NAMES)).map((one) => [one.name, one.works]));
    expect(await works()).toEqual({
      base: true,
      native: true,
      sessions: true,
      device: false,
      mei: false,
      card: false,
      agent: false,
    });
    const noAddon = await works({ nativeProblem: () => 'It is gone. Build it.' });
    expect(noAddon).toMatchObject({ base: true, native: false, sessions: false });
    expect(Object.values(await works({ nodeVersion: '18.0.0' }))).toEqual(NAMES.map(() => false));
  });
});

test('for people: a line for each finding, and what helps behind it', async () => {
  const examined = await examine(machineOf(), ['device']);
  const text = (terminal: Terminal) => examined.flatMap((one) => examinedText(one, terminal)).join('\n');
  expect(text(PLAIN)).toBe(`base: protocol, emulated CSME, traces, replay, validation
  ✓ Node.js             20.19.0
native: system calls that Node.js does not have
  ✓ addon               loaded
device: the emulated CSME as /dev/mei0
  ✗ CUSE                /dev/cuse is not there
      \`modprobe cuse\`, if this kernel has it (CONFIG_CUSE).`);
  expect(text({ ...PLAIN, unicode: false })).toContain('  NO CUSE   ');
  expect(text({ ...PLAIN, width: 40 })).toContain('\n      `modprobe cuse`, if this kernel\n      has it');
  expect(text({ ...PLAIN, colours: true })).toContain('\u001b[31m✗\u001b[39m CUSE');
  expect(summaryText(examined)).toBe('Works: base, native. Does not work: device.');
  expect(summaryText(examined.slice(0, 1))).toBe('Works: base.');
});

test('for programs: the same, with null where nothing is to be done', async () => {
  const examined = await examine(machineOf(), ['device']);
  expect(JSON.parse(JSON.stringify(examined.map(examinedJson)))).toEqual([
    {
      name: 'base',
      doc: FEATURES.base.doc,
      works: true,
      findings: [{ name: 'Node.js', state: 'good', detail: '20.19.0', remedy: null }],
    },
    {
      name: 'native',
      doc: FEATURES.native.doc,
      works: true,
      findings: [{ name: 'addon', state: 'good', detail: 'loaded', remedy: null }],
    },
    {
      name: 'device',
      doc: FEATURES.device.doc,
      works: false,
      findings: [
        {
          name: 'CUSE',
          state: 'missing',
          detail: '/dev/cuse is not there',
          remedy: '`modprobe cuse`, if this kernel has it (CONFIG_CUSE).',
        },
      ],
    },
  ]);
});

test('docs/doctor.md has the table of features', () => {
  const docs = readFileSync(new URL('../../../docs/doctor.md', import.meta.url), 'utf8');
  const rows = Object.entries(FEATURES).map(
    ([name, { doc, needs }]) => `| \`${name}\` | ${doc} | ${needs.map((need) => `\`${need}\``).join(', ')} |`,
  );
  expect(docs).toContain(`|---|---|---|\n${rows.join('\n')}\n\n`);
});
