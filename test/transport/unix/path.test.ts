import { existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { native, nativeProblem } from '../../../native/index.ts';
import { listenUnixCsme, TransportError } from '../../../transport/index.ts';
import { csmeWorld } from '../support/csme-world.ts';
import { RawPeer, until } from '../support/raw-peer.ts';
import { turns } from '../support/sides.ts';

describe.skipIf(nativeProblem() !== undefined)('unix:, the path of the socket', () => {
  const world = csmeWorld();

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
    native().unixClose(native().unixBind(world.path));
    expect(existsSync(world.path)).toBe(true);
    world.listen();
  });

  it('is refused while somebody listens, who does not notice', async () => {
    world.listen();
    expect(failure(() => listenUnixCsme(world.path)).code).toBe('TRANSPORT_ERR_IN_USE');
    await turns(5);
    expect(world.events).toEqual([]);
  });

  it('is refused where something else lies', () => {
    writeFileSync(world.path, 'mine');
    expect(failure(() => listenUnixCsme(world.path))).toMatchObject({
      code: 'TRANSPORT_ERR_PATH',
      message: expect.stringContaining('is no socket'),
    });
    rmSync(world.path);
    symlinkSync('/nowhere', world.path);
    expect(failure(() => listenUnixCsme(world.path)).code).toBe('TRANSPORT_ERR_PATH');
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
    const end = world.listen();
    rmSync(world.path);
    writeFileSync(world.path, 'mine');
    end.close();
    world.csme = undefined;
    expect(existsSync(world.path)).toBe(true);
  });

  it('is asked for again when somebody had it while the firmware was unplugged', async () => {
    const end = world.listen();
    end.unplug();
    rmSync(world.path);
    writeFileSync(world.path, 'mine');
    end.plug();
    end.unplug();
    expect(world.codes).toEqual(['TRANSPORT_ERR_PATH']);
    end.plug();
    expect(world.codes).toEqual(['TRANSPORT_ERR_PATH', 'TRANSPORT_ERR_PATH']);
    rmSync(world.path);
    end.unplug();
    end.plug();
    world.problems.length = 0;
  });

  it('refuses drivers while the firmware is unplugged', async () => {
    const end = world.listen();
    const driver = await world.connect();
    end.unplug();
    await until(() => world.events.at(-1)?.type === 'lost');
    expect(await driver.read()).toEqual(new Uint8Array(0));
    driver.close();
    expect(() => RawPeer.connect(world.path)).toThrow('ECONNREFUSED');
    end.plug();
    expect(world.problems).toEqual([]);
  });
});
