/** Channels of the host's side: how they open, and who waits for one. */
import { describe, expect, it } from 'vitest';
import { APF_TIMERS } from '../../../../amt/protocol/index.ts';
import { accept, close, confirm, data, give, PORT, refuse, startedLms } from './driven.ts';

describe('opening', () => {
  it('asks the firmware, and reads when that agrees', () => {
    const lms = startedLms();
    expect(lms.put(accept(5))).toEqual([
      {
        name: 'CHANNEL_OPEN',
        channelType: 'forwarded-tcpip',
        senderChannel: 1,
        initialWindow: 0x8000,
        connectedAddress: '127.0.0.1',
        connectedPort: PORT,
        originatorAddress: '127.0.0.1',
        originatorPort: 50_000,
      },
    ]);
    expect(lms.hear(confirm(1))).toEqual([{ type: 'opened', connection: 5 }]);
  });

  it.each([
    ['::1', '::1', '::1'],
    ['::ffff:127.0.0.1', '127.0.0.1', '127.0.0.1'],
  ])('from %s: says %s to %s', (originatorAddress, originator, connectedAddress) => {
    const opened = startedLms().put({
      type: 'accept',
      connection: 1,
      port: PORT,
      originatorAddress,
      originatorPort: 1,
    });
    expect(opened).toMatchObject([{ originatorAddress: originator, connectedAddress }]);
  });

  it('of a port that is not listened on is refused', () => {
    expect(startedLms().put(accept(1, 5900))).toMatchObject([{ type: 'refused', connection: 1 }]);
  });

  it('that the firmware refuses says why', () => {
    const lms = startedLms();
    lms.put(accept(1));
    expect(lms.hear(refuse(1, 2))).toEqual([
      { type: 'refused', connection: 1, reason: 'The firmware refused it: The connect failed.' },
    ]);
    expect(lms.session.channelCount).toBe(0);
  });

  it('that the firmware does not answer is refused; its late word closes the channel', () => {
    const lms = startedLms();
    lms.put(accept(1));
    expect(lms.pass(APF_TIMERS.open.ms)).toEqual([
      { type: 'refused', connection: 1, reason: 'It was not answered in time.' },
    ]);
    expect(lms.session.channelCount).toBe(1);
    expect(lms.hear(confirm(1))).toEqual([close(101)]);
    expect(lms.hear(close(1))).toEqual([]);
    expect(lms.session.channelCount).toBe(0);
  });

  it('by a program that is gone meanwhile closes the channel when it is there', () => {
    const lms = startedLms();
    lms.put(accept(1));
    expect(lms.put({ type: 'abort', connection: 1 })).toEqual([]);
    expect(lms.hear(confirm(1))).toEqual([close(101)]);
  });
});

describe('more connections than channels', () => {
  const full = (options = {}) => {
    const lms = startedLms(options);
    for (let id = 1; id <= 8; id++) {
      lms.put(accept(id));
      lms.hear(confirm(id));
    }
    return lms;
  };

  it('wait, and get the next that is free, in their order', () => {
    const lms = full();
    expect([lms.put(accept(9)), lms.put(accept(10))]).toEqual([[], []]);
    expect(lms.session.waitingCount).toBe(2);
    expect(lms.hear(close(3))).toMatchObject([
      close(103),
      { type: 'closed', connection: 3 },
      { name: 'CHANNEL_OPEN', senderChannel: 9 },
    ]);
    expect(lms.hear(confirm(9))).toEqual([{ type: 'opened', connection: 9 }]);
  });

  it('beyond the queue are refused at once, and are told how many wait', () => {
    const lms = full({ waiting: 2 });
    lms.put(accept(9));
    lms.put(accept(10));
    expect(lms.put(accept(11))).toEqual([
      {
        type: 'refused',
        connection: 11,
        reason: '2 connections wait for a channel of the firmware already.',
      },
    ]);
  });

  it('are refused when none becomes free in time', () => {
    const lms = full();
    lms.put(accept(9));
    lms.pass(1_000);
    lms.put(accept(10));
    const refused = (connection: number) => ({
      type: 'refused',
      connection,
      reason: 'No channel of the firmware became free in time.',
    });
    expect(lms.pass(APF_TIMERS.waiting.ms - 1_000)).toEqual([refused(9)]);
    expect(lms.pass(1_000)).toEqual([refused(10)]);
  });

  it('leave the queue when their program does', () => {
    const lms = full();
    for (const id of [9, 10, 11]) lms.put(accept(id));
    expect(lms.put({ type: 'abort', connection: 9 })).toEqual([]);
    expect(lms.put({ type: 'end', connection: 10 })).toMatchObject([{ type: 'refused', connection: 10 }]);
    expect(lms.hear(close(1)).at(-1)).toMatchObject({ name: 'CHANNEL_OPEN' });
    expect(lms.hear(confirm(9))).toEqual([{ type: 'opened', connection: 11 }]);
  });

  it('keep what was read of them already', () => {
    const lms = full();
    lms.put(accept(9));
    expect(lms.put(give(9, 10))).toEqual([]);
    expect(lms.put({ type: 'end', connection: 9 })).toEqual([]);
    lms.hear(close(1));
    expect(lms.hear(confirm(9))).toEqual([
      { type: 'opened', connection: 9 },
      data(109, new Uint8Array(10).fill(9)),
    ]);
  });

  it('wait also where the firmware has fewer channels than we think', () => {
    const lms = startedLms();
    for (const id of [1, 2, 3]) lms.put(accept(id));
    lms.hear(confirm(1));
    expect(lms.hear(refuse(2, 4), refuse(3, 4))).toEqual([]);
    expect(lms.session.waitingCount).toBe(2);
    expect(lms.hear(close(1)).slice(2)).toMatchObject([{ name: 'CHANNEL_OPEN' }, { name: 'CHANNEL_OPEN' }]);
  });

  it('that wait again keep their order', () => {
    const lms = startedLms();
    for (const id of [1, 2, 3]) lms.put(accept(id));
    lms.hear(confirm(1), refuse(2, 4), refuse(3, 4), close(1));
    expect(lms.hear(confirm(4))).toEqual([{ type: 'opened', connection: 2 }]);
    expect(lms.hear(confirm(5))).toEqual([{ type: 'opened', connection: 3 }]);
  });

  it('need no place in the queue while there is a channel', () => {
    const lms = startedLms({ waiting: 0, channels: 1 });
    expect(lms.put(accept(1))).toMatchObject([{ name: 'CHANNEL_OPEN' }]);
    expect(lms.put(accept(2))).toMatchObject([{ type: 'refused', connection: 2 }]);
  });

  it('are refused where the firmware has none at all', () => {
    const lms = startedLms();
    lms.put(accept(1));
    expect(lms.hear(refuse(1, 4))).toEqual([
      { type: 'refused', connection: 1, reason: 'The firmware refused it: Resource shortage.' },
    ]);
  });

  it('begin a new session when the firmware answers about none of them any more', () => {
    const lms = full();
    for (let id = 1; id <= 8; id++) lms.put({ type: 'abort', connection: id });
    expect(lms.pass(APF_TIMERS.close.ms - 1)).toEqual([]);
    expect(lms.pass(1)).toEqual([
      { name: 'DISCONNECT', reason: 11 },
      { type: 'unlisten', port: PORT },
      { type: 'disconnect', why: 'The firmware answers no more about its channels.', retryAfterMs: 1_000 },
    ]);
  });
});
