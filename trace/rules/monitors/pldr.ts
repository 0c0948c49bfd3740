/** PLDR, the product reset before a firmware load: tries, the answer, the end. */
import { PLDR_TRIES, TIMERS } from '../../../ownership/index.ts';
import { declOf, PldrStatus, SAP_HEADER_LEN } from '../../../sap/index.ts';
import type { CommandEvent } from '../../event.ts';
import type { Case, Located, Read } from '../case.ts';
import type { Found } from '../inbox.ts';
import { EARLY_MS } from '../tolerance.ts';
import type { Monitor } from './monitor.ts';

const PLDR = declOf('PLDR').id;
const PLDR_END = declOf('PLDR_END').id;

export class PldrMonitor implements Monitor {
  readonly #case: Case;
  #call: { readonly event: CommandEvent; readonly asks: boolean | undefined } | undefined;
  /** Of the current call. */
  #tries: Read[] = [];
  #acknowledged = false;
  /** `undefined`: CSME acknowledged what nobody had asked. */
  #active: boolean | undefined = false;

  constructor(c: Case) {
    this.#case = c;
  }

  found({ message }: Found): void {
    if (message?.name !== 'PLDR_ACK') return;
    const accepted = message.status === PldrStatus.SUCCESS;
    if (accepted) this.#acknowledged = true;
    const asked = this.#call !== undefined || this.#tries.length > 0;
    this.#active = accepted && (!asked || this.#case.lenient) ? undefined : accepted;
  }

  command(event: CommandEvent): void {
    const { link, nowMs } = this.#case;
    const linked = link.phase === 'connected' && !link.leaving;
    if (event.name === 'alive') return this.#alive(event, linked);
    if (event.name !== 'pldr') return;
    if (this.#call) return;
    this.#call = { event, asks: linked ? link.amt : false };
    this.#tries = [];
    this.#acknowledged = false;
    if (!linked || link.amt === false) return;
    this.#case.write('notif', {
      kind: PLDR,
      need: this.#case.need(link.amt),
      rule: 'pldr.tries',
      expected: 'PLDR',
      cause: [event],
      atMs: nowMs,
      size: SAP_HEADER_LEN + 4,
    });
  }

  read(read: Read): void {
    if (read.message.name !== 'PLDR') return;
    this.#tries.push(read);
    if (this.#tries.length > PLDR_TRIES) this.#tries.splice(1, 1);
  }

  /** A try after the first. */
  unasked({ message, event }: Read): boolean {
    if (message.name === 'PLDR_END') {
      if (this.#active !== undefined || !this.#case.sees.driver) {
        if (this.#case.sees.driver)
          this.#case.find('pldr.end', event, 'PLDR_END once, and only for an accepted PLDR');
      }
      return true;
    }
    if (message.name !== 'PLDR') return false;
    this.#tryAgain(event);
    return true;
  }

  returned(event: CommandEvent): void {
    if (event.name !== 'pldr.ret' || !this.#call) return;
    const { event: call, asks } = this.#call;
    this.#call = undefined;
    const { ledger, link } = this.#case;
    if (!asks || link.phase !== 'connected' || link.leaving || link.deaf) return;
    ledger.asked('pldr.tries');
    const ret = event.args.ret;
    if (typeof ret !== 'number') return;
    if (ret === 0 && !this.#acknowledged && this.#active === false) {
      this.#case.find('pldr.tries', event, 'an error: CSME has not accepted', 'pldr = 0', [call]);
    } else if (ret < 0 && this.#acknowledged) {
      this.#case.find('pldr.tries', event, 'success: CSME accepted', `pldr = ${ret}`, [call]);
    } else if (ret < 0 && this.#tries.length < PLDR_TRIES && !this.#waiting()) {
      this.#case.find(
        'pldr.tries',
        event,
        `an error after ${PLDR_TRIES} tries`,
        `after ${this.#tries.length}`,
        [call],
      );
    }
  }

  linkEnded(): void {
    this.#active = false;
    this.#tries = [];
  }

  joined(): void {
    this.#active = undefined;
  }

  /** The last try may not have been read yet. */
  #waiting(): boolean {
    const { bells } = this.#case;
    return bells.lastMs > bells.readMs;
  }

  #tryAgain(event: Located): void {
    const { sees, ledger, nowMs } = this.#case;
    ledger.asked('pldr.tries');
    const [first] = this.#tries;
    const last = this.#tries.at(-1);
    if (!sees.driver || !first || !last) return;
    const sinceMs = nowMs - last.event.t * 1000;
    const cause = this.#call ? [this.#call.event, last.event] : [last.event];
    if (this.#acknowledged) {
      this.#case.find('pldr.tries', event, 'no try after CSME has accepted', 'one more PLDR', cause);
    } else if (this.#tries.length >= PLDR_TRIES) {
      this.#case.find('pldr.tries', event, `at most ${PLDR_TRIES} tries`, 'one more PLDR', cause);
    } else if (sinceMs < TIMERS.pldrReply.ms - TIMERS.bellThrottle.ms - EARLY_MS) {
      const seen = `${Math.round(sinceMs)} ms after the last try`;
      this.#case.find('pldr.tries', event, '500 ms between two tries', seen, cause);
    }
  }

  #alive(event: CommandEvent, linked: boolean): void {
    const { nowMs } = this.#case;
    const active = this.#active;
    this.#active = false;
    if (!linked || active === false) return;
    const status = event.args.success === 1 ? PldrStatus.SUCCESS : PldrStatus.FAILURE;
    this.#case.write('notif', {
      kind: PLDR_END,
      need: this.#case.need(active),
      rule: 'pldr.end',
      expected: `PLDR_END with status ${status}`,
      differs: ({ message }) =>
        message.name === 'PLDR_END' && message.status === status
          ? undefined
          : `PLDR_END with status ${status}`,
      cause: [event],
      atMs: nowMs,
      size: SAP_HEADER_LEN + 8,
    });
  }
}
