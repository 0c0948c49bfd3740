/** What the doctor found, for people and for programs. */
import pc from 'picocolors';
import type { Terminal } from '../output.ts';
import { wrapWords } from '../words.ts';
import { type Examined, FEATURES } from './features.ts';
import type { Finding, FindingState } from './finding.ts';

const NAME_COLUMN = 20;
const REMEDY_INDENT = 6;

/** Signs of the states, and the same without Unicode. */
const SIGNS: Readonly<Record<FindingState, readonly [string, string]>> = {
  good: ['✓', 'ok'],
  missing: ['✗', 'NO'],
  optional: ['–', '--'],
};

export function examinedText({ name, findings }: Examined, terminal: Terminal): string[] {
  const paint = pc.createColors(terminal.colours);
  return [
    paint.bold(`${name}: ${FEATURES[name].doc}`),
    ...findings.flatMap((finding) => findingText(finding, terminal)),
  ];
}

function findingText({ name, state, detail, remedy }: Finding, terminal: Terminal): string[] {
  const { green, red, dim } = pc.createColors(terminal.colours);
  const paint = { good: green, missing: red, optional: dim }[state];
  const sign = SIGNS[state][terminal.unicode ? 0 : 1];
  const room = terminal.width - REMEDY_INDENT;
  return [
    `  ${paint(sign)} ${name.padEnd(NAME_COLUMN)}${detail}`,
    ...wrapWords(remedy?.split(' ') ?? [], room).map((line) => ' '.repeat(REMEDY_INDENT) + line),
  ];
}

/** The last line: what works and what does not. */
export function summaryText(examined: readonly Examined[]): string {
  const named = (works: boolean) => examined.filter((one) => one.works === works).map(({ name }) => name);
  const parts = [];
  if (named(true).length > 0) parts.push(`Works: ${named(true).join(', ')}.`);
  if (named(false).length > 0) parts.push(`Does not work: ${named(false).join(', ')}.`);
  return parts.join(' ');
}

export function examinedJson({ name, findings, works }: Examined): object {
  return {
    name,
    doc: FEATURES[name].doc,
    works,
    findings: findings.map((finding) => ({ ...finding, remedy: finding.remedy ?? null })),
  };
}
