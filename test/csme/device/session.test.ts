import { describe, expect, it } from 'vitest';
import { CuseSession } from '../../../csme/device/index.ts';
import {
  EAGAIN,
  EBADF,
  EFBIG,
  EINTR,
  EINVAL,
  ENODEV,
  ENOTTY,
  IOCTL_MEI_CONNECT_CLIENT,
  IOCTL_MEI_NOTIFY_GET,
  MeiDevice,
  POLL,
  TEST_GUIDS,
  testClients,
} from '../../../csme/mei/index.ts';
import { type FuseReply, KH_OFFSET, RequestWriter, readReply } from '../../../fuzz/cuse-requests.ts';
import { parseGuid } from '../../../sap/index.ts';

const ENOSYS = 38;
const EPROTO = 71;
const NONBLOCK = 0o4002;
const PLAIN = parseGuid(TEST_GUIDS.plain)!;

/** A kernel that sends requests to a session. */
class Kernel {
  readonly session = new CuseSession(new MeiDevice({ clients: testClients() }), 'mei7');
  readonly write = new RequestWriter();
  readonly replies = new Map<bigint, FuseReply>();
  readonly wakes: bigint[] = [];
  readonly problems: string[] = [];
  served = 0;
  nowMs = 0;

  /** Sends a request; its reply, when there is one. */
  send(bytes: Uint8Array, unique = this.write.last): FuseReply | undefined {
    this.session.handle(this.nowMs, { type: 'request', bytes });
    bytes.fill(0xa5);
    this.drain();
    return this.replies.get(unique);
  }

  drain(): void {
    for (let output = this.session.poll(); output !== undefined; output = this.session.poll()) {
      if (output.type === 'served') this.served++;
      else if (output.type === 'problem') this.problems.push(output.problem);
      else if (output.type === 'write') this.#take(output.bytes);
    }
  }

  open(flags = 2): bigint {
    const { errno, body } = this.send(this.write.open(flags))!;
    if (errno !== 0) throw new Error(`open: ${errno}`);
    return new DataView(body.buffer, body.byteOffset).getBigUint64(0, true);
  }

  connected(flags = 2): bigint {
    const fh = this.open(flags);
    const connect = this.write.ioctl(fh, IOCTL_MEI_CONNECT_CLIENT, PLAIN);
    if (this.send(connect)?.errno !== 0) throw new Error('connect');
    return fh;
  }

  text(fh: bigint, text: string): void {
    this.send(this.write.write(fh, new Uint8Array(Buffer.from(text))));
  }

  #take(bytes: Uint8Array): void {
    const reply = readReply(bytes);
    if (typeof reply === 'string') throw new Error(reply);
    if ('wake' in reply) this.wakes.push(reply.wake);
    else if (this.replies.has(reply.unique)) throw new Error(`two replies to ${reply.unique}`);
    else this.replies.set(reply.unique, reply);
  }
}

describe('the beginning', () => {
  it('the device is named, and served from then on', () => {
    const kernel = new Kernel();
    const reply = kernel.send(kernel.write.init(7, 31));
    expect(reply?.errno).toBe(0);
    expect(Buffer.from(reply!.body).readUInt32LE(4)).toBe(31);
    expect(Buffer.from(reply!.body).toString('latin1', 72)).toBe('DEVNAME=mei7\0');
    expect(kernel.served).toBe(1);
  });

  it('a newer kernel gets the version that is known here', () => {
    const kernel = new Kernel();
    expect(Buffer.from(kernel.send(kernel.write.init(7, 99))!.body).readUInt32LE(4)).toBe(38);
  });

  it.each([
    [6, 99],
    [8, 0],
    [7, 10],
  ])('version %i.%i is refused', (major, minor) => {
    const kernel = new Kernel();
    expect(kernel.send(kernel.write.init(major, minor))?.errno).toBe(EPROTO);
    expect(kernel.served).toBe(0);
    expect(kernel.problems).toEqual([`the kernel speaks FUSE ${major}.${minor}, 7.11 or later is needed`]);
  });
});

