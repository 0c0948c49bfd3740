/** NetworkManager itself: the device of one interface, and the profiles. */
import { type MacAddress, parseMac } from '../../sap/index.ts';
import { BridgeError } from '../errors.ts';
import { type Bus, type CallOptions, DbusError, type Signal } from './bus.ts';
import { callProperties, ifThere, isGone, PROPERTIES } from './calls.ts';
import { bridgeErrorOf } from './keep.ts';
import { asSettings, type Settings } from './profiles.ts';
import {
  asProperties,
  booleanIn,
  type DbusValue,
  numberIn,
  type Properties,
  stringIn,
  stringsOf,
  variant,
} from './values.ts';

export const SERVICE = 'org.freedesktop.NetworkManager';
const ROOT = '/org/freedesktop/NetworkManager';
const SETTINGS = { path: `${ROOT}/Settings`, interface: `${SERVICE}.Settings` };
const PROFILE = `${SERVICE}.Settings.Connection`;
const DEVICE = `${SERVICE}.Device`;
const WIRELESS = `${SERVICE}.Device.Wireless`;
const WIFI_DEVICE = 2;
const NO_OBJECT = '/';

/** Of `Device.State`, those that matter here. */
export const DEVICE_STATES = {
  disconnected: 30,
  prepare: 40,
  ipConfig: 70,
  activated: 100,
  failed: 120,
} as const;
/** Flags of `Update2`: in memory only, gone with the connection, and the connection stays as it is. */
const VOLATILE_IN_MEMORY = 0x2 | 0x10 | 0x40;

export interface Device {
  readonly path: string;
  readonly mac: MacAddress | undefined;
}

export type ManagerEvent =
  /** `device` is there now, or not any more. */
  | { readonly type: 'changed' }
  /** Of the device. */
  | { readonly type: 'state'; readonly state: number; readonly reason: number };

type Call = Omit<CallOptions, 'destination'>;

export class Manager {
  readonly #bus: Bus;
  readonly #interface: string;
  readonly #onEvent: (event: ManagerEvent) => void;
  readonly #onProblem: (problem: BridgeError) => void;
  #owner: string | undefined;
  #device: Device | undefined;
  #state = 0;
  #managed = false;

  constructor(
    bus: Bus,
    interfaceName: string,
    onEvent: (event: ManagerEvent) => void,
    onProblem: (problem: BridgeError) => void,
  ) {
    this.#bus = bus;
    this.#interface = interfaceName;
    this.#onEvent = onEvent;
    this.#onProblem = onProblem;
  }

  /** The unique name of NetworkManager's connection to the bus. */
  get owner(): string | undefined {
    return this.#owner;
  }

  /** The device as long as NetworkManager manages it. */
  get device(): Device | undefined {
    return this.#managed ? this.#device : undefined;
  }

  /** Of the device. */
  get state(): number {
    return this.#state;
  }

