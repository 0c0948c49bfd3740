/** What the search and the simulation found, one test each. */
import { describe, expect, test } from 'vitest';
import { EXAMPLE_AP, profile, SESSION } from '../../csme/index.ts';
import { Host, step, timerEvent } from '../../ownership/index.ts';
import { Firmware, firmwareIn, hostMessage, linkUpTo } from '../csme/support.ts';

describe('firmware', () => {
  test('WIFIDR_DOWN ends the association and the power limits, which the host forgets with its driver', () => {
    const f = firmwareIn('host');
    f.hears('WIFIDR_UP');
    f.step({ type: 'message', message: linkUpTo(EXAMPLE_AP) });
    f.hears('SAR_LIMITS');
    f.hears('WIFIDR_DOWN');
    expect(f.state.host).toMatchObject({ driver: false, link: null, sar: null });
  });

  test('what a host said before it introduces itself again is forgotten: it may have gone meanwhile', () => {
    const f = firmwareIn('host');
    f.step({ type: 'message', message: linkUpTo(EXAMPLE_AP) });
    f.hears('WIFIDR_UP');
    f.command('disableAmt');
    f.command('enableAmt');
    expect(f.state.host.driver).toBe(false);
    f.step({ type: 'message', message: linkUpTo(EXAMPLE_AP) });
    f.hears('WHO_OWNS_NIC');
    expect(f.state.host.link).toBeNull();
  });

  test('a host whose device was down when CSME took the card hears of the session again', () => {
    const f = new Firmware(profile(SESSION)).up();
    f.hears('HOST_ASKS_FOR_NIC_OWNERSHIP');
    f.hears('HOST_OWNERSHIP_CONFIRMED');
    f.command('takeOwnership');
    expect(f.hears('CSME_OWNERSHIP_CONFIRMED')).toContain('CSME_CONN_STATUS 1 0');
  });

  test('a session ends before AMT does: the host hears that nothing is protected any more', () => {
    const f = new Firmware(profile(SESSION)).up();
    expect(f.command('disableAmt')).toContain('CSME_CONN_STATUS 0 0');
  });

  test('a host that sends START again is told again, and later of sessions too', () => {
    const f = new Firmware(profile(SESSION)).up();
    f.step({ type: 'start', versions: [4] });
    expect(f.command('endSession')).toContain('CSME_CONN_STATUS 0 0');
  });

  test('a second PLDR_ACK that crosses PLDR_END makes the host end it twice; that is no violation', () => {
    const f = new Firmware().up();
    f.hears('PLDR');
    f.hears('PLDR');
    f.hears('PLDR_END');
    expect(f.step({ type: 'message', message: hostMessage('PLDR_END') })).toEqual([]);
  });
});

describe('host', () => {
  test('a caller of get_nvm or pldr is told in time while the host says goodbye', () => {
    const { state } = new Host();
    const replies: string[] = [];
    const fx = {
      nowMs: 0,
      quirks: {},
      reply: (token: number, name: string) => void replies.push(`${name} ${token}`),
      tell: () => {},
      problem: () => {},
    } as unknown as Parameters<typeof step>[2];
    for (const phase of ['stopping', 'draining'] as const) {
      Object.assign(state, { phase, nvmWaits: [1], pldr: { token: 2, tries: 3 } });
      step(state, timerEvent(state, 'nvmReply'), fx);
      step(state, timerEvent(state, 'pldrReply'), fx);
    }
    expect(replies).toEqual(['get_nvm 1', 'pldr 2', 'get_nvm 1', 'pldr 2']);
  });
});
