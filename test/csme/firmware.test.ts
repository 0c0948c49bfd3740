import { describe, expect, it } from 'vitest';
import {
  AMT_OFF,
  EXAMPLE_AP,
  HOST_OWNS,
  nextTimerAt,
  ownerOf,
  profile,
  REFUSING,
  SESSION,
  TIMERS,
  WITHOUT_FILTERS,
  WITHOUT_NVM,
  WITHOUT_PINGS,
} from '../../csme/index.ts';
import { brief, Firmware, firmwareIn, linkUpTo, OTHER_AP } from './support.ts';

const ASKS = 'HOST_ASKS_FOR_NIC_OWNERSHIP';
const GRANTED = 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ 1';
const REFUSED = 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ 0';

describe('start-up', () => {
  it.each([
    ['operational', profile(), 'NIC_OWNER 2', 1, 0],
    ['AMT off', profile(AMT_OFF), 'NIC_OWNER 1', 0, 0],
    ['session', profile(SESSION), 'NIC_OWNER 2', 1, 1],
    ['host owns', profile(HOST_OWNS), 'NIC_OWNER 1', 1, 0],
  ])('%s', (_, of, owner, amt, protectedLink) => {
    const f = new Firmware(of);
    expect(brief(f.step({ type: 'area', version: 4 }))).toEqual([]);
    expect(brief(f.step({ type: 'start', versions: [4] }))).toEqual([
      '(hostUp 4)',
      'START_OK 4',
      `AMT_STATE ${amt}`,
    ]);
    const answers = f.hears('WHO_OWNS_NIC');
    expect(answers[0]).toBe(owner);
    expect(answers.slice(1)).toEqual(
      amt === 0 ? [] : ['AMT_STATE 1', `CSME_CONN_STATUS ${protectedLink} 0`, 'CSME_FILTERS'],
    );
    expect(f.hears('WHO_OWNS_NIC')).toEqual([owner]);
  });

  it('answers nothing when START does not name the version of the area', () => {
    const f = new Firmware();
    f.step({ type: 'area', version: 4 });
    expect(brief(f.step({ type: 'start', versions: [3] }))).toEqual(['!START']);
    expect(f.state.link).toBe('mapped');
    expect(brief(f.step({ type: 'start', versions: [3, 4] }))).toContain('START_OK 4');
  });

  it('takes no message before START, nor START before an area', () => {
    const f = new Firmware();
    expect(brief(f.step({ type: 'start', versions: [4] }))).toEqual(['!START']);
    f.step({ type: 'area', version: 4 });
    expect(f.hears('WHO_OWNS_NIC')).toEqual(['!WHO_OWNS_NIC']);
  });

  it('sends no filters when it wants no frames', () => {
    const f = new Firmware(profile(WITHOUT_FILTERS)).up(false);
    expect(f.hears('WHO_OWNS_NIC')).not.toContain('CSME_FILTERS');
  });

  it('repeats CSME_CONN_STATUS for a driver that comes later', () => {
    const f = new Firmware().up(false);
    expect(f.hears('WIFIDR_UP')).toEqual(['(driver true)']);
    f.hears('WHO_OWNS_NIC');
    expect(f.hears('WIFIDR_UP')).toEqual(['(driver true)', 'CSME_CONN_STATUS 0 0']);
  });

  it('is introduced again when AMT is switched off and on', () => {
    const f = firmwareIn('csme');
    expect(f.command('disableAmt')).toEqual(['AMT_STATE 0', '(amt false)', '(owner host AMT disabled)']);
    expect(f.command('enableAmt')).toEqual(['AMT_STATE 1', '(amt true)', '(owner host AMT enabled)']);
    expect(f.hears('WHO_OWNS_NIC')).toEqual([
      'NIC_OWNER 1',
      'AMT_STATE 1',
      'CSME_CONN_STATUS 0 0',
      'CSME_FILTERS',
    ]);
  });
});

