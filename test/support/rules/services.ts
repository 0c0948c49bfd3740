/** PING, NVM, PLDR: traces that keep the rules, and traces that break one. */
import type { SapDraft } from '../../../sap/index.ts';
import { Script } from '../script.ts';
import { accepted, type Cases, NVM, NVM_RET, PING, PLDR, PONG, pldrAck } from './pieces.ts';

export const SERVICES: Cases = {
  'ping.pong': {
    keeps: () => new Script().enabled().csme(PING).host(PONG),
    breaks: [
      ['no PONG', () => new Script().enabled().csme(PING), (s) => s.line - 1],
      ['a second one', () => new Script().enabled().csme(PING).host(PONG).host(PONG)],
    ],
  },
  'nvm.request': {
    keeps: () =>
      new Script().enabled().call('get_nvm').host({ name: 'GET_NVM' }).csme(NVM).ret('get_nvm', NVM_RET),
    breaks: [
      [
        'not asked',
        () => new Script().enabled().call('get_nvm').pass(2000).ret('get_nvm', { ret: null }),
        (s) => s.line - 1,
      ],
      ['asked without a call', () => new Script().enabled().host({ name: 'GET_NVM' })],
    ],
  },
  'nvm.result': {
    keeps: () =>
      new Script()
        .enabled()
        .call('get_nvm')
        .host({ name: 'GET_NVM' })
        .pass(2000)
        .ret('get_nvm', { ret: null }),
    breaks: [
      [
        'other content',
        () =>
          new Script()
            .enabled()
            .call('get_nvm')
            .host({ name: 'GET_NVM' })
            .csme(NVM)
            .ret('get_nvm', { ...NVM_RET, caps: 9 }),
      ],
      [
        'given up too early',
        () =>
          new Script()
            .enabled()
            .call('get_nvm')
            .host({ name: 'GET_NVM' })
            .pass(400)
            .ret('get_nvm', { ret: null }),
      ],
    ],
  },
  'nvm.stale': {
    keeps: () => {
      const s = new Script()
        .enabled()
        .call('get_nvm')
        .host({ name: 'GET_NVM' })
        .csme(NVM)
        .ret('get_nvm', NVM_RET);
      return s
        .call('get_nvm')
        .host({ name: 'GET_NVM' })
        .csme({ ...NVM, caps: 5 } as SapDraft)
        .ret('get_nvm', { ...NVM_RET, caps: 5 });
    },
    breaks: [
      [
        'the one of before',
        () => {
          const s = new Script()
            .enabled()
            .call('get_nvm')
            .host({ name: 'GET_NVM' })
            .csme(NVM)
            .ret('get_nvm', NVM_RET);
          return s.call('get_nvm').host({ name: 'GET_NVM' }).ret('get_nvm', NVM_RET);
        },
      ],
    ],
  },
  'pldr.tries': {
    keeps: () => {
      const s = new Script()
        .enabled()
        .call('pldr')
        .host(PLDR)
        .pass(500)
        .host(PLDR)
        .pass(500)
        .host(PLDR)
        .pass(500);
      return s.ret('pldr', { ret: -110 });
    },
    breaks: [
      ['again after 100 ms', () => new Script().enabled().call('pldr').host(PLDR).pass(20).host(PLDR)],
      [
        'a fourth',
        () =>
          new Script()
            .enabled()
            .call('pldr')
            .host(PLDR)
            .pass(500)
            .host(PLDR)
            .pass(500)
            .host(PLDR)
            .pass(500)
            .host(PLDR),
      ],
      ['never', () => new Script().enabled().call('pldr')],
      [
        'given up after one',
        () => new Script().enabled().call('pldr').host(PLDR).pass(500).ret('pldr', { ret: -110 }),
      ],
      [
        'success after a refusal',
        () => new Script().enabled().call('pldr').host(PLDR).csme(pldrAck(1)).ret('pldr'),
      ],
    ],
  },
  'pldr.end': {
    keeps: () => accepted().call('alive', { success: 1 }).host({ name: 'PLDR_END', version: 0, status: 0 }),
    breaks: [
      ['missing', () => accepted().call('alive', { success: 1 })],
      [
        'the wrong status',
        () => accepted().call('alive', { success: 0 }).host({ name: 'PLDR_END', version: 0, status: 0 }),
      ],
      [
        'twice',
        () => {
          const end: SapDraft = { name: 'PLDR_END', version: 0, status: 0 };
          return accepted().call('alive', { success: 1 }).host(end).host(end);
        },
      ],
    ],
  },
};
