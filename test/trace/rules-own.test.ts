/** Our own host before the judge: nothing is found, whatever happens; and with a quirk what the quirk breaks. */
import { describe, expect, test } from 'vitest';
import { OPERATIONAL, profile, SESSION } from '../../csme/index.ts';
import { Random } from '../../fuzz/random.ts';
import { type QuirkName, type Quirks, quirksOfDriver } from '../../ownership/index.ts';
import { FlexFilterFlags, noFilters } from '../../sap/index.ts';
import { Judge, type JudgeReport, type RuleId, type TraceEvent } from '../../trace/index.ts';
import { ASSOCIATION } from '../support/host-fixture.ts';
import { OwnSession } from '../support/own-session.ts';
import { tcpFrame } from '../support/script.ts';

function judged(events: readonly TraceEvent[]): JudgeReport {
  const judge = new Judge();
  judge.push(events);
  return judge.finish();
}

/** What was found, with a few lines before it, for the failure. */
function told(events: readonly TraceEvent[]): string[] {
  return judged(events).findings.map(
    ({ rule, line, expected, seen }) => `${line} ${rule}: ${expected}; ${seen}`,
  );
}

const { flexFilters, ethFilters } = noFilters();
const WANTED = {
  ...noFilters(),
  flexFilters: [
    { srcPort: 0, dstPort: 16992, flags: FlexFilterFlags.ENABLED | FlexFilterFlags.TCP, reserved5: 0 },
    ...flexFilters.slice(1),
  ],
  ethFilters: [{ macAddress: 0x01005e0000fb, flags: 0x06 }, ...ethFilters.slice(1)],
};
const MULTICAST = Uint8Array.of(1, 0, 0x5e, 0, 0, 0xfb, ...tcpFrame(16992).subarray(6));

type Act = (s: OwnSession, random: Random, passMs: number) => unknown;
const ACTS: readonly Act[] = [
  (s, r, ms) => s.command('country', { mcc: r.below(0x10000) }, ms),
  (s, r, ms) => s.command('set_rfkill', { hw: r.oneIn(2), sw: r.oneIn(2) }, ms),
  (s, r, ms) => s.command('nic_info', { macAddress: r.u32(), nvmAddress: r.u32() }, ms),
  (s, r, ms) => s.command('power_limit', { limits: Array.from({ length: 10 }, () => r.below(0x10000)) }, ms),
  (s, _, ms) => s.command('associated', { ...ASSOCIATION, collocated: { channel: 6, bssid: 7 } }, ms),
  (s, _, ms) => s.command('disassociated', {}, ms),
  (s, _, ms) => s.command('register', {}, ms),
  (s, r, ms) => r.oneIn(3) && s.command('start_unregister', {}, 0).command('unregister_complete', {}, ms),
  (s, r, ms) => s.command('device_state', { up: r.oneIn(2) }, ms),
  (s, r, ms) => s.command('set_netdev', { dev: r.oneIn(4) ? null : 'wlan0' }, ms),
  (s) => s.command('get_ownership', {}, 600),
  (s) => s.command('get_nvm', {}, 2100),
  (s) => s.command('pldr', {}, 1600),
  (s, r, ms) => s.command('alive', { success: r.oneIn(2) }, ms),
  (s, _, ms) => s.csme({ name: 'takeOwnership' }, ms),
  (s, _, ms) => s.csme({ name: 'offerOwnership' }, ms),
  (s, _, ms) => s.csme({ name: 'grantOwnership' }, ms),
  (s, r, ms) => s.csme({ name: r.oneIn(2) ? 'refuseAsks' : 'grantAsks' }, ms),
  (s, r, ms) => s.csme({ name: r.oneIn(2) ? 'startSession' : 'endSession' }, ms),
  (s, r, ms) => s.csme({ name: r.oneIn(3) ? 'disableAmt' : 'enableAmt' }, ms),
  (s, _, ms) => s.csme({ name: 'ping' }, ms),
  (s, _, ms) => s.csme({ name: 'sendNvm' }, ms),
  (s, _, ms) => s.csme({ name: 'sendConnStatus' }, ms),
  (s, _, ms) => s.csme({ name: 'setFilters', filters: WANTED } as never, ms),
  (s, r, ms) => s.csme({ name: 'sendFrame', frame: tcpFrame(r.below(3), 60 + r.below(1400)) } as never, ms),
  (s, r, ms) => s.air(tcpFrame(r.oneIn(2) ? 16992 : 80, 60 + r.below(1400)), ms),
  (s, _, ms) => s.air(MULTICAST, ms),
  (s, r) => {
    for (let i = r.below(60); i > 0; i--) s.air(tcpFrame(16992, 1400), 0);
    s.pass(300);
  },
  (s, r) => r.oneIn(5) && s.unplug().plug(),
  (s, r) => r.oneIn(8) && s.csme({ name: 'reset' }, 500),
  (s, r) => r.oneIn(5) && s.remove().unplug().plug(),
  (s, r) => r.oneIn(5) && s.pass(61_000),
];

