/** The kernel's own mei_wdt on a bus whose firmware is this process (`module/`). */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { decodeFromHost, findWatchdog } from '../../../amt/index.ts';
import type { Amt } from '../../../csme/amt/index.ts';
import { type MeService, type WatchdogClient, watchdogClient } from '../../../csme/mei/index.ts';
import { native, POLLIN, type Watch } from '../../../native/index.ts';

const MODULES = '/run/sapwood/modules';
const DEVICE = '/dev/sapwood-mei-bus';

/** Why it cannot be used here, or undefined. */
export function busProblem(): string | undefined {
  const missing = ['mei', 'sapwood_mei_bus', 'mei_wdt'].find((name) => !existsSync(`${MODULES}/${name}.ko`));
  return missing === undefined ? undefined : `${missing} is not there`;
}

export class MeiBus {
  /** What the driver sends and the firmware answers, a line each. */
  readonly lines: string[] = [];
  /** The messages of the driver, in hexadecimal. */
  readonly sent: string[] = [];
  /** What answers: an emulated firmware, or nobody. */
  #service: MeService | undefined;
  readonly #clients = new Map<Amt, WatchdogClient>();
  readonly #fd: number;
  readonly #watch: Watch;

  /** In the place of the module mei. */
  static load(): MeiBus {
    execFileSync('rmmod', ['mei']);
    for (const name of ['sapwood_mei_bus', 'mei_wdt']) execFileSync('insmod', [`${MODULES}/${name}.ko`]);
    return new MeiBus();
  }

  private constructor() {
    this.#fd = native().deviceOpen(DEVICE);
    this.#watch = native().watch(this.#fd, POLLIN, () => this.#read());
  }

  unload(): void {
    this.#watch.close();
    native().close(this.#fd);
    for (const name of ['mei_wdt', 'sapwood_mei_bus']) execFileSync('rmmod', [name]);
    execFileSync('insmod', [`${MODULES}/mei.ko`]);
  }

  /** The client appears. With `amt` it is the emulated firmware's, else the test answers. */
  plug(version = 2, amt?: Amt): void {
    this.#service = amt && this.#accept(amt);
    this.#order('P', version);
  }

  suspend(): void {
    this.#order('U');
    // The driver's last message is read behind it, and answered to nobody.
    this.#read();
    this.#close();
  }

  reset(): void {
    this.#order('R');
    this.#close();
  }

  notify(): void {
    this.lines.push('notification');
    this.#order('N');
  }

  /** A message of the firmware. */
  say(bytes: Iterable<number>): void {
    this.#order('M', ...bytes);
  }

  /** As the driver itself tells it in debugfs: `RUNNING`. */
  get state(): string | undefined {
    const path = '/sys/kernel/debug/mei_wdt/state';
    return existsSync(path) ? /^state: (\w+)/.exec(readFileSync(path, 'latin1'))?.[1] : undefined;
  }

  #accept(amt: Amt): MeService {
    const client = this.#clients.get(amt) ?? watchdogClient(amt);
    this.#clients.set(amt, client);
    const service = client.accept({
      nowMs: 0,
      send: (bytes) => {
        this.lines.push(bytes.length === 0 ? 'empty' : bytes[5] === 0 ? 'required' : 'not required');
        if (this.state !== undefined) this.say(bytes);
      },
      notify: () => this.notify(),
      disconnect() {},
      busy() {},
      wakeAt() {},
      resetFirmware() {},
    });
    if ('status' in service) throw new Error('the client refuses');
    return service;
  }

  #close(): void {
    this.#service?.onClose?.();
    this.#service = undefined;
  }

  #read(): void {
    const bytes = new Uint8Array(256);
    for (;;) {
      const length = native().deviceRead(this.#fd, bytes, 0);
      if (length < 0) return;
      const message = bytes.slice(0, length);
      this.sent.push(Buffer.from(message).toString('hex'));
      const decoded = decodeFromHost(message);
      this.lines.push(
        decoded instanceof Error
          ? decoded.message
          : decoded.name === 'START'
            ? `START ${decoded.timeoutS}`
            : decoded.name,
      );
      this.#service?.onMessage?.(message, 0);
    }
  }

  #order(letter: string, ...bytes: number[]): void {
    const order = Uint8Array.of(letter.charCodeAt(0), ...bytes);
    native().deviceWrite(this.#fd, order, 0, order.length);
  }
}

/** Resolves when it is so; the test's own limit ends it otherwise. The kernel's work queues need the processor, too. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(2);
}

export const registered = (): boolean => findWatchdog() !== undefined;
