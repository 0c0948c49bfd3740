import { Script } from '../script.ts';
import { ASKS, type Cases, CONFIRMED, country, PING, PONG, shortOf } from './pieces.ts';

export const REMOVAL: Cases = {
  'removal.goes-down': {
    keeps: () => new Script().enabled().removed(),
    breaks: [
      [
        'left out',
        () =>
          new Script()
            .enabled()
            .bus('ctl', 'remove', { arg: 0 })
            .rfkill(0)
            .bus('drv', 'disable')
            .bus('drv', 'unmap'),
      ],
    ],
  },
  'removal.goes-down-last': {
    keeps: () => new Script().enabled().csme(PING).host(PONG).removed(),
    breaks: [
      [
        'a PONG behind it',
        () => {
          const s = new Script().enabled().bus('ctl', 'remove', { arg: 0 }).csme(PING);
          return s.bell().pass(1).read({ name: 'HOST_GOES_DOWN' }).read(PONG).rfkill(0).bus('drv', 'unmap');
        },
        (s) => s.line - 2,
      ],
    ],
  },
  'removal.silence': {
    keeps: () => new Script().enabled().removed().pass(500).enabled(),
    breaks: [['a bell', () => new Script().enabled().removed().pass(500).bell()]],
  },
  'removal.stolen': {
    keeps: () => {
      const s = new Script()
        .enabled()
        .call('device_state', { up: 1 })
        .bus('ctl', 'remove', { arg: 0 })
        .pass(55)
        .tell('nic_stolen');
      return s.bell().pass(1).read({ name: 'HOST_GOES_DOWN' }).rfkill(0).bus('drv', 'unmap');
    },
    breaks: [
      [
        'not reported',
        () => new Script().enabled().call('device_state', { up: 1 }).removed(),
        (s) => s.line - 5,
      ],
      [
        'a device that is down',
        () => {
          const s = new Script().enabled().bus('ctl', 'remove', { arg: 0 }).pass(2).bell().pass(1);
          return s.read({ name: 'HOST_GOES_DOWN' }).rfkill(0).tell('nic_stolen').bus('drv', 'unmap');
        },
        (s) => s.line - 1,
      ],
    ],
  },
  'removal.rfkill': {
    // Who works the bus asks once more, before the host is through.
    keeps: () => {
      const s = new Script().enabled().bus('ctl', 'remove', { arg: 0 }).bell().pass(1);
      s.read({ name: 'HOST_GOES_DOWN' }).rfkill(0).bus('ctl', 'remove', { arg: 0 });
      return s.bus('drv', 'disable').bus('drv', 'unmap');
    },
    breaks: [
      [
        'not released',
        () =>
          new Script()
            .enabled()
            .bus('ctl', 'remove', { arg: 0 })
            .bell()
            .read({ name: 'HOST_GOES_DOWN' })
            .bus('drv', 'unmap'),
        (s) => s.line - 3,
      ],
    ],
  },
  'removal.wakes': {
    keeps: () =>
      new Script()
        .enabled('csme')
        .call('get_ownership')
        .host(ASKS)
        .removed()
        .ret('get_ownership', { ret: -19 }),
    breaks: [
      [
        'sleeps on',
        () =>
          new Script()
            .enabled('csme')
            .call('get_ownership')
            .host(ASKS)
            .removed()
            .pass(500)
            .ret('get_ownership', { ret: -110 }),
      ],
    ],
  },
  'hostile.survives': {
    keeps: () => new Script().enabled().csme(shortOf('NIC_OWNER')).pass(500).csme(PING).host(PONG),
    breaks: [
      [
        'silent ever after',
        () => new Script().enabled().csme(shortOf('NIC_OWNER')).pass(500).csme(PING),
        (s) => s.line - 1,
      ],
    ],
  },
  'hostile.skipped': {
    keeps: () => new Script().enabled().csme(shortOf('NIC_OWNER'), PING).host(PONG),
    breaks: [
      [
        'the batch is given up',
        () => {
          const s = new Script()
            .enabled()
            .csme(shortOf('NIC_OWNER'), PING)
            .csme({ name: 'CSME_CAN_RELEASE_OWNERSHIP' });
          return s.call('country', { mcc: 7 }).host(country(7));
        },
        (s) => s.line - 6,
      ],
    ],
  },
  'hostile.ignored': {
    keeps: () =>
      new Script().enabled().csme(shortOf('CSME_REPLY_TO_HOST_OWNERSHIP_REQ')).csme(PING).host(PONG),
    breaks: [
      [
        'acted on',
        () => new Script().enabled().csme(shortOf('CSME_REPLY_TO_HOST_OWNERSHIP_REQ')).host(CONFIRMED),
      ],
    ],
  },
};