function session(seed: number, quirks: Quirks = {}): OwnSession {
  const random = new Random(Math.imul(seed + 1, 0x9e3779b1));
  const s = new OwnSession({ profile: random.oneIn(2) ? OPERATIONAL : profile(SESSION), quirks });
  if (!random.oneIn(4)) s.command('register');
  s.plug();
  const acts = 5 + random.below(60);
  for (let i = 0; i < acts; i++) {
    const passMs = random.oneIn(3) ? 0 : random.below(400);
    ACTS[random.below(ACTS.length)]!(s, random, passMs);
  }
  return s.pass(2000).note('the end');
}

describe('our own host', () => {
  const sessions = Array.from({ length: 150 }, (_, seed) => ({ seed, session: session(seed) }));

  test('nothing is found in any random session', () => {
    for (const { seed, session } of sessions) {
      expect({ seed, found: told(session.trace()) }).toEqual({ seed, found: [] });
    }
  });

  test('nor in what CSME saw of it', () => {
    for (const { seed, session } of sessions) {
      expect({ seed, found: told(session.traceOfCsme()) }).toEqual({ seed, found: [] });
    }
  });

  test('and nearly every rule was asked', () => {
    const asked = new Set<string>();
    for (const { session } of sessions) {
      for (const [id, rule] of Object.entries(judged(session.trace()).rules))
        if (rule.asked > 0) asked.add(id);
    }
    expect(asked.size).toBeGreaterThan(45);
  });
});

describe('a host that does as the reference does', () => {
  const quirks = Object.fromEntries(quirksOfDriver('iwlmei 6.12')!.map((name) => [name, true]));
  /** Its known defects that such sessions meet. */
  const KNOWN: readonly RuleId[] = [
    'init.collocated',
    'nvm.stale',
    'removal.wakes',
    'ring.full-reads-empty',
    'rx.lost',
    'rx.multicast',
  ];

  test('has its defects, and nothing else is found', () => {
    const found = new Set<RuleId>();
    for (let seed = 0; seed < 150; seed++) {
      const { findings } = judged(session(seed, quirks).trace());
      const other = findings.filter(({ rule }) => !KNOWN.includes(rule));
      const text = other.map(({ rule, line, expected, seen }) => `${line} ${rule}: ${expected}; ${seen}`);
      expect({ seed, text }).toEqual({ seed, text: [] });
      for (const { rule } of findings) found.add(rule);
    }
    expect([...found]).toContain('init.collocated');
    expect([...found]).toContain('rx.multicast');
  });
});

describe('with a quirk of the reference', () => {
  const QUIRKY: readonly [QuirkName, RuleId, (s: OwnSession) => unknown][] = [
    [
      'multicast-header-compare',
      'rx.multicast',
      (s) =>
        s
          .command('set_netdev', { dev: 'wlan0' })
          .csme({ name: 'setFilters', filters: WANTED } as never)
          .air(MULTICAST),
    ],
    [
      'no-headroom-loses-frame',
      'rx.to-csme',
      (s) =>
        s
          .command('set_netdev', { dev: 'wlan0' })
          .csme({ name: 'setFilters', filters: WANTED } as never)
          .air(tcpFrame(16992)),
    ],
    ['stale-nvm', 'nvm.stale', (s) => s.csme({ name: 'sendNvm' }).command('get_nvm', {}, 2100)],
    [
      'collocated-ap-forgotten',
      'init.collocated',
      (s) =>
        s
          .command('associated', { ...ASSOCIATION, collocated: { channel: 6, bssid: 7 } })
          .csme({ name: 'disableAmt' })
          .csme({ name: 'enableAmt' }),
    ],
    [
      'data-ring-full-loses-frame',
      'rx.lost',
      (s) => {
        s.command('set_netdev', { dev: 'wlan0' })
          .csme({ name: 'setFilters', filters: WANTED } as never)
          .air(tcpFrame(80));
        for (let i = 0; i < 50; i++) s.air(tcpFrame(16992, 1400), 0);
        s.pass(12_000);
      },
    ],
  ];

  test.each(QUIRKY)('%s breaks %s', (quirk, rule, acts) => {
    const without = new OwnSession().command('register').plug();
    acts(without);
    expect(told(without.pass(2000).note('the end').trace())).toEqual([]);
    const quirky = new OwnSession({ quirks: { [quirk]: true } }).command('register').plug();
    acts(quirky);
    const rules = judged(quirky.pass(2000).note('the end').trace()).findings.map((finding) => finding.rule);
    expect([...new Set(rules)]).toEqual([rule]);
  });
});
