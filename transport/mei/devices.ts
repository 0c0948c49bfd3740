/** The MEI devices of this machine: what sysfs says of them, and which nodes there are. */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

export interface MeiDevice {
  /** `mei0`. */
  readonly name: string;
  /** The node, `/dev/mei0`; undefined when there is none. */
  readonly path: string | undefined;
  /** `dev_state`; undefined when sysfs does not say it. Only ENABLED lets clients be connected. */
  readonly state: MeiState | undefined;
  /** Whose firmware it is: `mei` is CSME, `gsc` and `gscfi` a graphics card's, `itouch` a touch controller's. */
  readonly kind: string | undefined;
  /** `platform:major.minor.hotfix.build` of code, recovery and factory image; zeros: not known. */
  readonly firmwareVersions: readonly string[];
  /** The protocol between kernel and firmware, `2.2`: as agreed, and as far as the driver goes. */
  readonly hbmVersion: string | undefined;
  readonly hbmVersionOfDriver: string | undefined;
  /** Firmware status registers, eight hexadecimal digits each. */
  readonly firmwareStatus: readonly string[];
  /** The trace register of the firmware, in the same form. */
  readonly trace: string | undefined;
  /** So many messages of one handle wait in the kernel before a write waits. */
  readonly sendQueueLimit: number | undefined;
}

export const MEI_STATES = [
  'INITIALIZING',
  'INIT_CLIENTS',
  'ENABLED',
  'RESETTING',
  'DISABLED',
  'POWERING_DOWN',
  'POWER_DOWN',
  'POWER_UP',
] as const;
export type MeiState = (typeof MEI_STATES)[number];

export interface MeiFolders {
  readonly sysfs?: string;
  readonly dev?: string;
}

/**
 * The devices by number, those of sysfs and those that only have a node. What a file does not say in its form is taken
 * as not said; folders that are not there have no devices.
 */
export function listMeiDevices({ sysfs = '/sys/class/mei', dev = '/dev' }: MeiFolders = {}): MeiDevice[] {
  const nodes = new Set(namesIn(dev));
  const names = [...new Set([...namesIn(sysfs), ...nodes])];
  names.sort((a, b) => numberOf(a) - numberOf(b));
  return names.map((name) => ({
    name,
    path: nodes.has(name) ? join(dev, name) : undefined,
    ...parseMeiAttributes((file) => textOf(join(sysfs, name, file))),
  }));
}

/** What the files of one device say. `read` gives the text of one, or undefined. */
export function parseMeiAttributes(
  read: (file: string) => string | undefined,
): Omit<MeiDevice, 'name' | 'path'> {
  const lines = (file: string, form: RegExp, most: number): string[] => {
    const found = (read(file) ?? '').split('\n').map((line) => line.trimEnd());
    if (found.at(-1) === '') found.pop();
    return found.length <= most && found.every((line) => form.test(line)) ? found : [];
  };
  const line = (file: string, form: RegExp): string | undefined => lines(file, form, 1)[0];
  const state = line('dev_state', /^[A-Z_]+$/);
  const limit = line('tx_queue_limit', /^\d{1,5}$/);
  return {
    state: MEI_STATES.find((known) => known === state),
    kind: line('kind', /^[a-z]{1,16}$/),
    firmwareVersions: lines('fw_ver', /^\d{1,10}:\d{1,10}(\.\d{1,10}){3}$/, 3),
    hbmVersion: line('hbm_ver', HBM_VERSION),
    hbmVersionOfDriver: line('hbm_ver_drv', HBM_VERSION),
    firmwareStatus: lines('fw_status', REGISTER, 6),
    trace: line('trc', REGISTER),
    sendQueueLimit: limit === undefined ? undefined : Number(limit),
  };
}

const HBM_VERSION = /^\d{1,3}\.\d{1,3}$/;
const REGISTER = /^[0-9A-F]{8}$/i;

/** A file of sysfs is a page at most. */
const TEXT_MAX = 4096;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => /^mei(0|[1-9]\d{0,5})$/.test(name));
  } catch {
    return [];
  }
}

function numberOf(name: string): number {
  return Number(name.slice('mei'.length));
}

/** Undefined for what is no file, cannot be read (older kernels have fewer files, and trc not on all) or is too long. */
function textOf(path: string): string | undefined {
  let fd: number | undefined;
  try {
    // A pipe in its place would block.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(fd).isFile()) return undefined;
    const room = new Uint8Array(TEXT_MAX + 1);
    const length = readSync(fd, room);
    return length > TEXT_MAX ? undefined : Buffer.from(room.subarray(0, length)).toString('latin1');
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
