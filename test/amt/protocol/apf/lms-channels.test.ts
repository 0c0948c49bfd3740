import { describe, expect, it } from 'vitest';
import { APF_TIMERS, type ApfMessage } from '../../../../amt/protocol/index.ts';
import { accept, FORWARD, openLms, PORT, startedLms } from './driven.ts';

const confirm = (id: number, initialWindow = 4096) =>
  ({
    name: 'CHANNEL_OPEN_CONFIRMATION',
    recipientChannel: id,
    senderChannel: 100 + id,
    initialWindow,
  }) as const;
const refuse = (id: number, reason: number) =>
  ({ name: 'CHANNEL_OPEN_FAILURE', recipientChannel: id, reason }) as const;
const close = (id: number) => ({ name: 'CHANNEL_CLOSE', recipientChannel: id }) as const;
const data = (id: number, bytes: Uint8Array) =>
  ({ name: 'CHANNEL_DATA', recipientChannel: id, data: bytes }) as const;
const adjust = (id: number, bytesToAdd: number) =>
  ({ name: 'CHANNEL_WINDOW_ADJUST', recipientChannel: id, bytesToAdd }) as const;
const give = (connection: number, count: number) =>
  ({ type: 'data', connection, bytes: new Uint8Array(count).fill(connection) }) as const;
const sizes = (outputs: readonly object[]) =>
  (outputs as Partial<ApfMessage>[]).flatMap((one) =>
    one.name === 'CHANNEL_DATA' ? [one.data!.length] : [],
  );

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

describe('closing', () => {
  it('by a program that is gone drops what is queued; what still comes is ignored', () => {
    const lms = openLms(0);
    lms.put(give(1, 100));
    expect(lms.put({ type: 'abort', connection: 1 })).toEqual([close(7)]);
    expect(lms.session.queuedBytes).toBe(0);
    expect(lms.hear(data(1, new Uint8Array(9)), adjust(1, 100))).toEqual([]);
    expect(lms.put(give(1, 5))).toEqual([]);
    expect(lms.hear(close(1))).toEqual([]);
    expect(lms.session.channelCount).toBe(0);
  });

  it('leaves the number unused for long', () => {
    const lms = openLms();
    lms.hear(close(1));
    expect(lms.put(accept(1))).toMatchObject([{ name: 'CHANNEL_OPEN', senderChannel: 2 }]);
  });
});

describe('the firmware reaches a service of the host', () => {
  const open = (connectedPort: number): ApfMessage => ({
    name: 'CHANNEL_OPEN',
    channelType: 'direct-tcpip',
    senderChannel: 9,
    initialWindow: 100,
    connectedAddress: 'localhost',
    connectedPort,
    originatorAddress: '10.0.0.9',
    originatorPort: 1,
  });
  const reach = { type: 'reach', address: 'localhost', originatorAddress: '10.0.0.9', originatorPort: 1 };

  it.each([0, 80])('at port %i', (port) => {
    const lms = startedLms();
    expect(lms.hear(open(port))).toEqual([{ ...reach, id: 1, port }]);
    expect(lms.put({ type: 'reached', id: 1, connection: 5 })).toEqual([
      { name: 'CHANNEL_OPEN_CONFIRMATION', recipientChannel: 9, senderChannel: 1, initialWindow: 0x8000 },
    ]);
    expect(lms.put(give(5, 101))).toEqual([data(9, new Uint8Array(100).fill(5))]);
    expect(lms.hear(data(1, Uint8Array.of(1)))).toEqual([
      { type: 'data', connection: 5, bytes: Uint8Array.of(1) },
    ]);
  });

  it('that ends when it has said all, and waits for nothing', () => {
    const lms = startedLms();
    lms.hear(open(80));
    lms.put({ type: 'reached', id: 1, connection: 5 });
    lms.put(give(5, 101));
    expect(lms.put({ type: 'end', connection: 5 })).toEqual([]);
    expect(lms.hear(adjust(1, 1))).toEqual([
      data(9, Uint8Array.of(5)),
      { type: 'closed', connection: 5 },
      close(9),
    ]);
  });

  it('that is not there', () => {
    const lms = startedLms();
    lms.hear(open(80));
    expect(lms.put({ type: 'reached', id: 1, connection: undefined })).toEqual([refuse(9, 2)]);
    expect(lms.session.channelCount).toBe(0);
  });

  it('that is not reached in time', () => {
    const lms = startedLms();
    lms.hear(open(80));
    expect(lms.pass(APF_TIMERS.reach.ms)).toEqual([refuse(9, 2)]);
    expect(lms.put({ type: 'reached', id: 1, connection: 5 })).toEqual([
      { type: 'refused', connection: 5, reason: 'It came too late.' },
    ]);
  });

  it('at a port that cannot be, or too often', () => {
    const lms = startedLms();
    expect(lms.hear(open(0x10000))).toEqual([refuse(9, 2)]);
    for (let i = 0; i < 8; i++) expect(lms.hear(open(80))).toHaveLength(1);
    expect(lms.hear(open(80))).toEqual([refuse(9, 4)]);
  });

  it('without taking a channel from the connections to it', () => {
    const lms = startedLms({ channels: 1 });
    lms.hear(open(80), FORWARD);
    expect(lms.put(accept(1))).toMatchObject([{ name: 'CHANNEL_OPEN' }]);
  });
});
