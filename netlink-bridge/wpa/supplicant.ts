/**
 * wpa_supplicant as the supplicant of the agent, over its control socket. The user's own network is limited in place for
 * as long as it must be: its credentials are never seen here.
 */
import { join } from 'node:path';
import { nativeProblem } from '../../native/index.ts';
import { formatMac } from '../../sap/index.ts';
import type { ConnectFailure, ProfileRef, Supplicant, SupplicantEvent, Target } from '../agent/types.ts';
import { BridgeError } from '../errors.ts';
import type { Journal } from '../journal.ts';
import { type Log, SILENT } from '../log.ts';
import { journalProblem, Recovery } from '../recovery.ts';
import { parseEvent, type WpaEvent } from './events.ts';
import { failureOf } from './failures.ts';
import { applyLimits, planLimits, undoLimits, withoutLimits } from './limits.ts';
import { Link, type LinkTimes } from './link.ts';
import { type Ask, findNetwork } from './networks.ts';
import { isOk, parseCount, parseStatus, printableSsid, type WpaStatus } from './text.ts';

export interface WpaSupplicantOptions {
  readonly interface: string;
  /** `/run/wpa_supplicant`: what `ctrl_interface=` in wpa_supplicant's configuration names. */
  readonly controlDirectory?: string;
  readonly journal: Journal;
  onEvent(event: SupplicantEvent): void;
  /** What hinders, and does not belong to a call: with the journal, with reaching wpa_supplicant. */
  onProblem?(problem: BridgeError): void;
  readonly log?: Log;
  readonly times?: Partial<WpaTimes>;
}

export interface WpaTimes extends LinkTimes {
  /** From a try to undo what a journal holds, which failed, to the next one. */
  readonly undoMs: number;
}

/** How often the one frequency is scanned until the access point counts as gone: a scan may miss it. */
const SCANS = 3;
/** In these nothing is under way that a new attempt would disturb. */
const RESTING: readonly string[] = ['DISCONNECTED', 'INACTIVE', 'SCANNING'];

/**
 * Resolves at once, also when wpa_supplicant does not run: `up` is told when it is there and what a journal holds is
 * undone. While that cannot be undone it is tried again and again. Rejects with BRIDGE_ERR_OPTION for a name that no
 * interface and a path that no socket can have, and with BRIDGE_ERR_ABSENT without the addon.
 */
export async function openWpaSupplicant(options: WpaSupplicantOptions): Promise<Supplicant> {
  const name = options.interface;
  if (!/^[^/\s\0]{1,15}$/.test(name) || name === '.' || name === '..') {
    throw new BridgeError('BRIDGE_ERR_OPTION', { detail: `${JSON.stringify(name)} is no interface.` });
  }
  const path = pathOf(options);
  if (Buffer.byteLength(path) > PATH_MAX || path.includes('\0')) {
    throw new BridgeError('BRIDGE_ERR_OPTION', { detail: `A socket cannot be at ${JSON.stringify(path)}.` });
  }
  const problem = nativeProblem();
  if (problem !== undefined) throw new BridgeError('BRIDGE_ERR_ABSENT', { detail: problem });
  return new WpaSupplicant(options);
}

/** Bytes of the path of a socket. */
const PATH_MAX = 107;

function pathOf(options: WpaSupplicantOptions): string {
  return join(options.controlDirectory ?? '/run/wpa_supplicant', options.interface);
}

interface Prepared {
  readonly network: number;
  readonly target: Target;
}

class WpaSupplicant implements Supplicant {
  readonly addresses = 'others';
  readonly #options: WpaSupplicantOptions;
  readonly #log: Log;
  readonly #recovery: Recovery;
  #link: Link | undefined;
  /** `up` was told, and no `gone` since. */
  #up = false;
  #closed = false;
  /** Calls wait for the one before: each sees wpa_supplicant as that has left it. */
  #calls: Promise<unknown> = Promise.resolve();
  /** So do events: some need an answer before they can be told. */
  #events: Promise<void> = Promise.resolve();
  /** Changes whenever wpa_supplicant comes or goes. */
  #life = 0;
  #prepared: Prepared | undefined;
  /** From `connect` until it is connected, has failed, or is not wanted: how many scans did not find the access point. */
  #attempt: { scans: number } | undefined;

