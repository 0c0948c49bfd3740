/** One session: our host in this thread, the emulated CSME in another, and everything that happens between them. */
import type { Worker } from 'node:worker_threads';
import { amtFilters, type FirmwareTell, profile, sessionOn, WITHOUT_PINGS } from '../../csme/index.ts';
import type { CommandName, Commands, Host, TellName, Tells } from '../../ownership/index.ts';
import type { FilterVerdict } from '../../sap/index.ts';
import type { TraceArgs, TraceEvent } from '../../trace/index.ts';
import { type Spawned, spawnWorkerCsme } from '../../transport/index.ts';
import type { FirmwareInput, FromFirmware, ToFirmware } from '../live/firmware.ts';
import { isBareReturn, Station } from '../live/station.ts';
import type { Scene } from './scene.ts';

export interface SessionOptions {
  readonly scene: Scene;
  /** Everything that happens, in order. */
  readonly onEvent: (event: TraceEvent) => void;
  /** What the host tells the WLAN driver, behind its event. */
  readonly onTold: <N extends TellName>(name: N, args: Tells[N]) => void;
  /** What CSME has to say of itself. */
  readonly onFirmware: (message: FromFirmware) => void;
  /** A frame goes out to the air, by the host or by CSME's own radio. */
  readonly onTransmit: (frame: Uint8Array) => void;
  /** What CSME's network stack is to be; without it there is none. */
  readonly network?: FirmwareInput['network'];
  /** Who may log on there. */
  readonly credentials?: FirmwareInput['credentials'];
  /** The module of CSME's thread; `live/firmware.ts`. */
  readonly firmware?: URL;
  /** How long it waits for what should come at once. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 3000;

/** The session cannot go on. */
export class SessionError extends Error {}

interface Waiter {
  readonly met: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

type Command = Extract<ToFirmware, { type: 'command' }>;

export class Session {
  readonly events: TraceEvent[] = [];
  readonly problems: string[] = [];
  /** What CSME told, by name: how often, and the last of it. */
  readonly told = new Map<FirmwareTell['name'], { count: number; last: FirmwareTell }>();
  /** Frames that came to CSME through the data ring: copies of what the host sent, all. */
  readonly framesAtCsme = { copies: 0, all: 0 };
  readonly #station: Station;
  readonly #spawned: Spawned;
  readonly #options: SessionOptions;
  readonly #waiters = new Set<Waiter>();
  #failure: Error | undefined;
  #ready = false;
  #closing = false;

  constructor(options: SessionOptions) {
    const { scene } = options;
    this.#options = options;
    const input: FirmwareInput = {
      profile: profile(sessionOn(scene.ap), WITHOUT_PINGS, { filters: amtFilters(scene.ipv4) }),
      ...(options.network !== undefined && { network: options.network }),
      ...(options.credentials !== undefined && { credentials: options.credentials }),
    };
    const entry = options.firmware ?? new URL('../live/firmware.ts', import.meta.url);
    const end = spawnWorkerCsme(entry, input, {
      onError: ({ message, cause }) => {
        const why = cause instanceof Error ? cause.message : message;
        this.fail(new SessionError(`The thread of the emulated CSME died: ${why.replace(/\.$/, '')}.`));
      },
    });
    this.#spawned = end;
    this.#listen(end.worker);
    this.#station = new Station(end, {
      note: `recorded by sapwood demo, seed ${scene.seed}`,
      driver: 'sapwood',
      onEvent: (event) => this.#event(event),
      onTold: ({ name, args }) => this.#options.onTold(name, args as never),
      onTransmit: (frame) => this.#options.onTransmit(frame),
      onProblem: (text) => {
        this.problems.push(`host: ${text}`);
        this.check();
      },
      onError: (error) => this.fail(error instanceof Error ? error : new Error(String(error))),
    });
  }

  get host(): Host {
    return this.#station.host;
  }

