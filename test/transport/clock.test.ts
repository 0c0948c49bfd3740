import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimerHeap } from '../../transport/heap.ts';
import { systemClock, TransportError, VirtualClock } from '../../transport/index.ts';

describe('timer heap', () => {
  it('gives tasks in the order of time, then of scheduling, whatever is removed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.integer({ min: 0, max: 20 }), drop: fc.boolean() }), { maxLength: 200 }),
        (tasks) => {
          const heap = new TimerHeap();
          const out: number[] = [];
          const timers = tasks.map(({ at }, i) => heap.add(at, () => out.push(i)));
          tasks.forEach(({ drop }, i) => {
            if (drop) heap.remove(timers[i]!);
          });
          for (let task = heap.takeDue(100); task !== undefined; task = heap.takeDue(100)) task();
          for (const timer of timers) heap.remove(timer);
          const expected = tasks
            .map((task, i) => ({ ...task, i }))
            .filter(({ drop }) => !drop)
            .sort((a, b) => a.at - b.at || a.i - b.i);
          expect(out).toEqual(expected.map(({ i }) => i));
          expect(heap.size).toBe(0);
        },
      ),
      { seed: 11, numRuns: 300 },
    );
  });
});

describe('virtual clock', () => {
  it('stands still until it is moved, and runs each task at its own time', () => {
    const clock = new VirtualClock(1000);
    const seen: number[] = [];
    for (const at of [1030, 1010, 1020]) clock.schedule(at, () => seen.push(clock.now()));
    expect(clock.now()).toBe(1000);
    clock.advanceTo(1020);
    expect(seen).toEqual([1010, 1020]);
    expect(clock.now()).toBe(1020);
    clock.advanceBy(100);
    expect(seen).toEqual([1010, 1020, 1030]);
    expect(clock.now()).toBe(1120);
  });

  it('runs what is due now, and what that adds, without moving', () => {
    const clock = new VirtualClock(5);
    const seen: string[] = [];
    clock.schedule(0, () => {
      seen.push('first');
      clock.schedule(5, () => seen.push('second'));
      clock.schedule(6, () => seen.push('later'));
    });
    clock.runDue();
    expect(seen).toEqual(['first', 'second']);
    expect([clock.now(), clock.pending, clock.nextAt()]).toEqual([5, 1, 6]);
  });

  it('forgets what is cancelled', () => {
    const clock = new VirtualClock();
    const timer = clock.schedule(1, () => expect.unreachable());
    clock.cancel(timer);
    clock.cancel(timer);
    clock.runUntilIdle();
    expect(clock.step()).toBe(false);
  });

  it('stops after the allowed number of tasks when something feeds itself', () => {
    const clock = new VirtualClock();
    const again = () => {
      clock.schedule(clock.now(), again);
    };
    again();
    expect(() => clock.runUntilIdle(100)).toThrow(TransportError);
    expect(() => clock.runDue(100)).toThrow(/100 tasks/);
  });
});

describe('system clock', () => {
  it('runs tasks in order, none before its time, never from inside of schedule', async () => {
    const seen: string[] = [];
    const start = systemClock.now();
    await new Promise<void>((resolve) => {
      systemClock.schedule(start + 4, () => {
        expect(systemClock.now()).toBeGreaterThanOrEqual(start + 4);
        seen.push('late');
        resolve();
      });
      const dropped = systemClock.schedule(start + 1, () => seen.push('dropped'));
      systemClock.schedule(start, () => seen.push('now'));
      systemClock.schedule(start, () => {
        seen.push('now too');
        systemClock.schedule(start, () => seen.push('added'));
      });
      systemClock.cancel(dropped);
      expect(seen).toEqual([]);
    });
    expect(seen).toEqual(['now', 'now too', 'added', 'late']);
  });
});