  constructor(options: WpaSupplicantOptions) {
    this.#options = options;
    this.#log = options.log ?? SILENT;
    this.#recovery = new Recovery({
      comeUp: (wanted) => this.#comeUp(wanted),
      onProblem: (problem) => options.onProblem?.(problem),
      retryMs: options.times?.undoMs,
    });
    // Who opens it has it before the first event.
    setImmediate(() => {
      if (!this.#closed) this.#link = this.#newLink();
    });
  }

  find(target: Target): Promise<ProfileRef | undefined> {
    return this.#callUp(async (ask) => {
      const found = await findNetwork(withoutLimits(ask, this.#options.journal), target);
      return found === undefined
        ? undefined
        : { id: String(found.id), name: `${printableSsid(found.ssid)} (network ${found.id})` };
    });
  }

  prepare(profile: ProfileRef, target: Target): Promise<void> {
    return this.#callUp(async (ask) => {
      const network = parseCount(profile.id);
      if (network === undefined) {
        throw new BridgeError('BRIDGE_ERR_OPTION', { detail: `${profile.id} is no network id.` });
      }
      const { journal } = this.#options;
      this.#forget();
      await undoLimits(ask, journal);
      const changes = await planLimits(ask, network, target);
      try {
        await applyLimits(ask, journal, changes);
      } catch (error) {
        // What cannot be undone now stays in the journal.
        await undoLimits(ask, journal).catch(() => {});
        throw error;
      }
      this.#prepared = { network, target };
      this.#log.info({ network, bssid: formatMac(target.bssid), mhz: target.frequencyMhz }, 'limited');
    });
  }

  connect(): Promise<void> {
    return this.#callUp(async (ask) => {
      const prepared = this.#prepared;
      if (prepared === undefined) {
        throw new BridgeError('BRIDGE_ERR_REFUSED', { detail: 'Nothing is prepared for wpa_supplicant.' });
      }
      this.#attempt = { scans: 0 };
      await select(ask, prepared.network);
      const status = await statusOf(ask);
      // It may have been quicker: then it does not say so a second time.
      if (status.state === 'COMPLETED' && status.bssid === prepared.target.bssid) {
        this.#attempt = undefined;
        const { bssid, frequencyMhz } = status;
        this.#tell({ type: 'connected', bssid, frequencyMhz });
      }
    });
  }

  lift(): Promise<void> {
    return this.#call(async (ask) => {
      this.#forget();
      const undone = await undoLimits(ask, this.#options.journal);
      this.#log.info({ changes: undone.length }, 'limits lifted');
    });
  }

  restore(): Promise<void> {
    return this.#call((ask) => this.#restore(ask));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#recovery.end();
    this.#link?.close();
  }

  async #restore(ask: Ask): Promise<void> {
    const limited = this.#prepared !== undefined || this.#options.journal.read() !== undefined;
    this.#forget();
    if (!limited) return;
    const undone = await undoLimits(ask, this.#options.journal);
    this.#log.info({ changes: undone.length }, 'restored');
    // An interface that is off begins by itself when it is on.
    if (RESTING.includes((await statusOf(ask)).state)) await ask('REASSOCIATE');
  }

  #newLink(): Link {
    const { onProblem, log, times } = this.#options;
    return new Link({
      path: pathOf(this.#options),
      onUp: () => this.#onUp(),
      onGone: () => this.#onGone(),
      onEvent: (text) => this.#onEvent(text),
      ...(onProblem === undefined ? {} : { onProblem }),
      ...(log === undefined ? {} : { log }),
      ...(times === undefined ? {} : { times }),
    });
  }

  #onUp(): void {
    this.#life++;
    this.#recovery.begin();
  }

  /** Before it is told, everything is as somebody left it who was killed, or the other side was while we held it. */
  #comeUp(wanted: () => boolean): Promise<void> {
    const told = this.#call(async (ask) => {
      if (!wanted()) return;
      await this.#restore(ask);
      const status = await statusOf(ask);
      if (!wanted()) return;
      this.#up = true;
      this.#tell({ type: 'up' });
      if (status.state === 'COMPLETED' && status.bssid !== undefined) {
        this.#tell({ type: 'connected', bssid: status.bssid, frequencyMhz: status.frequencyMhz });
      }
    });
    this.#events = told.catch(() => {});
    return told;
  }

  #onGone(): void {
    this.#life++;
    this.#recovery.end();
    this.#forget();
    if (!this.#up) return;
    this.#up = false;
    this.#tell({ type: 'gone' });
  }

  #onEvent(text: string): void {
    const event = parseEvent(text);
    if (event === undefined) return;
    if (event.type === 'terminating') {
      this.#link?.drop(new BridgeError('BRIDGE_ERR_GONE', { detail: 'wpa_supplicant was stopped.' }));
      return;
    }
    const life = this.#life;
    this.#events = this.#events.then(async () => {
      // Before `up` nothing else is told: how things stand then is asked for.
      if (life === this.#life && this.#up) await this.#handle(event, life);
    });
  }

  async #handle(event: Exclude<WpaEvent, { type: 'terminating' }>, life: number): Promise<void> {
    switch (event.type) {
      case 'connected': {
        this.#attempt = undefined;
        const status = await this.#status();
        if (life !== this.#life) return;
        const frequencyMhz = status?.bssid === event.bssid ? status.frequencyMhz : undefined;
        this.#tell({ type: 'connected', bssid: event.bssid, frequencyMhz });
        return;
      }
      case 'disconnected': {
        const who = event.byUs ? 'wpa_supplicant' : 'the access point';
        this.#tell({ type: 'disconnected', detail: `${who}, reason ${event.reason ?? 'unknown'}` });
        return;
      }
      case 'notFound':
        await this.#notFound();
        return;
      default: {
        const failure = failureOf(event, this.#prepared?.network);
        if (failure !== undefined) this.#failed(...failure);
      }
    }
  }

  async #notFound(): Promise<void> {
    const frequencyMhz = this.#prepared?.target.frequencyMhz;
    if (this.#attempt === undefined || frequencyMhz === undefined) return;
    this.#attempt.scans++;
    if (this.#attempt.scans >= SCANS) {
      this.#failed('ap-gone', `The access point is not on ${frequencyMhz} MHz.`);
      return;
    }
    // By itself it would wait for 5 s.
    try {
      await this.#ask()(`SCAN freq=${frequencyMhz}`);
    } catch (error) {
      // Its end is told by the link.
      if (!(error instanceof BridgeError)) throw error;
    }
  }

  /** The first failure of an attempt; those that follow from it are not told. */
  #failed(why: ConnectFailure, detail: string): void {
    if (this.#attempt === undefined) return;
    this.#attempt = undefined;
    this.#tell({ type: 'failed', why, detail });
  }

  #forget(): void {
    this.#prepared = undefined;
    this.#attempt = undefined;
  }

  #tell(event: SupplicantEvent): void {
    if (!this.#closed) this.#options.onEvent(event);
  }

  async #status(): Promise<WpaStatus | undefined> {
    try {
      return await statusOf(this.#ask());
    } catch (error) {
      // Its end is told by the link.
      if (!(error instanceof BridgeError)) throw error;
      return undefined;
    }
  }

  #ask(): Ask {
    if (this.#link !== undefined && !this.#closed) return this.#link.ask;
    const code = this.#closed ? 'BRIDGE_ERR_CLOSED' : 'BRIDGE_ERR_GONE';
    throw new BridgeError(code, { detail: 'There is no connection to wpa_supplicant.' });
  }

  /** For calls that need all to be undone that an earlier run left. */
  #callUp<T>(what: (ask: Ask) => Promise<T>): Promise<T> {
    return this.#call(async (ask) => {
      const problem = this.#recovery.problem;
      if (!this.#up && problem !== undefined) throw problem;
      return what(ask);
    });
  }

  #call<T>(what: (ask: Ask) => Promise<T>): Promise<T> {
    const result = this.#calls.then(async () => {
      try {
        return await what(this.#ask());
      } catch (error) {
        throw bridgeError(error);
      }
    });
    this.#calls = result.catch(() => {});
    return result;
  }
}

/** What else is thrown comes from the journal's file. */
function bridgeError(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  return journalProblem(error);
}

async function select(ask: Ask, network: number): Promise<void> {
  if (isOk(await ask(`SELECT_NETWORK ${network}`))) return;
  const detail = `wpa_supplicant does not select network ${network}: is it still there?`;
  throw new BridgeError('BRIDGE_ERR_REFUSED', { detail });
}

async function statusOf(ask: Ask): Promise<WpaStatus> {
  return parseStatus(await ask('STATUS'));
}
