/** Channels of the host's side: what goes through them, and when it stops. */
import { describe, expect, it } from 'vitest';
import { APF_TIMERS, type ApfMessage } from '../../../../amt/protocol/index.ts';
import { accept, adjust, close, confirm, data, give, openLms, sizes, startedLms } from './driven.ts';

describe('windows', () => {
  it('hold back what does not fit, and messages are as long as the carrier takes', () => {
    const lms = openLms(1_000, 409);
    expect(sizes(lms.put(give(1, 2_500)))).toEqual([400, 400, 200]);
    expect(lms.session.queuedBytes).toBe(1_500);
    expect(sizes(lms.hear(adjust(1, 500)))).toEqual([400, 100]);
    expect(sizes(lms.hear(adjust(1, 5_000)))).toEqual([400, 400, 200]);
    expect(lms.session.queuedBytes).toBe(0);
  });

  it('gather small pieces into one message', () => {
    const lms = openLms(0);
    for (const byte of [1, 2, 3]) lms.put({ type: 'data', connection: 1, bytes: Uint8Array.of(byte, byte) });
    expect(lms.hear(adjust(1, 5))).toEqual([data(7, Uint8Array.of(1, 1, 2, 2, 3))]);
    expect(lms.hear(adjust(1, 5))).toEqual([data(7, Uint8Array.of(3))]);
  });

  it('pause a program when enough is queued, and resume it before all is sent', () => {
    const lms = openLms(0);
    expect(lms.put(give(1, 0x7fff))).toEqual([]);
    expect(lms.put(give(1, 1))).toEqual([{ type: 'pause', connection: 1 }]);
    expect(lms.put(give(1, 9))).toEqual([]);
    const resume = { type: 'resume', connection: 1 };
    expect(lms.hear(adjust(1, 0x4000))).not.toContainEqual(resume);
    expect(lms.hear(adjust(1, 0x4000))).toContainEqual(resume);
  });

  it('open again for the firmware when its bytes were taken, by halves', () => {
    const lms = openLms();
    const bytes = new Uint8Array(0x4000);
    lms.hear(data(1, bytes));
    expect(lms.put({ type: 'taken', connection: 1, byteCount: 0x3fff })).toEqual([]);
    expect(lms.put({ type: 'taken', connection: 1, byteCount: 1 })).toEqual([adjust(7, 0x4000)]);
    expect(lms.put({ type: 'taken', connection: 1, byteCount: 0x9999 })).toEqual([]);
  });

  it('data without bytes are nothing', () => {
    expect(openLms().hear(data(1, new Uint8Array(0)))).toEqual([]);
  });

  it('that stay shut for a minute end the connection', () => {
    const lms = openLms(10);
    lms.put(give(1, 11));
    expect(lms.pass(APF_TIMERS.stall.ms)).toEqual([{ type: 'closed', connection: 1 }, close(7)]);
    expect(lms.session.queuedBytes).toBe(0);
  });
});

