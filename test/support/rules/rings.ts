import { Script } from '../script.ts';
import { area, type Cases, CONTROL, changed, country, filled, PING, PONG } from './pieces.ts';

export const RINGS: Cases = {
  'ring.full-reads-empty': {
    keeps: () => {
      // The last one is left out.
      const s = filled(new Script().enabled('host', 3), 140).pass(100).bell().pass(100).bell();
      for (let i = 0; i < 139; i++) s.read(country(i));
      return s;
    },
    breaks: [
      [
        'to the last byte',
        () => {
          const s = filled(new Script().enabled('host', 3).bell(), 140).pass(300).call('country', { mcc: 9 });
          s.seq += 140;
          return s.pass(10).host(country(9));
        },
        (s) => s.line - 3,
      ],
    ],
  },
  'ring.pointer': {
    keeps: () => area(area(new Script().started(), CONTROL), changed(CONTROL, 12, 8)),
    breaks: [['beyond the ring', () => area(area(new Script().started(), CONTROL), changed(CONTROL, 14, 1))]],
  },
  'ring.read-whole': {
    keeps: () =>
      area(
        area(new Script().enabled(), CONTROL).csme(PING).host(PONG).pass(1100),
        changed(changed(CONTROL, 40, 8), 44, 8),
      ),
    breaks: [
      [
        'a rest',
        () =>
          area(
            area(new Script().enabled(), CONTROL).csme(PING).host(PONG).pass(1100),
            changed(CONTROL, 40, 8),
          ),
      ],
    ],
  },
};
