import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Csme } from '../../../csme/index.ts';
import { native, nativeProblem } from '../../../native/index.ts';
import { AREA_LAYOUTS, EFAULT, ENODEV, encodeMe, SharedArea } from '../../../sap/index.ts';
import {
  type CsmeEvent,
  type CsmePlug,
  listenUnixCsme,
  run,
  TransportError,
  type UnixOptions,
  VirtualClock,
} from '../../../transport/index.ts';
import { encodeAnnouncement, encodeFrame } from '../../../transport/unix/framing.ts';
import { me } from '../../contract/transport.ts';
import { holdings } from '../support/holdings.ts';
import { RawPeer, until } from '../support/raw-peer.ts';
import { turns } from '../support/sides.ts';

const V4 = AREA_LAYOUTS[4];
const ACK = new Uint8Array(4);

describe.skipIf(nativeProblem() !== undefined)('unix:, the firmware end', () => {
  let folder: string;
  let path: string;
  let clock: VirtualClock;
  let csme: CsmePlug | undefined;
  let events: CsmeEvent[];
  let problems: TransportError[];
  const files: number[] = [];
  const mapped: ArrayBuffer[] = [];
  let before: ReturnType<typeof holdings>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sapwood-'));
    path = join(folder, 'csme.sock');
    clock = new VirtualClock();
    events = [];
    problems = [];
    before = holdings();
  });

  /** Whatever happened: the next driver is served, and in the end nothing is left. */
  afterEach(async () => {
    if (csme !== undefined) {
      const seen = events.length;
      const driver = RawPeer.connect(path);
      await announce(driver);
      await until(() => events.slice(seen).some(({ type }) => type === 'area'));
      driver.close();
      csme.close();
      csme = undefined;
      expect(existsSync(path)).toBe(false);
    }
    for (const file of files.splice(0)) closeSync(file);
    for (const memory of mapped.splice(0)) native().memoryUnmap(memory);
    await turns(10);
    expect(holdings()).toEqual(before);
    rmSync(folder, { recursive: true });
  });

  /** The firmware's end, which takes every area; with null it does not answer. */
  function listen(options: UnixOptions = {}, mapAnswer: number | null = 0): CsmePlug {
    const end = listenUnixCsme(path, { clock, onProblem: (error) => problems.push(error), ...options });
    end.onEvent = (event) => {
      events.push(event);
      if (event.type === 'mapRequest' && mapAnswer !== null) {
        end.perform({ type: 'mapAnswer', errno: mapAnswer });
      }
    };
    end.plug();
    csme = end;
    return end;
  }

  function fileOf(size: number, flags = 'r+'): number {
    const name = join(folder, `area-${files.length}`);
    writeFileSync(name, new Uint8Array(size));
    files.push(openSync(name, flags));
    return files.at(-1)!;
  }

  /** Announces memory of its own, and reads the acknowledgement. */
  async function announce(driver: RawPeer, size: number = V4.size): Promise<ArrayBuffer> {
    const fd = native().memoryCreate(size);
    const memory = native().memoryMap(fd, 0, size);
    driver.write(encodeAnnouncement(size, 0n), fd);
    native().close(fd);
    expect(await driver.read()).toEqual(ACK);
    mapped.push(memory);
    return memory;
  }
  async function connect(): Promise<RawPeer> {
    const driver = RawPeer.connect(path);
    await announce(driver);
    driver.write(encodeFrame(me(0)));
    expect(await driver.read()).toEqual(ACK);
    await until(() => events.some(({ type }) => type === 'me'));
    return driver;
  }

  const types = () => events.map(({ type }) => type);
  const codes = () => problems.map(({ code }) => code);

  /** The driver is dropped for this reason, and it sees it. */
  async function dropped(driver: RawPeer, code: TransportError['code'], says?: string): Promise<void> {
    await until(() => problems.length > 0);
    expect(codes()).toEqual([code]);
    if (says !== undefined) expect(problems[0]?.message).toContain(says);
    // What had been written before may still be there.
    for (let bytes = await driver.read(); bytes.length > 0; bytes = await driver.read());
    driver.close();
  }

  describe('the framing', () => {
    it('acknowledges the announcement and every message', async () => {
      listen();
      const driver = await connect();
      for (let i = 1; i <= 20; i++) {
        driver.write(encodeFrame(me(i, 12 + (i % 89))));
        expect(await driver.read()).toEqual(ACK);
      }
      await until(() => events.length === 23);
      expect(types().slice(0, 2)).toEqual(['mapRequest', 'area']);
      driver.close();
    });

    it('takes door bells of 12 and of 88 bytes', async () => {
      listen();
      const driver = await connect();
      for (const size of [12, 88]) {
        const bell = encodeMe({ name: 'CHECK_SHARED_AREA' }, 7, { size });
        driver.write(encodeFrame(bell));
        expect(await driver.read()).toEqual(ACK);
        await until(() => events.at(-1)?.type === 'me' && events.length > (size === 12 ? 3 : 4));
        expect(events.at(-1)).toEqual({ type: 'me', bytes: bell });
      }
      driver.close();
    });

    it('takes an announcement without a header in front', async () => {
      listen();
      const driver = RawPeer.connect(path);
      driver.write(encodeAnnouncement(V4.size, 0n).subarray(4), fileOf(V4.size));
      expect(await driver.read()).toEqual(ACK);
      await until(() => events.length === 2);
      expect(types()).toEqual(['mapRequest', 'area']);
      driver.close();
    });

    it('sends its next message when the one before was acknowledged', async () => {
      const end = listen();
      const driver = await connect();
      end.perform({ type: 'me', bytes: me(1) });
      end.perform({ type: 'me', bytes: me(2) });
      expect(await driver.read()).toEqual(encodeFrame(me(1)));
      await turns(20);
      expect(driver.readNow()).toBeUndefined();
      driver.write(ACK);
      expect(await driver.read()).toEqual(encodeFrame(me(2)));
      driver.write(ACK);
      await turns(5);
      driver.close();
    });

    it('never has more than one message or acknowledgement unread, however slow the driver is', async () => {
      const end = listen();
      const driver = await connect();
      const step = fc.record({
        send: fc.boolean(),
        answer: fc.integer({ min: 0, max: 3 }),
        pause: fc.integer({ min: 0, max: 6 }),
      });
      const total = { sent: 1, acked: 1 };
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          let owed = 0;
          let expected = 0;
          let acksDue = 0;
          const readOne = async () => {
            const bytes = await driver.read();
            if (bytes.length === 4) {
              expect(bytes).toEqual(ACK);
              acksDue--;
              total.acked++;
            } else {
              expect(bytes).toEqual(encodeFrame(me(expected++, 40)));
              await turns(2);
              driver.write(ACK);
            }
            owed--;
          };
          let numbered = 0;
          for (const { send, answer, pause } of steps) {
            for (let i = 0; i < answer; i++) {
              end.perform({ type: 'me', bytes: me(numbered++, 40) });
              owed++;
            }
            // Intel's driver waits for the acknowledgement of its message before it sends the next one.
            if (send) {
              while (acksDue > 0) await readOne();
              driver.write(encodeFrame(me(total.sent++)));
              acksDue++;
              owed++;
            }
            await turns(pause);
          }
          while (owed > 0) await readOne();
          expect(acksDue).toBe(0);
          await turns(2);
          expect(driver.readNow()).toBeUndefined();
        }),
        { numRuns: 60 },
      );
      expect(total.acked).toBe(total.sent);
      driver.close();
    });

    it('takes a message that comes byte by byte', async () => {
      listen();
      const driver = await connect();
      for (const byte of encodeFrame(me(9, 30))) {
        driver.write(Uint8Array.of(byte));
        await turns(1);
      }
      expect(await driver.read()).toEqual(ACK);
      await until(() => events.length === 4);
      expect(events.at(-1)).toEqual({ type: 'me', bytes: me(9, 30) });
      driver.close();
    });
  });

  describe('the area', () => {
    it('shows what the driver wrote, and lets it see what is written', async () => {
      listen();
      const driver = RawPeer.connect(path);
      const own = new Int32Array(await announce(driver));
      await until(() => events.length === 2);
      const area = events[1] as Extract<CsmeEvent, { type: 'area' }>;
      const words = new Int32Array(area.memory);
      Atomics.store(own, 5, 4711);
      expect(Atomics.load(words, 5)).toBe(4711);
      Atomics.store(words, 6, 4712);
      expect(Atomics.load(own, 6)).toBe(4712);
      driver.close();
    });

    it('lies at the offset that was announced, also within a page', async () => {
      listen();
      const driver = RawPeer.connect(path);
      const file = fileOf(300_000);
      driver.write(encodeAnnouncement(V4.size, 70_004n), file);
      expect(await driver.read()).toEqual(ACK);
      await until(() => events.length === 2);
      const area = events[1] as Extract<CsmeEvent, { type: 'area' }>;
      new Uint8Array(area.memory).set([1, 2, 3], 0);
      const whole = native().memoryMap(file, 0, 300_000);
      expect([...new Uint8Array(whole, 70_003, 5)]).toEqual([0, 1, 2, 3, 0]);
      native().memoryUnmap(whole);
      driver.close();
    });

    it('may be of a device', async () => {
      listen();
      const driver = RawPeer.connect(path);
      files.push(openSync('/dev/zero', 'r+'));
      driver.write(encodeAnnouncement(V4.size, 0n), files.at(-1));
      await until(() => events.length === 2);
      expect(types()).toEqual(['mapRequest', 'area']);
      driver.close();
    });

    it('is another one after a new announcement, and the old one is gone', async () => {
      const end = listen();
      const driver = await connect();
      await announce(driver, AREA_LAYOUTS[3].size);
      await until(() => events.length === 6);
      expect(types()).toEqual(['mapRequest', 'area', 'me', 'areaGone', 'mapRequest', 'area']);
      const [, first, , , , second] = events as Extract<CsmeEvent, { type: 'area' }>[];
      await turns(2);
      expect(first?.memory.byteLength).toBe(0);
      expect(second?.memory.byteLength).toBe(AREA_LAYOUTS[3].size);
      // A new life: the client is not enabled before the driver says something.
      expect(end.perform({ type: 'me', bytes: me(1) })).toBe(-ENODEV);
      driver.write(encodeFrame(me(1)));
      expect(await driver.read()).toEqual(ACK);
      await until(() => events.length === 7);
      expect(end.perform({ type: 'me', bytes: me(1) })).toBe(0);
      expect(await driver.read()).toEqual(encodeFrame(me(1)));
      driver.close();
    });

    it('is not mapped when the firmware refuses it, which is told; the next one may be', async () => {
      const end = listen({}, null);
      const driver = RawPeer.connect(path);
      await announce(driver, 4096);
      await until(() => events.length === 1);
      end.perform({ type: 'mapAnswer', errno: EFAULT });
      await until(() => problems.length === 1);
      expect(problems[0]).toMatchObject({ code: 'TRANSPORT_ERR_AREA_REFUSED', errno: EFAULT });
      await announce(driver);
      await until(() => events.length === 2);
      end.perform({ type: 'mapAnswer', errno: 0 });
      await until(() => events.length === 3);
      expect(types()).toEqual(['mapRequest', 'mapRequest', 'area']);
      driver.close();
      end.onEvent = (event) => {
        events.push(event);
        if (event.type === 'mapRequest') end.perform({ type: 'mapAnswer', errno: 0 });
      };
    });

    it('comes before what the driver sent while the firmware had not answered', async () => {
      const end = listen({}, null);
      const driver = RawPeer.connect(path);
      await announce(driver);
      driver.write(encodeFrame(me(1)));
      expect(await driver.read()).toEqual(ACK);
      await turns(5);
      expect(types()).toEqual(['mapRequest']);
      end.perform({ type: 'mapAnswer', errno: 0 });
      await until(() => events.length === 3);
      expect(types()).toEqual(['mapRequest', 'area', 'me']);
      driver.close();
      end.onEvent = (event) => {
        events.push(event);
        if (event.type === 'mapRequest') end.perform({ type: 'mapAnswer', errno: 0 });
      };
    });

    it('may be shortened by the driver, which the firmware survives and tells', async () => {
      const firmware = new Csme();
      const end = listenUnixCsme(path, { clock, onProblem: (error) => problems.push(error) });
      const runner = run(firmware, end, clock);
      end.plug();
      const driver = RawPeer.connect(path);
      const file = fileOf(V4.size);
      const memory = native().memoryMap(file, 0, V4.size);
      new SharedArea(memory, V4).initialise();
      driver.write(encodeAnnouncement(V4.size, 0n), file);
      expect(await driver.read()).toEqual(ACK);
      native().memoryUnmap(memory);
      ftruncateSync(file, 8192);
      driver.write(encodeFrame(encodeMe({ name: 'START', supportedVersions: [4] }, 1)));
      await dropped(driver, 'TRANSPORT_ERR_AREA_LOST');
      expect(firmware.state.firmware.link).not.toBe('up');
      runner.stop();
    });
  });

  describe('a driver that', () => {
    it.each([
      ['connects and goes', async () => RawPeer.connect(path)],
      [
        'announces and goes',
        async () => {
          const driver = RawPeer.connect(path);
          await announce(driver);
          return driver;
        },
      ],
      ['starts and goes', () => connect()],
    ])('%s is told of, and the firmware has lost it if it knew of it', async (_, come) => {
      listen();
      const driver = await come();
      await turns(5);
      const known = events.length > 0;
      driver.close();
      await until(() => problems.length > 0);
      expect(codes()).toEqual(['TRANSPORT_ERR_CLOSED']);
      expect(events.at(-1)?.type).toBe(known ? 'lost' : undefined);
    });

    it('goes without having read what it was sent', async () => {
      const end = listen();
      const driver = await connect();
      end.perform({ type: 'me', bytes: me(1) });
      driver.close();
      await until(() => events.at(-1)?.type === 'lost');
      expect(codes()).toEqual(['TRANSPORT_ERR_CLOSED']);
    });

    it.each([1, 3, 4, 7, 15])('sends %i bytes of a message and closes', async (length) => {
      listen();
      const driver = await connect();
      driver.write(encodeFrame(me(1)).subarray(0, length));
      driver.close();
      await until(() => events.at(-1)?.type === 'lost');
      expect(codes()).toEqual(['TRANSPORT_ERR_FRAME_CUT']);
    });

    it('sends half a message and nothing more', async () => {
      listen();
      const driver = await connect();
      driver.write(encodeFrame(me(1)).subarray(0, 9));
      await turns(5);
      clock.advanceBy(9_999);
      await turns(5);
      expect(problems).toEqual([]);
      clock.advanceBy(1);
      await dropped(driver, 'TRANSPORT_ERR_FRAME_CUT', 'within 10000 ms');
    });

    it.each([101, 0x10000, 0xffffffff])('sends a message of %i bytes', async (size) => {
      listen();
      const driver = await connect();
      const bytes = new Uint8Array(104);
      new DataView(bytes.buffer).setUint32(0, size, true);
      driver.write(bytes);
      await dropped(driver, 'TRANSPORT_ERR_FRAME_SIZE', `says ${size}`);
    });

    it('announces an area without a descriptor', async () => {
      listen();
      const driver = RawPeer.connect(path);
      driver.write(encodeAnnouncement(V4.size, 0n));
      await dropped(driver, 'TRANSPORT_ERR_DESCRIPTOR', 'came without one');
    });

    it.each([
      ['an acknowledgement', ACK],
      ['an ME message of 88 bytes', encodeFrame(me(1, 88))],
      ['an ME message of 5 bytes', encodeFrame(new Uint8Array(5))],
    ])('sends a descriptor with %s', async (what, bytes) => {
      listen();
      const driver = await connect();
      driver.write(bytes, fileOf(V4.size));
      await dropped(driver, 'TRANSPORT_ERR_DESCRIPTOR', what);
    });

    it('sends two descriptors, one behind the other', async () => {
      listen();
      const driver = RawPeer.connect(path);
      const bytes = encodeAnnouncement(V4.size, 0n);
      driver.write(bytes.subarray(0, 4), fileOf(V4.size));
      driver.write(bytes.subarray(4), fileOf(V4.size));
      await dropped(driver, 'TRANSPORT_ERR_DESCRIPTOR', '2 came');
    });

    it.each([2, 3, 20, 200])('sends %i descriptors at once', async (count) => {
      listen();
      // The socket is this process's: nothing but its end is left of the other one.
      const program = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
socket.send_fds(s, [bytes.fromhex(sys.argv[2])], [os.open('/dev/zero', os.O_RDWR)] * ${count})`;
      execFileSync('python3', [
        '-c',
        program,
        path,
        Buffer.from(encodeAnnouncement(V4.size, 0n)).toString('hex'),
      ]);
      await until(() => problems.length > 0);
      expect(codes()).toEqual(['TRANSPORT_ERR_DESCRIPTOR']);
    });

    it.each<[string, number, bigint, string]>([
      ['too small a file', V4.size - 1, 0n, `a file of ${V4.size - 1} bytes`],
      ['an offset behind the end', V4.size, 4096n, 'ends at byte'],
      ['an offset of 2^64 - 4', V4.size, 0xffff_ffff_ffff_fffcn, 'ends at byte'],
      ['an odd offset', V4.size + 1, 1n, 'not a multiple of 4'],
      ['an empty file', 0, 0n, 'a file of 0 bytes'],
    ])('announces %s', async (_, length, offset, says) => {
      listen();
      const driver = RawPeer.connect(path);
      driver.write(encodeAnnouncement(V4.size, offset), fileOf(length));
      await dropped(driver, 'TRANSPORT_ERR_AREA', says);
    });

    it.each([0, 0x8000_0000])('announces an area of %i bytes', async (size) => {
      listen();
      const driver = RawPeer.connect(path);
      driver.write(encodeAnnouncement(size, 0n), fileOf(V4.size));
      await dropped(driver, 'TRANSPORT_ERR_AREA', `size is ${size}`);
    });

    it('announces a file that it may only read', async () => {
      listen();
      const driver = RawPeer.connect(path);
      driver.write(encodeAnnouncement(V4.size, 0n), fileOf(V4.size, 'r'));
      await dropped(driver, 'TRANSPORT_ERR_AREA', 'EACCES');
    });

    it.each<[string, () => number]>([
      ['a directory', () => openSync(folder, 'r')],
      [
        'a pipe',
        () => {
          execFileSync('mkfifo', [join(folder, 'pipe')]);
          return openSync(join(folder, 'pipe'), 'r+');
        },
      ],
    ])('announces %s', async (kind, open) => {
      listen();
      const driver = RawPeer.connect(path);
      files.push(open());
      driver.write(encodeAnnouncement(V4.size, 0n), files.at(-1));
      await dropped(driver, 'TRANSPORT_ERR_AREA', kind);
    });

    it('announces its own socket', async () => {
      listen();
      const driver = RawPeer.connect(path);
      driver.write(encodeAnnouncement(V4.size, 0n), driver.fd);
      await dropped(driver, 'TRANSPORT_ERR_AREA', 'a socket');
    });

    it('never acknowledges', async () => {
      const end = listen();
      const driver = await connect();
      end.perform({ type: 'me', bytes: me(1) });
      expect(await driver.read()).toEqual(encodeFrame(me(1)));
      clock.advanceBy(9_999);
      await turns(5);
      expect(problems).toEqual([]);
      clock.advanceBy(1);
      await dropped(driver, 'TRANSPORT_ERR_ACK_TIMEOUT', 'did not acknowledge');
    });

    it('never reads', async () => {
      listen({ ackTimeoutMs: 50 });
      const driver = await connect();
      driver.write(encodeFrame(me(1)));
      driver.write(encodeFrame(me(2)));
      await until(() => events.length === 5);
      clock.advanceBy(50);
      await dropped(driver, 'TRANSPORT_ERR_ACK_TIMEOUT', 'did not read');
    });

    it('sends and sends and reads nothing', async () => {
      listen();
      const driver = await connect();
      for (let sent = 0; problems.length === 0; sent++) {
        driver.write(encodeFrame(me(sent)));
        await turns(2);
      }
      await dropped(driver, 'TRANSPORT_ERR_FLOOD');
    });

    it('is sent more than it acknowledges', async () => {
      const end = listen();
      const driver = await connect();
      for (let i = 0; i < 1100; i++) end.perform({ type: 'me', bytes: me(i) });
      await dropped(driver, 'TRANSPORT_ERR_FLOOD');
    });

    it.each(['at once', 'twice'])('acknowledges what it was not sent: %s', async (how) => {
      const end = listen();
      const driver = await connect();
      if (how === 'twice') {
        end.perform({ type: 'me', bytes: me(1) });
        await driver.read();
        driver.write(ACK);
      }
      driver.write(ACK);
      await dropped(driver, 'TRANSPORT_ERR_ACK');
    });

    it('is the second one is refused, and the first one does not notice', async () => {
      listen();
      const first = await connect();
      const second = RawPeer.connect(path);
      expect(await second.read()).toEqual(new Uint8Array(0));
      second.close();
      expect(codes()).toEqual(['TRANSPORT_ERR_SECOND']);
      first.write(encodeFrame(me(1)));
      expect(await first.read()).toEqual(ACK);
      first.close();
    });

    it('comes when the one before is gone but not read to its end is served', async () => {
      listen();
      const first = await connect();
      first.write(encodeFrame(me(1)));
      first.close();
      const second = RawPeer.connect(path);
      await announce(second);
      await until(() => events.filter(({ type }) => type === 'area').length === 2);
      expect(types().filter((type) => type === 'lost')).toHaveLength(1);
      expect(codes()).toEqual(['TRANSPORT_ERR_CLOSED']);
      second.close();
    });
  });

  it('sends no message without bytes: it would be an acknowledgement', async () => {
    const end = listen();
    const driver = await connect();
    expect(end.perform({ type: 'me', bytes: new Uint8Array(0) })).toBe(0);
    expect(codes()).toEqual(['TRANSPORT_ERR_EMPTY']);
    await turns(5);
    expect(driver.readNow()).toBeUndefined();
    driver.close();
  });

  describe('the path', () => {
    const failure = (open: () => unknown): TransportError => {
      try {
        open();
      } catch (error) {
        if (error instanceof TransportError) return error;
        throw error;
      }
      throw new Error('nothing was thrown');
    };

    it('is taken over from somebody who died', () => {
      execFileSync('python3', [
        '-c',
        'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])',
        path,
      ]);
      expect(existsSync(path)).toBe(true);
      listen();
    });

    it('is refused while somebody listens, who does not notice', async () => {
      listen();
      expect(failure(() => listenUnixCsme(path)).code).toBe('TRANSPORT_ERR_IN_USE');
      await turns(5);
      expect(events).toEqual([]);
    });

    it('is refused where something else lies', () => {
      writeFileSync(path, 'mine');
      expect(failure(() => listenUnixCsme(path))).toMatchObject({
        code: 'TRANSPORT_ERR_PATH',
        message: expect.stringContaining('is no socket'),
      });
      rmSync(path);
      symlinkSync('/nowhere', path);
      expect(failure(() => listenUnixCsme(path)).code).toBe('TRANSPORT_ERR_PATH');
    });

    it.each([
      ['', '0 bytes'],
      [`/tmp/${'x'.repeat(103)}`, '108 bytes'],
      ['/tmp/a\0b', '8 bytes'],
      ['/none/csme.sock', 'bind: ENOENT'],
    ])('is refused when it can be none: %j', (wrong, says) => {
      expect(failure(() => listenUnixCsme(wrong))).toMatchObject({
        code: 'TRANSPORT_ERR_PATH',
        message: expect.stringContaining(says),
      });
    });

    it('is left alone when somebody else has put a file there', async () => {
      const end = listen();
      rmSync(path);
      writeFileSync(path, 'mine');
      end.close();
      csme = undefined;
      expect(existsSync(path)).toBe(true);
    });

    it('refuses drivers while the firmware is unplugged', async () => {
      const end = listen();
      const driver = await connect();
      end.unplug();
      await until(() => events.at(-1)?.type === 'lost');
      expect(await driver.read()).toEqual(new Uint8Array(0));
      driver.close();
      expect(() => RawPeer.connect(path)).toThrow('ECONNREFUSED');
      end.plug();
      expect(problems).toEqual([]);
    });
  });
});
