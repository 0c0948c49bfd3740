/** A CSME that writes nonsense. What it writes has no effect, and afterwards the driver works as before. */
import { encodeMe, encodeSap, type SapDraft } from '../../sap/index.ts';
import type { TraceArgs } from '../../trace/index.ts';
import { seededRandom } from '../../transport/index.ts';
import { wantAll } from '../filters.ts';
import { padded, tcp } from '../frames.ts';
import { alive, up } from '../opening.ts';
import type { Scenario } from '../scenario.ts';
import { anyOf, frame, message, op, ret } from '../seen.ts';
import { QUIET, type Stage } from '../stage.ts';

const SURVIVES = 'hostile.survives';
const HEADER = 8;

/** A header and a payload that need not go together. */
function raw(id: number, length: number, payload: Uint8Array | number, seqNum = 0): Uint8Array {
  const body = typeof payload === 'number' ? new Uint8Array(payload) : payload;
  const out = new Uint8Array(HEADER + body.length);
  out.set([id, id >> 8, length, length >> 8, seqNum, seqNum >> 8, 0, 0]);
  out.set(body, HEADER);
  return out;
}

const AMT_STATE = 502;
const REPLY = 503;
const TAKING = 504;
const NIC_OWNER = 511;
const FILTERS = 500;
const CONN_STATUS = 512;
const NVM = 513;
const PLDR_ACK = 518;
const PING = 1;
const DATA_PACKET = 2000;

/** Each CSME message with a layout, cut to the first byte of its payload and to none. */
const SHORT: readonly (readonly [name: string, id: number, lengths: readonly number[]])[] = [
  ['AMT_STATE', AMT_STATE, [0, 1, 3]],
  ['CSME_REPLY_TO_HOST_OWNERSHIP_REQ', REPLY, [0, 3]],
  ['NIC_OWNER', NIC_OWNER, [0, 3]],
  ['CSME_FILTERS', FILTERS, [0, 155, 1895]],
  ['CSME_CONN_STATUS', CONN_STATUS, [0, 8, 63]],
  ['NVM', NVM, [0, 20, 459]],
  ['PLDR_ACK', PLDR_ACK, [0, 4, 7]],
];

const asked = message('HOST_ASKS_FOR_NIC_OWNERSHIP');

