/**
 * The kernel's rfkill in this thread, behind the native calls of a handle: the queue of each handle with its limit, the size
 * that a handle asked for, the echo of soft blocks, and the files of sysfs in a folder.
 */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemError } from '../../../../native/errors.ts';
import { POLLERR, POLLIN, type Watch } from '../../../../native/index.ts';
import type { RfkillCalls } from '../../../../netlink-bridge/index.ts';

export interface Radio {
  readonly type: number;
  readonly name: string;
  readonly wiphy?: number;
  soft?: boolean;
  reasons?: number;
}

interface Handle {
  readonly readOnly: boolean;
  maxSize: number;
  readonly queue: Uint8Array[];
  onReady: ((events: number) => void) | undefined;
}

/** What the kernel compares its queue with; one record more fits. */
const QUEUE_MAX = 1000;

export class RfkillKernel implements RfkillCalls {
  readonly sysfs = mkdtempSync(join(tmpdir(), 'rfkill-'));
  /** How many records this kernel has dropped. */
  dropped = 0;
  /** The next read gives this, whatever is queued. */
  nextRead: Uint8Array | Error | undefined;
  opened: boolean[] = [];
  readonly #age: 'new' | 'old' | 'ancient';
  readonly #radios = new Map<number, Radio>();
  readonly #handles = new Map<number, Handle>();

  /** `old` has no RFKILL_IOCTL_MAX_SIZE, `ancient` no reasons either. */
  constructor(age: 'new' | 'old' | 'ancient' = 'new') {
    this.#age = age;
  }

  get handles(): number {
    return this.#handles.size;
  }

  remove(): void {
    rmSync(this.sysfs, { recursive: true });
  }

  add(index: number, radio: Radio): void {
    this.#radios.set(index, radio);
    const folder = join(this.sysfs, `rfkill${index}`);
    const device = join(folder, 'device');
    mkdirSync(device, { recursive: true });
    writeFileSync(join(folder, 'name'), `${radio.name}\n`);
    if (radio.wiphy !== undefined) {
      writeFileSync(join(device, 'index'), `${radio.wiphy}\n`);
      symlinkSync('../../../class/ieee80211', join(device, 'subsystem'));
    }
    this.#send(index, 0);
  }

  set(index: number, change: Partial<Pick<Radio, 'soft' | 'reasons'>>): void {
    Object.assign(this.#radios.get(index)!, change);
    this.#send(index, 2);
  }

  take(index: number): void {
    const record = this.#recordOf(index, 1);
    this.#radios.delete(index);
    rmSync(join(this.sysfs, `rfkill${index}`), { recursive: true });
    this.#queue(record);
  }

  /** Wakes who watches. */
  wake(events = POLLIN): void {
    for (const { queue, onReady } of [...this.#handles.values()]) {
      if (queue.length > 0 || events === POLLERR || this.nextRead !== undefined) onReady?.(events);
    }
  }

  deviceOpen(path: string, readOnly = false): number {
    if (path !== '/dev/rfkill') throw systemError('open', constants.errno.ENOENT, `device ${path}`);
    const queue = [...this.#radios.keys()].map((index) => this.#recordOf(index, 0));
    let fd = 3;
    while (this.#handles.has(fd)) fd++;
    this.#handles.set(fd, { readOnly, maxSize: 8, queue, onReady: undefined });
    this.opened.push(readOnly);
    return fd;
  }

  deviceRead(fd: number, into: Uint8Array, at: number): number {
    const { queue, maxSize } = this.#handles.get(fd)!;
    const given = this.nextRead;
    this.nextRead = undefined;
    if (given instanceof Error) throw given;
    const record = given ?? queue.shift();
    if (record === undefined) return -1;
    const bytes = given ?? record.subarray(0, Math.min(maxSize, into.length - at));
    into.set(bytes, at);
    return bytes.length;
  }

  deviceWrite(fd: number, from: Uint8Array, start: number, end: number): number {
    if (this.#handles.get(fd)!.readOnly) throw systemError('write', constants.errno.EBADF, 'device');
    const bytes = from.subarray(start, end);
    const [index, type, op] = [bytes[0]!, bytes[4]!, bytes[5]!];
    if (bytes.length < 7 || type > 8 || op !== 2)
      throw systemError('write', constants.errno.EINVAL, 'device');
    const radio = this.#radios.get(index);
    if (radio !== undefined && (type === 0 || type === radio.type)) this.set(index, { soft: bytes[6] !== 0 });
    return bytes.length;
  }

  rfkillMaxSize(fd: number, bytes: number): void {
    if (this.#age !== 'new') {
      throw systemError('ioctl RFKILL_IOCTL_MAX_SIZE', constants.errno.ENOTTY, 'device');
    }
    this.#handles.get(fd)!.maxSize = bytes;
  }

  watch(fd: number, _events: number, onReady: (events: number) => void): Watch {
    const handle = this.#handles.get(fd)!;
    handle.onReady = onReady;
    return {
      close: () => {
        handle.onReady = undefined;
      },
    };
  }

  close(fd: number): void {
    if (!this.#handles.delete(fd)) throw systemError('close', constants.errno.EBADF, '');
  }

  #send(index: number, op: number): void {
    if (this.#age !== 'ancient') {
      const reasons = this.#radios.get(index)!.reasons ?? 0;
      writeFileSync(join(this.sysfs, `rfkill${index}`, 'hard_block_reasons'), `0x${reasons.toString(16)}\n`);
    }
    this.#queue(this.#recordOf(index, op));
  }

  #queue(record: Uint8Array): void {
    for (const { queue } of this.#handles.values()) {
      if (queue.length > QUEUE_MAX) this.dropped++;
      else queue.push(record);
    }
  }

  #recordOf(index: number, op: number): Uint8Array {
    const { type, soft = false, reasons = 0 } = this.#radios.get(index)!;
    return Uint8Array.of(index, 0, 0, 0, type, op, soft ? 1 : 0, reasons === 0 ? 0 : 1, reasons);
  }
}
