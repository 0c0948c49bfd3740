/** The watchdog with the kernel's own mei_wdt: it on our firmware, our keeper and command on it, our driver beside it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  findWatchdog,
  type KeeperNews,
  keepWatchdog,
  openKernelWatchdog,
  WatchdogSource,
} from '../../../amt/index.ts';
import { Amt } from '../../../csme/amt/index.ts';
import { ManualClock } from '../../amt/watchdog/support/clock.ts';
import { MAIN } from '../../cli/command.ts';
import { Daemon } from '../iwlwifi/programs.ts';
import { busProblem, MeiBus, registered, until } from '../mei-wdt/bus.ts';
import { anyAct, OK, Pair } from '../mei-wdt/pair.ts';
import { Emulator, sapwood } from './support/amt.ts';

const PROBE = ['START 120', 'required', 'STOP', 'empty'];
const START = ['START 120', 'required'];

describe.skipIf(busProblem())('with the kernel’s mei_wdt', () => {
  let bus: MeiBus;
  beforeAll(() => {
    bus = MeiBus.load();
  });
  afterAll(() => bus.unload());
  afterEach(() => {
    if (bus.state !== undefined) bus.suspend();
    bus.lines.splice(0);
    bus.sent.splice(0);
  });

  /** Plugged, probed, and there. */
  async function plugged(amt = new Amt()): Promise<Amt> {
    bus.plug(2, amt);
    await until(registered);
    await until(() => bus.lines.length >= 4);
    expect(bus.lines.splice(0)).toEqual(PROBE);
    return amt;
  }

  test('it is found by its identity, and closing stops it', async () => {
    await plugged();
    expect(findWatchdog()).toEqual({
      path: expect.stringMatching(/^\/dev\/watchdog\d+$/),
      unstoppable: false,
    });
    const watchdog = await openKernelWatchdog(findWatchdog()!);
    expect(bus.state).toBe('START');
    await watchdog.setTimeout(300);
    await watchdog.ping();
    expect(bus.state).toBe('RUNNING');
    await expect(watchdog.setTimeout(119)).rejects.toMatchObject({ code: 'WATCHDOG_ERR_TIMEOUT' });
    await watchdog.close();
    await until(() => bus.lines.length >= 6);
    expect(bus.lines).toEqual(['START 300', 'required', 'START 300', 'required', 'STOP', 'empty']);
    expect(bus.state).toBe('IDLE');
  });

  test('another watchdog is told by its identity, also when it has taken the number', async () => {
    await expect(openKernelWatchdog({ path: '/dev/null', unstoppable: false })).rejects.toMatchObject({
      code: 'WATCHDOG_ERR_IDENTITY',
    });
    await expect(openKernelWatchdog({ path: '/dev/watchdog77', unstoppable: false })).rejects.toMatchObject({
      code: 'WATCHDOG_ERR_GONE',
    });
  });

  test('kept over a suspend, a reset, and while it is not required', async () => {
    const amt = await plugged();
    const clock = new ManualClock();
    const news: KeeperNews['name'][] = [];
    const told = async (name: KeeperNews['name']) => {
      await until(() => {
        // What became due only when something else was done.
        clock.jump(clock.now());
        return news.includes(name);
      });
      return news.splice(0);
    };
    const source = new WatchdogSource({ device: '/dev/mei77' });
    const keeping = keepWatchdog({
      clock,
      open: (signal) => source.open(signal),
      onNews: ({ name }) => news.push(name),
    });
    const pass = (seconds: number) => clock.jump(clock.now() + seconds * 1000);
    await told('armed');
    pass(60);
    await told('beat');
    expect(bus.lines.splice(0)).toEqual([...START, ...START]);

    bus.suspend();
    pass(60);
    expect(await told('gone')).toEqual(['gone']);
    expect(bus.lines.splice(0)).toEqual(['STOP', 'empty']);
    await plugged(amt);
    pass(1);
    await told('armed');
    expect(bus.lines.splice(0)).toEqual(START);

    bus.reset();
    await plugged(amt);
    pass(60);
    await told('gone');
    pass(1);
    await told('armed');
    expect(bus.lines.splice(0)).toEqual(START);

    amt.perform(0, { type: 'requireWatchdog', required: false });
    pass(60);
    await told('beat');
    await until(() => !registered());
    pass(60);
    await told('gone');
    expect(bus.lines.splice(0)).toEqual(['START 120', 'not required']);
    amt.perform(0, { type: 'requireWatchdog', required: true });
    await until(registered);
    pass(1);
    await told('armed');
    await keeping.stop();
    await until(() => bus.lines.length >= 5);
    expect(bus.lines.splice(0)).toEqual(['notification', ...START, 'STOP', 'empty']);
  });

  describe('the command', () => {
    const running: ChildProcess[] = [];
    afterEach(() => {
      for (const child of running.splice(0)) child.kill('SIGKILL');
    });

    function keep(...args: string[]) {
      const child = spawn(process.execPath, [MAIN, 'watchdog', '--json', ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      running.push(child);
      const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
      let said = '';
      child.stderr!.on('data', (text) => {
        said += text;
      });
      const ended = once(child, 'close').then(([status, signal]) => ({ status, signal, said }));
      return { child, ended, next: async () => JSON.parse((await lines.next()).value) };
    }

    test('arms it, keeps others away, stops it', async () => {
      await plugged();
      const first = keep('--timeout', '240');
      const { path } = findWatchdog()!;
      expect(await first.next()).toMatchObject({ event: 'armed', timeoutS: 240, way: 'kernel', path });
      const second = await keep().ended;
      expect(second).toEqual({
        status: 3,
        signal: null,
        said: expect.stringContaining(`(${first.child.pid})`),
      });
      first.child.kill('SIGTERM');
      expect(await first.ended).toMatchObject({ status: 0 });
      await until(() => bus.lines.length >= 4);
      expect(bus.lines).toEqual(['START 240', 'required', 'STOP', 'empty']);
    });

    test('ends also while the firmware does not answer, and the kernel stops the watchdog', async () => {
      bus.plug(2);
      await until(() => bus.sent.length === 1);
      bus.say(OK);
      await until(registered);
      const keeper = keep();
      await until(() => bus.lines.includes('START 120') && bus.sent.length === 3);
      keeper.child.kill('SIGTERM');
      expect(await keeper.ended).toMatchObject({ signal: 'SIGTERM' });
      await until(() => bus.lines.at(-1) === 'STOP');
    });
  });

  test('our driver does what it does, message by message', async () => {
    const runs = fc.sample(fc.array(anyAct, { minLength: 30, maxLength: 30 }), { numRuns: 20, seed: 6 });
    for (const acts of runs) {
      const pair = new Pair(bus);
      for (const [i, one] of acts.entries())
        await pair.do(one, `${i}: ${JSON.stringify(acts.slice(0, i + 1))}`);
      await pair.end();
    }
  });
});

