/** Messages, and poll. */
import { describe, expect, it } from 'vitest';
import {
  EAGAIN,
  EBADF,
  EFBIG,
  EINTR,
  EMSGSIZE,
  ENODEV,
  EPROTO,
  POLL,
  TEST_GUIDS,
} from '../../../csme/mei/index.ts';
import { ALL, got, Rig, result } from './support.ts';

const { plain, fixed } = TEST_GUIDS;
const READABLE = POLL.IN | POLL.RDNORM;
const WRITABLE = POLL.OUT | POLL.WRNORM;

describe('messages', () => {
  it('one write is one message, one read gives one message', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    expect(result(rig.write(handle, 'one'))).toBe(3);
    expect(result(rig.write(handle, 'two'))).toBe(3);
    expect(got(rig.read(handle))).toBe('one');
    expect(got(rig.read(handle))).toBe('two');
  });

  it('what a short read leaves is for the next one, and is not joined with what follows', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    rig.write(handle, Uint8Array.of(2, 4, 0x83, 0x10, 0, 0));
    rig.write(handle, 'next');
    expect(got(rig.read(handle, 4))).toBe('\x02\x04\x83\x10');
    expect(got(rig.read(handle, 4))).toBe('\0\0');
    expect(got(rig.read(handle, 4))).toBe('next');
  });

  it.each([1, 511, 512])('%i bytes go both ways', (length) => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    expect(result(rig.write(handle, new Uint8Array(length).fill(7)))).toBe(length);
    expect(rig.read(handle).reply?.bytes).toEqual(new Uint8Array(length).fill(7));
  });

  it('a message that is too long is EFBIG, and an empty one nothing; neither is sent', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    expect(result(rig.write(handle, new Uint8Array(513)))).toBe(-EFBIG);
    expect(result(rig.write(handle, ''))).toBe(0);
    expect(got(rig.read(handle, 512, true))).toBe(-EAGAIN);
    rig.pass(0);
    expect(rig.poll(handle)).toBe(WRITABLE);
  });

  it('nothing works before connect', () => {
    const rig = new Rig();
    const handle = rig.open();
    expect(result(rig.read(handle))).toBe(-ENODEV);
    expect(result(rig.read(handle, 0))).toBe(0);
    expect(result(rig.write(handle, 'x'))).toBe(-ENODEV);
    expect(result(rig.call(handle, { type: 'fsync' }))).toBe(-ENODEV);
    expect(result(rig.notifySet(handle, 1))).toBe(-ENODEV);
    expect(result(rig.notifyGet(handle))).toBe(-ENODEV);
    expect(rig.poll(handle)).toBe(POLL.ERR);
    expect(result(rig.read(99))).toBe(-EBADF);
  });

  it('a read waits, and a signal ends the wait; the message is there for the next one', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    const read = rig.read(handle);
    expect(result(read)).toBeUndefined();
    rig.feed({ type: 'interrupt', token: read.token });
    expect(result(read)).toBe(-EINTR);
    rig.write(handle, 'kept');
    expect(got(rig.read(handle, 64, true))).toBe('kept');
  });

  it('the firmware can send one message for each read or poll that asked', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    rig.write(handle, '@twice x');
    const view = () => rig.device.view().handles[0];
    expect(view()).toMatchObject({ received: 0, rxCredits: 0 });
    expect(got(rig.read(handle, 64, true))).toBe(-EAGAIN);
    expect(view()).toMatchObject({ received: 1, rxCredits: 0 });
    expect(rig.poll(handle)).toBe(READABLE | WRITABLE);
    expect(got(rig.read(handle, 64, true))).toBe('x');
    expect(rig.poll(handle)).toBe(WRITABLE);
    expect(rig.poll(handle)).toBe(READABLE | WRITABLE);
  });

  it('two readers of one handle get a message each', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    const reads = [rig.read(handle), rig.read(handle)];
    rig.write(handle, 'one');
    rig.write(handle, 'two');
    expect(reads.map(got)).toEqual(['one', 'two']);
  });

  it.each([
    ['@empty', ''],
    ['@long', -EMSGSIZE],
    ['@broken', -EPROTO],
  ])('%s reads as %s, and the connection goes on', (command, expected) => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    rig.write(handle, command);
    expect(got(rig.read(handle, 512))).toBe(expected);
    rig.write(handle, 'next');
    expect(got(rig.read(handle))).toBe('next');
  });

  it('writes queue up while the firmware is busy: EAGAIN, or a wait until there is room', () => {
    const rig = new Rig({ txQueueLimit: 30 });
    const handle = rig.connected(plain);
    rig.write(handle, '@busy 1000');
    for (let i = 0; i < 30; i++) expect(result(rig.write(handle, `@none ${i}`, true))).toBeGreaterThan(0);
    expect(result(rig.write(handle, 'x', true))).toBe(-EAGAIN);
    expect(rig.poll(handle, ALL, true)).toBe(0);
    const [write, fsync] = [rig.write(handle, 'last'), rig.call(handle, { type: 'fsync' })];
    const interrupted = rig.write(handle, 'never');
    rig.feed({ type: 'interrupt', token: interrupted.token });
    expect([result(write), result(fsync), result(interrupted)]).toEqual([undefined, undefined, -EINTR]);
    const read = rig.read(handle);
    rig.pass(1_000);
    expect([result(write), result(fsync)]).toEqual([4, 0]);
    expect(rig.wakes).toEqual([handle]);
    expect(got(read)).toBe('last');
  });

  it.each([
    ['with credits', plain],
    ['to a fixed address', fixed],
  ])('who reads nothing is soon not listened to, and loses nothing: %s', (_, guid) => {
    const rig = new Rig();
    const handle = rig.connected(guid);
    let written = 0;
    while (written < 1000 && result(rig.write(handle, `${written}`, true)) !== -EAGAIN) written++;
    // What waits to be read, and then what waits to be taken.
    expect(written).toBe(64 + 50);
    const late = rig.write(handle, 'late');
    const read = () => got(rig.read(handle));
    const texts = Array.from({ length: written }, read);
    expect(texts).toEqual(texts.map((_, i) => `${i}`));
    expect([result(late), read()]).toEqual([4, 'late']);
  });

  it('to a fixed address without credits', () => {
    const rig = new Rig();
    const handle = rig.connected(fixed);
    rig.write(handle, '@twice x');
    expect(rig.poll(handle)).toBe(READABLE | WRITABLE);
    expect([got(rig.read(handle)), got(rig.read(handle))]).toEqual(['x', 'x']);
  });
});

describe('poll', () => {
  it('wakes who sleeps on it, once for each time that it was asked to', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    expect(rig.poll(handle, POLL.IN, true)).toBe(0);
    rig.write(handle, '@twice x');
    expect(rig.wakes).toEqual([handle]);
    rig.poll(handle, POLL.IN, false);
    rig.read(handle);
    rig.read(handle);
    expect(rig.wakes).toEqual([handle]);
  });

  it('tells only what it is asked for', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    expect(rig.poll(handle, POLL.OUT)).toBe(WRITABLE);
    expect(rig.device.view().handles[0]).toMatchObject({ rxCredits: 0 });
    expect(rig.poll(handle, POLL.RDNORM)).toBe(0);
    expect(rig.device.view().handles[0]).toMatchObject({ rxCredits: 1 });
  });
});
