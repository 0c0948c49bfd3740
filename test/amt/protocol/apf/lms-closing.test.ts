/** Channels of the host's side: how they close, and services of the host that the firmware reaches. */
import { describe, expect, it } from 'vitest';
import { APF_TIMERS, type ApfMessage } from '../../../../amt/protocol/index.ts';
import { accept, adjust, close, data, FORWARD, give, openLms, refuse, startedLms } from './driven.ts';

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
