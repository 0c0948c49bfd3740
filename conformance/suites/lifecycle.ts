/** The end of a link and the next one: removal, reset of the firmware, callers that wait meanwhile. */
import { EXAMPLE_AP } from '../../csme/index.ts';
import type { TraceArgs } from '../../trace/index.ts';
import type { CheckId } from '../catalogue.ts';
import { alive, enable, GOODBYE_MS, probe, started, unlink, up } from '../opening.ts';
import type { Play, Scenario } from '../scenario.ts';
import { bell, bus, message, op, ret, wordsOf } from '../seen.ts';
import { QUIET, SOON, type Stage } from '../stage.ts';
import { ASSOCIATION, COUNTRY, LIMITS, NIC } from './values.ts';

const goesDown = message('HOST_GOES_DOWN');
/** A driver that lost its connection tries again now and then. */
const RETURN_MS = 10_000;

export const LIFECYCLE: readonly Scenario[] = [
  {
    id: 'lifecycle-removal',
    suite: 'lifecycle',
    title: 'The client goes away in order: HOST_GOES_DOWN, past the throttle, then silence',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* s.settle(QUIET);
      // The throttle holds from here on.
      yield* s.call('country', COUNTRY);
      yield* s.expect('settings.sent', message('COUNTRY_CODE'));
      const began = s.now;
      yield* s.bus('remove');
      const gone = yield* s.expect('removal.goes-down', goesDown);
      const tookMs = Math.round(gone.atMs - began);
      s.check('removal.goes-down', tookMs < 90, 'HOST_GOES_DOWN at once', `after ${tookMs} ms`);
      yield* s.expect('removal.goes-down', bus('unmap'), GOODBYE_MS);
      const after = s.log.slice(s.log.indexOf(gone) + 1).find((seen) => seen.message !== undefined);
      s.check(
        'removal.goes-down-last',
        after === undefined,
        'nothing behind HOST_GOES_DOWN',
        after ? wordsOf(after) : '',
      );
      s.mark();
      yield* s.never('removal.silence', bell, QUIET);
    },
  },
  {
    id: 'lifecycle-removal-unread',
    suite: 'lifecycle',
    title: 'CSME does not read HOST_GOES_DOWN: after 200 ms the area is given up all the same',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* s.settle(QUIET);
      s.csme.listens = false;
      s.mark();
      const began = s.now;
      yield* s.bus('remove');
      const end = yield* s.expect('removal.goes-down', bus('unmap'), SOON);
      const tookMs = Math.round(end.atMs - began);
      s.check('removal.goes-down', tookMs >= 150, '200 ms for CSME to read', `${tookMs} ms`);
    },
  },
  {
    id: 'lifecycle-removal-device-up',
    suite: 'lifecycle',
    title: 'The device does not come down: it is reported stolen after 50 ms',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'host', device: true });
      yield* s.settle(QUIET);
      s.mark();
      const began = s.now;
      yield* s.bus('remove');
      const stolen = yield* s.expect('removal.stolen', op('nic_stolen'));
      const tookMs = Math.round(stolen.atMs - began);
      s.check('removal.stolen', tookMs >= 40, '50 ms for the device to come down', `${tookMs} ms`);
      yield* s.expect('removal.goes-down', goesDown);
      yield* s.expect('removal.goes-down', bus('unmap'), GOODBYE_MS);
    },
  },
  {
    id: 'lifecycle-removal-device-comes-down',
    suite: 'lifecycle',
    title: 'The device comes down in time: nothing is stolen',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'host', device: true });
      yield* s.bus('remove');
      yield* s.call('device_state', { up: 0 });
      yield* s.expect('removal.goes-down', goesDown);
      yield* s.expect('removal.goes-down', bus('unmap'), GOODBYE_MS);
      const stolen = s.all(op('nic_stolen')).length;
      s.check('removal.stolen', stolen === 0, 'no nic_stolen', 'one');
    },
  },
  {
    id: 'lifecycle-removal-before-start-ok',
    suite: 'lifecycle',
    title: 'The client goes away before START_OK: no HOST_GOES_DOWN, and the next probe starts',
    needs: ['control'],
    *play(s) {
      yield* probe(s);
      yield* s.bus('remove');
      yield* s.expect('removal.goes-down', bus('unmap'), GOODBYE_MS);
      yield* s.never('removal.silence', bell, 50);
      s.csme.unmap();
      yield* up(s);
    },
  },
  {
    id: 'lifecycle-new-probe',
    suite: 'lifecycle',
    title: 'The client comes back: the start-up runs again, with all settings',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'host' });
      yield* s.call('country', COUNTRY);
      yield* s.call('nic_info', NIC);
      yield* s.call('power_limit', LIMITS);
      yield* s.call('associated', ASSOCIATION);
      yield* s.expect('settings.sent', message('HOST_LINK_UP'));
      yield* unlink(s);
      yield* up(s, { driver: false });
      const sent = ['HOST_LINK_UP', 'COUNTRY_CODE', 'SAR_LIMITS', 'NIC_INFO'] as const;
      for (const name of sent) yield* s.expect('init.missing', message(name));
      // Ownership is of the link that is gone.
      yield* s.call('get_ownership');
      yield* s.expect('own.ask', message('HOST_ASKS_FOR_NIC_OWNERSHIP'));
      yield* s.tell({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 1 });
      yield* s.settle(QUIET);
    },
  },
  {
    id: 'lifecycle-removal-protected',
    suite: 'lifecycle',
    title: 'The client goes away during a protected session: rfkill is released',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      const scanRequest = 0;
      yield* s.tell({ name: 'CSME_CONN_STATUS', linkProtState: 1, scanRequest, connectionInfo: EXAMPLE_AP });
      yield* s.expect('lp.rfkill', op('rfkill', { blocked: 1 }));
      yield* s.bus('remove');
      yield* s.expect('removal.rfkill', op('rfkill', { blocked: 0 }));
    },
  },
  waiting('get_ownership', 'own.ask', message('HOST_ASKS_FOR_NIC_OWNERSHIP')),
  waiting('get_nvm', 'nvm.request', message('GET_NVM')),
  waiting('pldr', 'pldr.tries', message('PLDR')),
  {
    id: 'lifecycle-reset',
    suite: 'lifecycle',
    title: 'The firmware is reset: the driver comes back, numbers start again, settings are kept',
    needs: [],
    *play(s) {
      yield* up(s);
      if (s.helped) yield* s.call('country', COUNTRY);
      yield* alive(s);
      yield* reset(s);
      yield* alive(s);
    },
  },
  {
    id: 'lifecycle-reset-before-start-ok',
    suite: 'lifecycle',
    title: 'The firmware is reset before it has answered START',
    needs: [],
    *play(s) {
      yield* probe(s);
      yield* reset(s);
      yield* alive(s);
    },
  },
  {
    id: 'lifecycle-reset-while-asking',
    suite: 'lifecycle',
    title: 'The firmware is reset while get_ownership waits: the call ends',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* s.call('get_ownership');
      yield* s.expect('own.ask', message('HOST_ASKS_FOR_NIC_OWNERSHIP'));
      s.drop();
      yield* s.expect('removal.wakes', ret('get_ownership', {}, negative), SOON);
      yield* returns(s);
    },
  },
  {
    id: 'lifecycle-resets',
    suite: 'lifecycle',
    title: 'Three resets in a row',
    needs: [],
    *play(s) {
      yield* up(s);
      for (let i = 0; i < 3; i++) yield* reset(s);
      yield* alive(s);
    },
  },
];

