/** Asking for the card, being granted it, giving it up. */
import { TIMERS } from '../../../ownership/index.ts';
import { declOf, SAP_HEADER_LEN, SapNicOwner } from '../../../sap/index.ts';
import type { CommandEvent, TraceArgs } from '../../event.ts';
import type { Case, Located, Read } from '../case.ts';
import type { Duty } from '../duties.ts';
import type { Found } from '../inbox.ts';
import { AT_ONCE_MS, EARLY_MS, lateMs } from '../tolerance.ts';
import type { Monitor } from './monitor.ts';

const ASKS = declOf('HOST_ASKS_FOR_NIC_OWNERSHIP').id;
const CONFIRMED = declOf('HOST_OWNERSHIP_CONFIRMED').id;
const CSME_CONFIRMED = declOf('CSME_OWNERSHIP_CONFIRMED').id;
const RETRY_MS = TIMERS.ownershipRetry.ms;
const REPLY_MS = TIMERS.ownershipReply.ms;
/** Causes of a later request that are remembered. */
const CAUSES_MAX = 32;
/** A message may be read this long after it was written while CSME reads. */
const READ_LAG_MS = TIMERS.bellThrottle.ms + EARLY_MS;

/** From when on the host may ask by itself. */
interface Cause {
  readonly atMs: number;
  readonly event: Located;
}

export class OwnershipMonitor implements Monitor {
  readonly #case: Case;
  #call: { readonly event: CommandEvent; readonly asks: boolean | undefined; granted: boolean } | undefined;
  #causes: Cause[] = [];
  /** A request that CSME has not answered. */
  #asked: Read | undefined;
  /** A call of an owner, or with AMT disabled: it asks nothing. */
  #idleCall: CommandEvent | undefined;
  #ownerSince: Cause | undefined;

  constructor(c: Case) {
    this.#case = c;
  }

