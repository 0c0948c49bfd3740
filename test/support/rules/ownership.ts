import { Script } from '../script.ts';
import {
  ASKS,
  type Cases,
  CONFIRMED,
  CONN_STATUS,
  CSME_CONFIRMED,
  reply,
  status,
  TAKING,
  taken,
} from './pieces.ts';

export const OWNERSHIP: Cases = {
  'own.ask': {
    keeps: () =>
      new Script()
        .enabled('csme')
        .call('get_ownership')
        .host(ASKS)
        .csme(reply(1))
        .rfkill(0)
        .ret('get_ownership')
        .host(CONFIRMED),
    breaks: [
      [
        'not asked',
        () =>
          new Script().enabled('csme').call('get_ownership').pass(500).ret('get_ownership', { ret: -110 }),
        (s) => s.line - 1,
      ],
      ['without a cause', () => new Script().enabled('csme').host(ASKS)],
    ],
  },
  'own.no-ask-when-owner': {
    keeps: () => new Script().enabled().pass(1000).call('get_ownership').ret('get_ownership'),
    breaks: [
      ['asked all the same', () => new Script().enabled().pass(1000).call('get_ownership').host(ASKS)],
    ],
  },
  'own.result': {
    keeps: () =>
      new Script()
        .enabled('csme')
        .call('get_ownership')
        .host(ASKS)
        .csme(reply(0))
        .ret('get_ownership', { ret: -13 }),
    breaks: [
      [
        'success after a refusal',
        () =>
          new Script().enabled('csme').call('get_ownership').host(ASKS).csme(reply(0)).ret('get_ownership'),
      ],
      [
        'given up too early',
        () =>
          new Script()
            .enabled('csme')
            .call('get_ownership')
            .host(ASKS)
            .pass(100)
            .ret('get_ownership', { ret: -110 }),
      ],
      [
        'failed after a grant',
        () =>
          new Script()
            .enabled('csme')
            .call('get_ownership')
            .host(ASKS)
            .csme(reply(1))
            .rfkill(0)
            .ret('get_ownership', { ret: -110 })
            .host(CONFIRMED),
        (s) => s.line - 2,
      ],
    ],
  },
  'own.confirm': {
    keeps: () => new Script().enabled('csme').csme(reply(1)).rfkill(0).host(CONFIRMED),
    breaks: [
      ['missing', () => new Script().enabled('csme').csme(reply(1)).rfkill(0), (s) => s.line - 2],
      ['after a refusal', () => new Script().enabled('csme').csme(reply(0)).host(CONFIRMED)],
    ],
  },
  'own.ask-again': {
    keeps: () => new Script().enabled().csme(TAKING).host(CSME_CONFIRMED).pass(60_500).host(ASKS),
    breaks: [
      ['after 5 s', () => new Script().enabled().csme(TAKING).host(CSME_CONFIRMED).pass(5000).host(ASKS)],
      ['never', () => new Script().enabled().csme(TAKING).host(CSME_CONFIRMED), (s) => s.line],
    ],
    afterMs: 70_000,
  },
  'own.offer': {
    keeps: () => new Script().enabled('csme').csme({ name: 'CSME_CAN_RELEASE_OWNERSHIP' }).host(ASKS),
    breaks: [
      [
        'not taken up',
        () => new Script().enabled('csme').csme({ name: 'CSME_CAN_RELEASE_OWNERSHIP' }),
        (s) => s.line - 1,
      ],
    ],
  },
  'own.confirm-taking': {
    keeps: () => taken().call('device_state', { up: 0 }).host(CSME_CONFIRMED),
    breaks: [
      ['before the device is down', () => taken().host(CSME_CONFIRMED)],
      ['never', () => taken().call('device_state', { up: 0 })],
      ['never, with the device down', () => new Script().enabled().csme(TAKING), (s) => s.line - 1],
    ],
  },
  'own.taking-told': {
    keeps: () => taken(),
    breaks: [
      [
        'not told',
        () => new Script().enabled().call('device_state', { up: 1 }).csme(TAKING),
        (s) => s.line - 1,
      ],
    ],
  },
  'lp.status': {
    keeps: () => new Script().enabled('csme').csme(status(1)).tell('me_conn_status', CONN_STATUS).rfkill(1),
    breaks: [
      [
        'another channel',
        () =>
          new Script()
            .enabled('csme')
            .csme(status(1))
            .tell('me_conn_status', { ...CONN_STATUS, channel: 1 })
            .rfkill(1),
        (s) => s.line - 1,
      ],
      ['not passed up', () => new Script().enabled('csme').csme(status(1)).rfkill(1), (s) => s.line - 2],
    ],
  },
  'lp.rfkill': {
    keeps: () =>
      new Script()
        .enabled('csme')
        .csme(status(1))
        .tell('me_conn_status', CONN_STATUS)
        .rfkill(1)
        .pass(10)
        .csme(reply(1))
        .rfkill(0)
        .host(CONFIRMED),
    breaks: [
      [
        'not blocked',
        () => new Script().enabled('csme').csme(status(1)).tell('me_conn_status', CONN_STATUS),
        (s) => s.line - 2,
      ],
      [
        'not released',
        () =>
          new Script()
            .enabled('csme')
            .csme(status(1))
            .tell('me_conn_status', CONN_STATUS)
            .rfkill(1)
            .csme(reply(1))
            .host(CONFIRMED),
        (s) => s.line - 3,
      ],
      ['blocked for nothing', () => new Script().enabled('csme').rfkill(1)],
    ],
  },
  'lp.roaming': {
    keeps: () =>
      new Script()
        .enabled()
        .csme(status(1))
        .tell('me_conn_status', CONN_STATUS)
        .tell('roaming_forbidden', { forbidden: 1 }),
    breaks: [
      [
        'not forbidden',
        () =>
          new Script()
            .enabled()
            .csme(status(1))
            .tell('me_conn_status', CONN_STATUS)
            .tell('roaming_forbidden', { forbidden: 0 }),
      ],
      [
        'not told',
        () => new Script().enabled().csme(status(1)).tell('me_conn_status', CONN_STATUS),
        (s) => s.line - 2,
      ],
    ],
  },
};
