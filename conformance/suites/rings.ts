/** Rings: messages that wrap, rings that are full, messages that fit exactly. */
import { encodeSap, hexOf, type Queue, SAP_HEADER_LEN } from '../../sap/index.ts';
import { wantAll, wantCopies } from '../filters.ts';
import { padded, tcp } from '../frames.ts';
import { alive, enable, up, upSmall } from '../opening.ts';
import type { Play, Scenario } from '../scenario.ts';
import { frame } from '../seen.ts';
import { SOON, type Stage } from '../stage.ts';

/** An id that nobody has assigned: a message that says nothing. */
const NOTHING = 501;
/** The largest notification, header included. */
const NOTIF_MAX = 4096;
const PONG_LEN = SAP_HEADER_LEN;
/** The flood is answered by a message each, in one go. */
const FLOOD_MS = 5_000;

export const RINGS: readonly Scenario[] = [
  {
    id: 'rings-header-wraps',
    suite: 'rings',
    title: 'A message of CSME wraps at every place of its header',
    needs: [],
    *play(s) {
      yield* up(s);
      for (let before = 1; before <= SAP_HEADER_LEN; before++) {
        yield* fillTo(s, 'notif', s.csme.ring('m2h', 'notif').size - before);
        // It is missed by a driver that reads another header: then the one behind it changes nothing.
        yield* s.tell({ name: 'AMT_STATE', enabled: 0 });
        yield* enable(s, 'ring.read-whole');
      }
    },
  },
  {
    id: 'rings-frames-wrap',
    suite: 'rings',
    title: "CSME's frames wrap at many places, and go out as they are",
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true });
      const { size } = s.csme.ring('m2h', 'data');
      for (const before of [1, 4, 7, 8, 9, 13, 22, 30, 59, 64]) {
        // Seventeen frames a lap, the last of which ends in the right place.
        yield* sendFrames(s, lapTo(s.csme.pointer('m2h', 'data', 'wr'), size - before, size));
        yield* sendFrames(s, [padded(tcp(80), 60 + before)]);
      }
    },
  },
  {
    id: 'rings-driver-wraps',
    suite: 'rings',
    title: "The driver's notifications wrap around the ring",
    needs: [],
    *play(s) {
      yield* up(s);
      const { size } = s.csme.ring('h2m', 'notif');
      const batch = Math.min(250, size / PONG_LEN - 50);
      for (let written = 0; written < 1.1 * size; written += batch * PONG_LEN) yield* flood(s, batch);
    },
  },
  {
    id: 'rings-driver-ends-exactly',
    suite: 'rings',
    title: 'A message of the driver ends exactly where its ring does',
    needs: [],
    *play(s) {
      yield* upSmall(s);
      // The initial configuration once more, so that what is written is a multiple of a PONG.
      yield* s.tell({ name: 'AMT_STATE', enabled: 0 });
      yield* enable(s);
      const { size } = s.csme.ring('h2m', 'notif');
      const left = () => (size - s.csme.pointer('h2m', 'notif', 'wr')) / PONG_LEN;
      while (left() > 250) yield* flood(s, 200);
      yield* flood(s, Math.floor(left()));
      yield* flood(s, 10);
    },
  },
  {
    id: 'rings-driver-frames-wrap',
    suite: 'rings',
    title: "The driver's frames wrap, and arrive whole",
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true, filters: wantAll() });
      let written = 0;
      for (let i = 0; written < 2.2 * s.csme.ring('h2m', 'data').size; ) {
        const burst: Uint8Array[] = [];
        for (; burst.length < 20; i++) burst.push(padded(tcp(16992), 1000 + ((i * 37) % 514)));
        s.mark();
        const from = s.log.length;
        for (const bytes of burst) yield* s.receive(bytes);
        yield* s.until({ until: () => s.heard('DATA_PACKET', from) >= burst.length, withinMs: SOON });
        const came = s.log
          .slice(from)
          .flatMap(({ message: m }) => (m?.name === 'DATA_PACKET' ? [hexOf(m.frame)] : []));
        s.must('rx.to-csme', came.length === burst.length, `${burst.length} frames`, `${came.length}`);
        const same = burst.every((bytes, at) => hexOf(bytes) === came[at]);
        s.must('rx.bytes', same, 'the frames as they were received', 'other bytes, or another order');
        written += burst.reduce((sum, { length }) => sum + length + SAP_HEADER_LEN, 0);
      }
    },
  },
  {
    id: 'rings-exact-fit',
    suite: 'rings',
    title: 'CSME does not read, and the last message would fit exactly: the ring must not read as empty',
    needs: [],
    *play(s) {
      yield* upSmall(s);
      yield* drained(s);
      const { size } = s.csme.ring('h2m', 'notif');
      s.csme.listens = false;
      const pings = size / PONG_LEN;
      yield* ping(s, pings);
      s.check(
        'ring.full-reads-empty',
        s.csme.unheardOf('notif') > 0,
        'a full ring',
        'wr_ptr equals rd_ptr: a ring that reads as empty',
      );
      const came = yield* hears(s, pings - 1);
      s.check('ring.overwrite', came >= pings - 1, `the ${pings - 1} PONGs that fit`, `${came}`);
    },
  },
  {
    id: 'rings-overflow',
    suite: 'rings',
    title: 'CSME does not read for long: what the ring held first is still there, and the driver goes on',
    needs: [],
    *play(s) {
      yield* upSmall(s);
      yield* drained(s);
      const { size } = s.csme.ring('h2m', 'notif');
      s.csme.listens = false;
      const pings = size / PONG_LEN;
      yield* ping(s, pings + 500);
      const came = yield* hears(s, pings - 1);
      s.check('ring.overwrite', came >= pings - 1, `the ${pings - 1} PONGs that fit`, `${came}`);
      yield* alive(s, 'hostile.survives');
    },
  },
  {
    id: 'rings-csme-full',
    suite: 'rings',
    title: 'CSME fills its notification ring to the last byte but one: the driver reads it in one go',
    needs: [],
    *play(s) {
      yield* up(s);
      s.mark();
      let pings = 0;
      const large = { name: 'UNKNOWN', id: NOTHING, payload: new Uint8Array(4000) } as const;
      for (; s.csme.free('notif') > 4100; pings++) {
        s.csme.write({ name: 'PING' });
        s.csme.write(large);
      }
      const rest = s.csme.free('notif') - 2 * SAP_HEADER_LEN;
      s.csme.write({ name: 'UNKNOWN', id: NOTHING, payload: new Uint8Array(rest) });
      s.csme.write({ name: 'PING' });
      pings++;
      s.csme.bell();
      yield* s.read();
      yield* s.until({ until: () => s.heard('PONG') >= pings, withinMs: SOON });
      s.check('ring.read-whole', s.heard('PONG') >= pings, `${pings} PONGs`, `${s.heard('PONG')}`);
      yield* alive(s, 'hostile.survives');
    },
  },
  {
    id: 'rings-csme-frames-full',
    suite: 'rings',
    title: 'CSME fills its data ring to the last byte but one: all frames go out',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true });
      const frames: Uint8Array[] = [];
      let left = s.csme.free('data');
      for (; left > 2 * 1514; left -= 1514 + SAP_HEADER_LEN)
        frames.push(padded(tcp(80 + frames.length), 1514));
      const half = left >> 1;
      frames.push(padded(tcp(5000), half - SAP_HEADER_LEN), padded(tcp(5001), left - half - SAP_HEADER_LEN));
      yield* sendFrames(s, frames);
    },
  },
  {
    id: 'rings-data-full',
    suite: 'rings',
    title: "CSME does not read the data ring: frames that do not fit stay with the host's stack",
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true, filters: wantAll() });
      s.csme.listens = false;
      s.mark();
      const frames = Array.from({ length: 40 }, (_, i) => padded(tcp(16992, { from: 1000 + i }), 1514));
      const from = s.log.length;
      for (const bytes of frames) yield* s.receive(bytes);
      yield* s.settle(100);
      const kept = s.log
        .slice(from)
        .filter(({ event }) => event.ch === 'frame' && event.dir === 'wlan0>stack').length;
      s.listen();
      yield* s.until({ until: () => s.heard('DATA_PACKET', from) > 0, withinMs: SOON });
      const got = s.heard('DATA_PACKET', from);
      const fit = Math.floor((s.csme.ring('h2m', 'data').size - 1) / (1514 + SAP_HEADER_LEN));
      s.check('ring.overwrite', got === fit, `the first ${fit} frames for CSME`, `${got}`);
      s.check(
        'rx.lost',
        got + kept >= frames.length,
        `each of ${frames.length} frames with CSME or the host`,
        `${got} and ${kept}`,
      );
      yield* alive(s, 'hostile.survives');
    },
  },
  {
    id: 'rings-data-exact-fit',
    suite: 'rings',
    title: 'The last frame would fit exactly into the data ring: the ring must not read as empty',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true, filters: wantCopies() });
      s.csme.listens = false;
      const { size } = s.csme.ring('h2m', 'data');
      const whole = Math.floor(size / (1514 + SAP_HEADER_LEN));
      for (let i = 0; i < whole; i++) yield* s.receive(padded(tcp(16992, { from: 1000 + i }), 1514));
      yield* s.receive(
        padded(tcp(16992, { from: 999 }), size - whole * (1514 + SAP_HEADER_LEN) - SAP_HEADER_LEN),
      );
      s.check(
        'ring.full-reads-empty',
        s.csme.unheardOf('data') > 0,
        'a full ring',
        'wr_ptr equals rd_ptr: a ring that reads as empty',
      );
      s.listen();
      yield* s.until({ until: () => s.csme.unheardOf('data') === 0, withinMs: SOON, watchesMemory: true });
      yield* alive(s, 'hostile.survives');
    },
  },
];

