/** Notifications that are none: too short, too long, unknown, cut off. They have no effect, and the rest is handled. */
import { type KnownMessage, SAP_HEADER_LEN, type SapDraft } from '../../sap/index.ts';
import type { TraceArgs } from '../../trace/index.ts';
import { seededRandom } from '../../transport/index.ts';
import { alive, up } from '../opening.ts';
import type { Scenario } from '../scenario.ts';
import { anyOf, message, op, ret } from '../seen.ts';
import { raw, SURVIVES } from './raw.ts';

/** Each CSME message with a layout, and lengths that are too short for it. */
const SHORT: readonly (readonly [name: KnownMessage['name'], lengths: readonly number[]])[] = [
  ['AMT_STATE', [0, 1, 3]],
  ['CSME_REPLY_TO_HOST_OWNERSHIP_REQ', [0, 3]],
  ['NIC_OWNER', [0, 3]],
  ['CSME_FILTERS', [0, 155, 1895]],
  ['CSME_CONN_STATUS', [0, 8, 63]],
  ['NVM', [0, 20, 459]],
  ['PLDR_ACK', [0, 4, 7]],
];

const asked = message('HOST_ASKS_FOR_NIC_OWNERSHIP');

export const HOSTILE_MESSAGES: readonly Scenario[] = [
  {
    id: 'hostile-short-messages',
    suite: 'hostile',
    title: 'Messages that are too short for their layout are ignored, and the rest of the batch is handled',
    needs: [],
    *play(s) {
      yield* up(s, { owner: 'csme' });
      for (const [name, lengths] of SHORT) {
        for (const length of lengths) {
          s.mark();
          s.csme.writeBytes(raw(name, length, new Uint8Array(length).fill(1), s.csme.nextSapSeq()));
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
      s.csme.writeBytes(raw('NIC_OWNER', 3, Uint8Array.of(1, 0, 0), s.csme.nextSapSeq()));
      s.csme.writeBytes(raw('CSME_REPLY_TO_HOST_OWNERSHIP_REQ', 1, Uint8Array.of(1), s.csme.nextSapSeq()));
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
      s.csme.writeBytes(raw('NIC_OWNER', 100, Uint8Array.of(1, ...new Uint8Array(99)), s.csme.nextSapSeq()));
      s.csme.writeBytes(raw('PING', 32, 32, s.csme.nextSapSeq()));
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
      s.csme.writeBytes(raw('CSME_TAKING_OWNERSHIP', 4089, 4089, s.csme.nextSapSeq()));
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
        s.csme.writeBytes(raw('CSME_TAKING_OWNERSHIP', claimed, 0, s.csme.nextSapSeq()));
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
      for (let rest = 1; rest < SAP_HEADER_LEN; rest++) {
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
];
