/** Pointers, sizes and ME messages that no firmware writes. */
import { encodeMe, SAP_HEADER_LEN } from '../../sap/index.ts';
import { alive, up } from '../opening.ts';
import type { Scenario } from '../scenario.ts';
import { message } from '../seen.ts';
import { QUIET } from '../stage.ts';
import { raw, SURVIVES } from './raw.ts';

export const HOSTILE_MEMORY: readonly Scenario[] = [
  {
    id: 'hostile-pointers',
    suite: 'hostile',
    title: "CSME's write pointers stand outside of their rings: nothing is read, and afterwards all is well",
    needs: [],
    *play(s) {
      yield* up(s);
      yield* alive(s);
      for (const queue of ['notif', 'data'] as const) {
        const { size } = s.csme.ring('m2h', queue);
        const wr = s.csme.pointer('m2h', queue, 'wr');
        const rd = s.csme.pointer('m2h', queue, 'rd');
        for (const bad of [size + 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
          s.csme.setPointer('m2h', queue, 'wr', bad);
          s.csme.bell();
          yield* s.settle(50);
          const now = s.csme.pointer('m2h', queue, 'rd');
          s.check(
            'ring.untouched',
            now === rd,
            `rd_ptr of m2h-${queue} stays ${rd} while wr_ptr is ${bad}`,
            `${now}`,
          );
        }
        s.csme.setPointer('m2h', queue, 'wr', wr);
        s.csme.setPointer('m2h', queue, 'rd', rd);
        yield* alive(s, SURVIVES);
      }
    },
  },
  {
    id: 'hostile-pointer-at-end',
    suite: 'hostile',
    title: "CSME's write pointer is the size of the ring instead of 0: the message before it is read",
    needs: [],
    *play(s) {
      yield* up(s);
      const { size } = s.csme.ring('m2h', 'notif');
      const left = () => size - s.csme.pointer('m2h', 'notif', 'wr');
      while (left() > 4096 + 2 * SAP_HEADER_LEN) {
        s.csme.writeBytes(raw(501, 4088, 4088, s.csme.nextSapSeq()));
        s.csme.bell();
        yield* s.read(SURVIVES);
      }
      s.mark();
      // Up to the last eight bytes, which are a PING.
      const between = left() - 2 * SAP_HEADER_LEN;
      s.csme.writeBytes(raw(501, between, between, s.csme.nextSapSeq()));
      s.csme.write({ name: 'PING' });
      s.csme.setPointer('m2h', 'notif', 'wr', size);
      s.csme.bell();
      yield* s.expect(SURVIVES, message('PONG'));
      const rd = s.csme.pointer('m2h', 'notif', 'rd');
      s.check('ring.pointer', rd === 0, 'rd_ptr 0 at the end of the ring', `${rd}`);
      s.csme.setPointer('m2h', 'notif', 'wr', 0);
      s.csme.setPointer('m2h', 'notif', 'rd', 0);
      yield* alive(s, SURVIVES);
    },
  },
  {
    id: 'hostile-read-pointer',
    suite: 'hostile',
    title:
      "CSME's read pointers stand outside of the driver's rings: nothing is written, and afterwards all is well",
    needs: [],
    *play(s) {
      yield* up(s);
      yield* alive(s);
      yield* s.until({ until: () => s.csme.unheardOf('notif') === 0, withinMs: 500, watchesMemory: true });
      const rd = s.csme.pointer('h2m', 'notif', 'rd');
      const wr = s.csme.pointer('h2m', 'notif', 'wr');
      const { size } = s.csme.ring('h2m', 'notif');
      s.csme.listens = false;
      for (const bad of [size + 1, 0x7fffffff, 0xffffffff]) {
        s.csme.setPointer('h2m', 'notif', 'rd', bad);
        s.csme.write({ name: 'PING' });
        s.csme.bell();
        yield* s.read(SURVIVES);
        const now = s.csme.pointer('h2m', 'notif', 'wr');
        s.check(
          'ring.untouched',
          now === wr,
          `wr_ptr of h2m-notif stays ${wr} while rd_ptr is ${bad}`,
          `${now}`,
        );
      }
      s.csme.setPointer('h2m', 'notif', 'rd', rd);
      s.listen();
      yield* s.settle(120);
      yield* alive(s, SURVIVES);
    },
  },
  {
    id: 'hostile-control-block',
    suite: 'hostile',
    title: 'CSME changes ids and sizes in the control block: the driver has its own',
    needs: [],
    *play(s) {
      yield* up(s);
      const { layout } = s.csme.area!;
      const { h2m, m2h } = layout.rings;
      const words: readonly (readonly [at: number, good: number])[] = [
        [0, 0x21504153],
        [4, 64],
        [layout.trailerAt, 0x21504153],
        ...[h2m.notif, h2m.data, m2h.notif, m2h.data].map((ring) => [ring.sizeAt, ring.size] as const),
      ];
      for (const [at, good] of words) {
        for (const bad of [0, 8, 0xffffffff]) {
          s.csme.setWord(at, bad | 0);
          s.mark();
          s.csme.write({ name: 'PING' });
          s.csme.bell();
          yield* s.read('ring.from-memory');
          const pong = yield* s.await(message('PONG'));
          s.check('ring.from-memory', pong !== undefined, `PONG while the word at ${at} is ${bad}`, 'none');
        }
        s.csme.setWord(at, good);
      }
    },
  },
  {
    id: 'hostile-me-messages',
    suite: 'hostile',
    title: 'ME messages of unknown types, of the driver itself, and of a few bytes',
    needs: [],
    *play(s) {
      yield* up(s);
      s.mark();
      for (const type of [0, 4, 7, 0xffffffff]) {
        s.csme.me(encodeMe({ name: 'UNKNOWN', type, payload: new Uint8Array(8) }, s.csme.nextMeSeq()));
      }
      s.csme.me(encodeMe({ name: 'START', supportedVersions: [4] }, s.csme.nextMeSeq()));
      for (const length of [1, 3, 5, 11]) s.csme.me(new Uint8Array(length).fill(2));
      yield* s.settle(QUIET);
      yield* alive(s, SURVIVES);
    },
  },
];
