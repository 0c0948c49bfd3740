/** Defects of the end of a link, and of what comes after it. */

import { initialState } from '../../../ownership/index.ts';
import type { HostEnd } from '../../../transport/index.ts';
import { type Defect, dropped, hooked, isNamed, oneMore, quirk, timed, without, writes } from './plant.ts';

export const LIFECYCLE_DEFECTS: readonly Defect[] = [
  {
    id: 'no-goodbye',
    what: 'goes without HOST_GOES_DOWN',
    plant: writes((message, { write, host }) =>
      isNamed(message, 'HOST_GOES_DOWN') ? dropped(host) : write(message),
    ),
    fails: ['removal.goes-down'],
  },
  {
    id: 'no-time-to-read',
    what: 'unmaps the area without giving CSME time to read',
    plant: hooked({
      after({ state }) {
        if (state.phase === 'draining') state.drainPolls = 10;
      },
    }),
    fails: ['removal.goes-down'],
  },
  {
    id: 'talks-on',
    what: 'sends a message behind HOST_GOES_DOWN',
    plant: writes((message, writing) => {
      const { write } = writing;
      const result = write(message);
      if (isNamed(message, 'HOST_GOES_DOWN')) {
        const pong = message.slice();
        pong.set([2, 0]);
        oneMore(pong, writing);
      }
      return result;
    }),
    fails: ['removal.goes-down-last'],
    follows: ['ping.pong'],
  },
  {
    id: 'not-stolen',
    what: 'does not tell that the card was stolen',
    plant: without('tellStolen', 'stopping', 'deviceDown'),
    fails: ['removal.stolen'],
  },
  {
    id: 'stolen-at-once',
    what: 'tells at once that the card was stolen',
    plant: timed('deviceDown', 0),
    fails: ['removal.stolen'],
  },
  {
    id: 'rfkill-after-removal',
    what: 'does not release rfkill when the link ends',
    plant: without('unblockRfkill', 'draining', 'drainPoll'),
    fails: ['removal.rfkill'],
  },
  {
    id: 'sleeps-on',
    what: 'as the reference: who waits sleeps on when the link ends',
    plant: quirk('waiter-survives-removal'),
    fails: ['removal.wakes'],
    follows: ['nvm.result', 'own.result', 'pldr.tries'],
  },
  {
    id: 'settings-lost',
    what: 'forgets the settings with the link',
    plant: hooked({
      after({ state }, _now) {
        if (state.phase === 'draining') state.settings = initialState().settings;
      },
    }),
    fails: ['init.contents'],
    follows: ['init.missing'],
  },
  {
    id: 'never-returns',
    what: 'does not come back after a reset',
    plant: hooked(() => {
      let wasReset = false;
      return {
        input(input) {
          wasReset ||= input.type === 'lost';
          return input.type === 'probe' && wasReset ? [] : [input];
        },
      };
    }),
    fails: ['link.returns'],
    follows: ['link.comes'],
  },
  {
    id: 'hangs-up',
    what: 'hangs up when it meets a message of an unknown type',
    plant: () => {
      let hangUp = () => {};
      const host = hooked({
        output(output) {
          if (output.type === 'problem' && output.error.code === 'SAP_ERR_UNKNOWN_TYPE') hangUp();
          return [output];
        },
      })().host;
      const end = (inner: HostEnd) => {
        hangUp = () => inner.close();
        return inner;
      };
      return { host, end };
    },
    fails: ['link.stays'],
  },
];