describe('calls', () => {
  it('connect, write, read, close', () => {
    const kernel = new Kernel();
    const fh = kernel.open();
    const connect = kernel.send(kernel.write.ioctl(fh, IOCTL_MEI_CONNECT_CLIENT, PLAIN));
    expect(connect).toMatchObject({ errno: 0 });
    expect([...connect!.body]).toEqual([...new Uint8Array(16), 0, 2, 0, 0, 2, 0, 0, 0]);
    const data = new Uint8Array(Buffer.from('hello'));
    expect(Buffer.from(kernel.send(kernel.write.write(fh, data))!.body).readUInt32LE(0)).toBe(5);
    expect(Buffer.from(kernel.send(kernel.write.read(fh, 3))!.body).toString()).toBe('hel');
    expect(Buffer.from(kernel.send(kernel.write.read(fh, 9))!.body).toString()).toBe('lo');
    expect(kernel.session.openFiles).toBe(1);
    expect(kernel.send(kernel.write.release(fh))?.errno).toBe(0);
    expect(kernel.session.openFiles).toBe(0);
    expect(kernel.send(kernel.write.read(fh, 9))?.errno).toBe(EBADF);
  });

  it('errors are negative errnos with nothing behind them', () => {
    const kernel = new Kernel();
    const fh = kernel.connected();
    expect(kernel.send(kernel.write.write(fh, new Uint8Array(513)))?.errno).toBe(EFBIG);
    expect(kernel.send(kernel.write.ioctl(fh, 0x5401, new Uint8Array(0)))?.errno).toBe(ENOTTY);
    expect(kernel.send(kernel.write.read(99n, 9))?.errno).toBe(EBADF);
    expect(kernel.send(kernel.write.read(2n ** 63n, 9))?.errno).toBe(EBADF);
  });

  it('an ioctl gives no more than there is room for', () => {
    const kernel = new Kernel();
    const fh = kernel.open();
    const connect = kernel.write.ioctl(fh, IOCTL_MEI_CONNECT_CLIENT, PLAIN, 3);
    expect(kernel.send(connect)?.body).toHaveLength(16 + 3);
  });

  it('a call that waits is answered later, and by a signal', () => {
    const kernel = new Kernel();
    const fh = kernel.connected();
    expect(kernel.send(kernel.write.read(fh, 9))).toBeUndefined();
    const waiting = kernel.write.last;
    expect(kernel.send(kernel.write.interrupt(waiting))).toBeUndefined();
    expect(kernel.replies.get(waiting)?.errno).toBe(EINTR);
    expect(kernel.send(kernel.write.interrupt(waiting))).toBeUndefined();

    kernel.send(kernel.write.read(fh, 9));
    const second = kernel.write.last;
    kernel.text(fh, '@after 10 late');
    kernel.nowMs = 10;
    expect(kernel.session.nextTimeoutAt()).toBe(10);
    kernel.session.handleTimeout(10);
    kernel.drain();
    expect(Buffer.from(kernel.replies.get(second)!.body).toString()).toBe('late');
  });

  it('O_NONBLOCK: as it was at open, then as the last read or write had it', () => {
    const kernel = new Kernel();
    const fh = kernel.connected(NONBLOCK);
    const get = () => kernel.send(kernel.write.ioctl(fh, IOCTL_MEI_NOTIFY_GET, new Uint8Array(0), 4))?.errno;
    expect(get()).toBe(EAGAIN);
    expect(kernel.send(kernel.write.read(fh, 9, NONBLOCK))?.errno).toBe(EAGAIN);
    kernel.send(kernel.write.read(fh, 9, 2));
    expect(get()).toBeUndefined();
  });

  it('poll: events now, and a wake-up for who sleeps', () => {
    const kernel = new Kernel();
    const fh = kernel.connected();
    const events = (reply: FuseReply | undefined) => Buffer.from(reply!.body).readUInt32LE(0);
    expect(events(kernel.send(kernel.write.poll(fh, POLL.IN, true)))).toBe(0);
    kernel.text(fh, 'x');
    expect(kernel.wakes).toEqual([fh + KH_OFFSET]);
    expect(events(kernel.send(kernel.write.poll(fh, POLL.IN, false)))).toBe(POLL.IN | POLL.RDNORM);
    kernel.session.handle(0, { type: 'reset' });
    kernel.drain();
    expect(events(kernel.send(kernel.write.poll(fh, POLL.IN, false)))).toBe(POLL.ERR);
    expect(kernel.send(kernel.write.read(fh, 9))?.errno).toBe(ENODEV);
  });

  it('fsync goes through; flush and what is not known are ENOSYS', () => {
    const kernel = new Kernel();
    const fh = kernel.connected();
    expect(kernel.send(kernel.write.fsync(fh))?.errno).toBe(0);
    expect(kernel.send(kernel.write.flush(fh))?.errno).toBe(ENOSYS);
    expect(kernel.send(kernel.write.other(3, 16))?.errno).toBe(ENOSYS);
  });
});

describe('a kernel that does what it should not', () => {
  it('a damaged request is EINVAL, and told', () => {
    const kernel = new Kernel();
    const fh = kernel.connected();
    const request = kernel.write.read(fh, 9);
    request[0]!++;
    expect(kernel.send(request)?.errno).toBe(EINVAL);
    expect(kernel.problems).toEqual(['80 bytes, but the header says 81']);
  });

  it('one number for two requests: the first is answered', () => {
    const kernel = new Kernel();
    const fh = kernel.connected();
    const read = kernel.write.read(fh, 9);
    const again = read.slice();
    kernel.send(read);
    expect(kernel.send(again)).toBeUndefined();
    expect(kernel.problems).toEqual([`request ${kernel.write.last} is sent twice`]);
    const unique = kernel.write.last;
    kernel.text(fh, 'x');
    expect(kernel.replies.get(unique)?.errno).toBe(0);
  });

  it('a handle that is closed while a call of it waits: both are answered', () => {
    const kernel = new Kernel();
    const fh = kernel.connected();
    kernel.send(kernel.write.read(fh, 9));
    const read = kernel.write.last;
    expect(kernel.send(kernel.write.release(fh))?.errno).toBe(0);
    expect(kernel.replies.get(read)?.errno).toBe(ENODEV);
  });
});