describe('a carrier that takes no more', () => {
  it('gets no data until it does, then one message of each connection in turn', () => {
    const lms = startedLms({}, 109);
    for (const id of [1, 2]) {
      lms.put(accept(id));
      lms.hear(confirm(id));
    }
    lms.put({ type: 'congested', yes: true });
    expect(lms.put(give(1, 250))).toEqual([]);
    expect(lms.put(give(2, 150))).toEqual([]);
    const sent = lms.put({ type: 'congested', yes: false }) as Extract<
      ApfMessage,
      { name: 'CHANNEL_DATA' }
    >[];
    expect(sent.map((message) => [message.recipientChannel, message.data.length])).toEqual([
      [101, 100],
      [102, 100],
      [101, 100],
      [102, 50],
      [101, 50],
    ]);
  });

  it('for a minute ends the connections that wait for it, and no others', () => {
    const lms = startedLms();
    for (const id of [1, 2]) {
      lms.put(accept(id));
      lms.hear(confirm(id));
    }
    lms.put({ type: 'congested', yes: true });
    lms.put(give(1, 1));
    expect(lms.pass(APF_TIMERS.stall.ms - 1)).toEqual([]);
    expect(lms.pass(1)).toEqual([{ type: 'closed', connection: 1 }, close(101)]);
    expect(lms.pass(APF_TIMERS.stall.ms)).toEqual([]);
  });

  it('does not count while it still takes some', () => {
    const lms = openLms();
    lms.put({ type: 'congested', yes: true });
    lms.put(give(1, 1));
    lms.pass(APF_TIMERS.stall.ms - 1);
    lms.put({ type: 'congested', yes: false });
    expect(lms.session.nextTimeoutAt()).toBeUndefined();
  });

  it('does not give more time to a program that has ended', () => {
    const lms = openLms();
    lms.put(give(1, 1));
    lms.put({ type: 'end', connection: 1 });
    const due = lms.session.nextTimeoutAt();
    lms.pass(1_000);
    for (const yes of [true, false]) lms.put({ type: 'congested', yes });
    expect(lms.session.nextTimeoutAt()).toBe(due);
  });

  it('still gets everything else', () => {
    const lms = openLms();
    lms.put({ type: 'congested', yes: true });
    expect(lms.hear(close(1))).toContainEqual(close(7));
  });
});

describe('a program that sends no more', () => {
  it('gets its whole answer, until the firmware closes', () => {
    const lms = openLms();
    lms.put(give(1, 100));
    expect(lms.put({ type: 'end', connection: 1 })).toEqual([]);
    expect(lms.pass(APF_TIMERS.unanswered.ms - 1)).toEqual([]);
    for (let i = 0; i < 10; i++) {
      expect(lms.hear(data(1, new Uint8Array(100)))).toHaveLength(1);
      lms.put({ type: 'taken', connection: 1, byteCount: 100 });
      expect(lms.pass(APF_TIMERS.answered.ms - 1)).toEqual([]);
    }
    expect(lms.hear(close(1))).toEqual([close(7), { type: 'closed', connection: 1 }]);
    expect(lms.session.channelCount).toBe(0);
  });

  it('gives its channel back when the firmware is silent after an answer', () => {
    const lms = openLms();
    lms.put(give(1, 100));
    lms.hear(data(1, new Uint8Array(100)));
    lms.put({ type: 'taken', connection: 1, byteCount: 100 });
    lms.put({ type: 'end', connection: 1 });
    expect(lms.pass(APF_TIMERS.answered.ms)).toEqual([{ type: 'closed', connection: 1 }, close(7)]);
  });

  it('is not hurried while it reads slowly', () => {
    const lms = openLms();
    lms.put(give(1, 100));
    lms.put({ type: 'end', connection: 1 });
    lms.hear(data(1, new Uint8Array(100)));
    lms.put({ type: 'taken', connection: 1, byteCount: 99 });
    expect(lms.pass(100 * APF_TIMERS.unanswered.ms)).toEqual([]);
    lms.put({ type: 'taken', connection: 1, byteCount: 1 });
    expect(lms.pass(APF_TIMERS.answered.ms)).toHaveLength(2);
  });

  it('and reads no more either gives its channel back as soon as everything is sent', () => {
    const lms = openLms(10);
    lms.put(give(1, 15));
    lms.put({ type: 'end', connection: 1 });
    expect(lms.put({ type: 'end', connection: 1, isGone: true })).toEqual([]);
    expect(lms.hear(adjust(1, 5))).toEqual([
      data(7, new Uint8Array(5).fill(1)),
      { type: 'closed', connection: 1 },
      close(7),
    ]);
  });

  it('has everything sent first that is queued', () => {
    const lms = openLms(10);
    lms.put(give(1, 25));
    lms.put({ type: 'end', connection: 1 });
    expect(lms.put(give(1, 5))).toEqual([]);
    expect(sizes(lms.hear(adjust(1, 100)))).toEqual([15]);
  });
});
