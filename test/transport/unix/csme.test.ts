import { ftruncateSync, openSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Csme } from '../../../csme/index.ts';
import { native, nativeProblem } from '../../../native/index.ts';
import { AREA_LAYOUTS, EFAULT, ENODEV, encodeMe, SharedArea } from '../../../sap/index.ts';
import { type CsmeEvent, listenUnixCsme, run } from '../../../transport/index.ts';
import { encodeAnnouncement, encodeFrame } from '../../../transport/unix/framing.ts';
import { me } from '../../contract/transport.ts';
import { ACK, csmeWorld } from '../support/csme-world.ts';
import { RawPeer, until } from '../support/raw-peer.ts';
import { turns } from '../support/sides.ts';

const V4 = AREA_LAYOUTS[4];

describe.skipIf(nativeProblem() !== undefined)('unix:, the firmware end', () => {
  const world = csmeWorld();

  describe('the framing', () => {
    it('acknowledges the announcement and every message', async () => {
      world.listen();
      const driver = await world.connect();
      for (let i = 1; i <= 20; i++) {
        driver.write(encodeFrame(me(i, 12 + (i % 89))));
        expect(await driver.read()).toEqual(ACK);
      }
      await until(() => world.events.length === 23);
      expect(world.types.slice(0, 2)).toEqual(['mapRequest', 'area']);
      driver.close();
    });

    it('ends a read with each acknowledgement, also of a driver that is still looking for more', async () => {
      const end = world.listen();
      const driver = await world.connect();
      const before = driver.received.length;
      driver.write(encodeFrame(me(1)));
      await until(() => world.events.length === 4);
      end.perform({ type: 'me', bytes: me(2) });
      expect(await driver.read()).toEqual(ACK);
      expect(await driver.read()).toEqual(encodeFrame(me(2)));
      expect(driver.received.length).toBe(before + 1);
      driver.close();
    });

    it('takes door bells of 12 and of 88 bytes', async () => {
      world.listen();
      const driver = await world.connect();
      for (const size of [12, 88]) {
        const bell = encodeMe({ name: 'CHECK_SHARED_AREA' }, 7, { size });
        driver.write(encodeFrame(bell));
        expect(await driver.read()).toEqual(ACK);
        await until(() => world.events.at(-1)?.type === 'me' && world.events.length > (size === 12 ? 3 : 4));
        expect(world.events.at(-1)).toEqual({ type: 'me', bytes: bell });
      }
      driver.close();
    });

    it('takes an announcement without a header in front', async () => {
      world.listen();
      const driver = RawPeer.connect(world.path);
      driver.write(encodeAnnouncement(V4.size, 0n).subarray(4), world.fileOf(V4.size));
      expect(await driver.read()).toEqual(ACK);
      await until(() => world.events.length === 2);
      expect(world.types).toEqual(['mapRequest', 'area']);
      driver.close();
    });

    it('sends its next message when the one before was acknowledged', async () => {
      const end = world.listen();
      const driver = await world.connect();
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
      const end = world.listen();
      const driver = await world.connect();
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
      world.listen();
      const driver = await world.connect();
      for (const byte of encodeFrame(me(9, 30))) {
        driver.write(Uint8Array.of(byte));
        await turns(1);
      }
      expect(await driver.read()).toEqual(ACK);
      await until(() => world.events.length === 4);
      expect(world.events.at(-1)).toEqual({ type: 'me', bytes: me(9, 30) });
      driver.close();
    });
  });

  describe('the area', () => {
    it('shows what the driver wrote, and lets it see what is written', async () => {
      world.listen();
      const driver = RawPeer.connect(world.path);
      const own = new Int32Array(await world.announce(driver));
      await until(() => world.events.length === 2);
      const area = world.events[1] as Extract<CsmeEvent, { type: 'area' }>;
      const words = new Int32Array(area.memory);
      Atomics.store(own, 5, 4711);
      expect(Atomics.load(words, 5)).toBe(4711);
      Atomics.store(words, 6, 4712);
      expect(Atomics.load(own, 6)).toBe(4712);
      driver.close();
    });

    it('lies at the offset that was announced, also within a page', async () => {
      world.listen();
      const driver = RawPeer.connect(world.path);
      const file = world.fileOf(300_000);
      driver.write(encodeAnnouncement(V4.size, 70_004n), file);
      expect(await driver.read()).toEqual(ACK);
      await until(() => world.events.length === 2);
      const area = world.events[1] as Extract<CsmeEvent, { type: 'area' }>;
      new Uint8Array(area.memory).set([1, 2, 3], 0);
      const whole = native().memoryMap(file, 0, 300_000);
      expect([...new Uint8Array(whole, 70_003, 5)]).toEqual([0, 1, 2, 3, 0]);
      native().memoryUnmap(whole);
      driver.close();
    });

    it('may be of a device', async () => {
      world.listen();
      const driver = RawPeer.connect(world.path);
      driver.write(encodeAnnouncement(V4.size, 0n), world.kept(openSync('/dev/zero', 'r+')));
      await until(() => world.events.length === 2);
      expect(world.types).toEqual(['mapRequest', 'area']);
      driver.close();
    });

    it('is another one after a new announcement, and the old one is gone', async () => {
      const end = world.listen();
      const driver = await world.connect();
      await world.announce(driver, AREA_LAYOUTS[3].size);
      await until(() => world.events.length === 6);
      expect(world.types).toEqual(['mapRequest', 'area', 'me', 'areaGone', 'mapRequest', 'area']);
      const [, first, , , , second] = world.events as Extract<CsmeEvent, { type: 'area' }>[];
      await turns(2);
      expect(first?.memory.byteLength).toBe(0);
      expect(second?.memory.byteLength).toBe(AREA_LAYOUTS[3].size);
      // A new life: the client is not enabled before the driver says something.
      expect(end.perform({ type: 'me', bytes: me(1) })).toBe(-ENODEV);
      driver.write(encodeFrame(me(1)));
      expect(await driver.read()).toEqual(ACK);
      await until(() => world.events.length === 7);
      expect(end.perform({ type: 'me', bytes: me(1) })).toBe(0);
      expect(await driver.read()).toEqual(encodeFrame(me(1)));
      driver.close();
    });

    it('is not mapped when the firmware refuses it, which is told; the next one may be', async () => {
      const end = world.listenOnly();
      const driver = RawPeer.connect(world.path);
      await world.announce(driver, 4096);
      await until(() => world.events.length === 1);
      end.perform({ type: 'mapAnswer', errno: EFAULT });
      await until(() => world.problems.length === 1);
      expect(world.problems[0]).toMatchObject({ code: 'TRANSPORT_ERR_AREA_REFUSED', errno: EFAULT });
      await world.announce(driver);
      await until(() => world.events.length === 2);
      end.perform({ type: 'mapAnswer', errno: 0 });
      await until(() => world.events.length === 3);
      expect(world.types).toEqual(['mapRequest', 'mapRequest', 'area']);
      driver.close();
    });

    it('comes before what the driver sent while the firmware had not answered', async () => {
      const end = world.listenOnly();
      const driver = RawPeer.connect(world.path);
      await world.announce(driver);
      driver.write(encodeFrame(me(1)));
      expect(await driver.read()).toEqual(ACK);
      await turns(5);
      expect(world.types).toEqual(['mapRequest']);
      end.perform({ type: 'mapAnswer', errno: 0 });
      await until(() => world.events.length === 3);
      expect(world.types).toEqual(['mapRequest', 'area', 'me']);
      driver.close();
    });

    it('may be shortened by the driver, which the firmware survives and tells', async () => {
      const firmware = new Csme();
      const end = listenUnixCsme(world.path, {
        clock: world.clock,
        onProblem: (error) => world.problems.push(error),
      });
      const runner = run(firmware, end, world.clock);
      end.plug();
      const driver = RawPeer.connect(world.path);
      const file = world.fileOf(V4.size);
      const memory = native().memoryMap(file, 0, V4.size);
      new SharedArea(memory, V4).initialise();
      driver.write(encodeAnnouncement(V4.size, 0n), file);
      expect(await driver.read()).toEqual(ACK);
      native().memoryUnmap(memory);
      ftruncateSync(file, 8192);
      driver.write(encodeFrame(encodeMe({ name: 'START', supportedVersions: [4] }, 1)));
      await world.dropped(driver, 'TRANSPORT_ERR_AREA_LOST');
      expect(firmware.state.firmware.link).not.toBe('up');
      runner.stop();
    });
  });
});
