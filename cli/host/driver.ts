/** A WLAN driver in few words: it registers, and takes the device down and up as the host tells it. */
import type { HostOutput } from '../../ownership/index.ts';
import type { TraceArgs } from '../../trace/index.ts';
import type { Station } from '../live/station.ts';

/** The address of the card: of the range for documentation, RFC 7042. */
const MAC = '00:00:5e:00:53:01';

export class Driver {
  readonly #station: Station;
  #up = false;

  constructor(station: Station) {
    this.#station = station;
  }

  async begin(): Promise<void> {
    await this.#call('register', {});
    await this.#call('set_netdev', { dev: 'wlan0' });
    await this.#call('nic_info', { mac: MAC, nvm: MAC });
    await this.#call('set_rfkill', { hw: 0, sw: 0 });
    await this.#device(true);
  }

  /** The host has told something. A new link knows nothing of the device. */
  hear(told: Extract<HostOutput, { type: 'tell' }>): void {
    if (told.name === 'sap_connected') setImmediate(() => void this.#device(this.#up));
    if (told.name !== 'rfkill') return;
    const { blocked } = told.args;
    if (this.#up === blocked) setImmediate(() => void this.#device(!blocked));
  }

  #device(up: boolean): Promise<void> {
    this.#up = up;
    return this.#call('device_state', { up: Number(up) });
  }

  async #call(name: string, args: TraceArgs): Promise<void> {
    await this.#station.take({ t: 0, ch: 'wifi-cmd', dir: 'wifi>drv', name, args });
  }
}
