/** Where the watchdog is on this machine: the kernel's device where mei_wdt offers one, else the firmware's client. */
import { listMeiDevices, type MeiCalls, MeiError } from '../../transport/index.ts';
import { ClientWatchdog, type ClientWatchdogOptions } from './client.ts';
import { WatchdogError } from './errors.ts';
import { findWatchdog } from './find.ts';
import { openKernelWatchdog, type WatchdogCalls } from './kernel.ts';
import type { OpenWatchdog } from './open-watchdog.ts';

export interface WatchdogSourceOptions extends Omit<ClientWatchdogOptions, 'calls'> {
  /** The MEI device; that of CSME when left out. */
  readonly device?: string | undefined;
  readonly calls?: (MeiCalls & WatchdogCalls) | undefined;
}

/** Looks anew with each `open`: after a suspend the kernel's device has another number. */
export class WatchdogSource {
  readonly #options: WatchdogSourceOptions;
  #client: ClientWatchdog | undefined;

  constructor(options: WatchdogSourceOptions = {}) {
    this.#options = options;
  }

  /** Rejects with a WatchdogError, or with the MeiError of a device or firmware that cannot be reached. */
  async open(signal?: AbortSignal): Promise<OpenWatchdog> {
    const { folders, calls, device } = this.#options;
    const found = findWatchdog(folders);
    if (found !== undefined) return openKernelWatchdog(found, calls, folders);
    const path = device ?? meiDevice();
    if (path === undefined) throw new WatchdogError('WATCHDOG_ERR_ABSENT');
    if (this.#client?.path !== path) {
      await this.#client?.close();
      this.#client = new ClientWatchdog(path, this.#options);
    }
    try {
      return await this.#client.open(signal);
    } catch (error) {
      if (!(error instanceof MeiError) || error.code !== 'MEI_ERR_NO_CLIENT') throw error;
      throw new WatchdogError('WATCHDOG_ERR_ABSENT', { path, cause: error });
    }
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }
}

/** The first one whose firmware is CSME's, or does not say whose it is. */
function meiDevice(): string | undefined {
  return listMeiDevices().find(({ path, kind = 'mei' }) => path !== undefined && kind === 'mei')?.path;
}
