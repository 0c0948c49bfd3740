import { describe, expect, test } from 'vitest';
import { amtFilters } from '../../csme/index.ts';
import { Host } from '../../ownership/index.ts';
import { type FilterVerdict, VERDICT_CSME, VERDICT_HOST } from '../../sap/index.ts';
import { HostFixture } from '../support/host-fixture.ts';

const CSME_ONLY = 3;

/** A TCP segment to port 16992, as long as asked for. */
function segment(length = 60): Uint8Array {
  const frame = new Uint8Array(length);
  frame.set([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45]);
  frame[23] = 6;
  frame.set([16992 >> 8, 16992 & 0xff], 36);
  return frame;
}

/** A DHCP client's frame: UDP, port 68 to 67. */
function dhcp(): Uint8Array {
  const frame = segment(300);
  frame[23] = 17;
  frame.set([0, 68, 0, 67], 34);
  return frame;
}

function listening(f = new HostFixture()): HostFixture {
  f.up({ owner: 'host' });
  f.command('set_netdev', { dev: 'wlan0' });
  f.csme({ name: 'CSME_FILTERS', oobFilters: amtFilters() });
  return f;
}

/** Gives frames to a host whose data ring nobody reads, until one is not taken. */
function fill(f: HostFixture, frame: Uint8Array): void {
  while (f.host.framesDropped === 0) f.frameIn(frame);
}

describe('a data ring that CSME does not read', () => {
  test('the host keeps what does not fit; the first is a problem, all are counted', () => {
    const f = listening();
    fill(f, segment(1514));
    expect(f.problems.map((e) => e.code)).toEqual(['SAP_ERR_RING_FULL']);
    for (let i = 0; i < 99; i++) expect(f.frameIn(segment(1514))).toEqual({ verdict: VERDICT_HOST, did: [] });
    expect(f.host.framesDropped).toBe(100);
    expect(f.problems).toHaveLength(1);
  });

  test('a frame that is short enough still goes in', () => {
    const f = listening();
    fill(f, segment(1514));
    expect(f.frameIn(segment(60)).verdict).toBe(CSME_ONLY);
    expect(f.host.framesDropped).toBe(1);
  });

  test('when CSME has read, frames go in again, and the next row is a problem again', () => {
    const f = listening();
    fill(f, segment(1514));
    const before = f.read('data').length;
    expect(f.frameIn(segment(1514)).verdict).toBe(CSME_ONLY);
    expect(f.read('data')).toHaveLength(1);
    expect(before).toBeGreaterThan(20);
    for (let i = 0; i <= before; i++) f.frameIn(segment(1514));
    expect(f.problems).toHaveLength(2);
  });

  test('a pointer that CSME has damaged drops frames like a full ring', () => {
    const f = listening();
    f.setPointer('h2m', 'data', 'rdAt', 0x7fff_ffff);
    expect(f.frameIn(segment()).verdict).toBe(VERDICT_HOST);
    expect(f.frameIn(segment()).verdict).toBe(VERDICT_HOST);
    expect(f.problems.map((e) => e.code)).toEqual(['SAP_ERR_RING_POINTER']);
    f.setPointer('h2m', 'data', 'rdAt', 0);
    expect(f.frameIn(segment()).verdict).toBe(CSME_ONLY);
    expect(f.host.framesDropped).toBe(2);
  });
});

describe('a burst', () => {
  test('is seen at once, behind one door bell, in order', () => {
    const f = listening();
    f.later(1000);
    f.host.burst(() => {
      for (const length of [60, 61, 62]) f.host.receive(f.nowMs, segment(length), 0, length);
      f.host.copyToCsme(f.nowMs, dhcp(), 0, 300);
      expect(f.read('data')).toEqual([]);
    });
    const bells = f.me.length;
    f.handle({ type: 'frame', bytes: new Uint8Array(0) });
    expect(f.me.length - bells).toBe(1);
    const [a, b, c, d] = f.read('data');
    expect([a!.name, d!.name]).toEqual(['DATA_PACKET', 'CB_DATA_PACKET']);
    expect([b!.seqNum - a!.seqNum, c!.seqNum - b!.seqNum, d!.seqNum - c!.seqNum]).toEqual([1, 1, 1]);
  });

  test('rings no bell when nothing was for CSME, and can be without a link', () => {
    const f = listening();
    f.later(1000);
    const bells = f.me.length;
    f.host.burst(() => f.host.receive(f.nowMs, new Uint8Array(60), 0, 60));
    f.lost();
    f.host.burst(() => expect(f.host.receive(f.nowMs, segment(), 0, 60)).toBe(VERDICT_HOST));
    expect(f.me.length).toBe(bells);
  });

  test('takes up what CSME reads meanwhile', () => {
    const f = listening();
    f.host.burst(() => {
      for (let i = 0; i < 200; i++) {
        f.host.receive(f.nowMs, segment(1514), 0, 1514);
        if (i % 20 === 19) f.read('data');
      }
    });
    // The ring takes 31; it is full for some frames before each of CSME's reads, and never for longer.
    expect(f.host.framesDropped).toBeLessThan(60);
    expect(f.host.receive(f.nowMs, segment(), 0, 60)).toBe(CSME_ONLY);
  });

  test('ends when what it delivers throws', () => {
    const f = listening();
    const broken = () =>
      f.host.burst(() => {
        f.host.receive(f.nowMs, segment(), 0, 60);
        throw new Error('broken');
      });
    expect(broken).toThrow('broken');
    expect(f.read('data')).toHaveLength(1);
  });
});

test('each set that CSME sends is told, and that it wants nothing any more', () => {
  const f = listening();
  f.csme({ name: 'CSME_FILTERS', oobFilters: amtFilters(1) });
  f.lost();
  const told = f.log.flatMap(({ output }) => (output.type === 'filters' ? [output.filters] : []));
  expect(told).toEqual([amtFilters(), amtFilters(1), null]);
});

test('the filter is made once for each set that CSME sends', () => {
  const made: unknown[] = [];
  const host = new Host({
    compileFilter: (filters) => {
      made.push(filters);
      return (): FilterVerdict => VERDICT_CSME;
    },
  });
  const f = listening(new HostFixture({ host }));
  expect(f.frameIn(new Uint8Array(14)).verdict).toBe(VERDICT_CSME);
  f.frameIn(new Uint8Array(14));
  expect(made).toHaveLength(1);
  f.csme({ name: 'CSME_FILTERS', oobFilters: amtFilters(1) });
  f.frameIn(new Uint8Array(14));
  expect(made).toEqual([amtFilters(), amtFilters(1)]);
});
