/** What sysfs says of a switch. */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { RfkillFacts } from './switches.ts';

export const SYSFS_RFKILL = '/sys/class/rfkill';

/**
 * The facts of switch `index` in `folder`. What is not there, or not in its form, is undefined: the switch may be gone,
 * the kernel old, or the radio in another network namespace, where its folder does not show.
 */
export function readRfkillFacts(folder: string, index: number): RfkillFacts {
  const path = join(folder, `rfkill${index}`);
  const reasons = /^0x([0-9a-f]{1,8})$/i.exec(textOf(join(path, 'hard_block_reasons')) ?? '');
  return {
    name: /^[\x21-\x7e]{1,64}$/.exec(textOf(join(path, 'name')) ?? '')?.[0],
    wiphy: wiphyOf(join(path, 'device')),
    reasonBits: reasons === null ? undefined : Number.parseInt(reasons[1]!, 16),
  };
}

/** The name of a wiphy may change, and need not be phyN: its number stands in a file. */
function wiphyOf(device: string): number | undefined {
  try {
    if (basename(readlinkSync(join(device, 'subsystem'))) !== 'ieee80211') return undefined;
  } catch {
    return undefined;
  }
  const index = /^\d{1,9}$/.exec(textOf(join(device, 'index')) ?? '');
  return index === null ? undefined : Number(index[0]);
}

/** Longer than anything that is read here. */
const TEXT_MAX = 256;

function textOf(path: string): string | undefined {
  let fd: number | undefined;
  try {
    // A pipe in its place would block.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(fd).isFile()) return undefined;
    const room = Buffer.alloc(TEXT_MAX + 1);
    const length = readSync(fd, room);
    return length > TEXT_MAX ? undefined : room.toString('latin1', 0, length).trimEnd();
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
