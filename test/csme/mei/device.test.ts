import { describe, expect, it } from 'vitest';
import {
  AMTHI_GUID,
  EAGAIN,
  EBADF,
  EBUSY,
  EFAULT,
  EFBIG,
  EINTR,
  EINVAL,
  EMFILE,
  EMSGSIZE,
  ENODEV,
  ENOTTY,
  EOPNOTSUPP,
  EPROTO,
  IOCTL_MEI_CONNECT_CLIENT,
  IOCTL_MEI_CONNECT_CLIENT_VTAG,
  IOCTL_MEI_NOTIFY_SET,
  MeiDevice,
  MKHI_FIXED_GUID,
  POLL,
  TEST_GUIDS,
  testClients,
} from '../../../csme/mei/index.ts';
import { ALL, got, Rig, result } from './support.ts';

const { tagged, plain, silent, slow, fixed } = TEST_GUIDS;
const UNKNOWN = '00000000-0000-4000-8000-000000000000';
const READABLE = POLL.IN | POLL.RDNORM;
const WRITABLE = POLL.OUT | POLL.WRNORM;

describe('connect', () => {
  it('gives the longest message and the version', () => {
    const rig = new Rig();
    const { reply } = rig.connect(rig.open(), AMTHI_GUID);
    expect(reply).toMatchObject({ errno: 0, bytes: Uint8Array.of(0x00, 0x14, 0, 0, 1, 0, 0, 0) });
  });

  it('is refused for a client that is not there, and the handle is as it was', () => {
    const rig = new Rig();
    const handle = rig.open();
    expect(result(rig.connect(handle, UNKNOWN))).toBe(-ENOTTY);
    expect(result(rig.connect(handle, plain))).toBe(0);
  });

  it('is refused on a handle that is connected, which stays so', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    expect(result(rig.connect(handle, plain))).toBe(-EBUSY);
    expect(result(rig.connect(handle, UNKNOWN))).toBe(-ENOTTY);
    rig.write(handle, 'still there');
    expect(got(rig.read(handle))).toBe('still there');
  });

  it.each([
    ['notFound', ENOTTY],
    ['alreadyStarted', EBUSY],
    ['outOfResources', EBUSY],
    ['invalidParameter', EINVAL],
    ['notAllowed', EBUSY],
    ['unknownStatus', EINVAL],
  ] as const)('the firmware says %s: errno %i, and it can be tried again', (name, errno) => {
    const rig = new Rig();
    const handle = rig.open();
    expect(result(rig.connect(handle, TEST_GUIDS[name]))).toBe(-errno);
    expect(rig.device.view().handles[0]).toMatchObject({ state: 'disconnected', client: undefined });
    expect(result(rig.connect(handle, plain))).toBe(0);
  });

  it('one more than the firmware takes is EBUSY, until one is closed', () => {
    const rig = new Rig();
    const [first] = [rig.connected(plain), rig.connected(plain)];
    const third = rig.open();
    expect(result(rig.connect(third, plain))).toBe(-EBUSY);
    rig.release(first);
    expect(result(rig.connect(third, plain))).toBe(0);
  });

  it('waits for a slow firmware, and no signal ends that wait', () => {
    const rig = new Rig();
    const connect = rig.connect(rig.open(), slow);
    rig.pass(499);
    rig.feed({ type: 'interrupt', token: connect.token });
    expect(result(connect)).toBeUndefined();
    rig.pass(1);
    expect(result(connect)).toBe(0);
  });

  it('gives up a firmware that does not answer: EFAULT', () => {
    const rig = new Rig();
    const handle = rig.open();
    const connect = rig.connect(handle, silent);
    rig.pass(5_999);
    expect(result(connect)).toBeUndefined();
    rig.pass(1);
    expect(result(connect)).toBe(-EFAULT);
    expect(result(rig.connect(handle, plain))).toBe(0);
  });

  it('with an old bus, that resets the whole device', () => {
    const rig = new Rig({ hbm: { major: 1, minor: 1 } });
    const other = rig.connected(plain);
    const connect = rig.connect(rig.open(), silent);
    rig.pass(6_000);
    expect(result(connect)).toBe(-ENODEV);
    expect(rig.poll(other)).toBe(POLL.ERR);
    rig.pass(1_000);
    expect(rig.device.state).toBe('ENABLED');
  });

  it('one at a time for each client: the next waits, no longer than 15 s', () => {
    const rig = new Rig();
    const calls = [1, 2, 3, 4].map(() => rig.connect(rig.open(), silent));
    rig.pass(6_000);
    expect(calls.map(result)).toEqual([-EFAULT, undefined, undefined, undefined]);
    rig.pass(6_000);
    expect(calls.map(result)).toEqual([-EFAULT, -EFAULT, undefined, undefined]);
    rig.pass(3_000);
    expect(calls.map(result)).toEqual([-EFAULT, -EFAULT, -EFAULT, -EFAULT]);
    expect(rig.device.nextTimeoutAt()).toBeUndefined();
  });

  it('the next in line is served when the handle before it is closed', () => {
    const rig = new Rig();
    const first = rig.open();
    rig.connect(first, slow);
    const second = rig.connect(rig.open(), slow);
    rig.release(first);
    rig.pass(500);
    expect(result(second)).toBe(0);
  });

  it('an argument that is too short is a bad pointer, and the handle is as it was', () => {
    const rig = new Rig();
    const handle = rig.open();
    for (const [number, length] of [
      [IOCTL_MEI_CONNECT_CLIENT, 15],
      [IOCTL_MEI_CONNECT_CLIENT_VTAG, 19],
      [IOCTL_MEI_NOTIFY_SET, 3],
    ] as const) {
      expect(result(rig.ioctl(handle, number, new Uint8Array(length)))).toBe(-EFAULT);
    }
    expect(rig.device.view().handles[0]).toMatchObject({ state: 'initializing' });
  });

  it('a client at a fixed address has one user at a time', () => {
    const rig = new Rig();
    const first = rig.connected(fixed);
    const second = rig.open();
    expect(result(rig.connect(second, fixed))).toBe(-EBUSY);
    rig.release(first);
    expect(result(rig.connect(second, fixed))).toBe(0);
    expect(result(rig.connect(new Rig({ hbm: { major: 1, minor: 1 } }).open(), MKHI_FIXED_GUID))).toBe(
      -EBADF,
    );
    const old = new Rig({ hbm: { major: 1, minor: 1 } });
    expect(result(old.connect(old.open(), fixed))).toBe(-ENOTTY);
  });

  it('the firmware forgot a client: what is connected gets ENOTTY once the host knows', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    rig.feed({ type: 'removeClient', guid: plain });
    rig.write(handle, 'still there');
    expect(got(rig.read(handle))).toBe('still there');
    expect(result(rig.connect(rig.open(), plain))).toBe(-ENOTTY);
    expect(result(rig.write(handle, 'x'))).toBe(-ENOTTY);
    expect(result(rig.read(handle))).toBe(-ENOTTY);
  });

  it('a client can be added while the device runs', () => {
    const rig = new Rig({ clients: [] });
    const handle = rig.open();
    expect(result(rig.connect(handle, plain))).toBe(-ENOTTY);
    for (const client of testClients()) rig.feed({ type: 'addClient', client });
    expect(result(rig.connect(handle, plain))).toBe(0);
  });
});

