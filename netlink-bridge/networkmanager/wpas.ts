/**
 * wpa_supplicant as NetworkManager runs it, through its own D-Bus interface: what NetworkManager cannot be asked for, such
 * as a scan of one frequency.
 */
import { type MacAddress, macAt } from '../../sap/index.ts';
import { BridgeError } from '../errors.ts';
import { type Bus, type CallOptions, DbusError, type Signal } from './bus.ts';
import { callProperties, ifThere, PROPERTIES } from './calls.ts';
import {
  asProperties,
  bytesIn,
  type DbusValue,
  numberIn,
  type Properties,
  stringIn,
  stringsOf,
  variant,
} from './values.ts';
import { type SeenBss, type WpasEvent, type WpasNews, WpasState } from './wpas-state.ts';

const SERVICE = 'fi.w1.wpa_supplicant1';
const ROOT = '/fi/w1/wpa_supplicant1';
const INTERFACE = `${SERVICE}.Interface`;
const BSS = `${SERVICE}.BSS`;
const NETWORK = `${SERVICE}.Network`;
const NOTHING = '/';

/** What NetworkManager itself gives a network that is not bound to one access point. */
const BACKGROUND_SCAN = 'simple:30:-70:86400';
/** The list that stands for "all": an empty one is refused. */
const ALL_FREQUENCIES = '0';

export class Wpas {
  readonly #bus: Bus;
  readonly #name: string;
  readonly #onEvent: (event: WpasEvent) => void;
  #owner: string | undefined;
  #path: string | undefined;
  #limitMhz: number | undefined;
  readonly #state = new WpasState();
  /** Access points by their objects. */
  readonly #seen = new Map<string, SeenBss>();
  #scanDone: ((success: boolean) => void)[] = [];

  constructor(bus: Bus, name: string, onEvent: (event: WpasEvent) => void) {
    this.#bus = bus;
    this.#name = name;
    this.#onEvent = onEvent;
  }

  /** The interface is up as wpa_supplicant sees it: it can scan. */
  get usable(): boolean {
    return this.#path !== undefined && this.#state.usable;
  }

  get connected(): SeenBss | undefined {
    return this.#state.connected;
  }

  /** Whether wpa_supplicant is on the bus. */
  get present(): boolean {
    return this.#owner !== undefined;
  }

