/** The watchdog through the kernel: a /dev/watchdogN of mei_wdt. */
import { getSystemErrorName } from 'node:util';
import { type Native, NativeError, native } from '../../native/index.ts';
import { WATCHDOG_IDENTITY } from '../protocol/index.ts';
import { WatchdogError, type WatchdogErrorCode } from './errors.ts';
import { type FoundWatchdog, holdersOf, type WatchdogFolders } from './find.ts';
import type { OpenWatchdog } from './open-watchdog.ts';

/** The native calls that it is made of. */
export type WatchdogCalls = Pick<
  Native,
  'deviceOpen' | 'deviceClose' | 'watchdogIdentity' | 'watchdogSetTimeout' | 'watchdogKeepAlive'
>;

/** Opens it, which tells the driver to expect pings. Rejects with a WatchdogError. */
export async function openKernelWatchdog(
  { path, unstoppable }: FoundWatchdog,
  calls: WatchdogCalls = native(),
  folders?: WatchdogFolders,
): Promise<OpenWatchdog> {
  const fd = await calling(path, () => calls.deviceOpen(path), folders);
  try {
    // Between the look at sysfs and now another one may have taken the number.
    const identity = await calling(path, () => calls.watchdogIdentity(fd));
    if (identity !== WATCHDOG_IDENTITY) {
      throw new WatchdogError('WATCHDOG_ERR_IDENTITY', {
        path,
        detail: `It calls itself ${JSON.stringify(identity)}.`,
      });
    }
  } catch (error) {
    await calls.deviceClose(fd);
    throw error;
  }
  return new KernelWatchdog(calls, fd, path, unstoppable);
}

class KernelWatchdog implements OpenWatchdog {
  readonly way = 'kernel';
  readonly path: string;
  readonly unstoppable: boolean;
  readonly #calls: WatchdogCalls;
  readonly #fd: number;
  /** The device does one call at a time, and closes behind the last. */
  #last: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  constructor(calls: WatchdogCalls, fd: number, path: string, unstoppable: boolean) {
    this.#calls = calls;
    this.#fd = fd;
    this.path = path;
    this.unstoppable = unstoppable;
  }

  setTimeout(timeoutS: number): Promise<void> {
    return this.#do(() => this.#calls.watchdogSetTimeout(this.#fd, timeoutS));
  }

  ping(): Promise<void> {
    return this.#do(() => this.#calls.watchdogKeepAlive(this.#fd));
  }

  close(): Promise<void> {
    this.#closed ??= this.#last.then(() => this.#calls.deviceClose(this.#fd));
    return this.#closed;
  }

  #do(call: () => Promise<void>): Promise<void> {
    const done = this.#last.then(() => {
      if (this.#closed !== undefined) throw new WatchdogError('WATCHDOG_ERR_GONE', { path: this.path });
      return calling(this.path, call);
    });
    this.#last = done.catch(() => undefined);
    return done;
  }
}

async function calling<T>(path: string, call: () => T | Promise<T>, folders?: WatchdogFolders): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw watchdogError(cause, path, folders);
  }
}

/** Source: Linux, drivers/watchdog/watchdog_dev.c. */
const CODES: Readonly<Record<string, WatchdogErrorCode>> = {
  ENOENT: 'WATCHDOG_ERR_GONE',
  ENXIO: 'WATCHDOG_ERR_GONE',
  ENODEV: 'WATCHDOG_ERR_GONE',
  EBUSY: 'WATCHDOG_ERR_BUSY',
  EACCES: 'WATCHDOG_ERR_PERMISSION',
  EPERM: 'WATCHDOG_ERR_PERMISSION',
  EINVAL: 'WATCHDOG_ERR_TIMEOUT',
  ENOTTY: 'WATCHDOG_ERR_IDENTITY',
};

/** The named error of what a native call threw. Misuse and a missing addon are no errors of the device: as they are. */
function watchdogError(cause: unknown, path: string, folders: WatchdogFolders | undefined): unknown {
  if (!(cause instanceof NativeError) || cause.errno === undefined) return cause;
  const name = getSystemErrorName(-cause.errno);
  const code = CODES[name] ?? 'WATCHDOG_ERR_SYSTEM';
  const holders = code === 'WATCHDOG_ERR_BUSY' ? holdersOf(path, folders) : [];
  const detail = holders.length > 0 ? `It is ${holders.join(', ')}.` : `(${cause.syscall}: ${name})`;
  return new WatchdogError(code, { path, detail, cause });
}
