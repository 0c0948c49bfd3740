/** The watchdog with the kernel's own mei_wdt: it on our firmware, our keeper and command on it, our driver beside it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type DriverInput,
  findWatchdog,
  type KeeperNews,
  keepWatchdog,
  openKernelWatchdog,
  WatchdogDriver,
  WatchdogSource,
} from '../../../amt/index.ts';
import { Amt } from '../../../csme/amt/index.ts';
import { NativeError } from '../../../native/errors.ts';
import { native } from '../../../native/index.ts';
import { ManualClock } from '../../amt/watchdog/support/clock.ts';
import { busProblem, MeiBus, registered, until } from '../mei-wdt/bus.ts';

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const PROBE = ['START 120', 'required', 'STOP', 'empty'];
const START = ['START 120', 'required'];
const OK = [0x02, 0x04, 0x83, 0x10, 0x00, 0x00];
const NOT_REQUIRED = [0x02, 0x04, 0x83, 0x10, 0x00, 0x01];

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

    function sapwood(...args: string[]) {
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
      const first = sapwood('--timeout', '240');
      const { path } = findWatchdog()!;
      expect(await first.next()).toMatchObject({ event: 'armed', timeoutS: 240, way: 'kernel', path });
      const second = await sapwood().ended;
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
      const keeper = sapwood();
      await until(() => bus.lines.includes('START 120') && bus.sent.length === 3);
      keeper.child.kill('SIGTERM');
      expect(await keeper.ended).toMatchObject({ signal: 'SIGTERM' });
      await until(() => bus.lines.at(-1) === 'STOP');
    });
  });

  /** What both are made to do. */
  type Act =
    | { readonly act: 'plug'; readonly version: number }
    | { readonly act: 'suspend' | 'reset' | 'notify' | 'open' | 'ping' | 'close' }
    | { readonly act: 'setTimeout'; readonly seconds: number }
    | { readonly act: 'say'; readonly bytes: readonly number[] };

  const act: fc.Arbitrary<Act> = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ act: fc.constant('plug' as const), version: fc.constantFrom(1, 2, 2) }),
    },
    {
      weight: 8,
      arbitrary: fc.constantFrom<Act>({ act: 'open' }, { act: 'ping' }, { act: 'ping' }, { act: 'close' }),
    },
    {
      weight: 8,
      arbitrary: fc.record({
        act: fc.constant('say' as const),
        bytes: fc.constantFrom(OK, OK, OK, OK, NOT_REQUIRED, [], [2, 4, 0x83], [2, 4, 0x84, 0x10, 0, 0]),
      }),
    },
    { weight: 1, arbitrary: fc.constantFrom<Act>({ act: 'suspend' }, { act: 'reset' }, { act: 'notify' }) },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant('setTimeout' as const),
        seconds: fc.integer({ min: 110, max: 66_000 }),
      }),
    },
  );

  test('our driver does what it does, message by message', async () => {
    const runs = fc.sample(fc.array(act, { minLength: 30, maxLength: 30 }), { numRuns: 20, seed: 6 });
    for (const acts of runs) {
      const pair = new Pair(bus);
      for (const [i, one] of acts.entries())
        await pair.do(one, `${i}: ${JSON.stringify(acts.slice(0, i + 1))}`);
      await pair.end();
    }
  });
});

/** The kernel's driver and ours, with the same happening to both. */
class Pair {
  readonly #bus: MeiBus;
  readonly #ours = new WatchdogDriver();
  readonly #sent: string[] = [];
  readonly #answers = new Map<number, string>();
  #calls = 0;
  #plugged = false;
  #fd: number | undefined;
  #opener = 0;
  /** Of the kernel: a call that waits. */
  #waiting: { readonly call: number; readonly result: Promise<string>; done: boolean } | undefined;

  constructor(bus: MeiBus) {
    this.#bus = bus;
    bus.sent.splice(0);
  }

