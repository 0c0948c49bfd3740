/** Order when the other thread is faster than this one, or this one is late. */
import { beforeEach, describe, expect, it } from 'vitest';
import { AREA_LAYOUTS, encodeMe, encodeSap, RingReader, RingWriter, SharedArea } from '../../sap/index.ts';
import {
  type HostEnd,
  type HostEvent,
  type HostRequest,
  type Machine,
  type MemoryPair,
  memoryPair,
  type RecordedEvent,
  type Recording,
  type RunnerInput,
  recorded,
  run,
  VirtualClock,
} from '../../transport/index.ts';

const LAYOUT = AREA_LAYOUTS[3];
const BELL = { type: 'me', bytes: encodeMe({ name: 'CHECK_SHARED_AREA' }, 2, { size: 12 }) } as const;

function ping(seq: number): Uint8Array {
  return encodeSap({ name: 'PING' }, seq);
}

describe('a recorded host end', () => {
  const clock = new VirtualClock(0);
  let pair: MemoryPair;
  let lines: string[];
  let area: SharedArea;
  let host: HostEnd & Recording;
  /** What the other thread does while the host's bell is on its way. */
  let meanwhile: () => void;

  beforeEach(() => {
    pair = memoryPair({ clock });
    lines = [];
    meanwhile = () => {};
    const inner: HostEnd = {
      side: 'host',
      name: 'memory:',
      perform(request: HostRequest) {
        const result = pair.host.perform(request);
        if (request.type === 'me') meanwhile();
        return result;
      },
      get onEvent() {
        return pair.host.onEvent;
      },
      set onEvent(handler) {
        pair.host.onEvent = handler;
      },
      close: () => pair.host.close(),
    };
    const sink = (event: RecordedEvent) => {
      if (event.ch === 'notif') lines.push(`${event.dir} ${event.bytes[4]}`);
      else if (event.ch === 'me') lines.push(`bell ${event.dir}`);
      else if (event.ch === 'note') lines.push(event.text);
    };
    const end = recorded(inner, sink, clock);
    host = end;
    pair.csme.onEvent = (event) => {
      if (event.type === 'mapRequest') pair.csme.perform({ type: 'mapAnswer', errno: 0 });
    };
    end.onEvent = (event) => {
      if (event.type === 'probe') end.perform({ type: 'map', size: LAYOUT.size });
      if (event.type !== 'mapped') return;
      area = new SharedArea(event.memory, LAYOUT);
      area.initialise();
      end.perform({ type: 'enable' });
    };
    pair.plug();
    clock.runUntilIdle();
    lines = [];
  });

  it('records an answer behind what it answers, however fast it comes', () => {
    const toCsme = new RingWriter(area, LAYOUT.rings.h2m.notif);
    const toHost = new RingWriter(area, LAYOUT.rings.m2h.notif);
    meanwhile = () => toHost.write(ping(7));
    toCsme.write(ping(1));
    host.perform(BELL);
    clock.runUntilIdle();
    pair.csme.perform(BELL);
    clock.runUntilIdle();
    expect(lines).toEqual(['bell h2m', 'h2m 1', 'm2h 7', 'bell m2h']);
  });

  it('records with a bell what was read upon it, and what is read upon the next one with that', () => {
    const toHost = new RingWriter(area, LAYOUT.rings.m2h.notif);
    const reader = new RingReader(area, LAYOUT.rings.m2h.notif);
    const end = host;
    let extra = 2;
    end.onEvent = (event) => {
      if (event.type !== 'me') return;
      toHost.write(ping(extra++));
      reader.read(() => {});
      toHost.write(ping(extra++));
      end.write({ ch: 'note', text: 'handled' });
    };
    toHost.write(ping(1));
    pair.csme.perform(BELL);
    clock.runUntilIdle();
    expect(lines).toEqual(['m2h 1', 'm2h 2', 'bell m2h', 'handled']);
    pair.csme.perform(BELL);
    clock.runUntilIdle();
    expect(lines.slice(4)).toEqual(['m2h 3', 'm2h 4', 'bell m2h', 'handled']);
  });
});

describe('run', () => {
  type Input = HostEvent | RunnerInput | { type: 'go' };

  it('fires what is due before it hands over an input that comes late', () => {
    const seen: string[] = [];
    let timer: number | undefined = 150;
    const machine: Machine<Input, { type: 'tell' }> = {
      handle: (nowMs, input) => seen.push(`${nowMs} ${input.type}`),
      handleTimeout(nowMs) {
        seen.push(`${nowMs} timer`);
        timer = undefined;
      },
      nextTimeoutAt: () => timer,
      poll: () => undefined,
    };
    let now = 100;
    const slow = {
      now: () => now,
      schedule: () => new VirtualClock().schedule(0, () => {}),
      cancel: () => {},
    };
    const runner = run(machine, memoryPair({ clock: new VirtualClock() }).host, slow);
    runner.feed({ type: 'go' });
    now = 170;
    runner.feed({ type: 'go' });
    expect(seen).toEqual(['100 go', '170 timer', '170 go']);
  });
});
