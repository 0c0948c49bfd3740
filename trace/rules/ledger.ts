/** Where rules write down how often they were asked, and what they found. */
import type { TraceEvent } from '../event.ts';
import { RULE_IDS, RULES, type RuleId } from './catalogue.ts';
import type { Finding, RuleCount } from './finding.ts';

/** A finding that may still turn out to be one of another rule. */
export interface Entry {
  rule: RuleId;
  /** Its place in the list; `undefined` when the list was full. */
  at: number | undefined;
}

/** Anything with a line and a time. */
type Located = Exclude<TraceEvent, { ch: 'error' }>;

/** Events of an excerpt, at most. */
const EXCERPT = 12;

export class Ledger {
  readonly #max: number;
  readonly #counts = new Map<RuleId, { asked: number; findings: number }>(
    RULE_IDS.map((id) => [id, { asked: 0, findings: 0 }]),
  );
  readonly #findings: Finding[] = [];
  #omitted = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get findings(): readonly Finding[] {
    return this.#findings;
  }

  get omitted(): number {
    return this.#omitted;
  }

  get rules(): Record<RuleId, RuleCount> {
    return Object.fromEntries(this.#counts) as Record<RuleId, RuleCount>;
  }

  /** The question of a rule came up. */
  asked(rule: RuleId): void {
    this.#counts.get(rule)!.asked++;
  }

  /** `at` is where it shows, and ends the excerpt unless it stands in it. */
  find(rule: RuleId, at: Located, expected: string, seen: string, before: readonly TraceEvent[] = []): Entry {
    this.#counts.get(rule)!.findings++;
    if (this.#findings.length >= this.#max) {
      this.#omitted++;
      return { rule, at: undefined };
    }
    const events = before.includes(at) ? before : [...before, at];
    this.#findings.push({
      rule,
      severity: RULES[rule].severity,
      line: at.line ?? 0,
      t: at.t,
      expected,
      seen,
      excerpt: events.slice(-EXCERPT).map(kept),
    });
    return { rule, at: this.#findings.length - 1 };
  }

  /** What was found is something else: what seemed to be missing came late. */
  recast(entry: Entry, rule: RuleId, expected: string, seen: string, event: TraceEvent): void {
    this.#counts.get(entry.rule)!.findings--;
    this.#counts.get(rule)!.findings++;
    entry.rule = rule;
    if (entry.at === undefined) return;
    const finding = this.#findings[entry.at]!;
    const excerpt = [...finding.excerpt, kept(event)].slice(-EXCERPT);
    this.#findings[entry.at] = { ...finding, rule, severity: RULES[rule].severity, expected, seen, excerpt };
  }
}

/** The event with bytes of its own: those of a trace are views of what was read. */
export function kept<E extends TraceEvent>(event: E): E {
  return 'bytes' in event ? { ...event, bytes: event.bytes.slice() } : event;
}