function negative(args: TraceArgs): boolean {
  return typeof args.ret === 'number' && args.ret < 0;
}

/** The client goes away while a call waits. */
function waiting(
  name: 'get_ownership' | 'get_nvm' | 'pldr',
  check: CheckId,
  question: ReturnType<typeof message>,
): Scenario {
  return {
    id: `lifecycle-removal-during-${name.replace('_', '-')}`,
    suite: 'lifecycle',
    title: `The client goes away while ${name} waits: the call fails at once`,
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* s.settle(QUIET);
      yield* s.call(name);
      yield* s.expect(check, question);
      yield* s.bus('remove');
      const failed = name === 'get_nvm' ? ret(name, { ret: null }) : ret(name, {}, negative);
      yield* s.expect('removal.wakes', failed, GOODBYE_MS - 300);
    },
  };
}

function* reset(s: Stage): Play {
  s.drop();
  yield* returns(s);
}

/** The driver is back, and sends START by itself. */
function* returns(s: Stage): Play {
  const back = yield* s.until({ until: () => s.linked, withinMs: RETURN_MS });
  s.must('link.returns', back, `a driver that comes back within ${RETURN_MS / 1000} s`, 'none');
  const version = yield* started(s);
  s.csme.startOk(version);
  yield* enable(s);
}
