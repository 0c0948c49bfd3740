/** Connections to ME clients: made, refused, shared by tags. */
import { describe, expect, it } from 'vitest';
import {
  AMTHI_GUID,
  EAGAIN,
  EBADF,
  EBUSY,
  EFAULT,
  EINVAL,
  ENODEV,
  ENOTTY,
  EOPNOTSUPP,
  IOCTL_MEI_CONNECT_CLIENT,
  IOCTL_MEI_CONNECT_CLIENT_VTAG,
  IOCTL_MEI_NOTIFY_SET,
  MKHI_FIXED_GUID,
  POLL,
  TEST_GUIDS,
  testClients,
} from '../../../csme/mei/index.ts';
import { got, Rig, result } from './support.ts';

const { tagged, plain, silent, slow, fixed } = TEST_GUIDS;
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

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
