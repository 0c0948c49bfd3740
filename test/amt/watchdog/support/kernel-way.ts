/**
 * Through the kernel's device: `openKernelWatchdog` on the calls of a kernel with mei_wdt, which is `WatchdogDriver` here
 * (that it is as mei_wdt is shown beside it) on a bus of its own to the emulated firmware.
 */
import { constants } from 'node:os';
import {
  openKernelWatchdog,
  type WatchdogCalls,
  WatchdogDriver,
  WatchdogError,
} from '../../../../amt/index.ts';
import type { MeClient, MeService } from '../../../../csme/mei/index.ts';
import { systemError } from '../../../../native/errors.ts';
import type { Clock } from '../../../../transport/index.ts';
import type { WayOf } from './world.ts';

const { errno } = constants;

export const kernelWay: WayOf = (world, client) => new Kernel(world.clock, client);

class Kernel implements WatchdogCalls {
  readonly #clock: Clock;
  readonly #client: MeClient;
  #driver = new WatchdogDriver();
  #service: MeService | undefined;
  /** What happens later, in order of time. */
  #later: { readonly atMs: number; readonly do: () => void }[] = [];
  #alarmAtMs: number | undefined;
  #nowMs = 0;
  #number = 0;
  readonly #openers = new Map<number, { readonly driver: WatchdogDriver; readonly opener: number }>();
  readonly #calls = new Map<number, (result: string) => void>();
  #call = 0;
  #fd = 2;

  constructor(clock: Clock, client: MeClient) {
    this.#clock = clock;
    this.#client = client;
    const kernel = this;
    client.onAttach?.({
      get nowMs() {
        return kernel.#nowMs;
      },
      wakeAt(atMs) {
        kernel.#alarmAtMs = atMs;
      },
    });
    this.resume();
  }

  // --- what the keeper is given ---

  async open() {
    if (!this.#driver.state.registered) throw new WatchdogError('WATCHDOG_ERR_NOT_REQUIRED');
    return openKernelWatchdog({ path: `/dev/watchdog${this.#number}`, unstoppable: false }, this);
  }

  deviceOpen(path: string): number {
    const there = path === `/dev/watchdog${this.#number}` && this.#driver.state.registered;
    if (!there) throw systemError('open', errno.ENOENT, `device ${path}`);
    if (this.#driver.state.opener !== undefined) throw systemError('open', errno.EBUSY, `device ${path}`);
    this.#driver.handle({ type: 'open', call: ++this.#call });
    this.#drain();
    this.#openers.set(++this.#fd, { driver: this.#driver, opener: this.#driver.state.opener! });
    return this.#fd;
  }

  watchdogIdentity(): string {
    return 'iamt_wdt';
  }

  watchdogSetTimeout(fd: number, timeoutS: number): Promise<void> {
    return this.#ask(fd, 'ioctl WDIOC_SETTIMEOUT', { timeoutS });
  }

  watchdogKeepAlive(fd: number): Promise<void> {
    return this.#ask(fd, 'ioctl WDIOC_KEEPALIVE', {});
  }

  async deviceClose(fd: number): Promise<void> {
    const file = this.#openers.get(fd);
    this.#openers.delete(fd);
    if (file === undefined || file.driver !== this.#driver) return;
    this.#driver.handle({ type: 'release', opener: file.opener });
    this.#drain();
  }

  // --- what happens to the machine ---

  suspend(): void {
    this.#remove('remove');
  }

  resume(): void {
    this.#number++;
    this.#driver = new WatchdogDriver();
    const kernel = this;
    const accepted = this.#client.accept({
      get nowMs() {
        return kernel.#nowMs;
      },
      send: (bytes, how) => this.#in(how?.delayMs ?? 0, () => this.#feed({ type: 'message', bytes })),
      notify: (delayMs = 0) => this.#in(delayMs, () => this.#feed({ type: 'notification' })),
      disconnect() {},
      busy() {},
      wakeAt() {},
      resetFirmware() {},
    });
    if ('status' in accepted) throw new Error('refused');
    this.#service = accepted;
    this.#feed({ type: 'connected', protocolVersion: this.#client.protocolVersion });
  }

  reset(readyAfterMs: number): void {
    this.#remove('lost');
    this.#client.onReset?.();
    this.#in(readyAfterMs, () => this.resume());
  }

  async close(): Promise<void> {}

  nextTimeoutAt(): number | undefined {
    const next = Math.min(this.#later[0]?.atMs ?? Infinity, this.#alarmAtMs ?? Infinity);
    return next === Infinity ? undefined : next;
  }

  advanceTo(nowMs: number): void {
    for (let next = this.nextTimeoutAt(); next !== undefined && next <= nowMs; next = this.nextTimeoutAt()) {
      this.#nowMs = next;
      if (this.#alarmAtMs === next) {
        this.#alarmAtMs = undefined;
        this.#client.onTimer?.();
      } else this.#later.shift()!.do();
    }
    this.#nowMs = nowMs;
    this.#drain();
  }

  #remove(type: 'remove' | 'lost'): void {
    if (type === 'lost') this.#service = undefined;
    this.#feed({ type });
    this.#service?.onClose?.();
    this.#service = undefined;
    this.#later = [];
  }

  #in(delayMs: number, task: () => void): void {
    // What the firmware says within a call of the driver's is heard behind it.
    if (delayMs === Number.POSITIVE_INFINITY) return;
    if (delayMs === 0) return void this.#soon.push(task);
    this.#later.push({ atMs: this.#nowMs + delayMs, do: task });
    this.#later.sort((a, b) => a.atMs - b.atMs);
  }

  readonly #soon: (() => void)[] = [];

  #feed(input: Parameters<WatchdogDriver['handle']>[0]): void {
    this.#driver.handle(input);
    this.#drain();
  }

  #ask(fd: number, syscall: string, { timeoutS }: { timeoutS?: number }): Promise<void> {
    const file = this.#openers.get(fd)!;
    const call = ++this.#call;
    return new Promise((resolve, reject) => {
      this.#calls.set(call, (result) => {
        if (result === 'ok') resolve();
        else reject(systemError(syscall, errno[result as 'EIO'], 'device'));
      });
      if (file.driver !== this.#driver) this.#answer(call, 'ENODEV');
      else if (timeoutS === undefined) this.#feed({ type: 'ping', call, opener: file.opener });
      else this.#feed({ type: 'setTimeout', call, opener: file.opener, timeoutS });
    });
  }

  #answer(call: number, result: string): void {
    this.#calls.get(call)?.(result);
    this.#calls.delete(call);
  }

  #drain(): void {
    // The time of the keeper's call.
    this.#nowMs = Math.max(this.#nowMs, this.#clock.now());
    for (let output = this.#driver.poll(); output !== undefined; output = this.#driver.poll()) {
      if (output.type === 'answer') this.#answer(output.call, output.result);
      if (output.type !== 'send') continue;
      this.#service?.onMessage?.(output.bytes, 0);
      this.#driver.handle({ type: this.#service === undefined ? 'sendFailed' : 'sent', name: output.name });
    }
    for (let task = this.#soon.shift(); task !== undefined; task = this.#soon.shift()) task();
  }
}
