/** Start-up: which version, what START_OK is taken, what comes when AMT is enabled. */
import { AREA_LAYOUTS } from '../../sap/index.ts';
import { enable, probe, started, up } from '../opening.ts';
import type { Play, Scenario } from '../scenario.ts';
import { anyOf, bell, bus, me, message, op } from '../seen.ts';
import { QUIET, type Stage } from '../stage.ts';
import { ASSOCIATION, COLLOCATED, COUNTRY, LIMITS, NIC } from './values.ts';

const VERSION_3 = AREA_LAYOUTS[3].size;
/** Three rounds, 100 ms apart, and what a machine puts on top. */
const ROUNDS_MS = 2_000;

export const STARTUP: readonly Scenario[] = [
  {
    id: 'startup-version-4',
    suite: 'startup',
    title:
      'The area of version 4 is mapped, START_OK and AMT_STATE are answered with the initial configuration',
    needs: [],
    *play(s) {
      yield* up(s);
      yield* s.settle(QUIET);
    },
  },
  {
    id: 'startup-version-3',
    suite: 'startup',
    title: 'Version 4 is refused: version 3 is mapped, with its rings',
    needs: ['control'],
    *play(s) {
      yield* s.call('register');
      yield* s.limit(VERSION_3);
      s.mark();
      yield* s.bus('probe');
      const version = yield* started(s);
      s.must(
        'map.order',
        version === 3,
        'an area of version 3 after version 4 was refused',
        `version ${version}`,
      );
      s.csme.startOk(version);
      yield* enable(s);
    },
  },
  {
    id: 'startup-both-refused',
    suite: 'startup',
    title: 'Both versions are refused, three times: the driver gives up',
    needs: ['control'],
    *play(s) {
      yield* s.limit(4096);
      s.mark();
      yield* s.bus('probe');
      yield* s.settle(ROUNDS_MS);
      yield* s.never('map.order', me('START'), 0);
      const tries = s.all(bus('dma_map')).length;
      s.check('map.order', tries >= 2 && tries <= 6, '2 to 6 tries to map', `${tries}`);
      yield* s.bus('remove');
    },
  },
  {
    id: 'startup-wrong-version',
    suite: 'startup',
    title: 'START_OK names another version: nothing is sent',
    needs: [],
    *play(s) {
      const version = yield* probe(s);
      s.csme.startOk(version === 4 ? 3 : 4);
      yield* notStarted(s);
    },
  },
  ...[12, 19, 21, 100].map(
    (size): Scenario => ({
      id: `startup-start-ok-of-${size}`,
      suite: 'startup',
      title: `START_OK of ${size} bytes: nothing is sent`,
      needs: [],
      *play(s) {
        const version = yield* probe(s);
        s.csme.startOk(version, size);
        yield* notStarted(s);
      },
    }),
  ),
  {
    id: 'startup-good-after-bad',
    suite: 'startup',
    title: 'A good START_OK behind bad ones is taken',
    needs: [],
    *play(s) {
      const version = yield* probe(s);
      s.csme.startOk(version === 4 ? 3 : 4);
      s.csme.startOk(version, 19);
      s.csme.startOk(version, 21);
      yield* s.settle(QUIET);
      yield* lateStart(s, version);
    },
  },
  {
    id: 'startup-late-start-ok',
    suite: 'startup',
    title: 'START_OK comes three seconds late',
    needs: [],
    *play(s) {
      const version = yield* probe(s);
      s.mark();
      yield* s.never('start.no-sap-before-start-ok', bell, 3_000);
      yield* lateStart(s, version);
    },
  },
  {
    id: 'startup-second-start-ok',
    suite: 'startup',
    title: 'A second START_OK, and one of another version, change nothing on a link that is up',
    needs: [],
    *play(s) {
      yield* up(s);
      const { version = 4 } = s.csme;
      s.mark();
      s.csme.startOk(version);
      s.csme.startOk(version === 4 ? 3 : 4);
      yield* s.never('init.missing', message('RADIO_STATE'));
      yield* s.tell({ name: 'PING' });
      yield* s.expect('ping.pong', message('PONG'));
    },
  },
  {
    id: 'startup-settings-before',
    suite: 'startup',
    title: 'Settings that were given before the link was there are in the initial configuration',
    needs: ['control'],
    *play(s) {
      yield* s.call('country', COUNTRY);
      yield* s.call('power_limit', LIMITS);
      yield* s.call('nic_info', NIC);
      yield* s.call('set_rfkill', { hw: 0, sw: 1 });
      yield* s.call('register');
      yield* s.call('associated', ASSOCIATION);
      yield* up(s, { driver: false });
      yield* s.settle(QUIET);
    },
  },
  {
    id: 'startup-collocated',
    suite: 'startup',
    title: 'The collocated access point of an association is in the initial configuration, too',
    needs: ['control'],
    *play(s) {
      yield* s.call('register');
      yield* s.call('associated', { ...ASSOCIATION, ...COLLOCATED });
      yield* up(s, { driver: false });
      const link = s.all(message('HOST_LINK_UP')).at(-1)?.message;
      const kept =
        link?.name === 'HOST_LINK_UP' && link.collocChannel === 40 && link.collocBssid === 0x02005e005302;
      s.check(
        'init.collocated',
        kept,
        'HOST_LINK_UP with the collocated access point',
        'none, or without it',
      );
    },
  },
  {
    id: 'startup-settings-after-start-ok',
    suite: 'startup',
    title: 'Settings that are given between START_OK and AMT_STATE are kept for the initial configuration',
    needs: ['control'],
    *play(s) {
      yield* up(s, { amt: false });
      yield* s.call('country', COUNTRY);
      yield* s.call('associated', ASSOCIATION);
      yield* s.call('nic_info', NIC);
      yield* s.never('settings.quiet', bell);
      yield* enable(s);
    },
  },
  {
    id: 'startup-forgotten-association',
    suite: 'startup',
    title: 'An association that ended before the link was there is not in the initial configuration',
    needs: ['control'],
    *play(s) {
      yield* s.call('register');
      yield* s.call('associated', ASSOCIATION);
      yield* s.call('disassociated');
      yield* up(s, { driver: false });
      yield* s.never('init.contents', message('HOST_LINK_UP'), 0);
    },
  },
  {
    id: 'startup-without-driver',
    suite: 'startup',
    title: 'Without a WLAN driver no WIFIDR_UP is sent; it comes when one registers',
    needs: ['control'],
    *play(s) {
      yield* up(s, { driver: false });
      yield* s.call('register');
      yield* s.expect('driver.up', message('WIFIDR_UP'));
      yield* s.call('start_unregister');
      yield* s.call('unregister_complete');
      yield* s.expect('driver.up', message('WIFIDR_DOWN'));
    },
  },
  {
    id: 'startup-amt-off-and-on',
    suite: 'startup',
    title: 'AMT is disabled and enabled again: settings are kept meanwhile, and all is sent once more',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      yield* s.call('country', COUNTRY);
      yield* s.expect('settings.sent', message('COUNTRY_CODE'));
      yield* s.tell({ name: 'AMT_STATE', enabled: 0 });
      yield* s.expect('lp.rfkill', op('rfkill', { blocked: 0 }));
      yield* s.call('nic_info', NIC);
      yield* s.call('associated', ASSOCIATION);
      yield* s.call('power_limit', LIMITS);
      yield* s.never(
        'settings.quiet',
        anyOf('settings', message('NIC_INFO'), message('HOST_LINK_UP'), message('SAR_LIMITS')),
      );
      yield* enable(s);
      yield* s.settle(QUIET);
    },
  },
  {
    id: 'startup-amt-again',
    suite: 'startup',
    title: 'AMT_STATE that changes nothing is ignored, whatever its value',
    needs: [],
    *play(s) {
      yield* up(s);
      yield* s.tell({ name: 'AMT_STATE', enabled: 0x100 }, { name: 'AMT_STATE', enabled: 0x8000_0000 });
      yield* s.never('init.contents', message('RADIO_STATE'));
    },
  },
];

/** The bad START_OK was not taken: AMT_STATE in the ring is not answered. */
function* notStarted(s: Stage): Play {
  s.mark();
  s.csme.write({ name: 'AMT_STATE', enabled: 1 });
  s.csme.bell();
  yield* s.never('start.start-ok-checked', anyOf('SAP message', bell, message('RADIO_STATE')), 500);
}

function* lateStart(s: Stage, version: number): Play {
  s.mark();
  s.csme.startOk(version);
  s.csme.write({ name: 'AMT_STATE', enabled: 1 });
  s.csme.bell();
  yield* s.expect('start.late-start-ok', message('RADIO_STATE'));
}
