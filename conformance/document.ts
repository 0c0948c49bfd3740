/** What a run has found, for other programs: one JSON document, or JUnit's XML. */
import { describe, eventToJson } from '../trace/index.ts';
import type { CheckFinding, ScenarioOutcome } from './contract.ts';
import type { Results } from './results.ts';
import { SUITE_NAMES } from './scenario.ts';

/** A value for `JSON.stringify`. */
export function jsonDocument(results: Results): { readonly [name: string]: unknown } {
  const finding = ({ scenario, t, expected, seen, excerpt }: CheckFinding) => {
    return { scenario, t, expected, seen, excerpt: excerpt.map(eventToJson) };
  };
  return {
    driver: results.driver ?? null,
    totals: results.totals(),
    checks: results.checks().map((check) => ({ ...check, findings: check.findings.map(finding) })),
    scenarios: results.outcomes.map(({ scenario: { id, suite, title }, status, reason, tries, tookMs }) => {
      return { id, suite, title, status, reason, tries, tookMs };
    }),
  };
}

/** A test suite for each suite, a test case for each scenario, a failure for each finding. */
export function junitDocument(results: Results): string {
  const suites = SUITE_NAMES.flatMap((suite) => {
    const outcomes = results.outcomes.filter(({ scenario }) => scenario.suite === suite);
    return outcomes.length === 0 ? [] : [suiteXml(suite, outcomes)];
  });
  const { scenarios, tookMs } = results.totals();
  const counts = countsXml(results.outcomes.length, scenarios.failed, scenarios['not run'], tookMs);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="sapwood conformance" ${counts}>\n${suites.join('')}</testsuites>\n`;
}

function suiteXml(suite: string, outcomes: readonly ScenarioOutcome[]): string {
  const failed = outcomes.filter(({ status }) => status === 'failed').length;
  const skipped = outcomes.filter(({ status }) => status === 'not run').length;
  const tookMs = outcomes.reduce((sum, outcome) => sum + outcome.tookMs, 0);
  const cases = outcomes.map((outcome) => caseXml(suite, outcome)).join('');
  return `  <testsuite name="${xml(suite)}" ${countsXml(outcomes.length, failed, skipped, tookMs)}>\n${cases}  </testsuite>\n`;
}

function caseXml(suite: string, { scenario, status, reason, findings, tookMs }: ScenarioOutcome): string {
  const head = `    <testcase classname="${xml(suite)}" name="${xml(scenario.id)}" time="${seconds(tookMs)}"`;
  if (status === 'passed') return `${head}/>\n`;
  const skipped = `      <skipped message="${xml(reason ?? '')}"/>\n`;
  const body = status === 'failed' ? findings.map(failureXml).join('') : skipped;
  return `${head}>\n${body}    </testcase>\n`;
}

function failureXml({ check, expected, seen, excerpt }: CheckFinding): string {
  const message = `expected ${expected}; seen: ${seen}`;
  const lines = excerpt.map((event) => {
    const time = 't' in event ? event.t.toFixed(6) : '';
    const dir = 'dir' in event ? event.dir : '';
    return `${time} ${event.ch} ${dir} ${describe(event).headline}`;
  });
  return `      <failure type="${xml(check)}" message="${xml(message)}">${xml(lines.join('\n'))}</failure>\n`;
}

function countsXml(tests: number, failures: number, skipped: number, tookMs: number): string {
  return `tests="${tests}" failures="${failures}" errors="0" skipped="${skipped}" time="${seconds(tookMs)}"`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text as XML 1.0 can have it: what it has no place for becomes U+FFFD. */
export function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (c) => ENTITIES[c]!);
}
