/** Questions and answers beside ownership: PING, NVM, PLDR. */
import type { SapDraft } from '../../sap/index.ts';
import type { TraceArgs } from '../../trace/index.ts';
import { alive, up } from '../opening.ts';
import type { Play, Scenario } from '../scenario.ts';
import { message, ret } from '../seen.ts';
import { QUIET, SOON, type Stage } from '../stage.ts';

const PLDR_MS = 500;
const PLDR_TRIES = 3;
const NVM_MS = 2_000;
const getNvm = message('GET_NVM');
const pldr = message('PLDR');

function nvm(nvmVersion: number): SapDraft {
  const channels = Array.from({ length: 110 }, (_, i) => i + 1);
  return {
    name: 'NVM',
    hwAddr: 0x02005e005331,
    nHwAddrs: 2,
    radioCfg: 0x12345678,
    caps: 3,
    nvmVersion,
    channels,
  };
}

export const EXCHANGES: readonly Scenario[] = [
  {
    id: 'exchanges-ping',
    suite: 'exchanges',
    title: 'Each PING is answered with one PONG, AMT enabled or not',
    needs: [],
    *play(s) {
      yield* up(s);
      yield* alive(s);
      yield* alive(s);
      yield* s.tell({ name: 'PING' }, { name: 'PING' });
      yield* s.expect('ping.pong', message('PONG'));
      yield* s.expect('ping.pong', message('PONG'));
      yield* s.tell({ name: 'AMT_STATE', enabled: 0 });
      yield* alive(s);
      yield* s.never('ping.pong', message('PONG'));
    },
  },
  {
    id: 'exchanges-pong',
    suite: 'exchanges',
    title: 'A PONG that nobody asked for, and TRIGGER_IP_REFRESH, are not answered',
    needs: [],
    *play(s) {
      yield* up(s);
      yield* s.tell({ name: 'PONG' }, { name: 'TRIGGER_IP_REFRESH' });
      yield* s.never('ping.pong', message('PONG'));
      yield* s.never('ping.pong', message('PING'), 0);
    },
  },
  {
    id: 'exchanges-nvm',
    suite: 'exchanges',
    title: 'GET_NVM is answered: the call gives what CSME said',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* askNvm(s);
      yield* s.tell(nvm(0x0c01));
      yield* s.expect(
        'nvm.result',
        ret('get_nvm', { ret: 1, nvm_version: 0x0c01, n_hw_addrs: 2, hw_addr: '02:00:5e:00:53:31' }),
      );
    },
  },
  {
    id: 'exchanges-nvm-again',
    suite: 'exchanges',
    title: 'A second call gives the second answer, not the one before',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* askNvm(s);
      yield* s.tell(nvm(1));
      yield* s.expect('nvm.result', ret('get_nvm', { nvm_version: 1 }));
      yield* askNvm(s);
      yield* s.tell(nvm(2));
      const end = yield* s.await(ret('get_nvm', { nvm_version: 2 }));
      s.check('nvm.stale', end !== undefined, 'the answer to this request', 'another one');
    },
  },
  {
    id: 'exchanges-nvm-unanswered',
    suite: 'exchanges',
    title: 'CSME does not answer GET_NVM: the call gives nothing after 2 s',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* s.call('get_nvm');
      const began = s.now;
      yield* s.expect('nvm.request', getNvm);
      const end = yield* s.expect('nvm.result', ret('get_nvm', { ret: null }), NVM_MS + SOON);
      const tookMs = Math.round(end.atMs - began);
      s.check('nvm.result', tookMs >= NVM_MS - 50, `a wait of ${NVM_MS} ms`, `${tookMs} ms`);
      yield* s.never('nvm.request', getNvm, 0);
    },
  },
  {
    id: 'exchanges-nvm-without-link',
    suite: 'exchanges',
    title: 'Without a link get_nvm gives nothing at once',
    needs: ['control'],
    *play(s) {
      yield* s.call('get_nvm');
      yield* s.expect('nvm.result', ret('get_nvm', { ret: null }));
    },
  },
  {
    id: 'exchanges-pldr',
    suite: 'exchanges',
    title: 'PLDR is accepted; when the firmware is alive PLDR_END is sent, once',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* askPldr(s);
      yield* s.tell({ name: 'PLDR_ACK', version: 0, status: 0 });
      yield* s.expect('pldr.tries', ret('pldr', { ret: 0 }));
      yield* s.call('alive', { success: 1 });
      yield* s.expect(
        'pldr.end',
        message('PLDR_END', (m) => m.status === 0, 'status=0'),
      );
      yield* s.call('alive', { success: 1 });
      yield* s.never('pldr.end', message('PLDR_END'));
    },
  },
  {
    id: 'exchanges-pldr-not-alive',
    suite: 'exchanges',
    title: 'PLDR is accepted, and the firmware does not come: PLDR_END says so',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* askPldr(s);
      yield* s.tell({ name: 'PLDR_ACK', version: 0, status: 0 });
      yield* s.expect('pldr.tries', ret('pldr', { ret: 0 }));
      yield* s.call('alive', { success: 0 });
      yield* s.expect(
        'pldr.end',
        message('PLDR_END', (m) => m.status === 1, 'status=1'),
      );
    },
  },
  {
    id: 'exchanges-pldr-unanswered',
    suite: 'exchanges',
    title: 'PLDR is not answered: three tries, 500 ms apart, and the call fails',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* threeTries(s, () => {});
      yield* s.call('alive', { success: 1 });
      yield* s.never('pldr.end', message('PLDR_END'));
    },
  },
  {
    id: 'exchanges-pldr-refused',
    suite: 'exchanges',
    title: 'PLDR is refused: nothing is active, and no PLDR_END follows',
    needs: ['control'],
    *play(s) {
      yield* up(s);
      yield* threeTries(s, () => {
        s.csme.write({ name: 'PLDR_ACK', version: 0, status: 1 });
        s.csme.bell();
      });
      yield* s.call('alive', { success: 1 });
      yield* s.never('pldr.end', message('PLDR_END'));
    },
  },
  {
    id: 'exchanges-pldr-amt-off',
    suite: 'exchanges',
    title: 'With AMT disabled PLDR succeeds at once, without a message',
    needs: ['control'],
    *play(s) {
      yield* up(s, { amt: false });
      yield* s.call('pldr');
      yield* s.expect('pldr.tries', ret('pldr', { ret: 0 }));
      yield* s.never('pldr.tries', pldr, QUIET);
    },
  },
];

function* askNvm(s: Stage): Play {
  yield* s.call('get_nvm');
  yield* s.expect('nvm.request', getNvm);
}

function* askPldr(s: Stage): Play {
  yield* s.call('pldr');
  yield* s.expect('pldr.tries', pldr);
}

/** The call fails; `answer` is given upon each try but the last, whose answer would come as the call returns. */
function* threeTries(s: Stage, answer: () => void): Play {
  yield* s.call('pldr');
  let before: number | undefined;
  for (let tries = 1; tries <= PLDR_TRIES; tries++) {
    const { atMs } = yield* s.expect('pldr.tries', pldr, PLDR_MS + SOON);
    if (before !== undefined) {
      const apart = Math.round(atMs - before);
      s.check('pldr.tries', apart >= PLDR_MS - 110, `${PLDR_MS} ms between tries`, `${apart} ms`);
    }
    before = atMs;
    answer();
  }
  const failed = ret('pldr', {}, (args: TraceArgs) => typeof args.ret === 'number' && args.ret < 0);
  yield* s.expect('pldr.tries', failed, PLDR_MS + SOON);
  yield* s.never('pldr.tries', pldr);
}
