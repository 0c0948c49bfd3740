/** Defects of the exchanges: PING, NVM, PLDR. */

import { type Defect, hooked, isNamed, oneMore, quirk, table, timed, without, writes } from './plant.ts';

/** PING is how the judge asks whether the driver is there: without an answer to it little can be judged. */
const WITHOUT_PONG = [
  'hostile.survives',
  'hostile.skipped',
  'ring.read-whole',
  'ring.overwrite',
  'ring.full-reads-empty',
  'ring.from-memory',
  'bell.missing',
] as const;

export const SERVICE_DEFECTS: readonly Defect[] = [
  {
    id: 'no-pong',
    what: 'does not answer PING',
    plant: without('pong', 'connected', 'PING'),
    fails: ['ping.pong'],
    follows: WITHOUT_PONG,
  },
  {
    id: 'two-pongs',
    what: 'answers PING twice',
    plant: writes((message, writing) => {
      const { write } = writing;
      const result = write(message);
      if (isNamed(message, 'PONG')) oneMore(message, writing);
      return result;
    }),
    fails: ['ping.pong'],
    follows: ['sap.seq'],
  },
  {
    id: 'nvm-impatient',
    what: 'waits half a second for NVM',
    plant: timed('nvmReply', 500),
    fails: ['nvm.result'],
  },
  {
    id: 'nvm-asked-twice',
    what: 'sends GET_NVM twice',
    plant: writes((message, writing) => {
      const { write } = writing;
      const result = write(message);
      if (isNamed(message, 'GET_NVM')) oneMore(message, writing);
      return result;
    }),
    fails: ['nvm.request'],
  },
  {
    id: 'nvm-garbled',
    what: 'returns another NVM than came',
    plant: hooked({
      output(output) {
        if (output.type !== 'return' || output.name !== 'get_nvm' || output.result.nvm === null)
          return [output];
        const nvm = { ...output.result.nvm, nHwAddrs: output.result.nvm.nHwAddrs + 1 };
        return [{ ...output, result: { nvm } }];
      },
    }),
    fails: ['nvm.result'],
    follows: ['nvm.stale'],
  },
  {
    id: 'nvm-stale',
    what: 'as the reference: returns the stored NVM',
    plant: quirk('stale-nvm'),
    fails: ['nvm.stale'],
  },
  {
    id: 'pldr-once',
    what: 'tries PLDR once',
    plant: table('connected', 'pldrReply', ([, fails]) => [fails!]),
    fails: ['pldr.tries'],
  },
  {
    id: 'pldr-forever',
    what: 'tries PLDR without end',
    plant: table('connected', 'pldrReply', ([again]) => [{ do: again!.do }]),
    fails: ['pldr.tries'],
  },
  {
    id: 'pldr-hasty',
    what: 'tries PLDR every 150 ms',
    plant: timed('pldrReply', 150),
    fails: ['pldr.tries'],
  },
  {
    id: 'pldr-no-end',
    what: 'does not send PLDR_END',
    plant: table('connected', 'alive', ([, idle]) => [idle!]),
    fails: ['pldr.end'],
  },
  {
    id: 'pldr-end-wrong',
    what: 'says in PLDR_END that all is well when it is not',
    plant: writes((message, { write }) => {
      if (!isNamed(message, 'PLDR_END')) return write(message);
      const good = message.slice();
      good[12] = 0;
      return write(good);
    }),
    fails: ['pldr.end'],
  },
  {
    id: 'pldr-refusal-ignored',
    what: 'takes every PLDR_ACK for an acceptance',
    plant: table('connected', 'PLDR_ACK', ([accepted]) => [{ do: accepted!.do }]),
    fails: ['pldr.tries'],
    follows: ['pldr.end'],
  },
];
