/** Filters, NVM, the product reset before a firmware load (PLDR), ping. */
import { ETIMEDOUT, PldrStatus } from '../../sap/index.ts';
import type { Effects } from '../effects.ts';
import type { HostState } from '../state.ts';
import { type Args, arm, type Message } from './common.ts';

export function keepFilters(s: HostState, e: Message<'CSME_FILTERS'>): void {
  s.filters = e.message.oobFilters;
}

export function askNvm(s: HostState, e: { token: number }, fx: Effects): void {
  if (fx.send({ name: 'GET_NVM' }) < 0) {
    fx.reply(e.token, 'get_nvm', { nvm: null });
  } else if (s.nvm && fx.quirks['stale-nvm']) {
    fx.reply(e.token, 'get_nvm', { nvm: s.nvm });
  } else {
    s.nvmWaits.push(e.token);
    if (s.timers.nvmReply === null) arm(s, fx, 'nvmReply');
  }
}

export function keepNvm(s: HostState, e: Message<'NVM'>): void {
  s.nvm = e.message;
}

export function answerNvm(s: HostState, _: unknown, fx: Effects): void {
  endNvmWaits(s, fx, s.nvm);
}

export function failNvm(s: HostState, _: unknown, fx: Effects): void {
  endNvmWaits(s, fx, null);
}

export function askPldr(s: HostState, e: { token: number }, fx: Effects): void {
  const ret = fx.send({ name: 'PLDR', version: 0 });
  if (ret < 0 || s.pldrActive) {
    fx.reply(e.token, 'pldr', { ret: Math.min(ret, 0) });
    return;
  }
  s.pldr = { token: e.token, tries: 1 };
  arm(s, fx, 'pldrReply');
}

export function askPldrAgain(s: HostState, _: unknown, fx: Effects): void {
  const ret = fx.send({ name: 'PLDR', version: 0 });
  if (ret < 0) return endPldrRequest(s, fx, ret);
  if (s.pldr) s.pldr.tries++;
  arm(s, fx, 'pldrReply');
}

export function activatePldr(s: HostState): void {
  s.pldrActive = true;
}

export function deactivatePldr(s: HostState): void {
  s.pldrActive = false;
}

export function succeedPldr(s: HostState, _: unknown, fx: Effects): void {
  endPldrRequest(s, fx, 0);
}

export function failPldr(s: HostState, _: unknown, fx: Effects): void {
  endPldrRequest(s, fx, -ETIMEDOUT);
}

export function endPldr(s: HostState, e: Args<'alive'>, fx: Effects): void {
  s.pldrActive = false;
  fx.send({ name: 'PLDR_END', version: 0, status: e.args.success ? PldrStatus.SUCCESS : PldrStatus.FAILURE });
}

export function pong(_: HostState, __: unknown, fx: Effects): void {
  fx.send({ name: 'PONG' });
}

export function endNvmWaits(s: HostState, fx: Effects, nvm: HostState['nvm']): void {
  const ended = s.nvmWaits;
  if (ended.length === 0) return;
  s.nvmWaits = [];
  s.timers.nvmReply = null;
  for (const token of ended) fx.reply(token, 'get_nvm', { nvm });
}

export function endPldrRequest(s: HostState, fx: Effects, ret: number): void {
  if (!s.pldr) return;
  const { token } = s.pldr;
  s.pldr = null;
  s.timers.pldrReply = null;
  fx.reply(token, 'pldr', { ret });
}
