/** The tunnel: connections to AMT's ports for one program. */
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { LmsError, openTunnel, type Tunnel } from '../../../amt/index.ts';
import { MEI_CLIENTS, VirtualClock } from '../../../transport/index.ts';
import { settled } from '../../transport/mei/support/driver.ts';
import { echoLine, PATH, type Serve, TestFirmware } from './firmware.ts';

const lmsError = (code: string) => expect.objectContaining({ name: 'LmsError', code });
const meiError = (code: string) => expect.objectContaining({ name: 'MeiError', code });

/** Some KiB, and the end of the line. */
const text = (n: number) => `${n}`.repeat(9_999).concat('\n');

/** Opens a tunnel for as long as `use` runs; afterwards nothing of it may be open. */
async function withTunnel(firmware: TestFirmware, use: (tunnel: Tunnel) => Promise<void>): Promise<void> {
  const { driver } = firmware;
  const tunnel = await openTunnel(PATH, { calls: driver });
  try {
    await use(tunnel);
  } finally {
    await tunnel.close();
  }
  expect([driver.watches, driver.descriptors, driver.device.openHandles]).toEqual([0, 0, 0]);
}

describe('a tunnel', () => {
  test('carries bytes both ways, and both ends', async () => {
    await withTunnel(new TestFirmware({ ports: [16992], serve: echoLine }), async (tunnel) => {
      const stream = await tunnel.connect(16992);
      stream.end('to and fro\n');
      expect((await buffer(stream)).toString()).toBe('to and fro\n');
    });
  });

  test('carries several connections at a time', async () => {
    const firmware = new TestFirmware({ ports: [16992, 623], serve: echoLine });
    await withTunnel(firmware, async (tunnel) => {
      const streams = await Promise.all([16992, 623, 16992, 623].map((port) => tunnel.connect(port)));
      expect(firmware.open).toBe(4);
      const answers = streams.map((stream) => buffer(stream));
      streams.forEach((stream, n) => void stream.end(text(n)));
      const texts = (await Promise.all(answers)).map(String);
      expect(texts).toEqual([0, 1, 2, 3].map(text));
    });
  });

  test('holds back a firmware whose bytes nobody reads', async () => {
    let written = 0;
    const pour: Serve = (stream) => {
      const more = () => {
        written += 1_000;
        if (written <= 500_000) stream.write(new Uint8Array(1_000), more);
        else stream.end();
      };
      more();
    };
    await withTunnel(new TestFirmware({ ports: [16992], serve: pour }), async (tunnel) => {
      const stream = await tunnel.connect(16992);
      await settled();
      await settled();
      const held = written;
      expect(held).toBeLessThan(300_000);
      expect((await buffer(stream)).length).toBe(500_000);
    });
  });

  test('that is destroyed at one end is destroyed at the other', async () => {
    const ends: Promise<unknown>[] = [];
    const serve: Serve = (stream) => {
      stream.on('error', () => {});
      ends.push(once(stream, 'end'));
      stream.resume();
    };
    const firmware = new TestFirmware({ ports: [16992], serve });
    await withTunnel(firmware, async (tunnel) => {
      const stream = await tunnel.connect(16992);
      stream.destroy();
      await Promise.all(ends);
      await firmware.until(() => firmware.open === 0);
    });
  });

  test('says that AMT does not offer a port', async () => {
    const firmware = new TestFirmware({ ports: [16992] });
    const clock = new VirtualClock();
    const tunnel = await openTunnel(PATH, { calls: firmware.driver, clock });
    await tunnel.connect(16992);
    const refused = tunnel.connect(16993);
    await settled();
    clock.advanceBy(10_000);
    await expect(refused).rejects.toEqual(lmsError('LMS_ERR_NOT_OFFERED'));
    await tunnel.close();
  });

  test('says that AMT takes no connection', async () => {
    const clock = new VirtualClock();
    const { driver } = new TestFirmware({ ports: [16992], pool: 0 });
    const tunnel = await openTunnel(PATH, { calls: driver, clock });
    const refused = tunnel.connect(16992);
    const caught = refused.catch((error: unknown) => error);
    await settled();
    clock.advanceBy(60_000);
    expect(await caught).toEqual(lmsError('LMS_ERR_REFUSED'));
    await tunnel.close();
  });

  test('ends with the firmware', async () => {
    const firmware = new TestFirmware({ ports: [16992] });
    const tunnel = await openTunnel(PATH, { calls: firmware.driver });
    const stream = await tunnel.connect(16992);
    const over = once(stream, 'close');
    stream.resume();
    stream.once('end', () => stream.end());
    firmware.driver.happen({ type: 'reset' });
    await over;
    await expect(tunnel.connect(16992)).rejects.toEqual(lmsError('LMS_ERR_ENDED'));
    await tunnel.close();
  });

  test('is not opened where AMT is not, or where its connection is taken', async () => {
    const firmware = new TestFirmware({ ports: [16992] });
    const tunnel = await openTunnel(PATH, { calls: firmware.driver });
    await expect(openTunnel(PATH, { calls: firmware.driver })).rejects.toEqual(meiError('MEI_ERR_BUSY'));
    await tunnel.close();
    firmware.driver.happen({ type: 'removeClient', guid: MEI_CLIENTS.LME.guid });
    await expect(openTunnel(PATH, { calls: firmware.driver })).rejects.toEqual(meiError('MEI_ERR_NO_CLIENT'));
  });

  test('is given up on a signal', async () => {
    const { driver } = new TestFirmware({ ports: [16992] });
    const opening = openTunnel(PATH, { calls: driver, signal: AbortSignal.abort() });
    await expect(opening).rejects.toEqual(meiError('MEI_ERR_CANCELLED'));
    expect(new LmsError('LMS_ERR_ENDED').next).toMatch(/Try again/);
  });
});
