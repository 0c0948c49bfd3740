/** The tables of docs/conformance.md, out of the catalogues. */
import {
  CHECK_IDS,
  CHECKS,
  type CheckId,
  OWN_CHECKS,
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

export function checkTable(): string {
  const rows = CHECK_IDS.map(
    (id) => `| \`${id}\` | ${CHECKS[id].title} | ${isOwn(id) ? 'below' : 'rules.md'} |`,
  );
  const own = CHECK_IDS.filter(isOwn).map(
    (id) => `**\`${id}\`**: ${CHECKS[id].doc} Source: ${CHECKS[id].source}.`,
  );
  return [
    '| check | what | explained |',
    '|---|---|---|',
    ...rows,
    ...own.flatMap((line) => ['', line]),
  ].join('\n');
}

function isOwn(id: CheckId): boolean {
  return Object.hasOwn(OWN_CHECKS, id);
}
