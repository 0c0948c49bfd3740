/** The minute after which the host asks again, and something else meanwhile. */

import type { TraceArgs } from '../../trace/index.ts';
import { alive, up } from '../opening.ts';
import type { Play, Scenario } from '../scenario.ts';
import { message, ret } from '../seen.ts';
import type { Stage } from '../stage.ts';
import { COUNTRY } from './values.ts';

const RETRY_MS = 60_000;
/** A kernel's timer of a minute goes off up to 2 s late; and a bell may be throttled. */
const LATE_MS = 4_000;
const EARLY_MS = 500;
/** In pieces, so that something goes on meanwhile. */
const PIECE_MS = 9_500;

const ask = message('HOST_ASKS_FOR_NIC_OWNERSHIP');

export const SLOW: readonly Scenario[] = [
  {
    id: 'slow-ask-again',
    suite: 'slow',
    title:
      'CSME took the card: 60 s after the confirmation the host asks, is refused, and asks again after 60 s',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'host' });
      yield* s.tell({ name: 'CSME_TAKING_OWNERSHIP' });
      const confirmed = yield* s.expect('own.confirm-taking', message('CSME_OWNERSHIP_CONFIRMED'));
      const first = yield* asksAgain(s, confirmed.atMs);
      yield* s.tell({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 0 });
      const second = yield* asksAgain(s, first);
      yield* s.tell({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
      yield* s.expect('own.confirm', message('HOST_OWNERSHIP_CONFIRMED'));
      s.check('own.ask-again', second > first, 'a second request', 'none');
    },
  },
  {
    id: 'slow-granted-meanwhile',
    suite: 'slow',
    title:
      'get_ownership was not answered, and granted late: after 60 s the host does not ask, because it owns the card',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* s.call('get_ownership');
      yield* s.expect('own.ask', ask);
      yield* s.expect('own.result', ret('get_ownership', {}, negative), 1_500);
      yield* s.tell({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
      yield* s.expect('own.confirm', message('HOST_OWNERSHIP_CONFIRMED'));
      yield* s.never('own.no-ask-when-owner', ask, RETRY_MS + LATE_MS);
    },
  },
];

function negative(args: TraceArgs): boolean {
  return typeof args.ret === 'number' && args.ret < 0;
}

/** The host asks 60 s after `since`; meanwhile it does everything else. Gives when it asked. */
function* asksAgain(s: Stage, since: number): Play<number> {
  s.mark();
  while (s.now + PIECE_MS < since + RETRY_MS - EARLY_MS) {
    yield* s.settle(PIECE_MS);
    const early = s.all(ask).length;
    s.must(
      'own.ask-again',
      early === 0,
      'no request before the minute is over',
      `one ${Math.round(s.now - since)} ms after`,
    );
    yield* s.call('country', COUNTRY);
    yield* s.expect('settings.sent', message('COUNTRY_CODE'));
    yield* alive(s);
  }
  s.mark();
  const asked = yield* s.expect('own.ask-again', ask, since + RETRY_MS + LATE_MS - s.now);
  const tookMs = Math.round(asked.atMs - since);
  s.check('own.ask-again', tookMs >= RETRY_MS - EARLY_MS, `a request ${RETRY_MS} ms after`, `${tookMs} ms`);
  return asked.atMs;
}