describe('tags', () => {
  it('handles with different tags share one connection and get their own messages', () => {
    const rig = new Rig();
    const [a, b] = [rig.connected(tagged, 1), rig.connected(tagged, 2)];
    const [readA, readB] = [rig.read(a), rig.read(b)];
    rig.write(b, 'for b');
    rig.write(a, 'for a');
    expect([got(readA), got(readB)]).toEqual(['for a', 'for b']);
  });

  it('a connect without a tag shares it as well', () => {
    const rig = new Rig();
    const [a, b] = [rig.connected(tagged), rig.connected(tagged, 2)];
    rig.write(a, 'plain');
    expect(got(rig.read(a))).toBe('plain');
    expect(got(rig.read(b, 64, true))).toBe(-EAGAIN);
  });

  it.each([
    ['the tag is 0', tagged, 0, EINVAL],
    ['the client has none', plain, 1, EOPNOTSUPP],
    ['the client has none and the tag is 0', plain, 0, EOPNOTSUPP],
    ['there is no such client', UNKNOWN, 1, ENOTTY],
  ])('%s: refused', (_, guid, vtag, errno) => {
    const rig = new Rig();
    expect(result(rig.connect(rig.open(), guid, vtag))).toBe(-errno);
  });

  it('an old bus has none', () => {
    const rig = new Rig({ hbm: { major: 2, minor: 1 } });
    expect(result(rig.connect(rig.open(), tagged, 1))).toBe(-EOPNOTSUPP);
    expect(result(rig.connect(rig.open(), tagged))).toBe(0);
  });

  it('a tag that is in use is EINVAL, a second connect EBUSY, another tag after the end EINVAL', () => {
    const rig = new Rig();
    const a = rig.connected(tagged, 1);
    const b = rig.open();
    expect(result(rig.connect(b, tagged, 1))).toBe(-EINVAL);
    expect(result(rig.connect(a, tagged, 2))).toBe(-EBUSY);
    rig.write(a, '@bye');
    expect(result(rig.connect(a, tagged, 2))).toBe(-EINVAL);
    expect(result(rig.connect(a, tagged, 1))).toBe(0);
  });

  it('the connection ends with its last user; what is for one that has gone is dropped', () => {
    const rig = new Rig();
    const [a, b] = [rig.connected(tagged, 1), rig.connected(tagged, 2)];
    rig.write(a, '@after 10 late');
    rig.release(a);
    const read = rig.read(b);
    rig.pass(10);
    expect(result(read)).toBeUndefined();
    rig.write(b, 'mine');
    expect(got(read)).toBe('mine');
    rig.release(b);
    expect(rig.tells.at(-1)).toMatchObject({ name: 'disconnected', by: 'host' });
    expect(rig.device.openHandles).toBe(0);
  });

  it('a handle that is closed ends its own calls, not those of who shares the connection', () => {
    const rig = new Rig();
    const [a, b] = [rig.connected(tagged, 1), rig.connected(tagged, 2)];
    const [readA, readB] = [rig.read(a), rig.read(b)];
    rig.release(a);
    expect([result(readA), result(readB)]).toEqual([-ENODEV, undefined]);
  });

  it('who joins while the first still connects gets the same answer', () => {
    const [client] = testClients();
    const late = { ...client!, accept: () => ({ afterMs: 100 }) };
    const rig = new Rig({ clients: [late] });
    const [first, second] = [rig.connect(rig.open(), tagged, 1), rig.connect(rig.open(), tagged, 2)];
    expect([result(first), result(second)]).toEqual([undefined, undefined]);
    rig.pass(100);
    expect([result(first), result(second)]).toEqual([0, 0]);
  });

  it('who joins tries for itself when the first fails', () => {
    const [client] = testClients();
    let tries = 0;
    const accept = () => (tries++ === 0 ? { status: 3, afterMs: 100 } : { afterMs: 100 });
    const rig = new Rig({ clients: [{ ...client!, accept }] });
    const [first, second] = [rig.connect(rig.open(), tagged, 1), rig.connect(rig.open(), tagged, 2)];
    rig.pass(100);
    expect([result(first), result(second)]).toEqual([-EBUSY, undefined]);
    rig.pass(100);
    expect(result(second)).toBe(0);
  });
});

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

