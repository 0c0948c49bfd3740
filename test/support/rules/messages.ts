/** Messages, their numbers, door bells: traces that keep the rules, and traces that break one. */
import { encodeSap, type SapDraft } from '../../../sap/index.ts';
import { Script } from '../script.ts';
import { type Cases, country, PING, PONG } from './pieces.ts';

export const MESSAGES: Cases = {
  'sap.seq': {
    keeps: () => new Script().enabled().csme(PING).host(PONG),
    breaks: [
      [
        'left out',
        () => {
          const s = new Script().enabled().csme(PING);
          s.seq++;
          return s.host(PONG);
        },
      ],
      ['repeated', () => new Script().enabled().csme(PING).pass(100).bell().pass(1).read(PONG, 4)],
      [
        'from the link before',
        () => {
          const s = new Script()
            .enabled()
            .removed()
            .pass(500)
            .started()
            .csme({ name: 'AMT_STATE', enabled: 1 });
          s.pass(100).bell().pass(1);
          Script.CONFIGURATION.forEach((draft, i) => {
            s.read(draft, i + 6);
          });
          return s;
        },
        (s) => s.line - 3,
      ],
    ],
  },
  'sap.length': {
    keeps: () => new Script().enabled().csme(PING).host(PONG),
    breaks: [
      [
        'longer than the layout',
        () => {
          const s = new Script().enabled().csme(PING).pass(100).bell().pass(1);
          const bytes = encodeSap({ name: 'UNKNOWN', id: 2, payload: new Uint8Array(4) }, ++s.seq);
          return s.add({ ch: 'notif', dir: 'h2m', bytes });
        },
      ],
    ],
  },
  'sap.queue': {
    keeps: () => new Script().enabled().csme(PING).host(PONG),
    breaks: [
      [
        'in the data ring',
        () => {
          const s = new Script().enabled().bell().pass(1);
          return s.add({
            ch: 'data',
            dir: 'h2m',
            bytes: encodeSap({ name: 'HOST_RESUMES', initControlBlock: 0 }, ++s.seq),
          });
        },
      ],
    ],
  },
  'sap.type': {
    keeps: () => new Script().enabled(),
    breaks: [
      ['of CSME', () => new Script().enabled().host({ name: 'NIC_OWNER', owner: 1 })],
      [
        'of nobody',
        () => new Script().enabled().host({ name: 'UNKNOWN', id: 1014, payload: new Uint8Array(0) }),
      ],
    ],
  },
  'sap.reserved': {
    keeps: () => new Script().enabled().call('country', { mcc: 5 }).host(country(5)),
    breaks: [
      [
        'not zero',
        () =>
          new Script()
            .enabled()
            .call('country', { mcc: 5 })
            .host({ ...country(5), reserved11: 1 } as SapDraft),
      ],
    ],
  },
  'bell.throttle': {
    keeps: () => new Script().enabled().csme(PING).host(PONG).csme(PING).host(PONG),
    breaks: [
      [
        'after 20 ms',
        () => new Script().enabled().csme(PING).host(PONG).csme(PING).pass(18).bell().pass(1).read(PONG),
        (s) => s.line - 1,
      ],
    ],
  },
  'bell.missing': {
    keeps: () => new Script().enabled().csme(PING).host(PONG),
    breaks: [
      ['read long after', () => new Script().enabled().csme(PING).pass(700).note('still').read(PONG)],
      ['read very long after', () => new Script().enabled().csme(PING).pass(5000).note('still').read(PONG)],
    ],
  },
  'bell.repeat': {
    keeps: () => {
      const s = new Script().enabled().csme(PING);
      for (let i = 0; i < 9; i++) s.bell().pass(104);
      return s.read(PONG);
    },
    breaks: [
      [
        'once and never again',
        () => new Script().enabled().csme(PING).bell().pass(900).note('still').read(PONG),
      ],
    ],
  },
};