  command(event: CommandEvent): void {
    const { link } = this.#case;
    if (event.name.endsWith('unregister') || event.name === 'unregister_complete') {
      this.#ownerSince = undefined;
      this.#case.notif.excuse(isRetry);
    }
    if (event.name === 'device_state' && event.args.up === 0 && link.taking) {
      return this.#confirmTaking(event, !link.owner);
    }
    if (event.name !== 'get_ownership' || this.#call) return;
    const linked = link.phase === 'connected' && !link.leaving;
    const sure = link.owner === false && link.amt === true;
    const asks = !linked || link.owner === true || link.amt === false ? false : sure || undefined;
    this.#call = { event, asks, granted: link.owner !== false };
    if (asks === false) {
      this.#idleCall = event;
      if (linked) this.#case.ledger.asked('own.no-ask-when-owner');
      return;
    }
    this.#demandAsk(event, 'own.ask', asks);
  }

  returned(event: CommandEvent): void {
    if (event.name !== 'get_ownership.ret' || !this.#call) return;
    const { event: call, asks, granted } = this.#call;
    this.#call = undefined;
    const { link, ledger, nowMs } = this.#case;
    const { ret } = event.args;
    if (typeof ret !== 'number') return;
    if (asks === false) {
      const sure = link.phase === 'connected' && !link.leaving;
      if (ret > 0 || (sure && ret !== 0)) {
        this.#case.find('own.result', event, 'get_ownership = 0, at once', `get_ownership = ${ret}`, [call]);
      }
      return;
    }
    if (ret < 0) this.#failed(event);
    if (link.phase !== 'connected' || link.leaving || link.deaf) return;
    ledger.asked('own.result');
    const waitedMs = nowMs - call.t * 1000;
    const refused = this.#asked === undefined;
    if (ret > 0 || (ret === 0 && !granted && link.owner === false)) {
      this.#case.find('own.result', event, 'an error: CSME has not granted it', 'get_ownership = 0', [call]);
    } else if (ret < 0 && granted && link.owner) {
      this.#case.find('own.result', event, '0: CSME granted it', `get_ownership = ${ret}`, [call]);
    } else if (ret < 0 && !refused && waitedMs < REPLY_MS - EARLY_MS) {
      this.#case.find(
        'own.result',
        event,
        'to wait 500 ms for CSME',
        `${ret} after ${Math.round(waitedMs)} ms`,
        [call],
      );
    } else if (ret < 0 && waitedMs > REPLY_MS + lateMs(REPLY_MS) + AT_ONCE_MS) {
      this.#case.find('own.result', event, 'to give up after 500 ms', `after ${Math.round(waitedMs)} ms`, [
        call,
      ]);
    }
  }

  found({ message, event }: Found): void {
    switch (message?.name) {
      case 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ':
        return message.granted === 0 ? this.#refused(event) : this.#granted(event);
      case 'NIC_OWNER':
        if (message.owner === SapNicOwner.ME) this.#ownerSince = undefined;
        else this.#isOwner(event);
        return;
      case 'AMT_STATE':
        // With AMT disabled there is nobody to ask.
        if (message.enabled === 0) this.#case.notif.excuse(isRetry);
        return;
      case 'CSME_TAKING_OWNERSHIP':
        return this.#taken(event);
      case 'CSME_CAN_RELEASE_OWNERSHIP':
        return this.#offered(event);
    }
  }

  read(read: Read): void {
    if (read.message.name === 'HOST_ASKS_FOR_NIC_OWNERSHIP') {
      this.#asked = read;
      // Unless CSME grants it, the host may ask again 60 s after its 500 ms are over.
      this.#cause(read.event, REPLY_MS);
    } else if (read.message.name === 'CSME_OWNERSHIP_CONFIRMED') {
      this.#cause(read.event);
      this.#demandRetry(read.event);
    }
  }

  unasked({ message, event }: Read): boolean {
    switch (message.name) {
      case 'HOST_ASKS_FOR_NIC_OWNERSHIP':
        this.#askedUnasked(event);
        return true;
      case 'HOST_OWNERSHIP_CONFIRMED':
        this.#case.find(
          'own.confirm',
          event,
          'one HOST_OWNERSHIP_CONFIRMED, after a grant',
          'one without a grant',
        );
        return true;
      case 'CSME_OWNERSHIP_CONFIRMED': {
        const { sees, link } = this.#case;
        if (link.taking && sees.driver) {
          this.#case.find(
            'own.confirm-taking',
            event,
            'CSME_OWNERSHIP_CONFIRMED when the device is down',
            'the device is up',
          );
        } else if (!link.taking) {
          this.#case.find('own.confirm-taking', event, 'one CSME_OWNERSHIP_CONFIRMED, after a taking');
        }
        return true;
      }
      default:
        return false;
    }
  }

  linkEnded(): void {
    this.#causes = [];
    this.#asked = undefined;
    this.#ownerSince = undefined;
    this.#idleCall = undefined;
  }

  // --- what CSME says ---

  #refused(event: Located): void {
    this.#case.ledger.asked('own.confirm');
    this.#cause(event);
    this.#asked = undefined;
  }

  #granted(event: Located): void {
    const { nowMs, behind } = this.#case;
    this.#isOwner(event);
    this.#asked = undefined;
    this.#case.write('notif', {
      kind: CONFIRMED,
      need: this.#case.need(true),
      rule: behind ? 'hostile.skipped' : 'own.confirm',
      expected: 'HOST_OWNERSHIP_CONFIRMED',
      cause: behind ? [behind, event] : [event],
      atMs: nowMs,
      size: SAP_HEADER_LEN,
    });
    // Whether it still has to confirm a taking from before is not said.
    this.#case.notif.excuse(({ kind }) => kind === CSME_CONFIRMED || kind === ASKS);
  }

  #isOwner(event: Located): void {
    if (this.#call) this.#call.granted = true;
    this.#ownerSince ??= { atMs: this.#case.nowMs, event };
    // Nothing is to be asked for now.
    this.#case.notif.excuse(isRetry);
  }

  #taken(event: Located): void {
    const { link, settings, tells, nowMs, sees } = this.#case;
    this.#ownerSince = undefined;
    const inUse = link.deviceUp !== false && settings.driver === 'registered';
    if (!inUse) return this.#confirmTaking(event, sees.driver);
    tells.add({
      kind: 'rfkill',
      need: this.#case.need(sees.driver && link.deviceUp === true),
      rule: 'own.taking-told',
      expected: 'rfkill blocked, CSME is taking',
      differs: (args: TraceArgs) =>
        args.blocked === 1 && args.csme_taking_ownership === 1 ? undefined : 'rfkill blocked, CSME is taking',
      cause: [event],
      atMs: nowMs,
    });
  }

  #confirmTaking(event: Located, sure: boolean): void {
    this.#cause(event);
    const { nowMs, behind } = this.#case;
    this.#case.write('notif', {
      kind: CSME_CONFIRMED,
      need: this.#case.need(sure),
      rule: behind ? 'hostile.skipped' : 'own.confirm-taking',
      expected: 'CSME_OWNERSHIP_CONFIRMED',
      cause: behind ? [behind, event] : [event],
      atMs: nowMs,
      ...(sure ? {} : { untilMs: Number.POSITIVE_INFINITY }),
      size: SAP_HEADER_LEN,
    });
  }

  #offered(event: Located): void {
    const { link, settings } = this.#case;
    const wanted = settings.driver === 'registered' && link.owner === false && link.amt === true;
    this.#demandAsk(event, 'own.offer', wanted);
  }

  // --- requests ---

  #demandAsk(event: Located, rule: 'own.ask' | 'own.offer', must: boolean | undefined): void {
    this.#cause(event, REPLY_MS);
    const { nowMs, behind } = this.#case;
    this.#case.write('notif', {
      kind: ASKS,
      need: this.#case.need(must),
      rule: behind ? 'hostile.skipped' : rule,
      expected: 'HOST_ASKS_FOR_NIC_OWNERSHIP',
      cause: behind ? [behind, event] : [event],
      atMs: nowMs,
      size: SAP_HEADER_LEN,
    });
  }

  /**
   * The host gave the card up, or did not get it: it has to ask again when CSME has had it for 60 s. They may begin again
   * with every cause, or run on from the first.
   */
  #demandRetry(event: Located): void {
    const { notif, nowMs, link, settings } = this.#case;
    const mays = settings.driver === 'registered' && link.amt === true && link.owner === false;
    const running = notif.open.find(isRetry);
    notif.drop(isRetry);
    this.#case.write('notif', {
      kind: ASKS,
      need: this.#case.need(mays),
      rule: 'own.ask-again',
      expected: 'HOST_ASKS_FOR_NIC_OWNERSHIP after 60 s',
      cause: [event],
      atMs: nowMs,
      fromMs: running?.fromMs ?? nowMs + RETRY_MS - READ_LAG_MS - EARLY_MS,
      untilMs: nowMs + RETRY_MS + REPLY_MS + lateMs(RETRY_MS) + AT_ONCE_MS,
    });
  }

  #failed(event: Located): void {
    this.#cause(event);
    this.#demandRetry(event);
  }

  /** From now on, or from `delayMs` on, 60 s pass until the host may ask by itself. */
  #cause(event: Located, delayMs = 0): void {
    if (this.#causes.length >= CAUSES_MAX) this.#causes.shift();
    this.#causes.push({ atMs: this.#case.nowMs + delayMs, event });
  }

  #askedUnasked(event: Located): void {
    const { nowMs, sees, link, ledger } = this.#case;
    ledger.asked('own.ask-again');
    const owner = this.#ownerSince;
    if (!sees.driver) return;
    if (owner && nowMs - owner.atMs > AT_ONCE_MS && link.amt === true && !this.#isRetry(nowMs)) {
      const before = this.#idleCall ? [owner.event, this.#idleCall] : [owner.event];
      this.#case.find('own.no-ask-when-owner', event, 'nothing: the host owns the card', undefined, before);
      return;
    }
    if (this.#isRetry(nowMs)) return;
    const last = this.#causes.at(-1);
    if (last && nowMs >= last.atMs - REPLY_MS) {
      this.#case.notif.drop(isRetry);
      const since = Math.max(0, nowMs - last.atMs) / 1000;
      const seen = `after ${since.toFixed(1)} s`;
      this.#case.find('own.ask-again', event, 'no request by itself before 60 s are over', seen, [
        last.event,
      ]);
    } else {
      const before = this.#idleCall ? [this.#idleCall] : [];
      const rule = this.#idleCall ? 'own.no-ask-when-owner' : 'own.ask';
      this.#case.find(rule, event, 'a request only when the WLAN driver wants the card', undefined, before);
    }
  }

  #isRetry(nowMs: number): boolean {
    const latest = RETRY_MS + lateMs(RETRY_MS) + AT_ONCE_MS + REPLY_MS;
    return this.#causes.some(({ atMs }) => {
      const since = nowMs - atMs;
      return since >= RETRY_MS - READ_LAG_MS - EARLY_MS && since <= latest;
    });
  }
}

function isRetry({ kind, fromMs }: Duty): boolean {
  return kind === ASKS && fromMs !== undefined;
}