describe('notifications', () => {
  const enabled = () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    expect(result(rig.notifySet(handle, 1))).toBe(0);
    return { rig, handle };
  };

  it('several events before somebody asks are one', () => {
    const { rig, handle } = enabled();
    expect(result(rig.notifyGet(handle, true))).toBe(-EAGAIN);
    rig.write(handle, '@event');
    rig.write(handle, '@event');
    expect(rig.poll(handle, POLL.PRI)).toBe(POLL.PRI);
    expect(rig.notifyGet(handle).reply).toMatchObject({ errno: 0, bytes: Uint8Array.of(1, 0, 0, 0) });
    expect(rig.poll(handle, POLL.PRI)).toBe(0);
  });

  it('a wait for one ends with the event or a signal, not with the connection', () => {
    const { rig, handle } = enabled();
    const [first, second] = [rig.notifyGet(handle), rig.notifyGet(handle)];
    rig.poll(handle, POLL.PRI, true);
    rig.write(handle, '@event 10');
    rig.pass(10);
    expect([result(first), result(second)]).toEqual([0, undefined]);
    expect(rig.wakes).toContain(handle);
    rig.write(handle, '@bye');
    expect(result(second)).toBeUndefined();
    rig.feed({ type: 'interrupt', token: second.token });
    expect(result(second)).toBe(-EINTR);
  });

  it('no events unless they were asked for', () => {
    const { rig, handle } = enabled();
    expect(result(rig.notifySet(handle, 0))).toBe(0);
    rig.write(handle, '@event');
    expect(rig.poll(handle, POLL.PRI)).toBe(0);
  });

  it('only 0 and 1 can be set', () => {
    const rig = new Rig();
    expect(result(rig.notifySet(rig.open(), 2))).toBe(-EINVAL);
    const old = new Rig({ hbm: { major: 1, minor: 1 } });
    const handle = old.connected(plain);
    expect(result(old.notifySet(handle, 2))).toBe(-EINVAL);
    expect(result(old.notifySet(handle, 1))).toBe(-EOPNOTSUPP);
    expect(result(old.notifyGet(handle))).toBe(-EOPNOTSUPP);
  });

  it('a client without events refuses: EINVAL, and the driver says that again', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    rig.write(handle, '@agree refuse');
    expect(result(rig.notifySet(handle, 1))).toBe(-EINVAL);
    rig.write(handle, '@agree 0');
    expect(result(rig.notifySet(handle, 1))).toBe(-EINVAL);
    expect(result(rig.notifySet(handle, 1))).toBe(0);
  });

  it('the wait for the firmware: no signal ends it, 15 s do, and so does the end of the connection', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    rig.write(handle, '@agree never');
    const call = rig.notifySet(handle, 1);
    rig.feed({ type: 'interrupt', token: call.token });
    rig.pass(14_999);
    expect(result(call)).toBeUndefined();
    rig.pass(1);
    expect(result(call)).toBe(-EFAULT);

    const other = rig.connected(plain);
    rig.write(other, '@agree never');
    const second = rig.notifySet(other, 1);
    rig.write(other, '@bye');
    expect(result(second)).toBe(-EFAULT);
  });
});

