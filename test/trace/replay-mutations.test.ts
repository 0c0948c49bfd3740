/** A recording that was tampered with is found out. */
import { describe, expect, test } from 'vitest';
import { EFFECT_LAG_MS, END_GRACE_MS, Replay, type TraceEvent } from '../../trace/index.ts';
import { isEffect, RECORDINGS, recording } from '../support/traces.ts';

type Timed = Exclude<TraceEvent, { ch: 'error' }>;

/** Every so many effects of a recording are changed, deleted and doubled; all of them take a minute. */
const STRIDE = 7;

const isBell = (e: Timed) => e.ch === 'me' && e.bytes[0] === 3;
/** A query without a line for its call: with one answer more or less, the recording is as good. */
const isQuery = (e: Timed) => e.ch === 'wifi-cmd' && e.name === 'is_connected.ret';

/** One bit, one number or one name is another. */
function changed(event: Timed): Timed {
  if ('bytes' in event) return { ...event, bytes: event.bytes.with(-1, event.bytes.at(-1)! ^ 1) };
  if (!('args' in event)) throw new Error('nothing to change');
  const [key] = Object.keys(event.args);
  if (key === undefined) return { ...event, name: `${event.name}_too` };
  const value = event.args[key]!;
  const other = typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}0` : 1;
  return { ...event, args: { ...event.args, [key]: other } };
}

/**
 * Whether the recording has anything that shows the gap: effects of the last moments may be missing (`END_GRACE_MS`,
 * and what is done at once has `EFFECT_LAG_MS`), a message that CSME did not read is none, and door bells are merged.
 */
function isMissed(events: readonly Timed[], index: number): boolean {
  const event = events[index]!;
  if (isBell(event) || isQuery(event)) return false;
  if ((events.at(-1)!.t - event.t) * 1000 < END_GRACE_MS + EFFECT_LAG_MS) return false;
  return (event.ch !== 'notif' && event.ch !== 'data') || isReadAfter(events, index);
}

/** Whether CSME reads the same ring once more before the area is given back. */
function isReadAfter(events: readonly Timed[], index: number): boolean {
  const { ch } = events[index]!;
  for (const event of events.slice(index + 1)) {
    if (event.ch === ch && isEffect(event)) return true;
    if (event.ch === 'bus' && event.name === 'unmap') return false;
  }
  return false;
}

function mismatches(events: readonly Timed[]) {
  const run = new Replay();
  run.push(events);
  return run.finish().mismatches;
}

/** Places to tamper with, by the fixed choice; `wrap-around` is long and of one kind. */
function chosen(name: string, events: readonly Timed[]): number[] {
  const stride = name === 'wrap-around' ? 20 * STRIDE : STRIDE;
  return events
    .flatMap((event, i) => (isEffect(event) ? [i] : []))
    .filter((_, n) => n % stride === stride - 1);
}

describe.each(RECORDINGS)('%s', (name) => {
  const events = recording(name) as Timed[];
  const places = chosen(name, events);

  test('a changed effect is told at its line', () => {
    for (const i of places) {
      const found = mismatches(events.with(i, changed(events[i]!)));
      expect(
        found.map((m) => m.line),
        `line ${i + 1}`,
      ).toContain(events[i]!.line);
    }
  });

  test('a doubled effect is told', () => {
    for (const i of places) {
      if (isQuery(events[i]!)) continue;
      const found = mismatches(events.toSpliced(i, 0, events[i]!));
      expect(found.length, `line ${i + 1}`).toBeGreaterThan(0);
    }
  });

  test('a deleted effect is told, but for the last moments', () => {
    for (const i of places) {
      if (!isMissed(events, i)) continue;
      const found = mismatches(events.toSpliced(i, 1));
      expect(found.length, `line ${i + 1}`).toBeGreaterThan(0);
    }
  });
});

describe('one recording, every effect', () => {
  const events = recording('csme-takes-ownership-up') as Timed[];
  const effects = events.flatMap((event, i) => (isEffect(event) ? [i] : []));

  test('moved by a second it is out of order or out of time', () => {
    for (const i of effects) {
      const event = events[i]!;
      // CSME reads its rings when it likes.
      if (event.ch === 'notif' || event.ch === 'data') continue;
      if (isBell(event) || isQuery(event) || events.at(-1)!.t - event.t < 1.5) continue;
      const moved = { ...event, t: event.t + 1 };
      const at = events.findIndex((other) => other.t > moved.t);
      const found = mismatches(events.toSpliced(i, 1).toSpliced(at - 1, 0, moved));
      expect(found.length, `line ${i + 1}`).toBeGreaterThan(0);
    }
  });

  test('a cause that is left out is noticed', () => {
    const causes = events.flatMap((event, i) => (event.ch === 'note' || isEffect(event) ? [] : [i]));
    const unnoticed = causes.filter((i) => mismatches(events.toSpliced(i, 1)).length === 0);
    // The end of the bus's call, NIC_OWNER that names the owner that is known (and its bell), the device down again.
    expect(unnoticed.map((i) => events[i]!.line)).toEqual([8, 19, 20, 29, 30, 31]);
  });
});
