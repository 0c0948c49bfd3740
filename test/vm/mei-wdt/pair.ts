/** The kernel's mei_wdt and our driver, with the same happening to both. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { type DriverInput, findWatchdog, WatchdogDriver } from '../../../amt/index.ts';
import { NativeError } from '../../../native/errors.ts';
import { native } from '../../../native/index.ts';
import { type MeiBus, registered, until } from './bus.ts';

export const OK = [0x02, 0x04, 0x83, 0x10, 0x00, 0x00];
const NOT_REQUIRED = [0x02, 0x04, 0x83, 0x10, 0x00, 0x01];

/** What both are made to do. */
export type Act =
  | { readonly act: 'plug'; readonly version: number }
  | { readonly act: 'suspend' | 'reset' | 'notify' | 'open' | 'ping' | 'close' }
  | { readonly act: 'setTimeout'; readonly seconds: number }
  | { readonly act: 'say'; readonly bytes: readonly number[] };

export const anyAct: fc.Arbitrary<Act> = fc.oneof(
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

export class Pair {
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

  async do(act: Act, why: string): Promise<void> {
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

  async #act(act: Act): Promise<void> {
    switch (act.act) {
      case 'plug':
        if (this.#plugged) return;
        this.#plugged = true;
        this.#bus.plug(act.version);
        return this.#feed({ type: 'connected', protocolVersion: act.version });
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
        this.#bus.say(act.bytes);
        return this.#feed({ type: 'message', bytes: Uint8Array.from(act.bytes) });
      case 'open':
        return this.#open();
      case 'ping':
        return this.#ask(
          (fd) => native().watchdogKeepAlive(fd),
          (call) => ({ type: 'ping', call, opener: this.#opener }),
        );
      case 'setTimeout': {
        const timeoutS = act.seconds;
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