  async follow(): Promise<void> {
    let lookedUp: Promise<void> | undefined;
    await this.#bus.follow(SERVICE, {
      onOwner: (owner) => {
        this.#owner = owner;
        lookedUp = this.#lookUp();
      },
      onGone: () => {
        this.#owner = undefined;
        this.#forget();
      },
      onSignal: (signal) => this.#hear(signal),
    });
    if (lookedUp === undefined) this.#tellAbsent('NetworkManager is not running: waiting for it.');
    await lookedUp;
  }

  /** All profiles, without their secrets, by their objects. */
  async profiles(): Promise<Map<string, Settings>> {
    const [paths] = await this.#call({ ...SETTINGS, member: 'ListConnections' });
    const found = new Map<string, Settings>();
    for (const path of stringsOf(paths)) {
      const settings = await this.settings(path).catch((error: unknown) => {
        // It was deleted meanwhile, or is not for us.
        if (error instanceof DbusError) return undefined;
        throw error;
      });
      if (settings !== undefined) found.set(path, settings);
    }
    return found;
  }

  async settings(path: string): Promise<Settings> {
    const [settings] = await this.#call({ path, interface: PROFILE, member: 'GetSettings' });
    return asSettings(settings);
  }

  /** The secrets that NetworkManager has; empty when it has none. Nobody is asked for any. */
  async secrets(path: string, setting: string): Promise<Settings> {
    try {
      const [secrets] = await this.#call({
        path,
        interface: PROFILE,
        member: 'GetSecrets',
        signature: 's',
        body: [setting],
      });
      return asSettings(secrets);
    } catch (error) {
      const problem = bridgeErrorOf(error);
      if (error instanceof DbusError && problem.code === 'BRIDGE_ERR_REFUSED') return new Map();
      throw problem;
    }
  }

  /** The object of a profile; undefined: there is no such one. */
  async profileOf(uuid: string): Promise<string | undefined> {
    const get = { ...SETTINGS, member: 'GetConnectionByUuid', signature: 's', body: [uuid] };
    try {
      const [path] = await this.#call(get);
      return typeof path === 'string' ? path : undefined;
    } catch (error) {
      if (error instanceof DbusError) return undefined;
      throw error;
    }
  }

  /** Makes the profile, which is gone with its connection and on no disk, and connects by it. */
  async activateNew(profile: Settings): Promise<void> {
    const options = new Map([
      ['persist', variant('s', 'volatile')],
      ['bind-activation', variant('s', 'none')],
    ]);
    await this.#call({
      path: ROOT,
      interface: SERVICE,
      member: 'AddAndActivateConnection2',
      signature: 'a{sa{sv}}ooa{sv}',
      body: [profile, this.#here().path, NO_OBJECT, options],
    });
  }

  async activate(profilePath: string): Promise<void> {
    await this.#call({
      path: ROOT,
      interface: SERVICE,
      member: 'ActivateConnection',
      signature: 'ooo',
      body: [profilePath, this.#here().path, NO_OBJECT],
    });
  }

  /** Changes a profile of ours, if it is still there; a connection by it goes on as it is. */
  async update(profilePath: string, settings: Settings): Promise<void> {
    const content = { signature: 'a{sa{sv}}ua{sv}', body: [settings, VOLATILE_IN_MEMORY, new Map()] };
    await ifThere(() => this.#call({ path: profilePath, interface: PROFILE, member: 'Update2', ...content }));
  }

  /** Deletes a profile of ours, if it is still there: one that is volatile goes by itself. */
  async delete(profilePath: string): Promise<void> {
    await ifThere(() => this.#call({ path: profilePath, interface: PROFILE, member: 'Delete' }));
  }

  /** The UUID of the profile that the device is connected by, or connects by. */
  async activeUuid(): Promise<string | undefined> {
    const active = stringIn(await this.#all(this.#here().path, DEVICE), 'ActiveConnection');
    if (active === undefined || active === NO_OBJECT) return undefined;
    return stringIn(await this.#all(active, `${SERVICE}.Connection.Active`), 'Uuid');
  }

  /** Whether NetworkManager connects the device by itself. */
  async autoconnect(): Promise<boolean> {
    return booleanIn(await this.#all(this.#here().path, DEVICE), 'Autoconnect') ?? true;
  }

  async setAutoconnect(on: boolean): Promise<void> {
    const at = { destination: this.#peer(), path: this.#here().path };
    await callProperties(this.#bus, at, 'Set', DEVICE, 'Autoconnect', variant('b', on));
  }

  async #lookUp(): Promise<void> {
    try {
      const [devices] = await this.#call({ path: ROOT, interface: SERVICE, member: 'GetDevices' });
      for (const path of stringsOf(devices)) await this.#enter(path);
      if (this.#device === undefined) {
        this.#tellAbsent(`NetworkManager has no Wi-Fi device ${this.#interface}: waiting for one.`);
      }
    } catch (error) {
      // While it starts it has no objects yet: it tells of the device when that is there.
      if (isGone(error)) return;
      if (this.#owner !== undefined) this.#onProblem(bridgeErrorOf(error));
    }
  }

  /** Takes the device when it is the one of the interface. */
  async #enter(path: string): Promise<void> {
    const kind = await this.#all(path, DEVICE);
    if (stringIn(kind, 'Interface') !== this.#interface) return;
    if (numberIn(kind, 'DeviceType') !== WIFI_DEVICE) return;
    const wireless = await this.#all(path, WIRELESS);
    // Last: what is told of changes from now on is newer.
    const device = await this.#all(path, DEVICE);
    this.#device = { path, mac: parseMac(stringIn(wireless, 'PermHwAddress') ?? '') };
    this.#state = numberIn(device, 'State') ?? 0;
    this.#setManaged(booleanIn(device, 'Managed') ?? false);
  }

  #setManaged(managed: boolean): void {
    this.#managed = managed;
    if (!managed) {
      const cure = 'Give it the device (nmcli device set … managed yes), or use wpa_supplicant alone.';
      this.#tellAbsent(`NetworkManager does not manage ${this.#interface}. ${cure}`);
    }
    this.#onEvent({ type: 'changed' });
  }

  #forget(): void {
    this.#device = undefined;
    this.#managed = false;
    this.#state = 0;
    this.#onEvent({ type: 'changed' });
  }

  #hear({ path, interface: iface, member, body }: Signal): void {
    if (path === ROOT && member === 'DeviceAdded' && typeof body[0] === 'string') {
      void this.#enter(body[0]).catch(() => {});
    } else if (path === ROOT && member === 'DeviceRemoved') {
      if (body[0] === this.#device?.path) this.#forget();
    } else if (path !== this.#device?.path) {
      return;
    } else if (iface === DEVICE && member === 'StateChanged') {
      const [state, , reason] = body;
      if (typeof state !== 'number' || typeof reason !== 'number') return;
      this.#state = state;
      this.#onEvent({ type: 'state', state, reason });
    } else if (iface === PROPERTIES && member === 'PropertiesChanged' && body[0] === DEVICE) {
      const managed = booleanIn(asProperties(body[1]), 'Managed');
      if (managed !== undefined) this.#setManaged(managed);
    }
  }

  async #all(path: string, iface: string): Promise<Properties | undefined> {
    const [all] = await callProperties(this.#bus, { destination: this.#peer(), path }, 'GetAll', iface);
    return asProperties(all);
  }

  #call(what: Call): Promise<DbusValue[]> {
    return this.#bus.call({ destination: this.#peer(), ...what });
  }

  #peer(): string {
    if (this.#owner !== undefined) return this.#owner;
    throw new BridgeError('BRIDGE_ERR_GONE', { detail: 'NetworkManager is not running.' });
  }

  #here(): Device {
    if (this.device !== undefined) return this.device;
    const detail = `NetworkManager has no device ${this.#interface} that it manages.`;
    throw new BridgeError('BRIDGE_ERR_GONE', { detail });
  }

  #tellAbsent(detail: string): void {
    this.#onProblem(new BridgeError('BRIDGE_ERR_ABSENT', { detail }));
  }
}
