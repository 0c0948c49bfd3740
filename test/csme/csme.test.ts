import { describe, expect, it } from 'vitest';
import { type CsmeOutput, profile, SAP_3, SAP_4, SESSION } from '../../csme/index.ts';
import { HandHost } from './hand-host.ts';

const ID = {
  PING: 1,
  PONG: 2,
  AMT_STATE: 502,
  REPLY: 503,
  TAKING: 504,
  NIC_OWNER: 511,
  CONN_STATUS: 512,
  FILTERS: 500,
  NVM: 513,
};
const WHO = 1011;
const ASKS = 1003;
const GOES_DOWN = 1006;
const COUNTRY = 1008;

const names = (outputs: readonly CsmeOutput[]) => outputs.flatMap((o) => (o.type === 'tell' ? [o.name] : []));

describe('start-up over bytes', () => {
  it('maps, answers START with START_OK, then writes AMT_STATE and rings', () => {
    const host = new HandHost();
    expect(host.map()).toBe(0);
    const [startOk, bell, ...rest] = host.start();
    expect(rest).toEqual([]);
    expect(Array.from(startOk!)).toEqual([2, 0, 0, 0, 1, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0]);
    expect(Array.from(bell!)).toEqual([3, 0, 0, 0, 2, 0, 0, 0, 12, 0, 0, 0]);
    const [amt] = host.read('m2h-notif');
    expect(Array.from(amt!.bytes)).toEqual([0xf6, 1, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
    expect(host.say(WHO)).toEqual([ID.NIC_OWNER, ID.AMT_STATE, ID.CONN_STATUS, ID.FILTERS]);
    expect(host.takeMe().length).toBe(1);
    expect(host.takeProblems()).toEqual([]);
  });

  it('refuses the map of a version that it does not speak', () => {
    const only3 = new HandHost({ profile: profile(SAP_3) }, 4);
    expect(only3.map()).toBe(14);
    const [startOk, ...rest] = only3.start();
    expect([startOk?.[0], startOk?.[16], rest.length]).toEqual([2, 3, 0]);
    expect(only3.takeProblems()).toEqual(['SAP_ERR_VERSION']);
    expect(only3.say(WHO)).toEqual([]);
    const three = new HandHost({ profile: profile(SAP_3) }, 3);
    expect(three.map()).toBe(0);
    expect(three.start()[0]?.[16]).toBe(3);
    expect(new HandHost({ profile: profile(SAP_4) }, 3).map()).toBe(14);
  });

  it('judges the area when START comes, not before', () => {
    const host = new HandHost();
    host.bytes.fill(0);
    host.map();
    expect(host.start()).toEqual([]);
    expect(host.takeProblems()).toEqual(['SAP_ERR_AREA_ID']);
    host.initialise();
    expect(host.start().length).toBe(2);
  });

  it('does not read the rings before START', () => {
    const host = new HandHost();
    host.map();
    expect(host.say(WHO)).toEqual([]);
    expect(host.takeProblems()).toEqual(['SAP_ERR_UNEXPECTED']);
    host.start();
    host.read('m2h-notif');
    host.bell();
    expect(host.ids()[0]).toBe(ID.NIC_OWNER);
  });

  it('names what is wrong with an ME message', () => {
    const host = new HandHost().up();
    for (const bytes of [[], [3, 0], [7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], [2, ...Array(19).fill(0)]]) {
      host.put({ type: 'me', bytes: Uint8Array.from(bytes) });
    }
    host.put({ type: 'me', bytes: Uint8Array.from([1, 0, 0, 0, 0]) });
    expect(host.takeProblems()).toEqual([
      'SAP_ERR_HEADER',
      'SAP_ERR_HEADER',
      'SAP_ERR_UNKNOWN_TYPE',
      'SAP_ERR_WRONG_SIDE',
      'SAP_ERR_TRUNCATED',
    ]);
  });
});

describe('the rings', () => {
  it('a message of many door bells later: sequence numbers count on over both rings', () => {
    const host = new HandHost().up();
    host.say(ASKS);
    host.command('sendFrame', { frame: new Uint8Array(60) });
    expect(host.read('m2h-data').map((m) => [m.id, m.length, m.seqNum])).toEqual([[2000, 60, 3]]);
    host.command('sendNvm');
    expect(host.read('m2h-notif').map((m) => [m.id, m.seqNum])).toEqual([[ID.NVM, 4]]);
  });

  it('messages wrap anywhere', () => {
    const host = new HandHost({ profile: profile(SAP_3) }, 3).up();
    for (let i = 0; i < 1000; i++) {
      host.say(COUNTRY, [i & 0xff, i >> 8, 0, 0, 0, 0, 0, 0]);
      expect(host.csme.state.firmware.host.country).toBe(i);
    }
    expect(host.takeProblems()).toEqual([]);
  });

  it('frames go to the network stack as copies', () => {
    const host = new HandHost().up();
    const frame = Uint8Array.from({ length: 1514 }, (_, i) => i & 0xff);
    for (let i = 0; i < 100; i++) {
      host.write('h2m-data', host.message(2000, frame));
      host.bell();
    }
    const frames = host.take('frame');
    expect(frames.length).toBe(100);
    host.bytes.fill(0);
    expect(frames.every((f) => !f.copy && Buffer.compare(f.bytes, frame) === 0)).toBe(true);
  });

  it('a DHCP copy is told from a received frame', () => {
    const host = new HandHost().up();
    const payload = new Uint8Array(40 + 60);
    payload[36] = 60;
    host.write('h2m-data', host.message(2001, payload));
    host.bell();
    expect(host.take('frame')).toMatchObject([{ copy: true, bytes: { length: 60 } }]);
    payload[36] = 61;
    host.write('h2m-data', host.message(2001, payload));
    host.bell();
    expect(host.takeProblems()).toEqual(['SAP_ERR_UNEXPECTED']);
  });

  it.each([
    ['wr past the end', (h: HandHost) => h.pointer('h2m-notif', 'wr', 40000), 'SAP_ERR_RING_POINTER'],
    ['wr at its largest', (h: HandHost) => h.pointer('h2m-data', 'wr', 0xffffffff), 'SAP_ERR_RING_POINTER'],
    [
      'a length beyond',
      (h: HandHost) => h.write('h2m-notif', Uint8Array.of(241, 3, 99, 0, 0, 0, 0, 0)),
      'SAP_ERR_LENGTH',
    ],
    ['a header cut', (h: HandHost) => h.write('h2m-notif', Uint8Array.of(1, 2, 3)), 'SAP_ERR_RING_REST'],
    [
      'too big',
      (h: HandHost) => h.write('h2m-notif', h.message(1008, new Uint8Array(4089))),
      'SAP_ERR_TOO_BIG',
    ],
    ['too short', (h: HandHost) => h.write('h2m-notif', h.message(1008, [1, 2])), 'SAP_ERR_TRUNCATED'],
    [
      'a frame of 13 bytes',
      (h: HandHost) => h.write('h2m-data', h.message(2000, new Uint8Array(13))),
      'SAP_ERR_TRUNCATED',
    ],
    [
      'a strange data type',
      (h: HandHost) => h.write('h2m-data', h.message(1008, new Uint8Array(8))),
      'SAP_ERR_WRONG_QUEUE',
    ],
    [
      'a frame among notifications',
      (h: HandHost) => h.write('h2m-notif', h.message(2000, new Uint8Array(20))),
      'SAP_ERR_WRONG_QUEUE',
    ],
    [
      "CSME's own message",
      (h: HandHost) => h.write('h2m-notif', h.message(511, [1, 0, 0, 0])),
      'SAP_ERR_WRONG_SIDE',
    ],
  ])('a hostile host: %s', (_, harm, code) => {
    const host = new HandHost().up();
    harm(host);
    host.bell();
    expect(host.takeProblems()).toEqual([code]);
    expect(host.csme.state.firmware.link).toBe('up');
    // The link works on, once the host has put its pointers right.
    for (const ring of ['h2m-notif', 'h2m-data'] as const) host.pointer(ring, 'wr', host.pointer(ring, 'rd'));
    expect(host.say(WHO)[0]).toBe(ID.NIC_OWNER);
  });

  it('a host that does not read its ring loses messages, and the emulator says so', () => {
    const host = new HandHost().up();
    for (let i = 0; i < 100; i++) host.command('sendFrame', { frame: new Uint8Array(1514) });
    expect(new Set(host.takeProblems())).toEqual(new Set(['SAP_ERR_RING_FULL']));
    expect(host.read('m2h-data').length).toBe(15);
  });

  it('says how large a frame the host has room for, to the byte', () => {
    const host = new HandHost();
    expect(host.csme.frameRoom()).toBe(0);
    host.up();
    while (host.csme.frameRoom() >= 1514) host.command('sendFrame', { frame: new Uint8Array(1514) });
    const room = host.csme.frameRoom();
    host.command('sendFrame', { frame: new Uint8Array(room + 1) });
    expect(host.takeProblems()).toEqual(['SAP_ERR_RING_FULL']);
    host.command('sendFrame', { frame: new Uint8Array(room) });
    expect(host.takeProblems()).toEqual([]);
    expect(host.csme.frameRoom()).toBe(0);
    expect(host.read('m2h-data').at(-1)!.length).toBe(room);
  });

  it('HOST_GOES_DOWN: both rings are drained, then nothing is touched', () => {
    const host = new HandHost().up();
    host.write('h2m-data', host.message(2000, new Uint8Array(60)));
    host.write('h2m-notif', host.message(GOES_DOWN));
    host.bell();
    expect(host.take('frame').length).toBe(1);
    for (const ring of ['h2m-notif', 'h2m-data'] as const) {
      expect(host.pointer(ring, 'rd')).toBe(host.pointer(ring, 'wr'));
    }
    const before = host.bytes.slice();
    host.write('h2m-notif', host.message(WHO));
    const rd = host.pointer('h2m-notif', 'rd');
    host.bell();
    host.command('takeOwnership');
    host.wait(100_000);
    expect(host.pointer('h2m-notif', 'rd')).toBe(rd);
    expect(Buffer.compare(host.bytes.subarray(40, 64), before.subarray(40, 64))).toBe(0);
    expect(host.takeProblems()).toEqual(['SAP_ERR_UNEXPECTED']);
    host.put({ type: 'areaGone' });
    expect(host.csme.state.firmware.link).toBe('absent');
  });

  it('HOST_RESUMES with 1 starts the control block over, and what follows it is there', () => {
    const host = new HandHost().up();
    host.say(WHO);
    host.say(1004, [0, 0, 0, 0]);
    host.say(1005, [1, 0, 0, 0]);
    expect(host.pointer('h2m-notif', 'wr')).toBe(0);
    expect(host.pointer('m2h-notif', 'rd')).toBeGreaterThan(0);
    expect(host.csme.state.firmware.link).toBe('up');
  });
});

describe('the world changes', () => {
  it('reset: the link is forgotten, and comes back as a fresh one', () => {
    const host = new HandHost({ profile: profile(SESSION) }).up();
    host.say(WHO);
    host.say(ASKS);
    const used = host.csme.state;
    host.command('reset');
    expect(names(host.outputs)).toContain('reset');
    host.bell();
    expect(host.takeProblems()).toEqual(['SAP_ERR_UNEXPECTED']);
    host.put({ type: 'lost' });
    host.initialise();
    host.up();
    const fresh = new HandHost({ profile: profile(SESSION) }).up();
    fresh.nowMs = host.nowMs;
    expect(used).toEqual(fresh.csme.state);
  });

  it('a timer of no length does not stop the clock', () => {
    const host = new HandHost({ profile: profile({ timersMs: { ping: 0 } }) });
    host.up();
    host.csme.handleTimeout(host.nowMs + 5);
    expect(host.csme.nextTimeoutAt()).toBe(host.nowMs + 6);
  });

  it('pings every 10 s', () => {
    const host = new HandHost().up();
    for (let i = 0; i < 2; i++) {
      host.wait(9_999);
      expect(host.ids()).toEqual([]);
      host.wait(1);
      expect(host.ids()).toEqual([ID.PING]);
      host.say(ID.PONG);
    }
  });

  it('time: 60 s without release, the 3 s window', () => {
    const host = new HandHost({ profile: profile(SESSION) }).up();
    host.say(WHO);
    expect(host.say(ASKS)).toEqual([ID.REPLY]);
    host.say(1015);
    host.ids();
    host.wait(2_999);
    expect(host.ids()).toEqual([]);
    host.wait(1);
    expect(host.ids()).toEqual([ID.TAKING]);
    host.say(1007);
    const answer = () => {
      host.write('h2m-notif', host.message(ASKS));
      host.bell();
      return host
        .read('m2h-notif')
        .filter((m) => m.id === ID.REPLY)
        .map((m) => m.bytes[8]);
    };
    host.wait(59_998);
    expect(answer()).toEqual([0]);
    host.wait(2);
    expect(answer()).toEqual([1]);
  });

  it('loses the host with the bus, at any moment', () => {
    const host = new HandHost().up();
    host.say(ASKS);
    host.put({ type: 'lost' });
    expect(host.csme.state.firmware).toMatchObject({ link: 'absent', nic: 'csme' });
    expect(host.csme.nextTimeoutAt()).toBe(undefined);
  });

  it('sequence numbers go round at 2^32, on both sides', () => {
    const host = new HandHost().up();
    host.say(WHO);
    host.csme.state.sapSeqNum = 0xffffffff;
    host.seqNum = 0xffffffff;
    host.say(ASKS);
    host.read('m2h-notif');
    expect(host.csme.state.sapSeqNum).toBe(0);
    host.command('ping');
    expect(host.read('m2h-notif').map((m) => m.seqNum)).toEqual([0]);

    // The number before the turn is the earlier one: the frame was sent before the host went down.
    host.seqNum = 0xffffffff;
    host.write('h2m-data', host.message(2000, new Uint8Array(14)));
    host.seqNum = 0;
    host.write('h2m-notif', host.message(GOES_DOWN));
    host.bell();
    expect(host.take('frame')).toHaveLength(1);
    expect(host.takeProblems()).toEqual([]);
  });

  it('raw bytes go out as they are', () => {
    const host = new HandHost().up();
    host.command('rawMe', { bytes: Uint8Array.of(9, 9) });
    host.command('rawRing', { queue: 'notif', bytes: host.message(777, [1]) });
    expect(host.takeMe()[0]).toEqual(Uint8Array.of(9, 9));
    expect(host.ids()).toEqual([777]);
  });
});
