/** NetworkManager as the agent's supplicant, for one interface. */
import { formatMac } from '../../sap/index.ts';
import type { ConnectFailure, ProfileRef, Supplicant, SupplicantEvent, Target } from '../agent/types.ts';
import { BridgeError } from '../errors.ts';
import type { Journal } from '../journal.ts';
import { type Log, SILENT } from '../log.ts';
import { Attempt } from './attempt.ts';
import type { Bus } from './bus.ts';
import { entryOf, type NetworkManagerEntry, PREPARED_BY } from './entry.ts';
import { BusKeeper, bridgeErrorOf } from './keep.ts';
import { DEVICE_STATES, Manager, type ManagerEvent } from './manager.ts';
import {
  byPreference,
  type Card,
  cloneOf,
  cloneUuid,
  hasSecrets,
  misfitOf,
  type Settings,
  secretSettingOf,
  unboundOf,
  withoutCopies,
} from './profiles.ts';
import { SecretAgent } from './secret-agent.ts';
import { stringIn } from './values.ts';
import { Wpas } from './wpas.ts';
import type { WpasEvent } from './wpas-state.ts';

export interface NetworkManagerOptions {
  readonly interface: string;
  /** The address of the bus; without it DBUS_SYSTEM_BUS_ADDRESS, then the usual one. */
  readonly bus?: string;
  readonly journal: Journal;
  readonly onEvent: (event: SupplicantEvent) => void;
  /** What keeps it from working at the moment, such as that NetworkManager does not run. It goes on waiting. */
  readonly onProblem?: (problem: BridgeError) => void;
  readonly log?: Log;
}

/**
 * Resolves also when NetworkManager, or even the bus, is not there (yet): `up` is told when it is, and what the journal has
 * was undone then. Rejects with BRIDGE_ERR_OPTION for an address of a bus that cannot be used.
 */
export async function openNetworkManager(options: NetworkManagerOptions): Promise<Supplicant> {
  const supplicant = new NetworkManagerSupplicant(options);
  await supplicant.open();
  return supplicant;
}

/** `Device.StateReason` of a failed connection. */
const FAILURES: Readonly<Record<number, ConnectFailure>> = {
  5: 'address',
  7: 'rejected',
  8: 'rejected',
  10: 'rejected',
  15: 'address',
  16: 'address',
  17: 'address',
  53: 'ap-gone',
};

/** What was prepared. */
interface Plan {
  readonly target: Target;
  readonly clone: Settings;
  readonly uuid: string;
}

class NetworkManagerSupplicant implements Supplicant {
  readonly addresses = 'own';
  readonly #options: NetworkManagerOptions;
  readonly #log: Log;
  readonly #keeper: BusKeeper;
  #manager: Manager | undefined;
  #wpas: Wpas | undefined;
  #secretAgent: SecretAgent | undefined;
  #plan: Plan | undefined;
  #attempt: Attempt | undefined;
  #up = false;
  #coming = false;

