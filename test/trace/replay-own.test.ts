/** Recordings of our own host replay without any quirk. */
import { describe, expect, test } from 'vitest';
import { profile, SESSION } from '../../csme/index.ts';
import { Replay, type TraceEvent } from '../../trace/index.ts';
import { ASSOCIATION } from '../support/host-fixture.ts';
import { OwnSession } from '../support/own-session.ts';

function replayed(events: readonly TraceEvent[]) {
  const replay = new Replay();
  replay.push(events);
  return replay.finish();
}

const SCENARIOS: Record<string, () => OwnSession> = {
  'start-up and settings': () =>
    new OwnSession()
      .command('register')
      .plug()
      .command('country', { mcc: 0x4445 })
      .command('set_rfkill', { hw: false, sw: false })
      .command('associated', { ...ASSOCIATION, collocated: { channel: 6, bssid: 7 } }),
  'a session goes over to the host': () =>
    new OwnSession({ profile: profile(SESSION) })
      .command('register')
      .plug()
      .command('get_ownership')
      .pass(1000),
  'CSME takes the device': () =>
    new OwnSession()
      .command('register')
      .plug()
      .command('get_ownership')
      .command('device_state', { up: true })
      .csme({ name: 'takeOwnership' })
      .command('device_state', { up: false })
      .pass(61_000),
  'AMT off and on': () =>
    new OwnSession().command('register').plug().csme({ name: 'disableAmt' }).csme({ name: 'enableAmt' }),
  'NVM, product reset, ping': () =>
    new OwnSession().command('register').plug().command('get_nvm').command('pldr').csme({ name: 'ping' }),
  'firmware reset': () =>
    new OwnSession().command('register').plug().unplug().plug().command('get_ownership'),
};

describe('a recording of our own host', () => {
  test.each(Object.keys(SCENARIOS))('%s: replays without a quirk', (name) => {
    const report = replayed(SCENARIOS[name]!().trace());
    expect(report).toMatchObject({ mismatches: [], errors: [], quirks: [] });
    expect(report.compared).toBeGreaterThan(10);
  });
});
