/** Every rule: a trace that keeps it, and traces that break it and nothing else. */
import { describe, expect, test } from 'vitest';
import { RULE_IDS, type RuleId } from '../../trace/index.ts';
import { FRAMES } from '../support/rules/frames.ts';
import { MESSAGES } from '../support/rules/messages.ts';
import { OWNERSHIP } from '../support/rules/ownership.ts';
import type { Cases } from '../support/rules/pieces.ts';
import { REMOVAL } from '../support/rules/removal.ts';
import { RINGS } from '../support/rules/rings.ts';
import { SERVICES } from '../support/rules/services.ts';
import { SETTINGS } from '../support/rules/settings.ts';
import { START } from '../support/rules/start.ts';
import type { Script } from '../support/script.ts';

const CASES: Cases = {
  ...START,
  ...MESSAGES,
  ...RINGS,
  ...SETTINGS,
  ...SERVICES,
  ...OWNERSHIP,
  ...FRAMES,
  ...REMOVAL,
};
/** Rules that need the memory itself: `sapwood conformance` asks them. */
const NOT_IN_A_TRACE: readonly RuleId[] = ['ring.overwrite'];

describe.each(RULE_IDS.filter((id) => !NOT_IN_A_TRACE.includes(id)))('%s', (rule) => {
  const { keeps, breaks, afterMs } = CASES[rule]!;

  test('is asked of a driver that keeps it, and holds', () => {
    const report = keeps().judged(afterMs);
    expect(report.findings).toEqual([]);
    expect(report.rules[rule].asked).toBeGreaterThan(0);
  });

  for (const [what, breaking, lineOf = (s: Script) => s.line] of breaks) {
    test(`is broken: ${what}`, () => {
      const script = breaking();
      const line = lineOf(script);
      const { findings, failed } = script.judged(afterMs);
      expect(findings.map((finding) => [finding.rule, finding.line])).toEqual([[rule, line]]);
      const finding = findings[0]!;
      expect(finding.t).toBe((script.events[line - 1] as { t: number }).t);
      expect(finding.expected).not.toBe('');
      expect(finding.seen).not.toBe('');
      expect(finding.excerpt.length).toBeGreaterThan(0);
      expect(failed).toBe(finding.severity === 'error');
    });
  }
});