  /** Resolves when it is known whether wpa_supplicant is there and has the interface. */
  async follow(): Promise<void> {
    let lookedUp: Promise<void> | undefined;
    await this.#bus.follow(SERVICE, {
      onOwner: (owner) => {
        this.#owner = owner;
        lookedUp = this.#lookUp();
      },
      onGone: () => {
        this.#owner = undefined;
        this.#leave('wpa_supplicant stopped');
      },
      onSignal: (signal) => this.#hear(signal),
    });
    await lookedUp;
  }

  /**
   * From now on all scans of wpa_supplicant's own are of this frequency only, and it sees no access point on another. The
   * interface is made when NetworkManager has none, which it then takes; and again when NetworkManager drops it, as it does
   * some time after the radio was blocked.
   */
  async limit(frequencyMhz: number): Promise<void> {
    if (this.#owner === undefined) {
      const detail = 'wpa_supplicant is not on D-Bus: NetworkManager starts it when it needs it.';
      throw new BridgeError('BRIDGE_ERR_ABSENT', { detail });
    }
    this.#limitMhz = frequencyMhz;
    await this.#ensure();
    if (this.#path !== undefined) await ifThere(() => this.#setFrequencies(String(frequencyMhz)));
  }

  async unlimit(): Promise<void> {
    this.#limitMhz = undefined;
    if (this.#path !== undefined) await ifThere(() => this.#setFrequencies(ALL_FREQUENCIES));
  }

  /** The network that is in use may be connected to any of its access points again; the connection stays. */
  async unbind(): Promise<void> {
    if (this.#path === undefined) return;
    const network = stringIn(await this.#properties(this.#path, INTERFACE), 'CurrentNetwork');
    if (network === undefined || network === NOTHING) return;
    const free = new Map([
      ['bssid', variant('s', 'any')],
      ['bgscan', variant('s', BACKGROUND_SCAN)],
    ]);
    const set = ['Set', NETWORK, 'Properties', variant('a{sv}', free)] as const;
    await ifThere(() => callProperties(this.#bus, this.#at(network), ...set));
  }

  /**
   * Scans one frequency for one network. Resolves at the end of the scan, true when it went through; rejects with a
   * DbusError when it cannot begin, such as when another one is under way, and with BRIDGE_ERR_TIMEOUT when no end of it
   * is told.
   */
  async scan(ssid: Uint8Array, frequencyMhz: number, timeoutMs: number): Promise<boolean> {
    const what = new Map([
      ['Type', variant('s', 'active')],
      ['SSIDs', variant('aay', [ssid])],
      ['Channels', variant('a(uu)', [[frequencyMhz, CHANNEL_WIDTH_MHZ]])],
    ]);
    return this.#untilScanDone(timeoutMs, { member: 'Scan', signature: 'a{sv}', body: [what] });
  }

  /** Ends a scan that is under way, whoever asked for it. Rejects as `scan`; also when none is under way. */
  async abortScan(timeoutMs: number): Promise<void> {
    await this.#untilScanDone(timeoutMs, { member: 'AbortScan' });
  }

  /** Whether the access point is among those that were seen lately. */
  sees(bssid: MacAddress, frequencyMhz: number): boolean {
    return [...this.#seen.values()].some((bss) => bss.bssid === bssid && bss.frequencyMhz === frequencyMhz);
  }

  async #lookUp(): Promise<void> {
    try {
      const path = await this.#find();
      if (path !== undefined) await this.#enter(path);
    } catch {
      // It went away meanwhile, which is told in another way.
    }
    this.#onEvent({ type: 'changed' });
  }

  async #ensure(): Promise<void> {
    if (this.#path !== undefined) return;
    const path = (await this.#create()) ?? (await this.#find());
    if (path !== undefined) await this.#enter(path);
  }

  async #find(): Promise<string | undefined> {
    try {
      const [path] = await this.#call({ member: 'GetInterface', signature: 's', body: [this.#name] });
      return typeof path === 'string' ? path : undefined;
    } catch (error) {
      if (error instanceof DbusError) return undefined;
      throw error;
    }
  }

  async #create(): Promise<string | undefined> {
    const options = new Map([
      ['Ifname', variant('s', this.#name)],
      ['Driver', variant('s', 'nl80211')],
    ]);
    try {
      const [path] = await this.#call({ member: 'CreateInterface', signature: 'a{sv}', body: [options] });
      return typeof path === 'string' ? path : undefined;
    } catch (error) {
      if (error instanceof DbusError && error.errorName.endsWith('.InterfaceExists')) return undefined;
      throw error;
    }
  }

  async #enter(path: string): Promise<void> {
    if (this.#path === path) return;
    this.#path = path;
    this.#seen.clear();
    const properties = await this.#properties(path, INTERFACE);
    if (properties === undefined || this.#path !== path) return;
    // At once: what is told of changes from now on is newer.
    this.#take(this.#state.begin(properties));
    if (this.#limitMhz !== undefined) await ifThere(() => this.#setFrequencies(String(this.#limitMhz)));
    for (const bss of stringsOf(properties.get('BSSs')?.value)) await this.#bss(bss);
  }

  #leave(detail: string): void {
    this.#path = undefined;
    for (const resolve of this.#scanDone.splice(0)) resolve(false);
    this.#tell(this.#state.end(detail));
  }

  #hear({ path, interface: iface, member, body }: Signal): void {
    if (path === ROOT && member === 'InterfaceAdded') {
      const [added, properties] = body;
      if (typeof added !== 'string') return;
      if (stringIn(asProperties(properties), 'Ifname') === this.#name)
        void this.#enter(added).catch(() => {});
    } else if (path === ROOT && member === 'InterfaceRemoved') {
      if (body[0] !== this.#path) return;
      this.#leave('the interface is gone from wpa_supplicant');
      if (this.#limitMhz !== undefined) void this.#ensure().catch(() => {});
    } else if (path !== this.#path) {
      return;
    } else if (iface === INTERFACE && member === 'ScanDone') {
      for (const resolve of this.#scanDone.splice(0)) resolve(body[0] === true);
    } else if (iface === INTERFACE && member === 'BSSAdded' && typeof body[0] === 'string') {
      this.#see(body[0], asProperties(body[1]));
    } else if (iface === INTERFACE && member === 'BSSRemoved') {
      this.#seen.delete(String(body[0]));
    } else if (iface === PROPERTIES && member === 'PropertiesChanged' && body[0] === INTERFACE) {
      this.#take(this.#state.change(asProperties(body[1]) ?? new Map()));
    }
  }

  #take({ events, look }: WpasNews): void {
    this.#tell(events);
    if (look) void this.#tellBss();
  }

  async #tellBss(): Promise<void> {
    try {
      const path = this.#path;
      if (path === undefined) return;
      const current = stringIn(await this.#properties(path, INTERFACE), 'CurrentBSS');
      if (current === undefined || current === NOTHING) return;
      const bss = await this.#bss(current);
      if (bss !== undefined && this.#path === path) this.#tell(this.#state.connect(bss));
    } catch {
      // It went away meanwhile, which is told in another way.
    }
  }

  #tell(events: readonly WpasEvent[]): void {
    for (const event of events) this.#onEvent(event);
  }

  async #bss(path: string): Promise<SeenBss | undefined> {
    try {
      return this.#see(path, await this.#properties(path, BSS));
    } catch (error) {
      if (error instanceof DbusError) return undefined;
      throw error;
    }
  }

  #see(path: string, properties: Properties | undefined): SeenBss | undefined {
    const bssid = bytesIn(properties, 'BSSID');
    const frequencyMhz = numberIn(properties, 'Frequency');
    if (bssid?.length !== 6 || frequencyMhz === undefined) return undefined;
    const seen = { bssid: macAt(bssid, 0), frequencyMhz };
    this.#seen.set(path, seen);
    return seen;
  }

  async #untilScanDone(
    timeoutMs: number,
    what: Partial<CallOptions> & Pick<CallOptions, 'member'>,
  ): Promise<boolean> {
    if (this.#path === undefined) throw gone();
    let timer: NodeJS.Timeout | undefined;
    const done = new Promise<boolean>((resolve, reject) => {
      this.#scanDone.push(resolve);
      const detail = `wpa_supplicant did not end a scan of one frequency in ${timeoutMs} ms.`;
      timer = setTimeout(() => reject(new BridgeError('BRIDGE_ERR_TIMEOUT', { detail })), timeoutMs);
    });
    try {
      const call = this.#call({ path: this.#path, interface: INTERFACE, timeoutMs, ...what });
      const [success] = await Promise.all([done, call]);
      return success;
    } finally {
      clearTimeout(timer);
    }
  }

  async #setFrequencies(list: string): Promise<void> {
    if (this.#path === undefined) throw gone();
    const at = this.#at(this.#path);
    await callProperties(this.#bus, at, 'Set', INTERFACE, 'FreqList', variant('s', list));
  }

  async #properties(path: string, iface: string): Promise<Properties | undefined> {
    const [all] = await callProperties(this.#bus, this.#at(path), 'GetAll', iface);
    return asProperties(all);
  }

  #call(what: Partial<CallOptions> & Pick<CallOptions, 'member'>): Promise<DbusValue[]> {
    if (this.#owner === undefined) return Promise.reject(gone());
    return this.#bus.call({ destination: this.#owner, path: ROOT, interface: SERVICE, ...what });
  }

  #at(path: string): { destination: string; path: string } {
    if (this.#owner === undefined) throw gone();
    return { destination: this.#owner, path };
  }
}

/** What a scan is wide: it looks at the primary channel. */
const CHANNEL_WIDTH_MHZ = 20;

function gone(): BridgeError {
  return new BridgeError('BRIDGE_ERR_GONE', { detail: 'wpa_supplicant, or its interface, is not there.' });
}
