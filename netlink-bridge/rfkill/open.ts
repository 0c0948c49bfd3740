/** /dev/rfkill: the radio switches of the machine, kept up to date. */
import { constants } from 'node:os';
import { type Native, NativeError, native, POLLERR, POLLIN, type Watch } from '../../native/index.ts';
import { BridgeError } from '../errors.ts';
import { rfkillError } from './errors.ts';
import { decodeRfkillRecord, EXTENDED_RECORD_BYTES, encodeSoftBlock } from './record.ts';
import { type RfkillEvent, type RfkillSwitch, RfkillSwitches } from './switches.ts';
import { readRfkillFacts, SYSFS_RFKILL } from './sysfs.ts';

export interface RfkillOptions {
  /** What changes from now on. */
  readonly onEvent?: (event: RfkillEvent) => void;
  /** A record that cannot be read, which is left out; BRIDGE_ERR_GONE and BRIDGE_ERR_KERNEL: it is at its end. */
  readonly onProblem?: (problem: BridgeError) => void;
  /** `/dev/rfkill`. */
  readonly path?: string;
  /** `/sys/class/rfkill`. */
  readonly sysfs?: string;
}

export interface Rfkill {
  /** By their index; those that were there at the opening from the start. */
  readonly switches: ReadonlyMap<number, RfkillSwitch>;
  /** Whether the kernel tells the reasons in its records. If not they come from sysfs, where the kernel has them at all. */
  readonly extended: boolean;
  /**
   * Soft-blocks a switch or lets it go, for which the device is opened for writing. What comes of it is told as an
   * event. Throws a BridgeError: BRIDGE_ERR_ABSENT for no such switch, BRIDGE_ERR_PERMISSION, BRIDGE_ERR_KERNEL.
   */
  setSoft(index: number, blocked: boolean): void;
  /** Twice is once. */
  close(): void;
}

/** The native calls that it is made of. */
export type RfkillCalls = Pick<
  Native,
  'deviceOpen' | 'deviceRead' | 'deviceWrite' | 'rfkillMaxSize' | 'watch' | 'close'
>;

/**
 * Opens /dev/rfkill for reading, which every user may do. It keeps the process alive until it is closed.
 *
 * Throws a BridgeError: BRIDGE_ERR_ABSENT without rfkill in the kernel or without the addon, BRIDGE_ERR_PERMISSION,
 * BRIDGE_ERR_OPTION for a path that is no device, BRIDGE_ERR_KERNEL.
 */
export function openRfkill(options: RfkillOptions = {}, calls?: RfkillCalls): Rfkill {
  const path = options.path ?? '/dev/rfkill';
  try {
    return new OpenRfkill(calls ?? native(), path, options);
  } catch (cause) {
    throw rfkillError(cause, path);
  }
}

/** The kernel keeps so many records for a handle and drops what comes then, without a word. */
const KERNEL_QUEUE_RECORDS = 1000;
/** So many are read in one turn of the loop. */
const TURN_RECORDS = 4096;

type News = RfkillEvent | BridgeError;

class OpenRfkill implements Rfkill {
  extended = false;
  readonly #calls: RfkillCalls;
  readonly #path: string;
  readonly #options: RfkillOptions;
  readonly #switches: RfkillSwitches;
  readonly #buffer = new Uint8Array(EXTENDED_RECORD_BYTES);
  #fd = -1;
  #watch: Watch | undefined;
  #closed = false;

  constructor(calls: RfkillCalls, path: string, options: RfkillOptions) {
    this.#calls = calls;
    this.#path = path;
    this.#options = options;
    const sysfs = options.sysfs ?? SYSFS_RFKILL;
    this.#switches = new RfkillSwitches((index) => readRfkillFacts(sysfs, index));
    const news: News[] = [];
    try {
      this.#open();
      this.#drain(news);
    } catch (error) {
      this.#release();
      throw error;
    }
    for (const one of news) if (one instanceof BridgeError) this.#tell(one);
  }

  get switches(): ReadonlyMap<number, RfkillSwitch> {
    return this.#switches.byIndex;
  }

  setSoft(index: number, blocked: boolean): void {
    const one = this.switches.get(index);
    if (one === undefined) {
      throw new BridgeError('BRIDGE_ERR_ABSENT', {
        detail: `${this.#path} has no switch ${index}: \`rfkill list\` shows them.`,
      });
    }
    const record = encodeSoftBlock(index, one.type, blocked);
    try {
      const fd = this.#calls.deviceOpen(this.#path);
      try {
        this.#calls.deviceWrite(fd, record, 0, record.length);
      } finally {
        this.#calls.close(fd);
      }
    } catch (cause) {
      throw rfkillError(cause, this.#path);
    }
  }

  close(): void {
    this.#closed = true;
    this.#release();
  }

  #release(): void {
    this.#watch?.close();
    this.#watch = undefined;
    if (this.#fd >= 0) this.#calls.close(this.#fd);
    this.#fd = -1;
  }

  #open(): void {
    this.#fd = this.#calls.deviceOpen(this.#path, true);
    try {
      // It decides what a read gives also of the records that wait already.
      this.#calls.rfkillMaxSize(this.#fd, EXTENDED_RECORD_BYTES);
      this.extended = true;
    } catch (error) {
      if (!(error instanceof NativeError) || error.errno !== constants.errno.ENOTTY) throw error;
    }
    this.#watch = this.#calls.watch(this.#fd, POLLIN, (events) => this.#onReady(events));
  }

  #onReady(events: number): void {
    const news: News[] = [];
    try {
      if (events & POLLERR) throw this.#gone();
      // Who was so late may have missed the last one.
      if (this.#drain(news) >= KERNEL_QUEUE_RECORDS) this.#reopen(news);
    } catch (cause) {
      this.#release();
      const error = rfkillError(cause, this.#path);
      if (!(error instanceof BridgeError)) throw error;
      news.push(error);
    }
    for (const one of news) this.#tell(one);
  }

  #tell(news: News): void {
    // By whom the last one was told to.
    if (this.#closed) return;
    if (news instanceof BridgeError) this.#options.onProblem?.(news);
    else this.#options.onEvent?.(news);
  }

  /** A new handle begins with a record of every switch that there is. */
  #reopen(news: News[]): void {
    this.#release();
    this.#open();
    const there = new Set<number>();
    this.#drain(news, there);
    for (const index of [...this.switches.keys()]) {
      const removed = there.has(index) ? undefined : this.#switches.remove(index);
      if (removed !== undefined) news.push(removed);
    }
  }

  /** Reads what waits. Gives how many records it was. */
  #drain(news: News[], there?: Set<number>): number {
    for (let count = 0; ; count++) {
      const length = count < TURN_RECORDS ? this.#calls.deviceRead(this.#fd, this.#buffer, 0) : -1;
      if (length < 0) return count;
      if (length === 0) throw this.#gone();
      const record = decodeRfkillRecord(this.#buffer.subarray(0, length));
      if (record instanceof BridgeError) {
        news.push(record);
        continue;
      }
      if (record.reasonBits !== undefined) this.extended = true;
      there?.add(record.index);
      const event = this.#switches.take(record);
      if (event !== undefined) news.push(event);
    }
  }

  #gone(): BridgeError {
    return new BridgeError('BRIDGE_ERR_GONE', {
      detail: `${this.#path} gives nothing any more: open it again.`,
    });
  }
}