  constructor(options: NetworkManagerOptions) {
    this.#options = options;
    this.#log = options.log ?? SILENT;
    this.#keeper = new BusKeeper({
      ...(options.bus === undefined ? {} : { bus: options.bus }),
      onBus: (bus) => this.#enter(bus),
      onLost: () => this.#leave(),
      onProblem: options.onProblem,
    });
  }

  open(): Promise<void> {
    return this.#keeper.connect();
  }

  async find(target: Target): Promise<ProfileRef | undefined> {
    return guard(async () => {
      const { manager, card } = this.#ready();
      const profiles = withoutCopies(await manager.profiles(), card.interface);
      const fitting = profiles.filter(([, settings]) => {
        const misfit = misfitOf(settings, target, card);
        this.#log.debug(
          { profile: nameOf(settings), misfit },
          misfit ? 'profile does not fit' : 'profile fits',
        );
        return misfit === undefined;
      });
      for (const [path, settings] of fitting.sort(([, a], [, b]) => byPreference(a, b))) {
        const uuid = stringIn(settings.get('connection'), 'uuid');
        const secrets = await secretsOf(manager, path, settings);
        if (uuid !== undefined && hasSecrets(settings, secrets)) return { id: uuid, name: nameOf(settings) };
        this.#log.info({ profile: nameOf(settings) }, 'NetworkManager has no secrets for this profile');
      }
      return undefined;
    });
  }

  async prepare(profile: ProfileRef, target: Target): Promise<void> {
    return guard(async () => {
      const { manager, wpas, secretAgent, card } = this.#ready();
      const path = await manager.profileOf(profile.id);
      if (path === undefined) throw refused(`NetworkManager has no profile ${profile.name} any more.`);
      const settings = await manager.settings(path);
      const secrets = await secretsOf(manager, path, settings);
      const clone = cloneOf(settings, secrets, target, card);
      const uuid = cloneUuid(profile.id, card.interface);
      const before = this.#entry();
      this.#options.journal.write({
        supplicant: PREPARED_BY,
        clone: uuid,
        autoconnect: before?.autoconnect ?? (await manager.autoconnect()),
      } satisfies NetworkManagerEntry);
      const stale = await manager.profileOf(uuid);
      if (stale !== undefined) await manager.delete(stale);
      await manager.setAutoconnect(false);
      await secretAgent.offer(uuid, secrets);
      await wpas.limit(target.frequencyMhz);
      this.#plan = { target, clone, uuid };
    });
  }

  async connect(): Promise<void> {
    return guard(async () => {
      const { manager, wpas } = this.#ready();
      const plan = this.#plan;
      if (plan === undefined) throw refused('Nothing was prepared that could be connected.');
      this.#attempt?.end();
      const attempt = new Attempt(manager, wpas, plan.target);
      this.#attempt = attempt;
      try {
        if (await attempt.lookForAp()) {
          const path = await manager.profileOf(plan.uuid);
          if (path === undefined) await manager.activateNew(plan.clone);
          else await manager.activate(path);
        } else if (!attempt.ended) {
          attempt.end();
          this.#tell({
            type: 'failed',
            why: 'ap-gone',
            detail: `${formatMac(plan.target.bssid)} does not answer`,
          });
        }
      } catch (error) {
        attempt.end();
        throw error;
      }
    });
  }

  giveUp(): void {
    this.#attempt?.end();
  }

  async lift(): Promise<void> {
    return this.#undo(DEVICE_STATES.ipConfig);
  }

  async restore(): Promise<void> {
    this.giveUp();
    this.#plan = undefined;
    return this.#undo(DEVICE_STATES.activated);
  }

  async close(): Promise<void> {
    this.giveUp();
    this.#keeper.close();
  }

  /** A connection in this state or a later one goes on without limits; one that is not there yet is given up. */
  #undo(standsFrom: number): Promise<void> {
    return guard(async () => {
      const { manager, wpas, secretAgent } = this.#ready();
      await secretAgent.withdraw();
      const entry = this.#entry();
      if (entry === undefined) return;
      const clone = await manager.profileOf(entry.clone);
      const stands =
        clone !== undefined &&
        manager.state >= standsFrom &&
        manager.state <= DEVICE_STATES.activated &&
        (await manager.activeUuid()) === entry.clone;
      await wpas.unlimit();
      if (stands) {
        await wpas.unbind();
        const settings = await manager.settings(clone);
        await manager.update(clone, unboundOf(settings));
      } else if (clone !== undefined) {
        await manager.delete(clone);
      }
      await manager.setAutoconnect(entry.autoconnect);
      this.#options.journal.clear();
    });
  }

  #entry(): NetworkManagerEntry | undefined {
    return entryOf(this.#options.journal.read());
  }

  async #enter(bus: Bus): Promise<void> {
    const wpas = new Wpas(bus, this.#options.interface, (event) => this.#heardWpas(event));
    this.#wpas = wpas;
    const onProblem = (problem: BridgeError) => this.#options.onProblem?.(problem);
    const manager = new Manager(
      bus,
      this.#options.interface,
      (event) => this.#heardManager(event),
      onProblem,
    );
    this.#manager = manager;
    this.#secretAgent = new SecretAgent(bus, () => manager.owner);
    await wpas.follow();
    await manager.follow();
    if (!wpas.present) {
      const detail = 'wpa_supplicant is not on D-Bus: waiting until NetworkManager has started it.';
      onProblem(new BridgeError('BRIDGE_ERR_ABSENT', { detail }));
    }
  }

  #leave(): void {
    this.#manager = undefined;
    this.#wpas = undefined;
    this.#secretAgent = undefined;
    this.#reconsider();
  }

  #heardManager(event: ManagerEvent): void {
    if (event.type === 'changed') {
      this.#reconsider();
      return;
    }
    this.#attempt?.changed();
    if (event.state !== DEVICE_STATES.failed || this.#plan === undefined) return;
    const detail = `NetworkManager gave up for reason ${event.reason}`;
    this.#tell({ type: 'failed', why: FAILURES[event.reason] ?? 'other', detail });
  }

  /** Up is when both are there: NetworkManager with the device, and its wpa_supplicant. */
  #reconsider(): void {
    if (this.#manager?.device !== undefined && this.#wpas?.present === true) {
      void this.#comeUp();
      return;
    }
    this.#attempt?.end();
    this.#plan = undefined;
    if (!this.#up) return;
    this.#up = false;
    this.#tell({ type: 'gone' });
  }

  /** What an earlier run left is undone before anybody hears of this one. */
  async #comeUp(): Promise<void> {
    if (this.#up || this.#coming) return;
    this.#coming = true;
    try {
      await this.#undo(DEVICE_STATES.activated);
    } catch (error) {
      this.#options.onProblem?.(error as BridgeError);
    }
    this.#coming = false;
    if (this.#manager?.device === undefined || this.#wpas?.present !== true) return;
    this.#up = true;
    this.#tell({ type: 'up' });
    const connected = this.#wpas.connected;
    if (connected !== undefined) this.#tell({ type: 'connected', ...connected });
  }

  #heardWpas(event: WpasEvent): void {
    this.#attempt?.changed();
    if (event.type === 'changed') this.#reconsider();
    else if (!this.#up) return;
    else if (event.type !== 'rejected') this.#tell(event);
    else if (this.#plan !== undefined) this.#tell({ type: 'failed', why: 'rejected', detail: event.detail });
  }

  #tell(event: SupplicantEvent): void {
    this.#log.debug({ ...event }, `NetworkManager: ${event.type}`);
    this.#options.onEvent(event);
  }

  #ready(): Ready {
    const [manager, wpas, secretAgent] = [this.#manager, this.#wpas, this.#secretAgent];
    const device = manager?.device;
    if (manager === undefined || wpas === undefined || secretAgent === undefined || device === undefined) {
      const detail = `NetworkManager is not there, or does not manage ${this.#options.interface}.`;
      throw new BridgeError('BRIDGE_ERR_GONE', { detail });
    }
    return { manager, wpas, secretAgent, card: { interface: this.#options.interface, mac: device.mac } };
  }
}

interface Ready {
  readonly manager: Manager;
  readonly wpas: Wpas;
  readonly secretAgent: SecretAgent;
  readonly card: Card;
}

async function secretsOf(manager: Manager, path: string, settings: Settings): Promise<Settings> {
  const setting = secretSettingOf(settings);
  return setting === undefined ? new Map() : manager.secrets(path, setting);
}

function nameOf(settings: Settings): string {
  return stringIn(settings.get('connection'), 'id') ?? '';
}

async function guard<Value>(call: () => Promise<Value>): Promise<Value> {
  try {
    return await call();
  } catch (error) {
    throw bridgeErrorOf(error);
  }
}

function refused(detail: string): BridgeError {
  return new BridgeError('BRIDGE_ERR_REFUSED', { detail });
}
