import { beforeEach, describe, expect, it } from 'vitest';
import { AREA_LAYOUTS, encodeMe, encodeSap, hexOf, RingWriter, SharedArea } from '../../sap/index.ts';
import {
  type CsmeEnd,
  type HostEnd,
  type MemoryPair,
  memoryPair,
  type RecordedEvent,
  type Recording,
  recorded,
  VirtualClock,
} from '../../transport/index.ts';

const LAYOUT = AREA_LAYOUTS[3];
const BELL = encodeMe({ name: 'CHECK_SHARED_AREA' }, 2, { size: 12 });

/** One word for each line: what it is and its name or sequence number. */
function headline(event: RecordedEvent): string {
  switch (event.ch) {
    case 'note':
      return `note ${event.text}`;
    case 'me':
      return `me ${event.dir} ${event.bytes[0]}`;
    case 'notif':
    case 'data':
      return `${event.ch} ${event.dir} ${new DataView(event.bytes.buffer, event.bytes.byteOffset).getUint32(4, true)}`;
    case 'bus':
      return `bus ${event.dir} ${event.name} ${JSON.stringify(event.args)}`;
    default:
      return event.ch;
  }
}

describe.each(['host', 'csme'] as const)('recorded %s end', (side) => {
  let clock: VirtualClock;
  let pair: MemoryPair;
  let lines: RecordedEvent[];
  let host: HostEnd;
  let csme: CsmeEnd;
  let recording: Recording;
  let area: SharedArea;
  let h2m: Record<'notif' | 'data', RingWriter>;
  let m2h: Record<'notif' | 'data', RingWriter>;

  beforeEach(() => {
    clock = new VirtualClock(2000);
    pair = memoryPair({ clock });
    lines = [];
    const sink = (event: RecordedEvent) => lines.push(event);
    if (side === 'host') {
      const end = recorded(pair.host, sink, clock);
      [host, csme, recording] = [end, pair.csme, end];
    } else {
      const end = recorded(pair.csme, sink, clock);
      [host, csme, recording] = [pair.host, end, end];
    }
    host.onEvent = (event) => {
      if (event.type === 'probe') host.perform({ type: 'map', size: LAYOUT.size });
      if (event.type !== 'mapped') return;
      area = new SharedArea(event.memory, LAYOUT);
      area.initialise();
      const { rings } = LAYOUT;
      h2m = { notif: new RingWriter(area, rings.h2m.notif), data: new RingWriter(area, rings.h2m.data) };
      m2h = { notif: new RingWriter(area, rings.m2h.notif), data: new RingWriter(area, rings.m2h.data) };
      host.perform({ type: 'enable' });
      host.perform({ type: 'me', bytes: encodeMe(START, 1) });
    };
    csme.onEvent = (event) => {
      if (event.type === 'mapRequest') csme.perform({ type: 'mapAnswer', errno: 0 });
    };
    pair.plug();
    clock.runUntilIdle();
  });

  function heads(): string[] {
    return lines.splice(0).map(headline);
  }

  function ping(seq: number): Uint8Array {
    return encodeSap({ name: 'PING' }, seq);
  }

  function ring(from: HostEnd | CsmeEnd): void {
    expect(from.perform({ type: 'me', bytes: BELL })).toBe(0);
    clock.runUntilIdle();
  }

  const start = [
    'bus ctl probe {"arg":0}',
    `bus drv dma_map {"buffer_id":1,"size":${LAYOUT.size},"ret":0}`,
    'bus drv enable {}',
    'me h2m 1',
  ];

  it('records the start, with times in seconds', () => {
    expect(lines.map(({ t }) => t)).toEqual([2, 2, 2, 2]);
    expect(heads()).toEqual(start);
  });

  it('records what the rings hold when a bell passes, and leaves them as they are', () => {
    heads();
    h2m.notif.write(ping(1));
    h2m.data.write(encodeSap({ name: 'DATA_PACKET', frame: new Uint8Array(60) }, 2));
    h2m.notif.write(ping(3));
    m2h.notif.write(ping(1));
    const before = hexOf(area.bytes);
    ring(host);
    expect(heads()).toEqual(['notif m2h 1', 'me h2m 3', 'notif h2m 1', 'data h2m 2', 'notif h2m 3']);
    m2h.notif.write(ping(2));
    ring(csme);
    expect(heads()).toEqual(['notif m2h 2', 'me m2h 3']);
    expect(hexOf(area.bytes).length).toBe(before.length);
    expect([h2m.notif.pending(), h2m.data.pending(), m2h.notif.pending()]).toEqual([true, true, true]);
    ring(csme);
    expect(heads()).toEqual(['me m2h 3']);
  });

  it('records everything upon flush', () => {
    heads();
    h2m.notif.write(ping(1));
    m2h.data.write(encodeSap({ name: 'DATA_PACKET', frame: new Uint8Array(60) }, 1));
    recording.flush();
    expect(heads()).toEqual(['data m2h 1', 'notif h2m 1']);
  });

  it('records what the host did not ring for when it has been read', () => {
    heads();
    const { rdAt } = LAYOUT.rings.h2m.notif;
    for (const seq of [1, 2, 3]) h2m.notif.write(ping(seq));
    m2h.notif.write(ping(1));
    recording.write({ ch: 'note', text: 'nobody has read' });
    Atomics.store(area.words, rdAt >> 2, 16);
    ring(csme);
    recording.write({ ch: 'note', text: 'two were read' });
    ring(host);
    Atomics.store(area.words, rdAt >> 2, 24);
    ring(csme);
    expect(heads()).toEqual([
      'notif m2h 1',
      'note nobody has read',
      'notif h2m 1',
      'notif h2m 2',
      'me m2h 3',
      'note two were read',
      'me h2m 3',
      'notif h2m 3',
      'me m2h 3',
    ]);
  });

  it('records messages around the end of a ring', () => {
    heads();
    const read = () => Atomics.store(area.words, LAYOUT.rings.h2m.notif.rdAt >> 2, wr());
    const wr = () => Atomics.load(area.words, LAYOUT.rings.h2m.notif.wrAt >> 2);
    for (let seq = 1; seq <= 500; seq++) {
      const message = encodeSap({ name: 'COUNTRY_CODE', mcc: seq, sourceId: 0, diffTime: 0 }, seq);
      expect(h2m.notif.write(message)).toBeUndefined();
      if (seq % 7 === 0) {
        ring(host);
        read();
      }
    }
    recording.flush();
    const notifs = heads().filter((head) => head.startsWith('notif'));
    expect(notifs).toEqual(Array.from({ length: 500 }, (_, i) => `notif h2m ${i + 1}`));
  });

  it('notes what was overwritten instead of recording garbage', () => {
    heads();
    h2m.notif.write(ping(1));
    recording.flush();
    const { wrAt, rdAt, at } = LAYOUT.rings.h2m.notif;
    // As after more than one round: what stands where the next message should is the middle of another one.
    area.bytes.fill(0xab, at + 8, at + 8 + 64);
    Atomics.store(area.words, wrAt >> 2, 72);
    Atomics.store(area.words, rdAt >> 2, 72);
    recording.flush();
    h2m.notif.write(ping(900));
    recording.flush();
    expect(heads()).toEqual([
      'notif h2m 1',
      'note not recorded, h2m-notif: 64 bytes that are not the next message: overrun',
      'note h2m: sequence numbers skip 898 before 900',
      'notif h2m 900',
    ]);
  });

  it('records a damaged message as it was written', () => {
    heads();
    const claimsMore = ping(1);
    claimsMore[2] = 200;
    m2h.notif.write(ping(0));
    m2h.notif.write(claimsMore);
    ring(csme);
    expect(
      lines.filter(({ ch }) => ch === 'notif').map((line) => 'bytes' in line && hexOf(line.bytes)),
    ).toEqual([hexOf(ping(0)), hexOf(claimsMore)]);
  });

  it('notes a damaged pointer once, and goes on when it is whole again', () => {
    heads();
    const { wrAt } = LAYOUT.rings.m2h.notif;
    Atomics.store(area.words, wrAt >> 2, 0x7fffffff);
    recording.flush();
    recording.flush();
    expect(heads()).toEqual([
      `note not recorded, m2h-notif: wr_ptr is 2147483647, outside of the ring of ${LAYOUT.rings.m2h.notif.size} bytes`,
    ]);
    Atomics.store(area.words, wrAt >> 2, 0);
    m2h.notif.write(ping(1));
    recording.flush();
    expect(heads()).toEqual(['notif m2h 1']);
  });

  it('records the end, in order and out of order, and the next start', () => {
    heads();
    h2m.notif.write(ping(1));
    host.perform({ type: 'disable' });
    host.perform({ type: 'unmap' });
    clock.runUntilIdle();
    expect(heads()).toEqual(['notif h2m 1', 'bus drv disable {}', 'bus drv unmap {}']);
    pair.unplug();
    clock.runUntilIdle();
    expect(heads()).toEqual(['bus ctl link {"arg":0}', 'bus ctl remove {"arg":0}']);
    pair.plug();
    clock.runUntilIdle();
    expect(heads()).toEqual(['bus ctl link {"arg":1}', ...start]);
  });

  it('notes what could not be sent', () => {
    heads();
    const end = side === 'host' ? host : csme;
    expect(end.perform({ type: 'me', bytes: new Uint8Array(101) })).toBe(-27);
    const dir = side === 'host' ? 'h2m' : 'm2h';
    expect(heads()).toEqual([`note ${dir}: ME message not sent, EFBIG`]);
  });
});

const START = {
  name: 'START',
  initDataSeqNum: 0x100,
  initNotifSeqNum: 0x800,
  supportedVersions: [3],
} as const;