describe('the table of spec: CSME state, register, event, register after', () => {
  const register = (f: Firmware) => ownerOf(f.state);

  it('not operational: WHO_OWNS_NIC is answered host', () => {
    expect(firmwareIn('idle').hears('WHO_OWNS_NIC')).toEqual(['NIC_OWNER 1']);
  });
  it('not operational, register: host before and after', () => {
    const f = firmwareIn('idle');
    expect(register(f)).toBe('host');
    expect(f.command('hostTakesRegister')).toEqual(['(register true)']);
    expect(register(f)).toBe('host');
  });
  it('not operational, HOST_ASKS: host, granted', () => {
    const f = firmwareIn('idle');
    expect(f.hears(ASKS)).toContain(GRANTED);
    expect(register(f)).toBe('host');
  });
  it('operational, SAP down, no session, register: CSME, then host', () => {
    const f = new Firmware();
    expect(register(f)).toBe('csme');
    expect(f.command('hostTakesRegister')).toEqual(['(register true)', '(owner host register)']);
    expect(register(f)).toBe('host');
  });
  it('operational, SAP up, register: stays with CSME', () => {
    const f = firmwareIn('csme');
    expect(f.hears('WHO_OWNS_NIC')).toEqual(['NIC_OWNER 2']);
    expect(f.command('hostTakesRegister')).toEqual(['(register false)']);
    expect(register(f)).toBe('csme');
  });
  it('operational, SAP up, HOST_ASKS: granted', () => {
    const f = firmwareIn('csme');
    expect(register(f)).toBe('csme');
    expect(f.hears(ASKS)).toContain(GRANTED);
    expect(register(f)).toBe('host');
  });
  it('a session keeps the register even while SAP is down', () => {
    const f = new Firmware(profile(SESSION));
    expect(f.command('hostTakesRegister')).toEqual(['(register false)']);
    expect(register(f)).toBe('csme');
  });
});

describe('ownership', () => {
  it('is refused by a profile, and granted when that is lifted', () => {
    const f = new Firmware(profile(REFUSING)).up();
    expect(f.hears(ASKS)).toContain(REFUSED);
    f.command('grantAsks');
    expect(f.hears(ASKS)).toContain(GRANTED);
  });

  it('is taken: asked, confirmed, not released for 60 s, then offered', () => {
    const f = firmwareIn('host');
    expect(f.command('takeOwnership')).toEqual(['CSME_TAKING_OWNERSHIP', '(taking asked)']);
    expect(ownerOf(f.state)).toBe('host');
    expect(f.hears('WHO_OWNS_NIC')).toEqual(['NIC_OWNER 2']);
    f.nowMs += 200;
    expect(f.hears('CSME_OWNERSHIP_CONFIRMED')).toEqual(['(owner csme confirmed)']);
    expect(f.state.timers).toEqual({
      hold: 1000 + 60_000,
      taking: null,
      window: null,
      ping: expect.any(Number),
    });
    expect(f.hears(ASKS)).toContain(REFUSED);
    expect(f.timer('hold')).toEqual(['CSME_CAN_RELEASE_OWNERSHIP', '(offered)']);
    expect(f.hears(ASKS)).toContain(GRANTED);
  });

  it('is taken anyway when the host does not confirm; the late confirmation does not matter', () => {
    const f = firmwareIn('host');
    f.command('takeOwnership');
    expect(f.state.timers.taking).toBe(f.nowMs + TIMERS.taking.ms);
    expect(f.timer('taking')).toEqual(['(owner csme not confirmed)']);
    expect(f.state.nic).toBe('held');
    expect(f.hears('CSME_OWNERSHIP_CONFIRMED')).toEqual(['(late CSME_OWNERSHIP_CONFIRMED)']);
    expect(f.hears('CSME_OWNERSHIP_CONFIRMED')).toEqual(['!CSME_OWNERSHIP_CONFIRMED']);
  });

  it('does not take an old confirmation for that of a new taking', () => {
    const f = firmwareIn('host');
    f.command('takeOwnership');
    f.timer('taking');
    f.timer('hold');
    f.hears(ASKS);
    f.command('takeOwnership');
    expect(f.hears('CSME_OWNERSHIP_CONFIRMED')).toEqual(['(late CSME_OWNERSHIP_CONFIRMED)']);
    expect(f.state.nic).toBe('taking');
    f.hears('HOST_OWNERSHIP_CONFIRMED');
    expect(f.hears('CSME_OWNERSHIP_CONFIRMED')).toEqual(['(owner csme confirmed)']);
  });

  it('calls no confirmation unasked when more takings were open than it counts', () => {
    const f = firmwareIn('host');
    for (let i = 0; i < 3; i++) {
      f.command('takeOwnership');
      f.command('disableAmt');
      f.command('enableAmt');
    }
    for (let i = 0; i < 3; i++) {
      expect(f.hears('CSME_OWNERSHIP_CONFIRMED')).toEqual(['(late CSME_OWNERSHIP_CONFIRMED)']);
    }
  });

  it('is taken back when the host is silent', () => {
    const f = firmwareIn('host');
    for (let i = 0; i < 3; i++) expect(f.timer('ping')).toEqual(['PING']);
    // The fourth finds the third PING unanswered.
    expect(f.timer('ping')).toEqual(['(silent 3)', 'PING', 'CSME_TAKING_OWNERSHIP', '(taking host silent)']);
    expect(f.hears('PONG')).toEqual(['(alive)']);
  });

  it('is not taken while PINGs are answered, and never pinged for when the profile says so', () => {
    const f = firmwareIn('host');
    for (let i = 0; i < 20; i++) {
      expect(f.timer('ping')).toEqual(['PING']);
      f.hears('PONG');
    }
    expect(f.state.pingsMissed).toBe(0);
    expect(new Firmware(profile(WITHOUT_PINGS)).up().state.timers.ping).toBe(null);
  });

  it('goes to CSME with the driver, and the host is told', () => {
    const f = firmwareIn('host');
    expect(f.hears('WIFIDR_DOWN')).toEqual(['(driver false)', '(owner csme driver gone)', 'NIC_OWNER 2']);
  });

  it('goes to CSME without asking when there is nobody to ask', () => {
    const f = new Firmware();
    f.command('hostTakesRegister');
    expect(f.command('takeOwnership')).toEqual(['(owner csme nobody to ask)']);
    expect(f.state.nic).toBe('held');
  });

  it('a confirmation that nothing asked for is a violation', () => {
    const f = firmwareIn('csme');
    expect(f.hears('HOST_OWNERSHIP_CONFIRMED')).toEqual(['!HOST_OWNERSHIP_CONFIRMED']);
    expect(f.hears('CSME_OWNERSHIP_CONFIRMED')).toEqual(['!CSME_OWNERSHIP_CONFIRMED']);
  });
});