describe('with the firmware’s client, on a device file', () => {
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await Emulator.start();
  });
  afterAll(() => emulator?.daemon.stop());

  test('waits until it is required, survives a reset, and stops it in the end', async () => {
    const { daemon: firmware } = emulator;
    await emulator.command('watchdog release', /does not want the watchdog/);
    const words = [process.execPath, MAIN, 'watchdog', '--timeout', '300'];
    const keeper = await Daemon.start(words, { ready: /No heart beats for now/ });
    await emulator.command('watchdog require', /wants the watchdog/);
    await keeper.until(/AMT watches this machine/);
    await firmware.until(/Watchdog: started, 300 s/);

    const other = await sapwood('watchdog');
    expect([other.code, other.stderr]).toEqual([3, expect.stringContaining(`(${keeper.pid})`)]);

    const [from, fromKeeper] = [firmware.lines.length, keeper.lines.length];
    await emulator.command('reset', /the device is ENABLED/);
    await keeper.until(/AMT watches this machine/, { from: fromKeeper });
    await keeper.stop();
    expect(keeper.lines.at(-1)).toContain('The watchdog is stopped.');
    // The probe behind the reset, and the end.
    await firmware.until(/Watchdog: stopped by the host/, { from });
    const told = firmware.lines.slice(from).flatMap((line) => /Watchdog: (\w+)/.exec(line)?.[1] ?? []);
    expect(told).toEqual(['started', 'stopped', 'started', 'stopped']);
  });
});
