/** The host's door bells: not too early, and not too late for what was written. */
import { TIMERS } from '../../../ownership/index.ts';
import { ME_MSG } from '../../../sap/index.ts';
import type { WireEvent } from '../../event.ts';
import type { Case, Located, Read } from '../case.ts';
import type { Duty } from '../duties.ts';
import { BELL_GAP_MS, BELL_LATE_MS, BELL_SEEN_LATE_MS, SKIP_MS } from '../tolerance.ts';
import type { Monitor } from './monitor.ts';
import { u32OrZero } from './start.ts';

export class BellMonitor implements Monitor {
  readonly #case: Case;
  #last: WireEvent | undefined;
  /** When the next bell may come at the earliest, by all that have come. */
  #dueMs = Number.NEGATIVE_INFINITY;
  /** A bell that is too early, unless HOST_GOES_DOWN was behind it. */
  #early: { readonly event: WireEvent; readonly gapMs: number; readonly last: WireEvent } | undefined;

  constructor(c: Case) {
    this.#case = c;
  }

  me(event: WireEvent): void {
    if (u32OrZero(event.bytes) !== ME_MSG.CHECK_SHARED_AREA) return;
    const { link, ledger, nowMs, bells } = this.#case;
    this.#tell();
    const gapMs = nowMs - bells.lastMs;
    if (this.#last && !link.leaving && !link.saidGoodbye) {
      ledger.asked('bell.throttle');
      if (this.#isEarly(gapMs)) this.#early = { event, gapMs, last: this.#last };
    }
    this.#dueMs = Math.max(this.#dueMs, nowMs) + TIMERS.bellThrottle.ms;
    this.#last = event;
    this.#case.rang();
  }

  read({ message }: Read): void {
    this.#case.bells.read(this.#case.nowMs);
    if (message.name === 'HOST_GOES_DOWN') this.#early = undefined;
  }

  advance(): void {
    if (this.#early && this.#case.nowMs - this.#early.event.t * 1000 > SKIP_MS) this.#tell();
  }

  linkEnded(): void {
    // The bell of a removal that the trace does not name otherwise.
    this.#early = undefined;
    this.#last = undefined;
    this.#dueMs = Number.NEGATIVE_INFINITY;
  }

  end(): void {
    this.#tell();
  }

  /** A message was read that was written when `duty` came up. */
  signalled(duty: Duty, event: Located): void {
    const { ledger, bells, link, lookedMs } = this.#case;
    if (duty.silent === true || duty.fromMs !== undefined || link.deaf || link.leaving) return;
    const { atMs } = duty;
    ledger.asked('bell.missing');
    if (lookedMs - atMs <= BELL_LATE_MS) return;
    ledger.asked('bell.repeat');
    const { firstMs, gapMs } = bells.signalled(atMs, lookedMs);
    const after = `${Math.round(lookedMs - atMs)} ms after what asked for it`;
    if (firstMs > BELL_LATE_MS) {
      const seen = `read ${after}, first bell ${Number.isFinite(firstMs) ? `after ${Math.round(firstMs)} ms` : 'never'}`;
      this.#case.find('bell.missing', event, 'a door bell within 100 ms', seen, duty.cause);
    } else if (gapMs > BELL_LATE_MS) {
      const seen = `read ${after}, ${Math.round(gapMs)} ms of it without a bell`;
      this.#case.find('bell.repeat', event, 'a door bell every 100 ms until it is read', seen, duty.cause);
    }
  }

  /** Recorded at CSME's end, where bells are stamped when they arrive, a single gap says nothing. */
  #isEarly(gapMs: number): boolean {
    const { sees, nowMs } = this.#case;
    if (sees.driver && !sees.area) return gapMs < BELL_GAP_MS;
    return this.#dueMs - nowMs > BELL_SEEN_LATE_MS;
  }

  #tell(): void {
    if (!this.#early) return;
    const { event, gapMs, last } = this.#early;
    this.#early = undefined;
    const seen = `${gapMs.toFixed(1)} ms after the last one`;
    this.#case.find('bell.throttle', event, 'a door bell 100 ms after the last one', seen, [last]);
  }
}
