/** What the firmware does by itself: notifications, ends, resets, removal; and the limits of the device. */
import { describe, expect, it } from 'vitest';
import {
  AMTHI_GUID,
  EAGAIN,
  EBADF,
  EBUSY,
  EFAULT,
  EINTR,
  EINVAL,
  EMFILE,
  ENODEV,
  ENOTTY,
  EOPNOTSUPP,
  MeiDevice,
  POLL,
  TEST_GUIDS,
} from '../../../csme/mei/index.ts';
import { got, Rig, result } from './support.ts';

const { plain, silent } = TEST_GUIDS;

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
