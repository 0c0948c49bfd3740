/**
 * A vPro machine: the emulated CSME in a thread of its own, our host as the SAP host, and a simulated radio as the card. It
 * stands where iwlmei and iwlwifi stand: what the host tells becomes rfkill, connection info and the event of the card,
 * what happens to the card is told to the host. The network agent, the supplicant and the DHCP client are others' affair.
 */
import { readFileSync } from 'node:fs';
import { associationArgs } from '../../../cli/demo/actors.ts';
import { Card } from '../../../cli/host/card.ts';
import type { FirmwareInput, FromFirmware, ToFirmware } from '../../../cli/live/firmware.ts';
import { Station } from '../../../cli/live/station.ts';
import { accessPoint, amtFilters, type FirmwareTell, profile, WITHOUT_PINGS } from '../../../csme/index.ts';
import type { Credentials } from '../../../csme/network/index.ts';
import { openRfkill, type Rfkill, type RfkillSwitch } from '../../../netlink-bridge/rfkill/index.ts';
import type { HostOutput } from '../../../ownership/index.ts';
import { openRxPath, type RxPath } from '../../../rx/index.ts';
import {
  AuthMode,
  type ConnectionInfo,
  formatMac,
  type MacAddress,
  PairwiseCipher,
  parseMac,
  VERDICT_HOST,
} from '../../../sap/index.ts';
import type { TraceArgs, TraceEvent } from '../../../trace/index.ts';
import { type HostEnd, type Spawned, spawnWorkerCsme } from '../../../transport/index.ts';
import type { AccessPoint, Air, ApKey } from './air.ts';
import { type NicModule, type OwnershipQuestion, openNicModule, type SimulatedNic } from './nic.ts';
import { Daemon, PATIENCE_MS, run } from './programs.ts';

export interface MachineOptions {
  readonly air: Air;
  /** The card. */
  readonly interface: string;
  /** CSME's address; the DHCP server gives the host the same. */
  readonly ipv4: string;
  readonly credentials: Credentials;
  /** CSME is connected to it on its own from the start; without one to none. */
  readonly ap?: AccessPoint;
  /** Whether a remote session is active on `ap` from the start. */
  readonly session?: boolean;
  /** Whether AMT is enabled; true. */
  readonly amt?: boolean;
  /** Whether the host has the card from the start; false. */
  readonly hostOwns?: boolean;
  /** Whether CSME gives the card away when it is asked; true. */
  readonly grants?: boolean;
  /** Other lengths of CSME's timers; the window of 3 s may be short for this guest. */
  readonly timersMs?: { readonly window?: number; readonly hold?: number; readonly taking?: number };
  /** Misbehaviours of CSME, as `behaviourByName` takes them. */
  readonly behaviours?: readonly string[];
}

/** What happened, in order: what the host told, what CSME told, what the card did. */
export type MachineEvent =
  | { readonly by: 'host'; readonly name: string; readonly args: object }
  | { readonly by: 'csme'; readonly name: FirmwareTell['name']; readonly args: object }
  | { readonly by: 'card'; readonly name: CardEvent; readonly args: object }
  | { readonly by: 'problem'; readonly name: string; readonly args: object };
type CardEvent = 'up' | 'down' | 'connected' | 'disconnected' | 'ownership-asked' | 'ownership-answered';

/** CSME's own radio: a wire to the bridge behind the air. */
const RADIO = 'csme0';
const DRIVER = 'iwlwifi of the tests';
type Command = Extract<ToFirmware, { type: 'command' }>;
type Named<C> = C extends Command ? Omit<C, 'type'> : never;

export async function openMachine(options: MachineOptions): Promise<Machine> {
  await options.air.wire(RADIO);
  const machine = new Machine(options);
  try {
    await machine.begin();
  } catch (error) {
    await machine.close();
    throw error;
  }
  return machine;
}