describe('link protection', () => {
  const granted = () => {
    const f = new Firmware(profile(SESSION)).up();
    expect(f.hears(ASKS)).toContain(GRANTED);
    return f;
  };

  it('the window is met by HOST_LINK_UP to the protected AP within 3 s', () => {
    const f = granted();
    expect(f.state.nic).toBe('window');
    expect(f.state.timers.window).toBe(f.nowMs + 3000);
    expect(f.hears('HOST_OWNERSHIP_CONFIRMED')).toEqual(['CSME_CONN_STATUS 1 0']);
    const message = linkUpTo(EXAMPLE_AP);
    expect(brief(f.step({ type: 'message', message }))).toContain('(windowMet)');
    expect([f.state.nic, f.state.timers.window]).toEqual(['host', null]);
  });

  it('another AP does not meet it', () => {
    const f = granted();
    const message = linkUpTo(OTHER_AP);
    expect(brief(f.step({ type: 'message', message }))).toContain(
      `(wrongAp ${OTHER_AP.bssid} ${EXAMPLE_AP.bssid})`,
    );
    expect(f.state.nic).toBe('window');
  });

  it('when it is missed CSME takes the card back', () => {
    const f = granted();
    f.hears('HOST_OWNERSHIP_CONFIRMED');
    expect(f.timer('window')).toEqual(['(windowMissed)', 'CSME_TAKING_OWNERSHIP', '(taking window missed)']);
    expect(f.hears('CSME_OWNERSHIP_CONFIRMED')).toEqual(['(owner csme confirmed)', 'CSME_CONN_STATUS 1 0']);
    expect(f.hears(ASKS)).toContain(REFUSED);
  });

  it('a host that loses the protected AP has another 3 s', () => {
    const f = granted();
    f.hears('HOST_OWNERSHIP_CONFIRMED');
    f.step({ type: 'message', message: linkUpTo(EXAMPLE_AP) });
    expect(f.hears('HOST_LINK_DOWN')).toEqual(['(hostLink false 0)', `(windowOpen ${EXAMPLE_AP.bssid})`]);
    expect(f.state.nic).toBe('window');
  });

  it('ends with the session: the link is free, or the card offered', () => {
    const f = granted();
    expect(f.command('endSession')).toEqual(['(session false 0)', 'CSME_CONN_STATUS 0 0']);
    expect([f.state.nic, f.state.timers.window]).toEqual(['host', null]);
    const g = new Firmware(profile(SESSION)).up();
    expect(g.command('endSession')).toEqual([
      '(session false 0)',
      'CSME_CONN_STATUS 0 0',
      'CSME_CAN_RELEASE_OWNERSHIP',
      '(offered)',
    ]);
  });

  it('a session that starts names its AP', () => {
    const f = firmwareIn('csme');
    expect(f.command('startSession')[0]).toMatch('noEffect startSession');
    expect(f.command('startSession', { ap: OTHER_AP })).toEqual([
      `(session true ${OTHER_AP.bssid})`,
      'CSME_CONN_STATUS 1 0',
    ]);
    expect(f.hears(ASKS)).toContain(`(windowOpen ${OTHER_AP.bssid})`);
  });
});

