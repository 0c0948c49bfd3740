/** The tables of docs/conformance.md, out of the catalogue and a run. */
import {
  CHECKS,
  type CheckId,
  OWN_CHECKS,
  type Results,
  SCENARIOS,
  SUITE_NAMES,
  SUITES,
} from '../../../conformance/index.ts';

export function suiteTable(): string {
  const rows = SUITE_NAMES.map((suite) => {
    const own = SCENARIOS.filter((scenario) => scenario.suite === suite);
    const alone = own.filter(({ needs }) => needs.length === 0).length;
    return `| \`${suite}\` | ${SUITES[suite]} | ${own.length} | ${alone} |`;
  });
  return [
    '| suite | what it is about | scenarios | of them without a helper |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

/** `results`: of a run of everything, for the suites that put a check to the test. */
export function checkTable(results: Results): string {
  const suiteOf = new Map(SCENARIOS.map(({ id, suite }) => [id, suite]));
  const rows = results.checks().map(({ id, title, scenarios }) => {
    const asking = SUITE_NAMES.filter((suite) =>
      scenarios.some((scenario) => suiteOf.get(scenario) === suite),
    );
    const suites = asking.length === SUITE_NAMES.length ? 'all' : asking.join(', ');
    return `| \`${id}\` | ${title} | ${suites} |`;
  });
  const own = (Object.keys(OWN_CHECKS) as CheckId[]).map(
    (id) => `**\`${id}\`**: ${CHECKS[id].doc} Source: ${CHECKS[id].source}.`,
  );
  return [
    '| check | what | suites that ask it |',
    '|---|---|---|',
    ...rows,
    '',
    ...own.flatMap((line) => [line, '']),
  ]
    .join('\n')
    .trimEnd();
}