/** CSME has read everything, so that both pointers of the driver's ring are equal. */
function* drained(s: Stage): Play {
  yield* s.until({ until: () => s.csme.unheardOf('notif') === 0, withinMs: SOON, watchesMemory: true });
}

/** So many PINGs, as many behind one bell as the ring takes; the driver must have read them. */
function* ping(s: Stage, count: number): Play {
  s.mark();
  for (let left = count; left > 0; ) {
    for (; left > 0 && s.csme.free('notif') >= SAP_HEADER_LEN; left--) s.csme.write({ name: 'PING' });
    s.csme.bell();
    yield* s.read();
  }
}

function* flood(s: Stage, count: number): Play {
  yield* ping(s, count);
  const came = yield* hears(s, count);
  s.must('ring.overwrite', came >= count, `${count} PONGs`, `${came}`);
}

/** CSME listens again, until it has heard so many PONGs; gives how many there were. */
function* hears(s: Stage, most: number): Play<number> {
  s.listen();
  yield* s.until({ until: () => s.heard('PONG') >= most, withinMs: FLOOD_MS });
  return s.heard('PONG');
}

/** Fills a ring with what says nothing until the next message begins at `place`. */
function* fillTo(s: Stage, queue: Queue, place: number): Play {
  const { size } = s.csme.ring('m2h', queue);
  let left = (place - s.csme.pointer('m2h', queue, 'wr') + size) % size;
  if (left < SAP_HEADER_LEN) left += size;
  while (left > 0) {
    let next = Math.min(left, NOTIF_MAX);
    if (left - next > 0 && left - next < SAP_HEADER_LEN) next -= SAP_HEADER_LEN;
    s.csme.write({ name: 'UNKNOWN', id: NOTHING, payload: new Uint8Array(next - SAP_HEADER_LEN) }, queue);
    left -= next;
    s.csme.bell();
    yield* s.read();
  }
}

/** Frames that lead from one place of the ring to another. */
function lapTo(from: number, to: number, size: number): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let left = (to - from + size) % size;
  if (left < 100) left += size;
  while (left > 0) {
    const next = left > 1700 ? 1522 : left > 1522 ? 800 : left;
    frames.push(padded(tcp(80, { from: 2000 + frames.length }), next - SAP_HEADER_LEN));
    left -= next;
  }
  return frames;
}

/** CSME sends frames, as many behind one bell as fit; each must come out on the air. */
function* sendFrames(s: Stage, frames: readonly Uint8Array[]): Play {
  s.mark();
  for (const bytes of frames) {
    if (s.csme.free('data') < bytes.length + SAP_HEADER_LEN) {
      s.csme.bell();
      yield* s.read();
    }
    s.csme.writeBytes(encodeSap({ name: 'DATA_PACKET', frame: bytes }, s.csme.nextSapSeq()), 'data');
  }
  s.csme.bell();
  yield* s.read();
  for (const bytes of frames) yield* s.expect('tx.forward', frame('wlan0>peer0', bytes));
}
