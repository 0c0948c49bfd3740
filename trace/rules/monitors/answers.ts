/** PING and GET_NVM: a question, an answer, a result. */

import { TIMERS } from '../../../ownership/index.ts';
import { declOf, formatMac, type Nvm, SAP_HEADER_LEN } from '../../../sap/index.ts';
import type { CommandEvent } from '../../event.ts';
import { resultArgs } from '../../replay/index.ts';
import type { Case, Read } from '../case.ts';
import type { Found } from '../inbox.ts';
import { AT_ONCE_MS, EARLY_MS, lateMs } from '../tolerance.ts';
import type { Monitor } from './monitor.ts';

const PONG = declOf('PONG').id;
const GET_NVM = declOf('GET_NVM').id;

export class PingMonitor implements Monitor {
  readonly #case: Case;

  constructor(c: Case) {
    this.#case = c;
  }

  found({ message, event }: Found): void {
    if (message?.name !== 'PING') return;
    const { nowMs, behind, link } = this.#case;
    if (link.phase !== 'connected' && link.phase !== 'started') return;
    this.#case.write('notif', {
      kind: PONG,
      need: this.#case.need(link.phase === 'connected'),
      rule: behind ? 'hostile.skipped' : 'ping.pong',
      expected: 'PONG',
      cause: behind ? [behind, event] : [event],
      atMs: nowMs,
      size: SAP_HEADER_LEN,
    });
  }

  unasked({ message, event }: Read): boolean {
    if (message.name !== 'PONG') return false;
    if (this.#case.unrecordedPings > 0) {
      this.#case.unrecordedPings--;
      return true;
    }
    this.#case.find('ping.pong', event, 'one PONG for each PING', 'a PONG without a PING');
    return true;
  }
}

export class NvmMonitor implements Monitor {
  readonly #case: Case;
  #call: { readonly event: CommandEvent; answered: Nvm | undefined; readonly linked: boolean } | undefined;
  #stored: Nvm | undefined;
  /** There may be one that the trace does not have. */
  #storedBefore = false;

  constructor(c: Case) {
    this.#case = c;
  }

  found({ message }: Found): void {
    if (message?.name !== 'NVM') return;
    if (this.#call && !this.#call.answered) this.#call.answered = message;
    else this.#stored = message;
  }

  command(event: CommandEvent): void {
    if (event.name !== 'get_nvm') return;
    const { link, nowMs } = this.#case;
    const linked = link.phase === 'connected' && !link.leaving;
    this.#call = { event, answered: undefined, linked };
    if (!linked) return;
    this.#case.write('notif', {
      kind: GET_NVM,
      need: this.#case.need(true),
      rule: 'nvm.request',
      expected: 'GET_NVM',
      cause: [event],
      atMs: nowMs,
      size: SAP_HEADER_LEN,
    });
  }

  returned(event: CommandEvent): void {
    if (event.name !== 'get_nvm.ret' || !this.#call) return;
    const { event: call, answered, linked } = this.#call;
    this.#call = undefined;
    const { ledger, nowMs, link } = this.#case;
    const stored = this.#stored;
    if (answered) this.#stored = answered;
    if (!linked || link.phase !== 'connected' || link.leaving || link.deaf) return;
    ledger.asked('nvm.result');
    if (stored) ledger.asked('nvm.stale');
    const waitedMs = nowMs - call.t * 1000;
    const seen = JSON.stringify(event.args);
    if (event.args.ret === null) {
      if (answered) {
        this.#case.find('nvm.result', event, 'the NVM that CSME answered with', 'nothing', [call]);
      } else if (waitedMs < TIMERS.nvmReply.ms - EARLY_MS) {
        this.#case.find(
          'nvm.result',
          event,
          'to wait 2 s for CSME',
          `nothing after ${Math.round(waitedMs)} ms`,
          [call],
        );
      } else if (waitedMs > TIMERS.nvmReply.ms + lateMs(TIMERS.nvmReply.ms) + AT_ONCE_MS) {
        this.#case.find('nvm.result', event, 'to give up after 2 s', `after ${Math.round(waitedMs)} ms`, [
          call,
        ]);
      }
      return;
    }
    if (answered && sameNvm(event, answered)) return;
    if (stored && sameNvm(event, stored)) {
      this.#case.find('nvm.stale', event, 'the answer to this request', 'the NVM of an earlier one', [call]);
      return;
    }
    if (!answered && this.#storedBefore) return;
    const expected = answered
      ? `NVM of ${formatMac(answered.hwAddr)}, as CSME sent it`
      : 'nothing: CSME has not answered';
    this.#case.find('nvm.result', event, expected, seen, [call]);
  }

  unasked({ message, event }: Read): boolean {
    if (message.name !== 'GET_NVM') return false;
    if (this.#case.sees.driver) this.#case.find('nvm.request', event, 'one GET_NVM for each get_nvm');
    return true;
  }

  joined(): void {
    this.#storedBefore = true;
  }

  linkEnded(): void {
    this.#stored = undefined;
    this.#storedBefore = false;
  }
}

function sameNvm(event: CommandEvent, nvm: Nvm): boolean {
  const expected = resultArgs('get_nvm', { nvm });
  return Object.entries(expected).every(([name, value]) => event.args[name] === value);
}
