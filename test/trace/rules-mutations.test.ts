/** Recordings with one line of the driver changed: the judge tells, and never throws. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeSap, headlineSap, SapError } from '../../sap/index.ts';
import { Judge, type JudgeReport, type TraceEvent } from '../../trace/index.ts';
import { RECORDINGS, recording } from '../support/traces.ts';

function judged(events: readonly TraceEvent[]): JudgeReport {
  const judge = new Judge({ file: 'mutated' });
  judge.push(events);
  return judge.finish();
}

function foundIn({ findings }: JudgeReport): string {
  return findings.map(({ rule, line, seen }) => `${line} ${rule} ${seen}`).join('\n');
}

/** Long, and of one kind. */
const NAMES = RECORDINGS.filter((name) => name !== 'wrap-around' && name !== 'csa-throttle');
/** What is left out at the end of a recording may be on its way. */
const REST_SECONDS = 1.1;
/** Their contents have no meaning that is published, or have none at all. */
const WITHOUT_CONTENT = /^(HOST_LINK_DOWN|PLDR$|PLDR |HOST_GOES_DOWN)/;

interface Mutated {
  readonly what: string;
  readonly events: TraceEvent[];
}

function mutations(
  events: readonly TraceEvent[],
  i: number,
): Record<'left out' | 'doubled' | 'changed', Mutated> {
  const event = events[i] as TraceEvent & { bytes: Uint8Array };
  const message = decodeSap(event.bytes, 0, event.bytes.length, 'host');
  const what = message instanceof SapError ? message.message : headlineSap(message);
  const bytes = event.bytes.slice();
  // The last byte of the contents; of a message without any, its number.
  const at = bytes.length > 8 ? bytes.length - 1 : 4;
  bytes[at]! ^= at === 4 ? 0x40 : 1;
  const changed = { ...event, bytes };
  return {
    'left out': { what, events: events.toSpliced(i, 1) },
    doubled: { what, events: events.toSpliced(i, 0, event) },
    changed: { what, events: events.toSpliced(i, 1, changed) },
  };
}

describe('a message of the driver', () => {
  const counts = { 'left out': [0, 0], doubled: [0, 0], changed: [0, 0] } as Record<string, [number, number]>;
  const unseen: string[] = [];
  for (const name of NAMES) {
    const events = recording(name);
    const base = foundIn(judged(events));
    const endsAt = (events.at(-1) as { t: number }).t;
    for (const [i, event] of events.entries()) {
      if ((event.ch !== 'notif' && event.ch !== 'data') || event.dir !== 'h2m') continue;
      for (const [how, { what, events: mutated }] of Object.entries(mutations(events, i))) {
        if (how === 'left out' && event.t > endsAt - REST_SECONDS) continue;
        if (how === 'changed' && WITHOUT_CONTENT.test(what)) continue;
        counts[how]![0]++;
        if (foundIn(judged(mutated)) !== base) counts[how]![1]++;
        else unseen.push(`${name}:${event.line} ${how}: ${what}`);
      }
    }
  }

  test.each([
    ['doubled', 1],
    ['changed', 0.97],
    ['left out', 0.97],
  ])('%s: at least %d of all are told', (how, least) => {
    const [all, told] = counts[how]!;
    expect(all).toBeGreaterThan(500);
    expect(told / all, unseen.filter((line) => line.includes(how)).join('\n')).toBeGreaterThanOrEqual(least);
  });
});

describe('anything at all', () => {
  const events = NAMES.flatMap((name) => recording(name)).filter((event) => event.ch !== 'error');

  test('lines of all recordings in any order, at any time: a report that adds up', () => {
    const line = fc.nat({ max: events.length - 1 });
    const step = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2, noNaN: true }), fc.constant(61));
    fc.assert(
      fc.property(fc.array(fc.tuple(line, step), { minLength: 1, maxLength: 200 }), (picks) => {
        let t = 0;
        const mixed = picks.map(([pick, passes], i) => {
          t += passes;
          return { ...events[pick]!, t, line: i + 1 } as TraceEvent;
        });
        const report = judged(mixed);
        const found = Object.values(report.rules).reduce((sum, { findings }) => sum + findings, 0);
        expect(report.findings.length + report.omitted).toBe(found);
        for (const { asked, findings } of Object.values(report.rules)) {
          expect(asked).toBeGreaterThanOrEqual(0);
          expect(findings).toBeGreaterThanOrEqual(0);
        }
        for (const { line, expected, seen } of report.findings) {
          expect(line).toBeGreaterThan(0);
          expect(`${expected}${seen}`).not.toMatch(/undefined|NaN/);
        }
      }),
      { seed: 4, numRuns: 400 },
    );
  });
});
