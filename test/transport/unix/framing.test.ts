import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ME_MESSAGE_MAX } from '../../../sap/index.ts';
import { TransportError } from '../../../transport/index.ts';
import { Conversation, HOLD_POLLS, QUEUE_MAX } from '../../../transport/unix/conversation.ts';
import {
  encodeAnnouncement,
  encodeFrame,
  FrameReader,
  type UnixFrame,
} from '../../../transport/unix/framing.ts';

const frame: fc.Arbitrary<UnixFrame> = fc.oneof(
  fc.constant({ type: 'ack' as const }),
  fc.record({
    type: fc.constant('me' as const),
    bytes: fc.uint8Array({ minLength: 1, maxLength: ME_MESSAGE_MAX }),
  }),
  fc.record({
    type: fc.constant('area' as const),
    size: fc.integer({ min: 0, max: 0xffffffff }),
    offset: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
    descriptor: fc.integer({ min: 3, max: 1000 }),
  }),
);

function bytesOf(value: UnixFrame): Uint8Array {
  if (value.type === 'ack') return encodeFrame(new Uint8Array(0));
  return value.type === 'me' ? encodeFrame(value.bytes) : encodeAnnouncement(value.size, value.offset);
}

/** Feeds a frame in pieces; its descriptor comes with the first, as a socket gives it. */
function feed(reader: FrameReader, bytes: Uint8Array, cuts: number[], descriptor?: number): UnixFrame {
  for (let at = 0, part = 0; ; part++) {
    const end = Math.min(bytes.length, at + Math.min(reader.wanted, Math.max(1, cuts[part] ?? 104)));
    const given = at === 0 ? descriptor : undefined;
    const result = reader.push(bytes, at, end, given === undefined ? 0 : 1, given);
    if (result instanceof TransportError) throw result;
    if (result !== undefined) {
      expect(end).toBe(bytes.length);
      return result;
    }
    at = end;
    expect(at).toBeLessThan(bytes.length);
  }
}

describe('the framing of the simulation', () => {
  it.each([
    ['an acknowledgement', { type: 'ack' }, '00000000'],
    ['a message', { type: 'me', bytes: Uint8Array.of(0xa1, 0xa2, 0xa3) }, '03000000a1a2a3'],
    [
      'an announcement',
      { type: 'area', size: 172_032, offset: 0x1_0000_2000n, descriptor: 9 },
      '0c000000' + '00a00200' + '0020000001000000',
    ],
  ] as [string, UnixFrame, string][])('writes and reads %s', (_, value, hex) => {
    const bytes = bytesOf(value);
    expect(Buffer.from(bytes).toString('hex')).toBe(hex);
    expect(
      feed(new FrameReader(true), bytes, [], value.type === 'area' ? value.descriptor : undefined),
    ).toEqual(value);
  });

  it('reads what was written, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(frame, fc.array(fc.nat(20)))), (frames) => {
        const reader = new FrameReader(true);
        for (const [value, cuts] of frames) {
          const descriptor = value.type === 'area' ? value.descriptor : undefined;
          expect(feed(reader, bytesOf(value), cuts, descriptor)).toEqual(value);
          expect(reader.begun).toBe(false);
          expect(reader.takeDescriptors()).toEqual([]);
        }
      }),
    );
  });

  it('reads an announcement without a header in front', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: ME_MESSAGE_MAX + 1, max: 0xffffffff }),
        fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
        fc.array(fc.nat(12)),
        (size, offset, cuts) => {
          const bytes = encodeAnnouncement(size, offset).subarray(4);
          const value = { type: 'area', size, offset, descriptor: 5 };
          expect(feed(new FrameReader(true), bytes, cuts, 5)).toEqual(value);
        },
      ),
    );
  });

  it('makes a frame or an error of anything, and gives every descriptor back once', () => {
    const piece = fc.record({
      bytes: fc.oneof(
        fc.uint8Array({ minLength: 1, maxLength: 104 }),
        fc.constantFrom(Uint8Array.of(12, 0, 0, 0), Uint8Array.of(0, 0, 0, 0), Uint8Array.of(88, 0, 0, 0)),
      ),
      came: fc.constantFrom(0, 0, 0, 1, 2, 100),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const reader = new FrameReader(true);
        const given: number[] = [];
        const back: number[] = [];
        for (const { bytes, came } of pieces) {
          const { wanted } = reader;
          expect(wanted).toBeGreaterThan(0);
          const descriptor = came > 0 ? given.push(given.length) - 1 : undefined;
          const result = reader.push(bytes, 0, Math.min(wanted, bytes.length), came, descriptor);
          if (result instanceof TransportError) {
            expect(['TRANSPORT_ERR_FRAME_SIZE', 'TRANSPORT_ERR_DESCRIPTOR']).toContain(result.code);
            break;
          }
          if (result?.type === 'area') back.push(result.descriptor);
          if (result?.type === 'me') expect(result.bytes.length).toBeLessThanOrEqual(ME_MESSAGE_MAX);
        }
        back.push(...reader.takeDescriptors());
        expect(back.toSorted((a, b) => a - b)).toEqual(given);
      }),
    );
  });

  it('says that a descriptor was lost on its way', () => {
    const result = new FrameReader(true).push(encodeAnnouncement(4096, 0n), 0, 4, 1, undefined);
    expect(result).toBeUndefined();
    const reader = new FrameReader(true);
    const bytes = encodeAnnouncement(4096, 0n);
    reader.push(bytes, 0, 4, 1, undefined);
    expect(reader.push(bytes, 4, 16)).toMatchObject({
      code: 'TRANSPORT_ERR_DESCRIPTOR',
      message: expect.stringContaining('too many files are open'),
    });
  });
});

