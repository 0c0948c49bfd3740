/** The rules of the protocol, and the judge who holds a host's trace against them. */
export { isRule, RULE_IDS, RULES, type Rule, type RuleId, SEVERITIES, type Severity } from './catalogue.ts';
export type { Finding, JudgeReport, RuleCount } from './finding.ts';
export { Judge, type JudgeOptions, judge } from './judge.ts';
