/**
 * One attempt to connect: from the moment that the radio is free until NetworkManager takes over. NetworkManager scans all
 * channels as soon as it may, unless a scan is under way: so one is, of the one frequency, until it has something to do.
 */
import type { Target } from '../agent/types.ts';
import { BridgeError } from '../errors.ts';
import { DEVICE_STATES, type Manager } from './manager.ts';
import type { Wpas } from './wpas.ts';

/** Scans that may miss the access point before it counts as gone. */
const MISSES = 3;
/**
 * How long the device may take to be usable once it was asked for. Less than the agent waits for an answer (its timer
 * `question`), however long its window is: so it hears why.
 */
export const USABLE_MS = 10_000;
const SCAN_MS = 2_000;
/** Between two tries to scan that were both refused. */
const PAUSE_MS = 20;

export class Attempt {
  readonly #manager: Manager;
  readonly #wpas: Wpas;
  readonly #target: Target;
  #misses = 0;
  #ended = false;
  #waiting: (() => void)[] = [];

  constructor(manager: Manager, wpas: Wpas, target: Target) {
    this.#manager = manager;
    this.#wpas = wpas;
    this.#target = target;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Resolves when the access point was seen and NetworkManager can connect the device; false: it is not there, or the
   * attempt was ended. The scans go on until the device connects. Rejects with BRIDGE_ERR_TIMEOUT.
   */
  async lookForAp(): Promise<boolean> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.end();
    }, USABLE_MS);
    void this.#scanOnAndOn();
    while (!this.#ended && !this.#canConnect() && this.#misses < MISSES) await this.#change();
    clearTimeout(timer);
    if (!late) return !this.#ended && this.#canConnect();
    const detail = `The device was not usable ${USABLE_MS} ms after it was to connect.`;
    throw new BridgeError('BRIDGE_ERR_TIMEOUT', { detail });
  }

  /** Something that it may wait for changed. */
  changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  end(): void {
    this.#ended = true;
    this.changed();
  }

  #canConnect(): boolean {
    const { bssid, frequencyMhz } = this.#target;
    return this.#manager.state >= DEVICE_STATES.disconnected && this.#wpas.sees(bssid, frequencyMhz);
  }

  #isConnecting(): boolean {
    return this.#manager.state >= DEVICE_STATES.prepare && this.#canConnect();
  }

  async #scanOnAndOn(): Promise<void> {
    const { ssid, bssid, frequencyMhz } = this.#target;
    while (!this.#ended && !this.#isConnecting()) {
      if (!this.#wpas.usable) {
        await this.#change();
        continue;
      }
      try {
        // Nothing may come between the end of one and the next.
        const through = await this.#wpas.scan(ssid, frequencyMhz, SCAN_MS);
        if (through && !this.#wpas.sees(bssid, frequencyMhz)) this.#misses++;
      } catch {
        // Somebody else's scan is under way, or the interface went down.
        await this.#wpas.abortScan(SCAN_MS).catch(() => this.#pause());
      }
      this.changed();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, PAUSE_MS);
    });
  }
}
