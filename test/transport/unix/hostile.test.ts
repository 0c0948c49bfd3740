import { execFileSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nativeProblem } from '../../../native/index.ts';
import { AREA_LAYOUTS } from '../../../sap/index.ts';
import { encodeAnnouncement, encodeFrame } from '../../../transport/unix/framing.ts';
import { me } from '../../contract/transport.ts';
import { ACK, csmeWorld } from '../support/csme-world.ts';
import { NO_PYTHON, sendDescriptors, sendLingering } from '../support/descriptors.ts';
import { RawPeer, until } from '../support/raw-peer.ts';
import { turns } from '../support/sides.ts';

const V4 = AREA_LAYOUTS[4];

describe.skipIf(nativeProblem() !== undefined)(
  'unix:, the firmware end and drivers that it cannot trust',
  () => {
    const world = csmeWorld();

    describe('a driver that', () => {
      it.each([
        ['connects and goes', async () => RawPeer.connect(world.path)],
        [
          'announces and goes',
          async () => {
            const driver = RawPeer.connect(world.path);
            await world.announce(driver);
            return driver;
          },
        ],
        ['starts and goes', () => world.connect()],
      ])('%s is told of, and the firmware has lost it if it knew of it', async (_, come) => {
        world.listen();
        const driver = await come();
        await turns(5);
        const known = world.events.length > 0;
        driver.close();
        await until(() => world.problems.length > 0);
        expect(world.codes).toEqual(['TRANSPORT_ERR_CLOSED']);
        expect(world.events.at(-1)?.type).toBe(known ? 'lost' : undefined);
      });

      it('goes without having read what it was sent', async () => {
        const end = world.listen();
        const driver = await world.connect();
        end.perform({ type: 'me', bytes: me(1) });
        driver.close();
        await until(() => world.events.at(-1)?.type === 'lost');
        expect(world.codes).toEqual(['TRANSPORT_ERR_CLOSED']);
      });

      it.each([1, 3, 4, 7, 15])('sends %i bytes of a message and closes', async (length) => {
        world.listen();
        const driver = await world.connect();
        driver.write(encodeFrame(me(1)).subarray(0, length));
        driver.close();
        await until(() => world.events.at(-1)?.type === 'lost');
        expect(world.codes).toEqual(['TRANSPORT_ERR_FRAME_CUT']);
      });

      it.each([1, 4, 9])('sends %i bytes of a message and nothing more', async (length) => {
        world.listen();
        const driver = await world.connect();
        driver.write(encodeFrame(me(1)).subarray(0, length));
        await turns(5);
        world.clock.advanceBy(9_999);
        await turns(5);
        expect(world.problems).toEqual([]);
        world.clock.advanceBy(1);
        await world.dropped(driver, 'TRANSPORT_ERR_FRAME_CUT', 'within 10000 ms');
      });

      it.each([101, 0x10000, 0xffffffff])('sends a message of %i bytes', async (size) => {
        world.listen();
        const driver = await world.connect();
        const bytes = new Uint8Array(104);
        new DataView(bytes.buffer).setUint32(0, size, true);
        driver.write(bytes);
        await world.dropped(driver, 'TRANSPORT_ERR_FRAME_SIZE', `says ${size}`);
      });

      it('announces an area without a descriptor', async () => {
        world.listen();
        const driver = RawPeer.connect(world.path);
        driver.write(encodeAnnouncement(V4.size, 0n));
        await world.dropped(driver, 'TRANSPORT_ERR_DESCRIPTOR', 'came without one');
      });

      it.each([
        ['an acknowledgement', ACK],
        ['an ME message of 88 bytes', encodeFrame(me(1, 88))],
        ['an ME message of 5 bytes', encodeFrame(new Uint8Array(5))],
      ])('sends a descriptor with %s', async (what, bytes) => {
        world.listen();
        const driver = await world.connect();
        driver.write(bytes, world.fileOf(V4.size));
        await world.dropped(driver, 'TRANSPORT_ERR_DESCRIPTOR', what);
      });

      it('sends two descriptors, one behind the other', async () => {
        world.listen();
        const driver = RawPeer.connect(world.path);
        const bytes = encodeAnnouncement(V4.size, 0n);
        driver.write(bytes.subarray(0, 4), world.fileOf(V4.size));
        driver.write(bytes.subarray(4), world.fileOf(V4.size));
        await world.dropped(driver, 'TRANSPORT_ERR_DESCRIPTOR', '2 came');
      });

      it.skipIf(NO_PYTHON).each([2, 3, 20, 200])('sends %i descriptors at once', async (count) => {
        world.listen();
        sendDescriptors(world.path, encodeAnnouncement(V4.size, 0n), count);
        await until(() => world.problems.length > 0);
        expect(world.codes).toEqual(['TRANSPORT_ERR_DESCRIPTOR']);
      });

      it.skipIf(NO_PYTHON).each([
        ['instead of a file', 'TRANSPORT_ERR_AREA', encodeAnnouncement(V4.size, 0n)],
        ['with a message that has none', 'TRANSPORT_ERR_DESCRIPTOR', encodeFrame(me(1, 88))],
      ])('sends a connection that waits when it is closed, %s', async (_, code, bytes) => {
        world.listen();
        const end = sendLingering(world.path, bytes);
        await until(() => world.problems.length > 0);
        expect(world.codes).toEqual([code]);
        // Had the close waited, it would have been for this one, which ends itself after a minute.
        end();
      });

      it.each<[string, number, bigint, string]>([
        ['too small a file', V4.size - 1, 0n, `a file of ${V4.size - 1} bytes`],
        ['an offset behind the end', V4.size, 4096n, 'ends at byte'],
        ['an offset of 2^64 - 4', V4.size, 0xffff_ffff_ffff_fffcn, 'ends at byte'],
        ['an odd offset', V4.size + 1, 1n, 'not a multiple of 4'],
        ['an empty file', 0, 0n, 'a file of 0 bytes'],
      ])('announces %s', async (_, length, offset, says) => {
        world.listen();
        const driver = RawPeer.connect(world.path);
        driver.write(encodeAnnouncement(V4.size, offset), world.fileOf(length));
        await world.dropped(driver, 'TRANSPORT_ERR_AREA', says);
      });

      it.each([0, 0x8000_0000])('announces an area of %i bytes', async (size) => {
        world.listen();
        const driver = RawPeer.connect(world.path);
        driver.write(encodeAnnouncement(size, 0n), world.fileOf(V4.size));
        await world.dropped(driver, 'TRANSPORT_ERR_AREA', `size is ${size}`);
      });

      it('announces a file that it may only read', async () => {
        world.listen();
        const driver = RawPeer.connect(world.path);
        driver.write(encodeAnnouncement(V4.size, 0n), world.fileOf(V4.size, 'r'));
        await world.dropped(driver, 'TRANSPORT_ERR_AREA', 'EACCES');
      });

      it.each<[string, () => number]>([
        ['a directory', () => openSync(world.folder, 'r')],
        [
          'a pipe',
          () => {
            execFileSync('mkfifo', [join(world.folder, 'pipe')]);
            return openSync(join(world.folder, 'pipe'), 'r+');
          },
        ],
      ])('announces %s', async (kind, open) => {
        world.listen();
        const driver = RawPeer.connect(world.path);
        world.files.push(open());
        driver.write(encodeAnnouncement(V4.size, 0n), world.files.at(-1));
        await world.dropped(driver, 'TRANSPORT_ERR_AREA', kind);
      });

      it('announces its own socket', async () => {
        world.listen();
        const driver = RawPeer.connect(world.path);
        driver.write(encodeAnnouncement(V4.size, 0n), driver.fd);
        await world.dropped(driver, 'TRANSPORT_ERR_AREA', 'a socket');
      });

      it('never acknowledges', async () => {
        const end = world.listen();
        const driver = await world.connect();
        end.perform({ type: 'me', bytes: me(1) });
        expect(await driver.read()).toEqual(encodeFrame(me(1)));
        world.clock.advanceBy(9_999);
        await turns(5);
        expect(world.problems).toEqual([]);
        world.clock.advanceBy(1);
        await world.dropped(driver, 'TRANSPORT_ERR_ACK_TIMEOUT', 'did not acknowledge');
      });

      it('never reads', async () => {
        world.listen({ ackTimeoutMs: 50 });
        const driver = await world.connect();
        driver.write(encodeFrame(me(1)));
        driver.write(encodeFrame(me(2)));
        await until(() => world.events.length === 5);
        world.clock.advanceBy(50);
        await world.dropped(driver, 'TRANSPORT_ERR_ACK_TIMEOUT', 'did not read');
      });

      it('sends and sends and reads nothing', async () => {
        world.listen();
        const driver = await world.connect();
        for (let sent = 0; world.problems.length === 0; sent++) {
          driver.write(encodeFrame(me(sent)));
          await turns(2);
        }
        await world.dropped(driver, 'TRANSPORT_ERR_FLOOD');
      });

      it('is sent more than it acknowledges', async () => {
        const end = world.listen();
        const driver = await world.connect();
        for (let i = 0; i < 1100; i++) end.perform({ type: 'me', bytes: me(i) });
        await world.dropped(driver, 'TRANSPORT_ERR_FLOOD');
      });

      it.each(['at once', 'twice'])('acknowledges what it was not sent: %s', async (how) => {
        const end = world.listen();
        const driver = await world.connect();
        if (how === 'twice') {
          end.perform({ type: 'me', bytes: me(1) });
          await driver.read();
          driver.write(ACK);
        }
        driver.write(ACK);
        await world.dropped(driver, 'TRANSPORT_ERR_ACK');
      });

      it('comes again and again does not keep the first one waiting', async () => {
        world.listen();
        const first = await world.connect();
        const others = Array.from({ length: 12 }, () => RawPeer.connect(world.path));
        first.write(encodeFrame(me(1)));
        const seen = world.events.length;
        await until(() => world.events.length > seen);
        expect(world.problems.length).toBeLessThan(others.length);
        await until(() => world.problems.length === others.length);
        for (const other of others) other.close();
        first.close();
      });

      it('is the second one is refused, and the first one does not notice', async () => {
        world.listen();
        const first = await world.connect();
        const second = RawPeer.connect(world.path);
        expect(await second.read()).toEqual(new Uint8Array(0));
        second.close();
        expect(world.codes).toEqual(['TRANSPORT_ERR_SECOND']);
        first.write(encodeFrame(me(1)));
        expect(await first.read()).toEqual(ACK);
        first.close();
      });

      it('comes when the one before is gone but not read to its end is served', async () => {
        world.listen();
        const first = await world.connect();
        first.write(encodeFrame(me(1)));
        first.close();
        const second = RawPeer.connect(world.path);
        await world.announce(second);
        await until(() => world.events.filter(({ type }) => type === 'area').length === 2);
        expect(world.types.filter((type) => type === 'lost')).toHaveLength(1);
        expect(world.codes).toEqual(['TRANSPORT_ERR_CLOSED']);
        second.close();
      });
    });

    it('sends no message without bytes: it would be an acknowledgement', async () => {
      const end = world.listen();
      const driver = await world.connect();
      expect(end.perform({ type: 'me', bytes: new Uint8Array(0) })).toBe(0);
      expect(world.codes).toEqual(['TRANSPORT_ERR_EMPTY']);
      await turns(5);
      expect(driver.readNow()).toBeUndefined();
      driver.close();
    });
  },
);
