/** NetworkManager as the agent's supplicant, for one interface. */
import { formatMac } from '../../sap/index.ts';
import type { ProfileRef, Supplicant, SupplicantEvent, Target } from '../agent/types.ts';
import { BridgeError } from '../errors.ts';
import type { Journal } from '../journal.ts';
import { type Log, SILENT } from '../log.ts';
import { journalProblem, Recovery } from '../recovery.ts';
import { Attempt } from './attempt.ts';
import type { Bus } from './bus.ts';
import { entryOf, type NetworkManagerEntry, PREPARED_BY } from './entry.ts';
import { failureOf } from './failures.ts';
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
  withoutCopies,
} from './profiles.ts';
import { releaseCopy } from './release.ts';
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
  readonly times?: Partial<NetworkManagerTimes>;
}

export interface NetworkManagerTimes {
  /** From a try to undo what a journal has, which failed, to the next one. */
  readonly undoMs: number;
}

/**
 * Resolves also when NetworkManager, or even the bus, is not there (yet): `up` is told when it is, and what the journal has
 * was undone then. While that cannot be undone it is tried again and again. Rejects with BRIDGE_ERR_OPTION for an address of
 * a bus that cannot be used.
 */
export async function openNetworkManager(options: NetworkManagerOptions): Promise<Supplicant> {
  const supplicant = new NetworkManagerSupplicant(options);
  await supplicant.open();
  return supplicant;
}

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
  readonly #recovery: Recovery;
  #manager: Manager | undefined;
  #wpas: Wpas | undefined;
  #secretAgent: SecretAgent | undefined;
  #plan: Plan | undefined;
  #attempt: Attempt | undefined;
  /** wpa_supplicant has said in this attempt that the access point or the key refuses. */
  #rejected = false;
  /** NetworkManager with the device, and its wpa_supplicant. */
  #there = false;
  /** `up` was told, and no `gone` since. */
  #up = false;
  /** The present try to come up, or the last one. */
  #coming: Promise<void> = Promise.resolve();

  constructor(options: NetworkManagerOptions) {
    this.#options = options;
    this.#log = options.log ?? SILENT;
    this.#keeper = new BusKeeper({
      ...(options.bus === undefined ? {} : { bus: options.bus }),
      onBus: (bus) => this.#enter(bus),
      onLost: () => this.#leave(),
      onProblem: options.onProblem,
    });
    this.#recovery = new Recovery({
      comeUp: (wanted) => this.#comeUp(wanted),
      onProblem: (problem) => options.onProblem?.(problem),
      retryMs: options.times?.undoMs,
    });
  }

  open(): Promise<void> {
    return this.#keeper.connect();
  }

  async find(target: Target): Promise<ProfileRef | undefined> {
    return guard(async () => {
      const { manager, card } = this.#readyAndUp();
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
      const { manager, wpas, secretAgent, card } = this.#readyAndUp();
      const path = await manager.profileOf(profile.id);
      if (path === undefined) throw refused(`NetworkManager has no profile ${profile.name} any more.`);
      const settings = await manager.settings(path);
      const secrets = await secretsOf(manager, path, settings);
      const clone = cloneOf(settings, secrets, target, card);
      const uuid = cloneUuid(profile.id, card.interface);
      const before = this.#entry();
      // The copy of another profile that could not be undone yet: no later entry would name it.
      if (before !== undefined && before.clone !== uuid) {
        this.#plan = undefined;
        await releaseCopy(manager, wpas, before.clone, DEVICE_STATES.activated);
      }
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
      const { manager, wpas } = this.#readyAndUp();
      const plan = this.#plan;
      if (plan === undefined) throw refused('Nothing was prepared that could be connected.');
      this.#attempt?.end();
      const attempt = new Attempt(manager, wpas, plan.target);
      this.#attempt = attempt;
      this.#rejected = false;
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
    this.#recovery.end();
    this.#keeper.close();
  }

  #undo(standsFrom: number): Promise<void> {
    return guard(async () => {
      const { manager, wpas, secretAgent } = this.#ready();
      await secretAgent.withdraw();
      const entry = this.#entry();
      if (entry === undefined) return;
      await releaseCopy(manager, wpas, entry.clone, standsFrom);
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
    this.#tell({ type: 'failed', why: failureOf(event.reason, this.#rejected), detail });
  }

  /** Up is when both are there: NetworkManager with the device, and its wpa_supplicant. */
  #reconsider(): void {
    const there = this.#manager?.device !== undefined && this.#wpas?.present === true;
    if (there) {
      if (this.#there) return;
      this.#there = true;
      this.#recovery.begin();
      return;
    }
    this.#there = false;
    this.#recovery.end();
    this.#attempt?.end();
    this.#plan = undefined;
    if (!this.#up) return;
    this.#up = false;
    this.#tell({ type: 'gone' });
  }

  /** What an earlier run left is undone before anybody hears of this one. */
  #comeUp(wanted: () => boolean): Promise<void> {
    const done = this.#coming.then(async () => {
      if (!wanted()) return;
      await this.#undo(DEVICE_STATES.activated);
      if (!wanted()) return;
      this.#up = true;
      this.#tell({ type: 'up' });
      const connected = this.#wpas?.connected;
      if (connected !== undefined) this.#tell({ type: 'connected', ...connected });
    });
    this.#coming = done.catch(() => {});
    return done;
  }

  #heardWpas(event: WpasEvent): void {
    this.#attempt?.changed();
    if (event.type === 'changed') this.#reconsider();
    else if (!this.#up) return;
    else if (event.type !== 'rejected') this.#tell(event);
    else if (this.#plan !== undefined) {
      this.#rejected = true;
      this.#tell({ type: 'failed', why: 'rejected', detail: event.detail });
    }
  }

  #tell(event: SupplicantEvent): void {
    this.#log.debug({ ...event }, `NetworkManager: ${event.type}`);
    this.#options.onEvent(event);
  }

  /** For calls that need all to be undone that an earlier run left. */
  #readyAndUp(): Ready {
    const ready = this.#ready();
    if (this.#up) return ready;
    const detail = `NetworkManager and its wpa_supplicant are not ready yet for ${this.#options.interface}.`;
    throw this.#recovery.problem ?? new BridgeError('BRIDGE_ERR_GONE', { detail });
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
    throw error instanceof Error && 'syscall' in error ? journalProblem(error) : bridgeErrorOf(error);
  }
}

function refused(detail: string): BridgeError {
  return new BridgeError('BRIDGE_ERR_REFUSED', { detail });
}