  async do(act: { readonly act: string } & Record<string, unknown>, why: string): Promise<void> {
    await this.#act(act);
    await until(
      () => this.#bus.sent.length >= this.#sent.length && registered() === this.#ours.state.registered,
    );
    expect(this.#bus.sent, why).toEqual(this.#sent);
    const waiting = this.#waiting;
    if (waiting !== undefined && this.#answers.has(waiting.call)) {
      expect(await waiting.result, why).toBe(this.#answers.get(waiting.call));
      this.#waiting = undefined;
    } else if (waiting !== undefined) expect(waiting.done, why).toBe(false);
    if (this.#plugged && this.#waiting === undefined)
      expect(this.#bus.state, why).toBe(this.#ours.state.phase);
  }

  async end(): Promise<void> {
    if (this.#plugged) await this.do({ act: 'suspend' }, 'at the end');
    await this.do({ act: 'close' }, 'at the end');
  }

  async #act(act: { readonly act: string } & Record<string, unknown>): Promise<void> {
    switch (act.act) {
      case 'plug':
        if (this.#plugged) return;
        this.#plugged = true;
        this.#bus.plug(act.version as number);
        return this.#feed({ type: 'connected', protocolVersion: act.version as number });
      case 'suspend':
      case 'reset':
        if (!this.#plugged) return;
        this.#plugged = false;
        if (act.act === 'suspend') this.#bus.suspend();
        else this.#bus.reset();
        return this.#feed({ type: act.act === 'suspend' ? 'remove' : 'lost' });
      case 'notify':
        if (!this.#plugged) return;
        this.#bus.notify();
        return this.#feed({ type: 'notification' });
      case 'say':
        if (!this.#plugged) return;
        this.#bus.say(act.bytes as number[]);
        return this.#feed({ type: 'message', bytes: Uint8Array.from(act.bytes as number[]) });
      case 'open':
        return this.#open();
      case 'ping':
        return this.#ask(
          (fd) => native().watchdogKeepAlive(fd),
          (call) => ({ type: 'ping', call, opener: this.#opener }),
        );
      case 'setTimeout': {
        const timeoutS = act.seconds as number;
        return this.#ask(
          (fd) => native().watchdogSetTimeout(fd, timeoutS),
          (call) => ({ type: 'setTimeout', call, opener: this.#opener, timeoutS }),
        );
      }
      case 'close':
        // The kernel would close only behind a call that waits.
        if (this.#fd === undefined || this.#waiting !== undefined) return;
        await native().deviceClose(this.#fd);
        this.#fd = undefined;
        return this.#feed({ type: 'release', opener: this.#opener });
    }
  }

  async #open(): Promise<void> {
    const path = findWatchdog()?.path;
    const call = ++this.#calls;
    if (path === undefined) return;
    let result = 'ok';
    let opened: number | undefined;
    try {
      opened = native().deviceOpen(path);
    } catch (error) {
      result = nameOf(error);
    }
    this.#feed({ type: 'open', call });
    expect(this.#answers.get(call)).toBe(result);
    if (opened === undefined) return;
    // A file of a watchdog that is gone, which nobody closed.
    if (this.#fd !== undefined) await native().deviceClose(this.#fd);
    this.#fd = opened;
    this.#opener = this.#ours.state.opener!;
  }

  async #ask(kernel: (fd: number) => Promise<void>, ours: (call: number) => DriverInput): Promise<void> {
    if (this.#fd === undefined || this.#waiting !== undefined) return;
    const call = ++this.#calls;
    const waiting = { call, done: false, result: kernel(this.#fd).then(() => 'ok', nameOf) };
    void waiting.result.then(() => {
      waiting.done = true;
    });
    this.#waiting = waiting;
    this.#feed(ours(call));
  }

  #feed(input: DriverInput): void {
    this.#ours.handle(input);
    for (let output = this.#ours.poll(); output !== undefined; output = this.#ours.poll()) {
      if (output.type === 'answer') this.#answers.set(output.call, output.result);
      if (output.type !== 'send') continue;
      if (this.#plugged || input.type === 'remove')
        this.#sent.push(Buffer.from(output.bytes).toString('hex'));
      this.#ours.handle({ type: 'sent', name: output.name });
    }
  }
}

function nameOf(error: unknown): string {
  if (!(error instanceof NativeError)) throw error;
  return /E[A-Z]+/.exec(error.message.replace(/^.*: (?=E)/, ''))![0];
}
