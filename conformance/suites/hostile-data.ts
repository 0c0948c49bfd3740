/** What does not belong into a data ring, or is no whole frame. */
import { encodeSap } from '../../sap/index.ts';
import { wantAll } from '../filters.ts';
import { padded, tcp } from '../frames.ts';
import { alive, up } from '../opening.ts';
import type { Play, Scenario } from '../scenario.ts';
import { frame, type Seen } from '../seen.ts';
import type { Stage } from '../stage.ts';
import { raw, SURVIVES } from './raw.ts';

export const HOSTILE_DATA: readonly Scenario[] = [
  {
    id: 'hostile-data-types',
    suite: 'hostile',
    title: 'Types that do not belong into the data ring are dropped, the frame behind them goes out',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true });
      for (const id of [0, 1, 504, 1999, 2001, 0xffff]) {
        const bytes = padded(tcp(443, { from: 1000 + id }), 100);
        s.mark();
        // Its payload looks like a message of the data ring, for a driver that reads on inside of it.
        const inside = encodeSap({ name: 'DATA_PACKET', frame: padded(tcp(666), 60) }, 0);
        s.csme.writeBytes(raw(id, inside.length, inside, s.csme.nextSapSeq()), 'data');
        s.csme.writeBytes(encodeSap({ name: 'DATA_PACKET', frame: bytes }, s.csme.nextSapSeq()), 'data');
        s.csme.bell();
        yield* s.read(SURVIVES);
        const out = yield* s.await(frame('wlan0>peer0', bytes));
        s.check(
          'hostile.skipped',
          out !== undefined,
          `the frame behind a data message of type ${id}`,
          'none',
        );
        const stray = s.all(frame('wlan0>peer0', padded(tcp(666), 60))).length;
        s.check('hostile.ignored', stray === 0, `no frame out of the payload of type ${id}`, 'one');
      }
    },
  },
  {
    id: 'hostile-data-cut-off',
    suite: 'hostile',
    title: 'A frame that claims more than the ring holds does not go out',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true, filters: wantAll() });
      for (const claimed of [61, 1514, 0xffff]) {
        s.mark();
        s.csme.writeBytes(raw('DATA_PACKET', claimed, padded(tcp(443), 60), s.csme.nextSapSeq()), 'data');
        s.csme.bell();
        yield* s.read(SURVIVES);
        yield* nothingOut(s);
        const good = padded(tcp(443, { from: claimed }), 99);
        s.csme.writeBytes(encodeSap({ name: 'DATA_PACKET', frame: good }, s.csme.nextSapSeq()), 'data');
        s.csme.bell();
        yield* s.read(SURVIVES);
        yield* s.expect(SURVIVES, frame('wlan0>peer0', good));
      }
    },
  },
  {
    id: 'hostile-frame-as-notification',
    suite: 'hostile',
    title: 'A DATA_PACKET in the notification ring does not go out',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true });
      s.mark();
      s.csme.write({ name: 'DATA_PACKET', frame: padded(tcp(443), 60) }, 'notif');
      s.csme.bell();
      yield* s.read(SURVIVES);
      yield* nothingOut(s);
      yield* alive(s, SURVIVES);
    },
  },
  {
    id: 'hostile-short-frames',
    suite: 'hostile',
    title: 'A DATA_PACKET of less than an Ethernet header: a kernel BUG in the reference',
    needs: ['control', 'danger'],
    *play(s) {
      yield* up(s, { netdev: true });
      for (const length of [0, 1, 13]) {
        s.mark();
        s.csme.writeBytes(raw('DATA_PACKET', length, length, s.csme.nextSapSeq()), 'data');
        s.csme.bell();
        yield* s.read(SURVIVES);
        yield* nothingOut(s);
        yield* alive(s, SURVIVES);
      }
    },
  },
];

function* nothingOut(s: Stage): Play {
  const isOut = ({ event }: Seen) => event.ch === 'frame' && event.dir === 'wlan0>peer0';
  yield* s.never('hostile.ignored', { words: 'frame on the air', about: isOut, fits: isOut }, 120);
}
