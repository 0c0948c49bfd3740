/** A connection to the bus that comes back: what is needed by who must outlive a restart of the bus. */
import { BridgeError } from '../errors.ts';
import { type Bus, openBus, SYSTEM_BUS } from './bus.ts';

export interface KeepBusOptions {
  /** Its address; DBUS_SYSTEM_BUS_ADDRESS, then the usual one. */
  readonly bus?: string;
  /** Connected, at the start and after each loss. What it rejects with ends the connection; it comes back later. */
  readonly onBus: (bus: Bus) => Promise<void>;
  readonly onLost: () => void;
  /** Why there is no bus: once for each loss. */
  readonly onProblem?: ((problem: BridgeError) => void) | undefined;
}

const RETRY_MS = 2_000;

export class BusKeeper {
  readonly #options: KeepBusOptions;
  #bus: Bus | undefined;
  #retry: NodeJS.Timeout | undefined;
  #told = false;
  #closed = false;

  constructor(options: KeepBusOptions) {
    this.#options = options;
  }

  /** One try. Those after it go on by themselves. Rejects with BRIDGE_ERR_OPTION only. */
  async connect(): Promise<void> {
    const address = this.#options.bus ?? process.env.DBUS_SYSTEM_BUS_ADDRESS ?? SYSTEM_BUS;
    let bus: Bus | undefined;
    try {
      bus = await openBus(address, () => this.#lose());
      if (this.#closed) {
        bus.close();
        return;
      }
      this.#bus = bus;
      await this.#options.onBus(bus);
      this.#told = false;
    } catch (error) {
      bus?.close();
      const problem = bridgeErrorOf(error);
      if (problem.code === 'BRIDGE_ERR_OPTION') throw problem;
      if (!this.#told && !this.#closed) this.#options.onProblem?.(problem);
      this.#told = true;
      this.#lose();
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#bus?.close();
  }

  #lose(): void {
    if (this.#closed || this.#retry !== undefined) return;
    if (this.#bus !== undefined) this.#options.onLost();
    this.#bus = undefined;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      void this.connect();
    }, RETRY_MS);
  }
}

/** What a call rejected with, as an error of this folder. */
export function bridgeErrorOf(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  const { errorName = '', message } = error as { errorName?: string; message: string };
  if (/PermissionDenied|AccessDenied|NotAuthorized/.test(errorName)) {
    const detail = `${message}: run it as root, or allow it by a rule of polkit.`;
    return new BridgeError('BRIDGE_ERR_PERMISSION', { detail, cause: error });
  }
  if (/ServiceUnknown|NameHasNoOwner|NoReply|Disconnected/.test(errorName)) {
    return new BridgeError('BRIDGE_ERR_GONE', { detail: `${message}.`, cause: error });
  }
  if (errorName === '') throw error;
  return new BridgeError('BRIDGE_ERR_REFUSED', { detail: `${message} (${errorName}).`, cause: error });
}