describe('the end of a connection', () => {
  it('the firmware closes it: what arrived can be read, then ENODEV', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    rig.poll(handle, POLL.IN);
    rig.write(handle, 'last words');
    rig.write(handle, '@bye');
    expect(rig.poll(handle)).toBe(POLL.ERR);
    expect(got(rig.read(handle, 4))).toBe('last');
    expect(got(rig.read(handle))).toBe(' words');
    expect(result(rig.read(handle))).toBe(-ENODEV);
    expect(result(rig.write(handle, 'x'))).toBe(-ENODEV);
    expect(result(rig.connect(handle, plain))).toBe(0);
  });

  it('calls that wait get ENODEV', () => {
    const rig = new Rig({ txQueueLimit: 30 });
    const handle = rig.connected(plain);
    rig.poll(handle, POLL.IN, true);
    const read = rig.read(handle);
    rig.write(handle, '@bye 10');
    rig.write(handle, '@busy never');
    for (let i = 0; i < 30; i++) rig.write(handle, 'x');
    const [write, fsync] = [rig.write(handle, 'x'), rig.call(handle, { type: 'fsync' })];
    rig.pass(10);
    expect([read, write, fsync].map(result)).toEqual([-ENODEV, -ENODEV, -ENODEV]);
    expect(rig.wakes).toEqual([handle]);
    expect(rig.device.view().handles[0]).toMatchObject({ txCredits: 0, rxCredits: 0, txQueued: 0 });
  });

  it('close ends it, and the firmware has room for another', () => {
    const rig = new Rig();
    const handle = rig.connected(AMTHI_GUID);
    expect(result(rig.connect(rig.open(), AMTHI_GUID))).toBe(-EBUSY);
    expect(result(rig.release(handle))).toBe(0);
    expect(result(rig.connect(rig.open(), AMTHI_GUID))).toBe(0);
    expect(result(rig.read(handle))).toBe(-EBADF);
  });
});

