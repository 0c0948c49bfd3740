/** The watchdog that the kernel's mei_wdt offers, and who has what is taken. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MEI_CLIENTS } from '../../transport/index.ts';
import { WATCHDOG_IDENTITY } from '../protocol/index.ts';

export interface FoundWatchdog {
  /** `/dev/watchdog1`. */
  readonly path: string;
  /** Whether the kernel goes on once it has begun, whatever is closed. */
  readonly unstoppable: boolean;
}

export interface WatchdogFolders {
  readonly watchdogs?: string;
  readonly meiBus?: string;
  readonly dev?: string;
  readonly proc?: string;
}

/**
 * The watchdog of AMT among those of the kernel. Its number changes, and opening another one would start that: it is
 * known by the identity that sysfs tells. Undefined when there is none.
 */
export function findWatchdog(folders: WatchdogFolders = {}): FoundWatchdog | undefined {
  const { watchdogs = '/sys/class/watchdog', dev = '/dev' } = folders;
  const name = namesIn(watchdogs)
    .filter((entry) => /^watchdog(0|[1-9]\d{0,5})$/.test(entry))
    .find((entry) => textOf(join(watchdogs, entry, 'identity')) === WATCHDOG_IDENTITY);
  if (name === undefined) return undefined;
  return { path: join(dev, name), unstoppable: textOf(join(watchdogs, name, 'nowayout')) === '1' };
}

/** The kernel's driver that is bound to the firmware's watchdog client: `mei_wdt`. Undefined when there is none. */
export function watchdogDriver({
  meiBus = '/sys/bus/mei/devices',
}: WatchdogFolders = {}): string | undefined {
  const bound = namesIn(meiBus).filter((entry) => entry.endsWith(MEI_CLIENTS.WATCHDOG.guid));
  for (const entry of bound) {
    const driver = linkOf(join(meiBus, entry, 'driver'));
    if (driver !== undefined) return basename(driver);
  }
  return undefined;
}

/** The processes that have this node open, as far as this user may see: `lms (812)`. */
export function holdersOf(path: string, { proc = '/proc' }: WatchdogFolders = {}): string[] {
  return namesIn(proc)
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => namesIn(join(proc, pid, 'fd')).some((fd) => linkOf(join(proc, pid, 'fd', fd)) === path))
    .map((pid) => `${textOf(join(proc, pid, 'comm')) ?? 'a program'} (${pid})`);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').trimEnd();
  } catch {
    return undefined;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
