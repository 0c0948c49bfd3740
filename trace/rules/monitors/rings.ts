/** The host's rings: what does not fit, and what a ring that is filled to its last byte loses. */
import { AREA_LAYOUTS } from '../../../sap/index.ts';
import type { Case, Located } from '../case.ts';
import type { Duties, Duty } from '../duties.ts';
import { AT_ONCE_MS, SKIP_MS } from '../tolerance.ts';
import type { Sequence } from './sequence.ts';

type Ring = 'notif' | 'data';

export class RingMonitor {
  readonly #case: Case;
  readonly #sequence: Sequence;
  /** The message that fits exactly, and may have filled its ring. */
  #filled: { [R in Ring]?: Duty | undefined } = {};

  constructor(c: Case, sequence: Sequence) {
    this.#case = c;
    this.#sequence = sequence;
    c.onFull = (ring, duty, exact) => this.#full(ring, duty, exact);
  }

  /** Whether a ring may have been filled to its last byte since CSME looked. */
  isFilled(ring: Ring): boolean {
    return this.#filled[ring] !== undefined;
  }

  /** `before` was written before what CSME reads now, and is not there. */
  passed(ring: Ring, before: readonly Duty[], event: Located): void {
    if (!this.#filled[ring]) return;
    const size = this.#size(ring);
    let bytes = 0;
    for (const [i, duty] of before.entries()) {
      bytes += duty.size ?? 0;
      if (bytes === size) return this.#lost(ring, before.slice(0, i + 1), event);
    }
  }

  /** CSME looks and finds nothing: the filled ring reads as empty. */
  advance(): void {
    for (const ring of ['notif', 'data'] as const) {
      const filled = this.#filled[ring];
      if (!filled) continue;
      const { lookedMs: nowMs, bells } = this.#case;
      const queue = this.#case[ring] as Duties<unknown>;
      const { open } = queue;
      if (!open.includes(filled) || queue.bytes !== this.#size(ring)) this.#filled[ring] = undefined;
      else if (
        nowMs - filled.atMs > AT_ONCE_MS - SKIP_MS &&
        bells.waitsUntil(nowMs, this.#case.link.deaf) === undefined
      ) {
        this.#lost(ring, open, filled.cause.at(-1)!);
      }
    }
  }

  restart(): void {
    this.#filled = {};
  }

  #full(ring: Ring, duty: Duty, exact: boolean): void {
    const { ledger } = this.#case;
    if (exact) {
      ledger.asked('ring.full-reads-empty');
      this.#filled[ring] = duty;
    } else {
      // The reference counts what it could not write.
      this.#sequence.excuse(1);
    }
  }

  #lost(ring: Ring, duties: readonly Duty[], event: Located): void {
    const written = duties.filter(({ size }) => size !== 0);
    const last = written.at(-1)!;
    const at = last.cause.at(-1)!;
    const gone = new Set(duties);
    this.#filled[ring] = undefined;
    this.#sequence.excuse(written.length);
    (this.#case[ring] as Duties<unknown>).drop((duty) => gone.has(duty));
    const size = this.#size(ring);
    this.#case.find(
      'ring.full-reads-empty',
      at,
      `at most ${size - 1} of ${size} bytes in the ${ring} ring`,
      `${written.length} messages fill it, and CSME finds it empty: all of them are lost`,
      at === event ? [] : [written[0]!.cause.at(-1)!, at, event],
    );
  }

  #size(ring: Ring): number {
    return AREA_LAYOUTS[this.#case.link.version ?? 4].rings.h2m[ring].size;
  }
}
