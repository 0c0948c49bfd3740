import { describe, expect, it } from 'vitest';
import {
  amtStateFirst,
  BEHAVIOURS,
  type Behaviour,
  behaviourByName,
  damagedPointers,
  damagedSapId,
  damagedSizes,
  deaf,
  duplicateReplies,
  emptyBells,
  grantsAndRefuses,
  grantsUnasked,
  late,
  lengthBeyondRing,
  longMessages,
  neverAcksPldr,
  profile,
  refusesOwnership,
  SAP_3,
  shortFrames,
  shortMessages,
  silent,
  staleSeqNums,
  takesDuringAssociation,
  tooBig,
  unknownTypes,
  withoutBells,
  wrongDataType,
  wrongStartOkSize,
  wrongVersion,
} from '../../csme/index.ts';
import { HandHost } from './hand-host.ts';

const AMT_STATE = 502;
const REPLY = 503;
const TAKING = 504;
const NIC_OWNER = 511;
const WHO = 1011;
const ASKS = 1003;
const HOST_CONFIRMS = 1015;

const hostOf = (...behaviours: Behaviour[]) => new HandHost({ behaviours });
const frame = new Uint8Array(60);

describe('timing', () => {
  it('late: all comes after the time, in order, with its door bell', () => {
    const host = hostOf(late(50));
    host.map();
    expect(host.start()).toEqual([]);
    expect(host.ids()).toEqual([]);
    host.wait(49);
    expect([host.takeMe(), host.ids()]).toEqual([[], []]);
    host.wait(1);
    expect(host.takeMe().map((m) => m[0])).toEqual([2, 3]);
    expect(host.ids()).toEqual([AMT_STATE]);
  });

  it('late: what is held back is dropped with the link', () => {
    const host = hostOf(late(50));
    host.map();
    host.start();
    host.put({ type: 'lost' });
    host.wait(1000);
    expect(host.takeMe()).toEqual([]);
  });

  it('silent', () => {
    const host = hostOf(silent);
    expect(host.map()).toBe(0);
    expect(host.start()).toEqual([]);
    expect(host.say(WHO)).toEqual([]);
  });

  it('without bells', () => {
    const host = hostOf(withoutBells);
    host.map();
    expect(host.start().map((m) => m[0])).toEqual([2]);
    expect(host.ids()).toEqual([AMT_STATE]);
  });

  it('empty bells', () => {
    const host = hostOf(emptyBells);
    host.map();
    expect(host.start().map((m) => m[0])).toEqual([2, 3, 3]);
  });

  it('duplicate replies', () => {
    const host = hostOf(duplicateReplies).up();
    host.write('h2m-notif', host.message(1));
    host.bell();
    const [first, second, ...rest] = host.read('m2h-notif');
    expect([first?.id, second, rest]).toEqual([2, first, []]);
    expect(host.say(ASKS)).toEqual([REPLY, REPLY]);
    expect(host.say(1017)).toEqual([513, 513]);
  });

  it('deaf: the ring from the host fills up', () => {
    const host = new HandHost({ profile: profile(SAP_3), behaviours: [deaf] }, 3).up();
    for (let i = 0; i < 100; i++) expect(host.say(ASKS)).toEqual([]);
    expect(host.pointer('h2m-notif', 'wr')).toBe(800);
    expect(host.pointer('h2m-notif', 'rd')).toBe(0);
  });

  it('never acks PLDR, but answers all else', () => {
    const host = hostOf(neverAcksPldr).up();
    expect(host.say(1024, [0, 0, 0, 0])).toEqual([]);
    expect(host.say(1)).toEqual([2]);
    expect(behaviourByName('never:PONG')?.doc).toBe('PONG is not sent.');
  });
});

describe('start-up', () => {
  it('wrong version', () => {
    const host = hostOf(wrongVersion(2));
    host.map();
    const [startOk] = host.start();
    expect([startOk?.length, startOk?.[16]]).toEqual([20, 2]);
  });

  it.each([12, 19, 21, 100])('START_OK of %s bytes', (size) => {
    const host = hostOf(wrongStartOkSize(size));
    host.map();
    expect(host.start()[0]?.length).toBe(size);
  });

  it('AMT_STATE and its bell come before START_OK, and again behind it', () => {
    const host = hostOf(amtStateFirst);
    host.map();
    expect(host.start().map((m) => m[0])).toEqual([3, 2, 3]);
    expect(host.ids()).toEqual([AMT_STATE, AMT_STATE]);
  });
});

