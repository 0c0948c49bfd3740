/** Door bells: at most one in 100 ms, and nothing is lost by it. */
import { alive, up } from '../opening.ts';
import type { Scenario } from '../scenario.ts';
import { bell, message } from '../seen.ts';
import { SOON } from '../stage.ts';
import { COUNTRY, OTHER_COUNTRY } from './values.ts';

const THROTTLE_MS = 100;
const BURST_MS = 1_500;
const BURST_MOST = 500;
/** What a slow machine may take off: the bell is seen later than it was rung. */
const SLACK_MS = 20;

export const BELLS: readonly Scenario[] = [
  {
    id: 'bells-throttle',
    suite: 'bells',
    title:
      'Settings without a pause for one and a half seconds: a bell every 100 ms at most, and all messages arrive',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* s.settle(2 * THROTTLE_MS);
      const from = s.log.length;
      const began = s.now;
      let sent = 0;
      for (; sent < BURST_MOST && s.now < began + BURST_MS; sent++) {
        yield* s.call('country', { mcc: 0x4100 + sent });
        yield* s.settle(10);
      }
      yield* s.until({ until: () => s.heard('COUNTRY_CODE', from) >= sent, withinMs: SOON });
      const came = s.heard('COUNTRY_CODE', from);
      s.check('bell.missing', came === sent, `${sent} countries`, `${came}`);
      // A bell may be seen late, and the next one in time: so they are counted, not measured.
      const tookMs = s.now - began;
      const rung = s.log.slice(from).filter((seen) => bell.fits(seen)).length;
      const most = Math.floor(tookMs / THROTTLE_MS) + 2;
      const words = `in ${Math.round(tookMs)} ms`;
      s.check('bell.throttle', rung <= most, `at most ${most} bells ${words}`, `${rung}`);
    },
  },
  {
    id: 'bells-behind-throttle',
    suite: 'bells',
    title: 'What is written while the throttle holds is signalled when it ends',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* s.settle(2 * THROTTLE_MS);
      yield* s.call('country', COUNTRY);
      yield* s.expect('bell.missing', message('COUNTRY_CODE'));
      yield* s.call('country', OTHER_COUNTRY);
      yield* s.expect('bell.missing', message('COUNTRY_CODE'), THROTTLE_MS + SOON);
    },
  },
  {
    id: 'bells-repeated',
    suite: 'bells',
    title: 'CSME does not read: the driver rings again every 100 ms, and stops when it has read',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* s.settle(2 * THROTTLE_MS);
      s.csme.listens = false;
      yield* s.call('country', COUNTRY);
      const from = s.log.length;
      yield* s.settle(5 * THROTTLE_MS);
      const rung = s.log.slice(from).filter((seen) => bell.fits(seen)).length;
      s.check(
        'bell.repeat',
        rung >= 2,
        'more bells while CSME does not read',
        `${rung} in ${5 * THROTTLE_MS} ms`,
      );
      s.csme.listens = true;
      yield* s.expect('bell.repeat', message('COUNTRY_CODE'));
      yield* s.settle(THROTTLE_MS + SLACK_MS);
      yield* s.call('is_connected');
      yield* s.never('bell.repeat', bell, 3 * THROTTLE_MS);
    },
  },
  {
    id: 'bells-sizes',
    suite: 'bells',
    title: "CSME's bell has 4, 12, 88 or 100 bytes: only its type counts",
    needs: [],
    *play(s) {
      yield* up(s);
      for (const size of [4, 12, 88, 100]) {
        s.mark();
        s.csme.write({ name: 'PING' });
        s.csme.bell(size);
        yield* s.read();
        yield* s.expect('ping.pong', message('PONG'));
      }
    },
  },
  {
    id: 'bells-for-nothing',
    suite: 'bells',
    title: 'CSME rings without having written: nothing happens',
    needs: [],
    *play(s) {
      yield* up(s);
      yield* s.settle(2 * THROTTLE_MS);
      s.mark();
      for (let i = 0; i < 5; i++) s.csme.bell();
      yield* s.never('bell.repeat', bell, 3 * THROTTLE_MS);
      yield* alive(s);
    },
  },
  {
    id: 'bells-one-for-many',
    suite: 'bells',
    title: 'Fifty messages behind one bell are all handled, in their order',
    needs: [],
    *play(s) {
      yield* up(s);
      s.mark();
      for (let i = 0; i < 50; i++) s.csme.write({ name: 'PING' });
      s.csme.bell();
      yield* s.read();
      yield* s.until({ until: () => s.heard('PONG') >= 50, withinMs: SOON });
      const came = s.heard('PONG');
      s.check('ping.pong', came === 50, '50 PONGs', `${came}`);
    },
  },
];