export class Machine {
  readonly events: MachineEvent[] = [];
  /** Messages, the bus, calls, frames: what a trace of the host has. */
  readonly trace: TraceEvent[] = [];
  readonly mac: MacAddress;
  readonly #options: MachineOptions;
  readonly #module: NicModule;
  readonly #nic: SimulatedNic;
  readonly #csme: HostEnd & Spawned;
  readonly #station: Station;
  readonly #card: Card;
  readonly #radio: RxPath;
  readonly #wiphy: number;
  #rfkill: Rfkill | undefined;
  #monitors: Daemon[] = [];
  /** Calls of the driver, one after the other. */
  #calls: Promise<unknown> = Promise.resolve();
  #up = false;
  #notOwner = false;
  #signal = false;
  #ready = false;
  #waiters = new Set<{ readonly met: () => boolean; readonly resolve: () => void }>();
  #failure: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: MachineOptions) {
    const {
      interface: name,
      ap,
      session = false,
      amt = true,
      grants = true,
      hostOwns,
      timersMs = {},
    } = options;
    this.#options = options;
    const folder = `/sys/class/net/${name}`;
    this.mac = parseMac(readFileSync(`${folder}/address`, 'utf8').trim())!;
    this.#wiphy = Number(readFileSync(`${folder}/phy80211/index`, 'utf8'));
    const ipv4 = ipv4Number(options.ipv4);
    const input: FirmwareInput = {
      profile: profile(WITHOUT_PINGS, {
        ap: ap === undefined ? null : connectionInfoOf(ap),
        session,
        amt,
        grants,
        owner: hostOwns ? 'host' : 'csme',
        timersMs: { ping: null, ...timersMs },
        filters: amtFilters(ipv4),
      }),
      behaviours: options.behaviours ?? [],
      network: { mac: this.mac, ipv4, prefixLength: 24 },
      credentials: options.credentials,
    };
    this.#module = openNicModule();
    this.#nic = this.#module.attach(name, (question) => void this.#onOwnership(question));
    this.#csme = spawnWorkerCsme(new URL('../../../cli/live/firmware.ts', import.meta.url), input, {
      onError: (error) => this.#fail(error),
    });
    this.#csme.worker.on('message', (message: FromFirmware) => this.#onFirmware(message));
    this.#radio = openRxPath({
      interface: RADIO,
      receive: (frame, start, end) => {
        this.#post({ type: 'air', frame: frame.slice(start, end) });
        return VERDICT_HOST;
      },
    });
    this.#station = new Station(this.#csme, {
      note: 'recorded in the virtual machine',
      driver: DRIVER,
      onEvent: (event) => {
        this.trace.push(event);
      },
      onTold: (told) => this.#onTold(told),
      onTransmit: (frame) => this.#card.transmit(frame),
      onFilters: (filters) => this.#card.want(filters),
      onProblem: (text) => this.#happened({ by: 'problem', name: text, args: {} }),
      onError: (error) => this.#fail(error),
    });
    this.#card = new Card(name, this.#station, (text) =>
      this.#happened({ by: 'problem', name: text, args: {} }),
    );
  }

  /** CSME's client appears, the driver registers, and the card is watched. Once. */
  async begin(): Promise<void> {
    const name = this.#options.interface;
    await this.until('CSME to start', () => this.#ready);
    const mac = formatMac(this.mac);
    this.#call('register', {});
    this.#call('nic_info', { mac, nvm: mac });
    this.#call('set_netdev', { dev: name });
    this.#rfkill = openRfkill({ onEvent: (event) => this.#onSwitch(event.switch) });
    for (const one of this.#rfkill.switches.values()) this.#onSwitch(one);
    this.#monitors = [
      await Daemon.start(['stdbuf', '-oL', 'iw', 'event'], { onLine: (line) => this.#onWlan(line) }),
      await Daemon.start(['ip', '-o', 'monitor', 'link', 'dev', name], {
        onLine: (line) => this.#onLink(line),
      }),
    ];
    this.#onLink(await run('ip', '-o', 'link', 'show', 'dev', name));
    this.#post({ type: 'plug' });
    await this.until('the host to be connected to CSME', () => this.told('sap_connected') > 0);
  }

  /** Somebody does something to CSME: `{ name: 'endSession' }`, `{ name: 'takeOwnership' }`, … */
  csme(command: Named<Command>): void {
    this.#post({ type: 'command', ...command } as Command);
  }

  /** A remote session begins on an access point, which CSME's own radio uses from now on. */
  startSession(ap: AccessPoint): void {
    this.csme({ name: 'startSession', ap: connectionInfoOf(ap) });
  }

  /** A misbehaviour of CSME begins or ends. */
  behave(name: string, on: boolean): void {
    this.#post({ type: 'behaviour', name, on });
  }

  /** The switch at the side of the laptop. */
  blockBySignal(blocked: boolean): void {
    this.#signal = blocked;
    this.#block();
  }

  get owner(): 'host' | 'csme' {
    return this.#station.host.state.owner ? 'host' : 'csme';
  }

  /** As the host told it last. */
  get roamingForbidden(): boolean | undefined {
    const told = this.events.findLast(({ by, name }) => by === 'host' && name === 'roaming_forbidden');
    return (told?.args as { forbidden: boolean } | undefined)?.forbidden;
  }

  /** How often the host told something: `rfkill`, `roaming_forbidden`, `me_conn_status`, `sap_connected`, `nic_stolen`. */
  told(name: string): number {
    return this.#count('host', name);
  }

  /** How often CSME told something: `owner`, `session`, `windowMet`, `windowMissed`, `taking`, … */
  csmeTold(name: FirmwareTell['name']): number {
    return this.#count('csme', name);
  }

  /** Waits until something is so, looking again after each event. */
  until(what: string, met: () => boolean, limitMs = PATIENCE_MS): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (met()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const last = this.events.slice(-20).map((event) => JSON.stringify(event));
        reject(
          this.#failure ?? new Error(`Waited ${limitMs / 1000} s in vain for ${what}.\n${last.join('\n')}`),
        );
      }, limitMs);
      const waiter = {
        met,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiters.add(waiter);
    });
  }

  /** Everything is stopped; the radio is as it was. Twice is once. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const monitor of this.#monitors) await monitor.stop();
    this.#rfkill?.close();
    await this.#card.close();
    this.#radio.close();
    this.#station.close();
    await this.#csme.terminate();
    await this.#module.close();
    await run('ip', 'link', 'delete', RADIO);
  }

  async #onOwnership(question: OwnershipQuestion): Promise<void> {
    this.#happened({ by: 'card', name: 'ownership-asked', args: {} });
    const ret = await this.#station.call('get_ownership', {}).then(
      (result) => result.ret,
      () => undefined,
    );
    if (ret === undefined) return;
    const inTime = question.answer(-ret);
    this.#happened({ by: 'card', name: 'ownership-answered', args: { ret, inTime } });
  }

  /** What iwlwifi does when iwlmei calls it. */
  #onTold(told: Extract<HostOutput, { type: 'tell' }>): void {
    switch (told.name) {
      case 'rfkill':
        this.#notOwner = told.args.blocked;
        // The kernel takes the interface down by itself, and that is reported when it is so.
        this.#block();
        break;
      case 'me_conn_status': {
        const { ssid, ssidLen, authMode, pairwiseCipher, channel, bssid } = told.args.connectionInfo;
        this.#nic.setConnInfo({
          authMode,
          cipher: pairwiseCipher,
          ssid: ssid.slice(0, ssidLen),
          channel,
          bssid,
        });
        break;
      }
      case 'roaming_forbidden':
        this.#nic.roamingForbidden(told.args.forbidden);
        break;
      case 'sap_connected':
        // A new link knows nothing of the device.
        setImmediate(() => this.#call('device_state', { up: Number(this.#up) }));
        break;
      case 'nic_stolen':
        void run('ip', 'link', 'set', this.#options.interface, 'down');
        break;
    }
    this.#happened({ by: 'host', name: told.name, args: told.args });
  }

  #block(): void {
    this.#nic.block(
      ...(this.#notOwner ? ['NOT_OWNER' as const] : []),
      ...(this.#signal ? ['SIGNAL' as const] : []),
    );
  }

  #onFirmware(message: FromFirmware): void {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        break;
      case 'air':
        this.#radio.transmit(message.frame);
        return;
      case 'tell':
        return this.#happened({ by: 'csme', name: message.tell.name, args: message.tell.args });
      case 'problem':
        return this.#happened({ by: 'problem', name: `CSME: ${message.text}`, args: {} });
    }
    this.#check();
  }

  #onSwitch(one: RfkillSwitch): void {
    if (one.wiphy !== this.#wiphy) return;
    this.#call('set_rfkill', { hw: Number(one.reasons.has('SIGNAL')), sw: Number(one.soft) });
  }

  #onLink(line: string): void {
    const flags = /<([^>]*)>/.exec(line)?.[1]?.split(',') ?? [];
    const up = flags.includes('UP') && !line.startsWith('Deleted');
    if (up === this.#up) return;
    this.#up = up;
    this.#call('device_state', { up: Number(up) });
    this.#happened({ by: 'card', name: up ? 'up' : 'down', args: {} });
  }

  /** `wlan0 (phy #0): connected to 02:00:00:00:01:00`: of `iw event`. */
  #onWlan(line: string): void {
    if (!line.startsWith(`${this.#options.interface} `)) return;
    const bssid = parseMac(/(?:connected|roamed) to ([0-9a-f:]{17})/.exec(line)?.[1] ?? '');
    if (bssid !== undefined) {
      const ap = [...this.#options.air.accessPoints].find((one) => one.bssid === bssid);
      if (ap !== undefined) this.#call('associated', associationArgs(connectionInfoOf(ap)));
      this.#happened({ by: 'card', name: 'connected', args: { bssid, frequencyMhz: ap?.frequencyMhz } });
    } else if (/: disconnected/.test(line)) {
      this.#call('disassociated', {});
      this.#happened({ by: 'card', name: 'disconnected', args: {} });
    }
  }

  #call(
    name:
      | 'register'
      | 'nic_info'
      | 'set_netdev'
      | 'set_rfkill'
      | 'device_state'
      | 'associated'
      | 'disassociated',
    args: TraceArgs,
  ): void {
    this.#calls = this.#calls
      .then(() => this.#station.call(name, args))
      .catch((error: Error) => this.#fail(error));
  }

  #post(message: ToFirmware): void {
    this.#csme.worker.postMessage(message);
  }

  #count(by: MachineEvent['by'], name: string): number {
    return this.events.filter((event) => event.by === by && event.name === name).length;
  }

  #happened(event: MachineEvent): void {
    this.events.push(event);
    this.#check();
  }

  #check(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.met()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  #fail(error: unknown): void {
    if (this.#closing !== undefined) return;
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
  }
}

/** An access point as CSME knows it. */
function connectionInfoOf({ ssid, bssid, channel, key }: AccessPoint): ConnectionInfo {
  return accessPoint({ ssid, bssid, channel, ...SECURITY[kindOf(key)] });
}

const SECURITY = {
  open: { authMode: AuthMode.OPEN, pairwiseCipher: PairwiseCipher.NONE },
  psk: { authMode: AuthMode.RSNA_PSK, pairwiseCipher: PairwiseCipher.CCMP },
  sae: { authMode: AuthMode.SAE, pairwiseCipher: PairwiseCipher.CCMP },
} as const;

function kindOf(key: ApKey): keyof typeof SECURITY {
  if (key === 'open') return 'open';
  return 'psk' in key ? 'psk' : 'sae';
}

function ipv4Number(text: string): number {
  return text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
}