describe('reset and removal', () => {
  it('a reset ends every connection; afterwards the same handle can connect again', () => {
    const rig = new Rig();
    const [a, b] = [rig.connected(plain), rig.open()];
    rig.poll(a, POLL.IN, true);
    const [read, connect] = [rig.read(a), rig.connect(b, silent)];
    rig.feed({ type: 'reset', readyAfterMs: 100 });
    expect([read, connect].map(result)).toEqual([-ENODEV, -ENODEV]);
    expect(rig.wakes).toEqual([a]);
    expect(rig.poll(a)).toBe(POLL.ERR);
    expect(rig.tryOpen()).toMatchObject({ errno: ENODEV });
    expect(result(rig.connect(a, plain))).toBe(-ENODEV);
    expect(result(rig.ioctl(a, 0x1234, new Uint8Array(0)))).toBe(-ENODEV);
    expect(result(rig.read(a, 0))).toBe(-ENODEV);
    rig.pass(100);
    expect(rig.device.state).toBe('ENABLED');
    expect(result(rig.connect(a, plain))).toBe(0);
    rig.write(a, 'again');
    expect(got(rig.read(a))).toBe('again');
  });

  it('what the firmware was about to say is lost', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    rig.write(handle, '@after 50 old');
    rig.feed({ type: 'reset', readyAfterMs: 10 });
    rig.pass(10);
    rig.connect(handle, plain);
    const read = rig.read(handle);
    rig.pass(100);
    expect(result(read)).toBeUndefined();
  });

  it('the firmware can reset by itself', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    rig.write(handle, '@reset 20');
    expect(rig.device.state).toBe('RESETTING');
    rig.pass(20);
    expect(result(rig.connect(handle, plain))).toBe(0);
  });

  it('more than three in a row disable the device', () => {
    const rig = new Rig();
    for (let i = 0; i < 3; i++) rig.feed({ type: 'reset' });
    rig.feed({ type: 'ready' });
    expect(rig.device.state).toBe('ENABLED');
    for (let i = 0; i < 4; i++) rig.feed({ type: 'reset' });
    rig.feed({ type: 'ready' });
    expect(rig.device.state).toBe('DISABLED');
    expect(rig.tryOpen()).toMatchObject({ errno: ENODEV });
  });

  it('a later reset takes the place of one that is nearly over', () => {
    const rig = new Rig();
    rig.feed({ type: 'reset', readyAfterMs: 100 });
    rig.pass(90);
    rig.feed({ type: 'reset', readyAfterMs: 100 });
    rig.pass(20);
    expect(rig.device.state).toBe('RESETTING');
    rig.pass(80);
    expect(rig.device.state).toBe('ENABLED');
  });

  it('removal is for good', () => {
    const rig = new Rig();
    const handle = rig.connected(plain);
    const read = rig.read(handle);
    rig.feed({ type: 'remove' });
    rig.feed({ type: 'ready' });
    expect(result(read)).toBe(-ENODEV);
    expect(rig.tryOpen()).toMatchObject({ errno: ENODEV });
    expect(result(rig.release(handle))).toBe(0);
    expect(rig.device.openHandles).toBe(0);
  });
});

describe('limits', () => {
  it('255 handles, then EMFILE; one that is closed makes room', () => {
    const rig = new Rig();
    const handles = Array.from({ length: 255 }, () => rig.open());
    expect(rig.tryOpen()).toMatchObject({ errno: EMFILE });
    rig.release(handles[7]!);
    expect(rig.tryOpen()).toMatchObject({ errno: 0 });
  });

  it('an ioctl that there is not', () => {
    const rig = new Rig();
    for (const number of [0, 0x5401, 0xc0104805, 0xc0104800, 0xffffffff])
      expect(result(rig.ioctl(rig.open(), number, new Uint8Array(64)))).toBe(-ENOTTY);
  });

  it('the limit of the queue is checked', () => {
    expect(() => new MeiDevice({ txQueueLimit: 29 })).toThrow(RangeError);
    expect(() => new MeiDevice({ txQueueLimit: 256 })).toThrow(RangeError);
  });
});