export const HOSTILE: readonly Scenario[] = [
  {
    id: 'hostile-short-messages',
    suite: 'hostile',
    title: 'Messages that are too short for their layout are ignored, and the rest of the batch is handled',
    needs: [],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      for (const [name, id, lengths] of SHORT) {
        for (const length of lengths) {
          s.mark();
          s.csme.writeBytes(raw(id, length, new Uint8Array(length).fill(1), s.csme.nextSapSeq()));
          s.csme.write({ name: 'PING' });
          s.csme.bell();
          yield* s.read(SURVIVES);
          const pong = yield* s.await(message('PONG'));
          s.check(
            'hostile.skipped',
            pong !== undefined,
            `PONG to the PING behind a ${name} of ${length} bytes`,
            'none',
          );
          const effect = anyOf(
            '',
            message('HOST_OWNERSHIP_CONFIRMED'),
            message('RADIO_STATE'),
            op('me_conn_status'),
          );
          s.check(
            'hostile.ignored',
            s.all(effect).length === 0,
            `no effect of a ${name} of ${length} bytes`,
            'one',
          );
        }
      }
      yield* alive(s, SURVIVES);
    },
  },
  {
    id: 'hostile-short-owner',
    suite: 'hostile',
    title: 'A NIC_OWNER and a grant that are too short do not make the host the owner',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      s.csme.writeBytes(raw(NIC_OWNER, 3, Uint8Array.of(1, 0, 0), s.csme.nextSapSeq()));
      s.csme.writeBytes(raw(REPLY, 1, Uint8Array.of(1), s.csme.nextSapSeq()));
      s.csme.bell();
      yield* s.read(SURVIVES);
      yield* s.call('get_ownership');
      const ask = yield* s.await(asked);
      s.check('hostile.ignored', ask !== undefined, 'a host that asks, because CSME owns the card', 'none');
    },
  },
  {
    id: 'hostile-long-messages',
    suite: 'hostile',
    title: 'Messages that are longer than their layout are taken, their tails ignored',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      s.mark();
      s.csme.writeBytes(raw(NIC_OWNER, 100, Uint8Array.of(1, ...new Uint8Array(99)), s.csme.nextSapSeq()));
      s.csme.writeBytes(raw(PING, 32, 32, s.csme.nextSapSeq()));
      s.csme.bell();
      yield* s.read(SURVIVES);
      yield* s.expect('hostile.skipped', message('PONG'));
      yield* s.call('get_ownership');
      yield* s.expect('own.result', ret('get_ownership', { ret: 0 }));
      yield* s.never('own.no-ask-when-owner', asked);
    },
  },
  {
    id: 'hostile-unknown-types',
    suite: 'hostile',
    title: "Unknown types, and the driver's own, are passed over",
    needs: [],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      for (const id of [0, 3, 499, 501, 507, 514, 600, 1003, 1006, 1015, 0x7fff, 0xffff]) {
        s.mark();
        s.csme.writeBytes(
          raw(id, 12, Uint8Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]), s.csme.nextSapSeq()),
        );
        s.csme.write({ name: 'PING' });
        s.csme.bell();
        yield* s.read(SURVIVES);
        const pong = yield* s.await(message('PONG'));
        s.check(
          'hostile.skipped',
          pong !== undefined,
          `PONG to the PING behind a message of type ${id}`,
          'none',
        );
      }
    },
  },
  {
    id: 'hostile-oversize',
    suite: 'hostile',
    title: 'A notification of more than 4096 bytes ends its batch; the largest one that is allowed does not',
    needs: [],
    *play(s) {
      yield* up(s);
      s.mark();
      s.csme.writeBytes(raw(501, 4088, 4088, s.csme.nextSapSeq()));
      s.csme.write({ name: 'PING' });
      s.csme.bell();
      yield* s.read(SURVIVES);
      yield* s.expect('hostile.skipped', message('PONG'));
      // One that would do something if it were read.
      s.csme.writeBytes(raw(TAKING, 4089, 4089, s.csme.nextSapSeq()));
      s.csme.bell();
      yield* s.read(SURVIVES);
      yield* s.never('hostile.ignored', message('CSME_OWNERSHIP_CONFIRMED'));
      s.csme.writeBytes(raw(501, 60_000, 60_000, s.csme.nextSapSeq()));
      s.csme.bell();
      yield* s.read(SURVIVES);
      yield* alive(s, SURVIVES);
    },
  },
  {
    id: 'hostile-cut-off',
    suite: 'hostile',
    title: 'A message that claims more than the ring holds is dropped, with what is behind it',
    needs: [],
    *play(s) {
      yield* up(s);
      for (const claimed of [1, 100, 4000, 0xffff]) {
        s.mark();
        s.csme.writeBytes(raw(TAKING, claimed, 0, s.csme.nextSapSeq()));
        s.csme.bell();
        yield* s.read(SURVIVES);
        yield* s.never('hostile.ignored', message('CSME_OWNERSHIP_CONFIRMED'), 120);
        yield* alive(s, SURVIVES);
      }
    },
  },
  {
    id: 'hostile-rests',
    suite: 'hostile',
    title: 'One to seven bytes behind the last message are dropped',
    needs: [],
    *play(s) {
      yield* up(s);
      for (let rest = 1; rest < HEADER; rest++) {
        s.mark();
        s.csme.write({ name: 'PING' });
        s.csme.writeBytes(new Uint8Array(rest).fill(0xff));
        s.csme.bell();
        yield* s.read(SURVIVES);
        yield* s.expect(SURVIVES, message('PONG'));
      }
      yield* alive(s, SURVIVES);
    },
  },
  {
    id: 'hostile-garbage',
    suite: 'hostile',
    title: 'Twenty pages of noise in the notification ring',
    needs: [],
    *play(s) {
      yield* up(s);
      const random = seededRandom(1);
      for (let i = 0; i < 20; i++) {
        const noise = Uint8Array.from({ length: 200 + random.below(2000) }, () => random.below(256));
        // A type that nobody knows, so that the noise does not ask for something by chance.
        noise[1] = 0xee;
        s.csme.writeBytes(noise);
        s.csme.bell();
        yield* s.read(SURVIVES);
      }
      yield* alive(s, SURVIVES);
    },
  },
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
      while (left() > 4096 + 2 * HEADER) {
        s.csme.writeBytes(raw(501, 4088, 4088, s.csme.nextSapSeq()));
        s.csme.bell();
        yield* s.read(SURVIVES);
      }
      s.mark();
      // Up to the last eight bytes, which are a PING.
      const between = left() - 2 * HEADER;
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
  {
    id: 'hostile-data-types',
    suite: 'hostile',
    title: 'Types that do not belong into the data ring are dropped, the frame behind them goes out',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true });
      for (const id of [0, PING, TAKING, 1999, 2001, 0xffff]) {
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
        s.csme.writeBytes(raw(DATA_PACKET, claimed, padded(tcp(443), 60), s.csme.nextSapSeq()), 'data');
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
    id: 'hostile-stray-answers',
    suite: 'hostile',
    title: 'Answers that nobody asked for',
    needs: ['control'],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      const nvm: SapDraft = {
        name: 'NVM',
        hwAddr: 1,
        nHwAddrs: 1,
        radioCfg: 0,
        caps: 0,
        nvmVersion: 9,
        channels: new Array<number>(110).fill(0),
      };
      yield* s.tell(nvm, { name: 'PONG' }, { name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 0 });
      yield* alive(s, SURVIVES);
      const negative = (args: TraceArgs) => typeof args.ret === 'number' && args.ret < 0;
      yield* s.call('get_ownership');
      yield* s.expect('own.ask', asked);
      yield* s.expect('own.result', ret('get_ownership', {}, negative), 1500);
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
        s.csme.writeBytes(raw(DATA_PACKET, length, length, s.csme.nextSapSeq()), 'data');
        s.csme.bell();
        yield* s.read(SURVIVES);
        yield* nothingOut(s);
        yield* alive(s, SURVIVES);
      }
    },
  },
];

function* nothingOut(s: Stage): ReturnType<Scenario['play']> {
  const out = anyOf('frame on the air', {
    words: '',
    about: ({ event }) => event.ch === 'frame' && event.dir === 'wlan0>peer0',
    fits: ({ event }) => event.ch === 'frame' && event.dir === 'wlan0>peer0',
  });
  yield* s.never('hostile.ignored', out, 120);
}
