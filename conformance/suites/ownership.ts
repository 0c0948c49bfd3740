/** Who owns the card: asked for, granted, refused, taken, offered, named. */
import type { TraceArgs } from '../../trace/index.ts';
import { up } from '../opening.ts';
import type { Play, Scenario } from '../scenario.ts';
import { message, op, ret } from '../seen.ts';
import { QUIET, type Stage } from '../stage.ts';

/** 500 ms, and what a slow machine puts on top. */
export const REPLY_MS = 500;
const ANSWERED_MS = 1_500;

const ask = message('HOST_ASKS_FOR_NIC_OWNERSHIP');
const good = ret('get_ownership', { ret: 0 });
const negative = (args: TraceArgs) => typeof args.ret === 'number' && args.ret < 0;
const bad = ret('get_ownership', {}, negative);

export function* asked(s: Stage): Play {
  yield* s.call('get_ownership');
  yield* s.expect('own.ask', ask);
}

export const OWNERSHIP: readonly Scenario[] = [
  {
    id: 'ownership-granted',
    suite: 'ownership',
    title: 'The host asks, and is granted: it confirms, rfkill is released, the call returns 0',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* asked(s);
      yield* s.tell({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
      yield* s.expect('own.confirm', message('HOST_OWNERSHIP_CONFIRMED'));
      yield* s.expect('own.result', good);
      yield* s.expect('lp.rfkill', op('rfkill', { blocked: 0 }));
      yield* s.never('own.confirm', message('HOST_OWNERSHIP_CONFIRMED'));
    },
  },
  {
    id: 'ownership-owner-already',
    suite: 'ownership',
    title: 'The owner does not ask: the call returns 0 at once',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'host' });
      yield* s.call('get_ownership');
      yield* s.expect('own.result', good);
      yield* s.never('own.no-ask-when-owner', ask);
    },
  },
  {
    id: 'ownership-amt-off',
    suite: 'ownership',
    title: 'With AMT disabled nobody is asked: the call returns 0 at once',
    needs: ['control'],
    *play(s) {
      yield* up(s, { amt: false });
      yield* s.call('get_ownership');
      yield* s.expect('own.result', good);
      yield* s.never('own.no-ask-when-owner', ask);
    },
  },
  {
    id: 'ownership-without-link',
    suite: 'ownership',
    title: 'Without a link nobody is asked: the call returns 0 at once',
    needs: ['control'],
    *play(s) {
      yield* s.call('get_ownership');
      yield* s.expect('own.result', good);
    },
  },
  {
    id: 'ownership-refused',
    suite: 'ownership',
    title: 'The host asks, and is refused: no confirmation, the call fails within 500 ms',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* asked(s);
      s.csme.write({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 0 });
      s.csme.bell();
      yield* s.read();
      yield* s.expect('own.result', bad, ANSWERED_MS);
      yield* s.never('own.confirm', message('HOST_OWNERSHIP_CONFIRMED'));
    },
  },
  {
    id: 'ownership-unanswered',
    suite: 'ownership',
    title: 'CSME does not answer: the call fails after 500 ms, not earlier',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* s.call('get_ownership');
      const began = s.now;
      yield* s.expect('own.ask', ask);
      const end = yield* s.expect('own.result', bad, ANSWERED_MS);
      const tookMs = Math.round(end.atMs - began);
      s.check('own.result', tookMs >= REPLY_MS - 50, `a wait of ${REPLY_MS} ms`, `${tookMs} ms`);
      yield* s.never('own.ask', ask, 0);
    },
  },
  {
    id: 'ownership-late-grant',
    suite: 'ownership',
    title: 'A grant that comes after the call has failed is confirmed all the same',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* asked(s);
      yield* s.expect('own.result', bad, ANSWERED_MS);
      yield* s.tell({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
      yield* s.expect('own.confirm', message('HOST_OWNERSHIP_CONFIRMED'));
      yield* s.call('get_ownership');
      yield* s.expect('own.result', good);
      yield* s.never('own.no-ask-when-owner', ask);
    },
  },
  {
    id: 'ownership-taken-device-up',
    suite: 'ownership',
    title:
      'CSME takes the card while the device is up: rfkill first, the confirmation when the device is down',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'host', device: true });
      yield* s.tell({ name: 'CSME_TAKING_OWNERSHIP' });
      yield* s.expect('own.taking-told', op('rfkill', { blocked: 1, csme_taking_ownership: 1 }));
      yield* s.never('own.confirm-taking', message('CSME_OWNERSHIP_CONFIRMED'));
      yield* s.call('device_state', { up: 0 });
      yield* s.expect('own.confirm-taking', message('CSME_OWNERSHIP_CONFIRMED'));
      yield* s.call('device_state', { up: 0 });
      yield* s.never('own.confirm-taking', message('CSME_OWNERSHIP_CONFIRMED'));
      yield* notOwner(s);
    },
  },
  {
    id: 'ownership-taken-device-down',
    suite: 'ownership',
    title: 'CSME takes the card while the device is down: the confirmation at once',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'host' });
      yield* s.tell({ name: 'CSME_TAKING_OWNERSHIP' });
      yield* s.expect('own.confirm-taking', message('CSME_OWNERSHIP_CONFIRMED'));
      yield* notOwner(s);
    },
  },
  {
    id: 'ownership-taken-without-driver',
    suite: 'ownership',
    title: 'CSME takes the card while no WLAN driver is registered: the confirmation at once',
    needs: [],
    *play(s) {
      yield* up(s, { driver: false });
      yield* s.tell({ name: 'CSME_TAKING_OWNERSHIP' });
      yield* s.expect('own.confirm-taking', message('CSME_OWNERSHIP_CONFIRMED'));
    },
  },
  {
    id: 'ownership-taken-and-granted',
    suite: 'ownership',
    title: 'CSME takes the card and gives it back: asked again it is granted, and confirmed once',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'host' });
      yield* s.tell({ name: 'CSME_TAKING_OWNERSHIP' });
      yield* s.expect('own.confirm-taking', message('CSME_OWNERSHIP_CONFIRMED'));
      yield* asked(s);
      yield* s.tell({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
      yield* s.expect('own.confirm', message('HOST_OWNERSHIP_CONFIRMED'));
      yield* s.expect('own.result', good);
    },
  },
  {
    id: 'ownership-offered',
    suite: 'ownership',
    title: 'CSME offers the card: the host asks at once',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* s.tell({ name: 'CSME_CAN_RELEASE_OWNERSHIP' });
      yield* s.expect('own.offer', ask);
      yield* s.tell({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
      yield* s.expect('own.confirm', message('HOST_OWNERSHIP_CONFIRMED'));
    },
  },
  {
    id: 'ownership-offered-without-driver',
    suite: 'ownership',
    title: 'CSME offers the card while no WLAN driver is registered: nobody asks',
    needs: [],
    *play(s) {
      yield* up(s, { driver: false });
      yield* s.tell({ name: 'CSME_CAN_RELEASE_OWNERSHIP' });
      // A driver without a helper may have one registered, and then it asks.
      if (s.helped) yield* s.never('own.offer', ask);
    },
  },
  ...[0, 1, 3].map(
    (owner): Scenario => ({
      id: `ownership-nic-owner-${owner}`,
      suite: 'ownership',
      title: `NIC_OWNER ${owner} names the host: it does not ask`,
      needs: ['control'],
      *play(s) {
        yield* up(s);
        yield* s.tell({ name: 'NIC_OWNER', owner });
        yield* s.call('get_ownership');
        yield* s.expect('own.result', good);
        yield* s.never('own.no-ask-when-owner', ask);
      },
    }),
  ),
  {
    id: 'ownership-nic-owner-2',
    suite: 'ownership',
    title: 'NIC_OWNER 2 names CSME: the host asks',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'host' });
      yield* s.tell({ name: 'NIC_OWNER', owner: 2 });
      yield* notOwner(s);
    },
  },
  {
    id: 'ownership-lost-with-driver',
    suite: 'ownership',
    title: 'When the WLAN driver leaves the host owns the card no longer',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'host' });
      yield* s.call('start_unregister');
      yield* s.call('unregister_complete');
      yield* s.expect('driver.up', message('WIFIDR_DOWN'));
      yield* s.call('register');
      yield* s.expect('driver.up', message('WIFIDR_UP'));
      yield* notOwner(s);
    },
  },
];

/** The host knows that it does not own the card: when told to get it, it asks. */
function* notOwner(s: Stage): Play {
  yield* s.call('get_ownership');
  yield* s.expect('own.ask', ask);
  yield* s.tell({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
  yield* s.expect('own.result', good);
  yield* s.settle(QUIET);
}