describe('messages', () => {
  it('short, and the length says so', () => {
    const host = hostOf(shortMessages('NIC_OWNER')).up();
    host.write('h2m-notif', host.message(WHO));
    host.bell();
    const seen = host.read('m2h-notif');
    expect(seen.map((m) => [m.id, m.length]).slice(0, 2)).toEqual([
      [NIC_OWNER, 3],
      [AMT_STATE, 4],
    ]);
  });

  it('long, with zeros behind the layout', () => {
    const host = hostOf(longMessages(5)).up();
    host.write('h2m-notif', host.message(1));
    host.bell();
    expect(host.read('m2h-notif').map((m) => [m.id, m.length])).toEqual([[2, 5]]);
  });

  it('unknown types', () => {
    const host = hostOf(unknownTypes).up();
    expect(host.say(1)).toEqual([515, 2]);
  });

  it('too big: 4097 bytes with the header', () => {
    const host = hostOf(tooBig).up();
    host.write('h2m-notif', host.message(1));
    host.bell();
    expect(host.read('m2h-notif').map((m) => [m.id, m.length + 8])).toEqual([
      [515, 4097],
      [2, 8],
    ]);
  });

  it('a length beyond the ring, so many times', () => {
    const host = hostOf(lengthBeyondRing(2));
    host.map();
    host.start();
    expect(host.read('m2h-notif').map((m) => m.length)).toEqual([0xffff]);
    host.write('h2m-notif', host.message(1));
    host.bell();
    expect(host.read('m2h-notif').map((m) => m.length)).toEqual([0xffff]);
    expect(host.say(1)).toEqual([2]);
  });

  it('frames of a wrong type; frames that are too short only when told to', () => {
    const host = hostOf(wrongDataType).up();
    host.command('sendFrame', { frame });
    expect(host.read('m2h-data').map((m) => m.id)).toEqual([2002]);
    const short = hostOf(shortFrames({ crashesTheReferenceKernel: true })).up();
    short.command('sendFrame', { frame });
    expect(short.read('m2h-data').map((m) => m.length)).toEqual([60, 13]);
    expect(behaviourByName('short-frames')).toBe(undefined);
  });

  it('stale sequence numbers', () => {
    const host = hostOf(staleSeqNums).up();
    host.write('h2m-notif', host.message(WHO));
    host.bell();
    expect(host.read('m2h-notif').map((m) => m.seqNum)).toEqual([1, 1, 1, 1]);
  });
});

describe('area', () => {
  it.each([
    ['m2h-notif', 'wr', 'past', 62721],
    ['m2h-notif', 'wr', 'size', 62720],
    ['m2h-data', 'wr', 'max', 0xffffffff],
    ['h2m-notif', 'rd', 'past', 32769],
    ['h2m-data', 'rd', 'size', 48256],
  ] as const)('%s %s_ptr to %s, and back again', (ring, pointer, to, value) => {
    const host = hostOf(damagedPointers({ ring, pointer, to }));
    host.map();
    host.start();
    expect(host.pointer(ring, pointer)).toBe(value);
    host.command('refreshIp');
    expect(host.pointer(ring, pointer)).toBeLessThan(100);
    expect(host.ids()).toContain(505);
    expect(host.takeProblems()).toEqual([]);
  });

  it('sap_id and sizes', () => {
    const host = hostOf(damagedSapId, damagedSizes).up();
    expect(host.view.getUint32(0, true)).not.toBe(0x21504153);
    expect(host.view.getUint32(20, true)).toBe(0);
    expect(host.say(1)).toEqual([2]);
  });
});

describe('arbitration', () => {
  const replies = (host: HandHost) =>
    host
      .read('m2h-notif')
      .filter((m) => m.id === REPLY)
      .map((m) => m.bytes[8]);
  const ask = (host: HandHost) => {
    host.write('h2m-notif', host.message(ASKS));
    host.bell();
    return replies(host);
  };

  it('refuses ownership', () => {
    const host = hostOf(refusesOwnership).up();
    expect(ask(host)).toEqual([0]);
    expect(host.csme.state.firmware.nic).toBe('csme');
  });

  it('grants and refuses', () => {
    expect(ask(hostOf(grantsAndRefuses).up())).toEqual([1, 0]);
  });

  it('grants unasked, behind its NIC_OWNER, and knows that it did', () => {
    const host = hostOf(grantsUnasked).up();
    const ids = host.say(WHO);
    expect([ids[0], ids.at(-1)]).toEqual([NIC_OWNER, REPLY]);
    host.say(HOST_CONFIRMS);
    expect(host.takeProblems()).toEqual([]);
    expect(host.csme.state.firmware.nic).toBe('host');
  });

  it('takes during association', () => {
    const host = hostOf(takesDuringAssociation).up();
    host.say(ASKS);
    expect(host.say(HOST_CONFIRMS)).toEqual([TAKING]);
  });
});

describe('by name', () => {
  it('all can be made, added, and taken away', () => {
    for (const name of Object.keys(BEHAVIOURS)) {
      const behaviour = behaviourByName(name);
      expect(behaviour?.doc, name).toMatch(/\.$/);
      const host = new HandHost();
      host.csme.addBehaviour(behaviour as Behaviour);
      host.up();
      host.say(WHO);
      host.command('sendFrame', { frame });
      expect(JSON.parse(JSON.stringify(host.csme.state.behaviours))).toEqual(host.csme.state.behaviours);
      host.csme.removeBehaviour((behaviour as Behaviour).name);
      expect(host.csme.state.behaviours).toEqual({});
    }
  });

  it('takes an argument behind a colon', () => {
    expect(behaviourByName('late:70')?.doc).toBe('Every message is sent 70 ms late.');
    for (const bad of ['x', '', '-1', '0.5', '1e3', '65536', '99999999999']) {
      expect(behaviourByName(`wrong-start-ok-size:${bad}`), bad).toBe(undefined);
    }
    expect(behaviourByName('constructor')).toBe(undefined);
    expect(behaviourByName('no such:1')).toBe(undefined);
  });
});