  /** CSME's thread is there, with all that it has. */
  async ready(): Promise<void> {
    await this.until("CSME's thread to start", () => this.#ready, 10_000);
  }

  /** CSME's client appears on the bus. */
  plug(): void {
    this.#post({ type: 'plug' });
  }

  /** The WLAN driver calls the host, with the arguments as a trace has them. */
  async call<N extends CommandName>(name: N, args: TraceArgs): Promise<Commands[N]['result']> {
    if (this.#failure) throw this.#failure;
    return this.#station.call(name, args);
  }

  /** A frame comes in from the air to the host: says who gets it. */
  fromAir(frame: Uint8Array, start: number, end: number): FilterVerdict {
    return this.#station.fromAir(frame, start, end);
  }

  /** The same to CSME's own radio. */
  toCsmesRadio(frame: Uint8Array, start: number, end: number): void {
    this.#post({ type: 'air', frame: frame.slice(start, end) });
  }

  /** Somebody does something to the firmware. */
  firmware(command: Command extends infer C ? (C extends Command ? Omit<C, 'type'> : never) : never): void {
    this.#post({ type: 'command', ...command } as Command);
  }

  /** The MEI client goes away in order. */
  remove(): void {
    void this.#station.leave();
  }

  /** A remark. */
  note(text: string): void {
    this.#station.note(text);
  }

  /** Waits for something; fails when it does not come in time, when CSME's thread dies, or when `fail` is called. */
  until(what: string, met: () => boolean, limitMs = this.#options.patienceMs ?? PATIENCE_MS): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (met()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new SessionError(`Waited ${limitMs} ms in vain for ${what}. ${this.#situation()}`));
      }, limitMs);
      const waiter: Waiter = { met, resolve, reject, timer };
      this.#waiters.add(waiter);
    });
  }

  /** Lets time pass, as the stand-ins do. */
  async pass(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (this.#failure) throw this.#failure;
  }

  /** Ends every wait, now and later. The first reason stays. */
  fail(error: Error): void {
    if (this.#closing) return;
    this.#failure ??= error;
    for (const waiter of this.#waiters) {
      clearTimeout(waiter.timer);
      waiter.reject(this.#failure);
    }
    this.#waiters.clear();
  }

  /** Ends both sides; nothing is recorded any more. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { timer } of this.#waiters) clearTimeout(timer);
    this.#waiters.clear();
    this.#station.close();
    await this.#spawned.terminate();
  }

  /** Seconds of the session's clock. */
  get now(): number {
    return this.#station.now;
  }

  /** How often CSME told something. */
  timesTold(name: FirmwareTell['name']): number {
    return this.told.get(name)?.count ?? 0;
  }

  #listen(worker: Worker): void {
    worker.on('message', (message: FromFirmware) => this.#fromFirmware(message));
    worker.on('exit', (status) => {
      this.fail(new SessionError(`The thread of the emulated CSME ended with status ${status}.`));
    });
  }

  #fromFirmware(message: FromFirmware): void {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        break;
      case 'tell': {
        const { tell } = message;
        this.told.set(tell.name, { count: this.timesTold(tell.name) + 1, last: tell });
        break;
      }
      case 'problem':
        this.problems.push(`CSME: ${message.text}`);
        break;
      case 'frame':
        this.framesAtCsme.all++;
        if (message.copy) this.framesAtCsme.copies++;
        break;
      case 'air':
        return this.#options.onTransmit(message.frame);
    }
    if (this.#closing) return;
    this.#options.onFirmware(message);
    this.check();
  }

  #event(event: TraceEvent): void {
    if (this.#closing || isBareReturn(event)) return;
    this.events.push(event);
    this.#options.onEvent(event);
    this.check();
  }

  #post(message: ToFirmware): void {
    this.#spawned.worker.postMessage(message);
  }

  /** Something has happened that somebody may wait for. */
  check(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.met()) continue;
      this.#waiters.delete(waiter);
      clearTimeout(waiter.timer);
      waiter.resolve();
    }
  }

  #situation(): string {
    const { phase, amtEnabled, owner } = this.host.state;
    const last = [...this.told.values()].map(({ last }) => last.name).join(', ');
    const words = `The host is ${phase}, AMT ${amtEnabled ? 'enabled' : 'not enabled'}, owner ${owner ? 'host' : 'CSME'}`;
    return `${words}; CSME told ${last === '' ? 'nothing' : last}; ${this.events.length} events so far.`;
  }
}
