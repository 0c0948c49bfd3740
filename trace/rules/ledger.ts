/** Where rules write down how often they were asked, and what they found. */
import type { TraceEvent } from '../event.ts';
import { RULE_IDS, RULES, type RuleId } from './catalogue.ts';
import type { Finding, RuleCount } from './finding.ts';

/** A finding that may still turn out to be one of another rule. */
export interface Entry {
  rule: RuleId;
  /** Its place in the list; `undefined` when it is not listed. */
  at: number | undefined;
}

/** Anything with a line and a time. */
type Located = Exclude<TraceEvent, { ch: 'error' }>;

/** Events of an excerpt, at most. */
const EXCERPT = 12;

export class Ledger {
  readonly #max: number;
  readonly #only: ReadonlySet<RuleId> | undefined;
  readonly #counts = new Map<RuleId, { asked: number; findings: number }>(
    RULE_IDS.map((id) => [id, { asked: 0, findings: 0 }]),
  );
  readonly #findings: (Finding | undefined)[] = [];
  #omitted = 0;

  /** `only`: the rules that are written down; all when left out. */
  constructor(max: number, only?: ReadonlySet<RuleId>) {
    this.#max = max;
    this.#only = only;
  }

  get findings(): readonly Finding[] {
    return this.#findings.filter((finding) => finding !== undefined);
  }

  get omitted(): number {
    return this.#omitted;
  }

  get failed(): boolean {
    return RULE_IDS.some((id) => RULES[id].severity === 'error' && this.#counts.get(id)!.findings > 0);
  }

  get rules(): Record<RuleId, RuleCount> {
    return Object.fromEntries(this.#counts) as Record<RuleId, RuleCount>;
  }

  /** The question of a rule came up. */
  asked(rule: RuleId): void {
    if (this.#listens(rule)) this.#counts.get(rule)!.asked++;
  }

  /** `at` is where it shows, and ends the excerpt unless it stands in it. */
  find(rule: RuleId, at: Located, expected: string, seen: string, before: readonly TraceEvent[] = []): Entry {
    if (!this.#listens(rule)) return { rule, at: undefined };
    this.#counts.get(rule)!.findings++;
    if (this.#findings.length >= this.#max) {
      this.#omitted++;
      return { rule, at: undefined };
    }
    const events = before.includes(at) ? before : [...before, at];
    const { severity } = RULES[rule];
    const excerpt = events.slice(-EXCERPT).map(kept);
    this.#findings.push({ rule, severity, line: at.line ?? 0, t: at.t, expected, seen, excerpt });
    return { rule, at: this.#findings.length - 1 };
  }

  /** What was found is something else: what seemed to be missing came late, with `event`. */
  recast(entry: Entry, rule: RuleId, event: Located, expected: string, seen: string): void {
    const { rule: before, at } = entry;
    const found = at === undefined ? undefined : this.#findings[at];
    if (this.#listens(before)) this.#counts.get(before)!.findings--;
    if (at !== undefined) this.#findings[at] = undefined;
    this.find(rule, event, expected, seen, found?.excerpt);
  }

  #listens(rule: RuleId): boolean {
    return this.#only === undefined || this.#only.has(rule);
  }
}

/** The event with bytes of its own: those of a trace are views of what was read. */
function kept<E extends TraceEvent>(event: E): E {
  return 'bytes' in event ? { ...event, bytes: event.bytes.slice() } : event;
}