describe("CSME's acknowledgement", () => {
  const ack = encodeFrame(new Uint8Array(0));

  it.each([
    ['with a descriptor', 1, 7, [7]],
    ['with one that could not be received', 1, undefined, []],
    ['without one', 0, undefined, []],
  ])('%s is one', (_, came, descriptor, given) => {
    const reader = new FrameReader(false);
    expect(reader.push(ack, 0, 4, came, descriptor)).toEqual({ type: 'ack' });
    expect(reader.takeDescriptors()).toEqual(given);
    expect(reader.push(encodeFrame(Uint8Array.of(1)), 0, 4)).toBeUndefined();
  });

  it('with two of them is none', () => {
    const reader = new FrameReader(false);
    expect(reader.push(ack, 0, 4, 2, 7)).toMatchObject({ code: 'TRANSPORT_ERR_DESCRIPTOR' });
    expect(reader.takeDescriptors()).toEqual([7]);
  });
});

describe('the conversation', () => {
  const message = (number: number) => encodeFrame(Uint8Array.of(number, 1, 2, 3));
  const read = (conversation: Conversation, bytes: Uint8Array, nowMs = 0) => {
    let result: ReturnType<Conversation['handleBytes']>;
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + conversation.wanted);
      result = conversation.handleBytes(nowMs, bytes, at, end, 0, undefined);
      at = end;
    }
    return result;
  };

  it('of two sides carries all messages in order, with one on its way in each direction', () => {
    const action = fc.constantFrom('send-a', 'send-b', 'read-a', 'read-b', 'write-a', 'write-b');
    fc.assert(
      fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
        const sides = { a: new Conversation(1000, true), b: new Conversation(1000, true) };
        /** What lies in the socket for this side: one write of the other one. */
        const inbox: Record<'a' | 'b', Uint8Array | undefined> = { a: undefined, b: undefined };
        const sent = { a: 0, b: 0 };
        const got = { a: 0, b: 0 };
        const act = (what: string, side: 'a' | 'b') => {
          const other = side === 'a' ? 'b' : 'a';
          if (what === 'send' && sent[side] < 250) sides[side].send(0, message(sent[side]++));
          if (what === 'write' && inbox[other] === undefined) inbox[other] = sides[side].poll(0)?.bytes;
          if (what === 'read' && inbox[side] !== undefined) {
            const result = read(sides[side], inbox[side]);
            inbox[side] = undefined;
            if (result instanceof TransportError) throw result;
            if (result?.type === 'me') expect(result.bytes[0]).toBe(got[side]++);
          }
        };
        for (const text of actions) {
          const [what, side] = text.split('-') as [string, 'a' | 'b'];
          act(what, side);
        }
        // In the end everything arrives, and nobody waits.
        for (let turn = 0; turn < 1200; turn++) {
          for (const side of ['a', 'b'] as const) {
            act('write', side);
            act('read', side);
          }
        }
        expect(got).toEqual({ a: sent.b, b: sent.a });
        for (const side of [sides.a, sides.b]) {
          expect(side.wantsToWrite).toBe(false);
          expect(side.nextTimeoutAt()).toBeUndefined();
        }
      }),
    );
  });

  it('knows that everything was read when the last of it was acknowledged', () => {
    const conversation = new Conversation(1000, false);
    expect(conversation.allRead).toBe(true);
    conversation.send(0, message(1));
    conversation.poll(0);
    expect(conversation.allRead).toBe(false);
    read(conversation, message(7));
    conversation.poll(0);
    // The acknowledgement was written behind the message.
    read(conversation, new Uint8Array(4));
    expect(conversation.allRead).toBe(false);
    conversation.send(0, message(2));
    conversation.poll(0);
    read(conversation, new Uint8Array(4));
    expect(conversation.allRead).toBe(true);
  });

  it('keeps an acknowledgement back while the driver may be looking behind a message, but not for ever', () => {
    const ACK = encodeFrame(new Uint8Array(0));
    const crossed = () => {
      const conversation = new Conversation(1000, true);
      conversation.send(0, message(1));
      expect(conversation.poll(0)?.bytes).toEqual(message(1));
      read(conversation, message(2));
      expect(conversation.poll(0)).toBeUndefined();
      expect(conversation.wantsToWrite).toBe(true);
      return conversation;
    };
    const acknowledged = crossed();
    read(acknowledged, ACK);
    expect(acknowledged.poll(0)?.bytes).toEqual(ACK);

    const silent = crossed();
    for (let polls = 1; polls < HOLD_POLLS; polls++) expect(silent.poll(0)).toBeUndefined();
    expect(silent.poll(0)?.bytes).toEqual(ACK);
    // The driver knows of no such care.
    const host = new Conversation(1000, false);
    host.send(0, message(1));
    host.poll(0);
    read(host, message(2));
    expect(host.poll(0)?.bytes).toEqual(ACK);
  });

  it('acknowledges before it sends', () => {
    const conversation = new Conversation(1000, true);
    conversation.send(0, message(1));
    read(conversation, message(7));
    expect(conversation.poll(0)?.bytes).toEqual(new Uint8Array(4));
    expect(conversation.poll(0)?.bytes).toEqual(message(1));
    expect(conversation.poll(0)).toBeUndefined();
  });

  it('waits from the last thing that the other side did', () => {
    const conversation = new Conversation(1000, true);
    expect(conversation.nextTimeoutAt()).toBeUndefined();
    conversation.send(100, message(1));
    conversation.send(150, message(2));
    expect(conversation.nextTimeoutAt()).toBe(1100);
    conversation.poll(500);
    expect(conversation.nextTimeoutAt()).toBe(1500);
    read(conversation, new Uint8Array(4), 900);
    expect(conversation.nextTimeoutAt()).toBe(1900);
    expect(conversation.handleTimeout(1899)).toBeUndefined();
    expect(conversation.handleTimeout(1900)?.code).toBe('TRANSPORT_ERR_ACK_TIMEOUT');
  });

  it('gives the descriptors back that were not sent', () => {
    const conversation = new Conversation(1000, true);
    for (const descriptor of [5, undefined, 6]) conversation.send(0, message(1), descriptor);
    expect(conversation.poll(0)?.descriptor).toBe(5);
    conversation.handleBytes(0, message(1), 0, 2, 1, 7);
    expect(conversation.end().toSorted()).toEqual([6, 7]);
    expect(conversation.end()).toEqual([]);
  });

  it('takes 12 bytes that begin with whole pages for an area only before there was one', () => {
    const bytes = encodeAnnouncement(172_032, 0n);
    const conversation = new Conversation(1000, true);
    conversation.handleBytes(0, bytes, 0, 4, 1, 5);
    expect(conversation.handleBytes(0, bytes, 4, 16, 0, undefined)).toMatchObject({ type: 'area' });
    expect(read(conversation, bytes)).toMatchObject({ type: 'me' });
    expect(read(new Conversation(1000, true), bytes)).toMatchObject({ code: 'TRANSPORT_ERR_DESCRIPTOR' });
    // CSME announces none: it may be any message of 12 bytes.
    expect(read(new Conversation(1000, false), bytes)).toMatchObject({ type: 'me' });
  });

  it('queues so many messages and no more', () => {
    const conversation = new Conversation(1000, true);
    for (let i = 0; i < QUEUE_MAX; i++) expect(conversation.send(0, message(i))).toBeUndefined();
    expect(conversation.send(0, message(1))?.code).toBe('TRANSPORT_ERR_FLOOD');
  });
});