describe('other exchanges', () => {
  it('PING and NVM', () => {
    const f = firmwareIn('csme');
    expect(f.hears('PING')).toEqual(['PONG']);
    expect(f.hears('GET_NVM')[0]).toMatch('NVM');
    expect(new Firmware(profile(WITHOUT_NVM)).up().hears('GET_NVM')).toEqual([]);
    expect(f.command('sendNvm')[0]).toMatch('NVM');
  });

  it('PLDR, accepted and refused', () => {
    const f = firmwareIn('csme');
    expect(f.hears('PLDR_END')).toEqual([]);
    expect(f.hears('PLDR')).toEqual(['PLDR_ACK 0 0', '(pldr true 0)']);
    expect(f.hears('PLDR')).toEqual(['PLDR_ACK 0 0', '(pldr true 0)']);
    expect(f.hears('PLDR_END', { status: 1 })).toEqual(['(pldr false 1)']);
    const g = new Firmware(profile({ pldr: 'refuses' })).up();
    expect(g.hears('PLDR')).toEqual(['PLDR_ACK 0 1', '(pldr false 1)']);
    expect(g.hears('PLDR_END')).toEqual([]);
  });

  it('keeps what the host reports, and forgets it with the link', () => {
    const f = firmwareIn('host');
    for (const name of [
      'RADIO_STATE',
      'NIC_INFO',
      'COUNTRY_CODE',
      'SAR_LIMITS',
      'HOST_LINK_UP',
      'WIFIDR_UP',
    ] as const) {
      f.hears(name);
    }
    expect(f.state.host).toEqual({
      driver: true,
      nic: { macAddress: 1, nvmAddress: 2 },
      country: 0x4445,
      sar: [
        [1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10],
      ],
      radio: 3,
      link: EXAMPLE_AP,
      collocatedBssid: 0,
      suspended: null,
    });
    expect(f.hears('HOST_GOES_DOWN')).toEqual([
      'leaveArea',
      '(hostDown HOST_GOES_DOWN)',
      '(owner csme link down)',
    ]);
    expect([f.state.link, f.state.nic, f.state.host.link]).toEqual(['closing', 'csme', null]);
    expect(f.hears('WHO_OWNS_NIC')).toEqual(['!WHO_OWNS_NIC']);
    expect(nextTimerAt(f.state)).toBe(undefined);
  });

  it('a link whose SSID is too long is void', () => {
    const f = firmwareIn('host');
    const message = linkUpTo({ ...EXAMPLE_AP, ssidLen: 33 });
    expect(brief(f.step({ type: 'message', message }))).toEqual(['!HOST_LINK_UP']);
    expect(f.state.host.link).toBe(null);
  });

  it('sleep: silent until the host resumes, then introduced again', () => {
    const f = firmwareIn('host');
    expect(f.hears('HOST_SUSPENDS', { flags: 8 })).toEqual(['(hostAsleep true)']);
    expect(f.state.timers.ping).toBe(null);
    expect(f.command('startSession', { ap: OTHER_AP })).toEqual([`(session true ${OTHER_AP.bssid})`]);
    expect(f.hears('WHO_OWNS_NIC')).toEqual(['!WHO_OWNS_NIC']);
    expect(f.hears('HOST_RESUMES', { initControlBlock: 1 })).toEqual([
      '(hostAsleep false)',
      'initControlBlock',
      'NIC_OWNER 1',
      'AMT_STATE 1',
      'CSME_CONN_STATUS 1 0',
      'CSME_FILTERS',
    ]);
  });

  it('a host that offers the card when it goes to sleep loses it', () => {
    const f = firmwareIn('host');
    expect(f.hears('HOST_SUSPENDS', { flags: 1 })).toEqual(['(hostAsleep true)', '(owner csme suspended)']);
    expect(f.hears('HOST_RESUMES')[1]).toBe('NIC_OWNER 2');
  });

  it('frames both ways; none shorter than an Ethernet header', () => {
    const f = firmwareIn('host');
    expect(f.hears('DATA_PACKET')).toEqual(['frame 60']);
    expect(f.hears('CB_DATA_PACKET')).toEqual(['frame 60 copy']);
    expect(f.command('sendFrame', { frame: new Uint8Array(14) })).toEqual(['DATA_PACKET']);
    expect(f.command('sendFrame', { frame: new Uint8Array(13) })[0]).toMatch('noEffect');
  });

  it('what is unknown is noted, what only CSME sends is a violation', () => {
    const f = firmwareIn('csme');
    expect(f.hears('UNKNOWN')).toEqual(['(unknown 515)']);
    expect(f.hears('NIC_OWNER', { owner: 1 })).toEqual(['!NIC_OWNER']);
    expect(f.hears('BAND_SELECTION')).toEqual([]);
  });

  it('reset forgets everything of the link; AMT and filters stay as set', () => {
    const f = firmwareIn('window');
    f.command('setFilters', { filters: null });
    expect(f.command('reset')).toEqual(['leaveArea', '(reset)']);
    expect(f.state).toEqual({ ...new Firmware(profile(SESSION)).state, filters: null });
    const g = firmwareIn('idle');
    g.command('reset');
    expect([g.state.link, g.state.amt, g.state.nic]).toEqual(['absent', 'off', 'idle']);
  });
});
