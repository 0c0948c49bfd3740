/**
 * What the demo has of a real network: the card's interface `wlan0`, here one end of a veth pair with a packet ring on
 * it, and the remote console at the other end. All of it lies in namespaces of the demo's own.
 */
import { type ExecFileException, execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { AMT_HTTP, type Credentials, ip, ipProblem, NetworkError } from '../../csme/network/index.ts';
import { NativeError, namespaceProblem, native, nativeProblem } from '../../native/index.ts';
import { consumeCommands, openRxPath, type RxPath, type RxStatistics } from '../../rx/index.ts';
import { type FilterVerdict, formatIpv4, formatMac, type OobFilters, VERDICT_HOST } from '../../sap/index.ts';
import { builtModule } from '../../transport/index.ts';
import type { ConsoleInput, ConsoleReport, FromConsole, ToConsole } from './console.ts';
import type { Scene } from './scene.ts';

export interface LabOptions {
  readonly scene: Scene;
  readonly credentials: Credentials;
  /** A frame came in from the air, valid during the call. Says who gets it. */
  readonly onFrame: (frame: Uint8Array, start: number, end: number) => FilterVerdict;
  /** How many frames CSME's ring had no room for. */
  readonly ringFull: () => number;
  /** The console has read a page; `pages` so far. */
  readonly onPage: (pages: number) => void;
  /** The console has ended its session. */
  readonly onReport: (report: ConsoleReport) => void;
  readonly onFailed: (error: Error) => void;
}

const WLAN = 'wlan0';

/** Why there can be no real network here: a sentence, with the cure. */
export function labProblem(): string | undefined {
  return nativeProblem() ?? namespaceProblem() ?? ipProblem();
}

/** The same for what only shows when it is tried, in a network namespace of the demo's own: TAP, packet rings, veth. */
export async function labRefusal(): Promise<string | undefined> {
  try {
    const calls = native();
    calls.close(calls.tapOpen('try0'));
    openRxPath({ interface: 'lo', receive: () => VERDICT_HOST }).close();
    await ip([`link add ${WLAN} type veth peer name try0`, `link delete ${WLAN}`]);
    return undefined;
  } catch (error) {
    if (error instanceof NativeError || error instanceof NetworkError) return error.message;
    throw error;
  }
}

export class Lab {
  readonly #options: LabOptions;
  #console: Worker | undefined;
  #path: RxPath | undefined;
  #ready: (() => void) | undefined;

  constructor(options: LabOptions) {
    this.#options = options;
  }

  /** Everything is there, and nothing runs yet. Only to be called in a network namespace of the demo's own. */
  async open(): Promise<void> {
    const { scene, credentials, onFrame, ringFull } = this.#options;
    const input: ConsoleInput = {
      pid: process.pid,
      wlan: WLAN,
      ipv4: scene.console.ipv4,
      prefixLength: scene.prefixLength,
      amt: { ipv4: scene.ipv4, port: AMT_HTTP, path: '/index.htm' },
      credentials,
    };
    const worker = new Worker(builtModule(new URL('./console.ts', import.meta.url)), { workerData: input });
    this.#console = worker;
    const { onFailed } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#ready = resolve;
      const failed = (error: Error) => {
        reject(error);
        onFailed(error);
      };
      worker.on('error', failed);
      worker.on('message', (message: FromConsole) => this.#hear(message));
    });
    await ip([
      'link set lo up',
      `link set ${WLAN} address ${formatMac(scene.mac)} addrgenmode none`,
      `link set ${WLAN} up`,
    ]);
    this.#path = openRxPath({ interface: WLAN, receive: onFrame, ringFull });
  }

  /** The console begins its session with port 16992. */
  startSession(): void {
    this.#post({ type: 'start' });
  }

  /** The console ends its session when it has the page that it reads; then comes its report. */
  endSession(): void {
    this.#post({ type: 'stop' });
  }

  /** Out to the air. */
  transmit(frame: Uint8Array): void {
    this.#path?.transmit(frame);
  }

  /**
   * The host's own stack takes the address of the card, which CSME has as well; frames that CSME alone gets are kept
   * from it. Throws an Error with what tc or ip said.
   */
  async hostJoins(filters: OobFilters): Promise<void> {
    const { ipv4, prefixLength } = this.#options.scene;
    for (const [program = '', ...args] of consumeCommands(WLAN, filters)) {
      await promisify(execFile)(program, args).catch((error: ExecFileException) => {
        const said =
          error.code === 'ENOENT' ? 'it is not on the PATH (Debian: iproute2).' : error.stderr?.trim();
        throw new Error(`${program}: ${said}`);
      });
    }
    await ip([`addr add ${formatIpv4(ipv4)}/${prefixLength} dev ${WLAN}`]);
  }

  /** TCP segments that the host's own stack has got. Nothing but the console speaks TCP here. */
  hostSegments(): number {
    const [names, counts] = readFileSync('/proc/net/snmp', 'utf8').match(/^Tcp:.*$/gm) ?? [];
    const at = names?.split(' ').indexOf('InSegs') ?? -1;
    return Number(counts?.split(' ')[at]);
  }

  /** What went through the packet ring of the card's interface. */
  statistics(): RxStatistics | undefined {
    return this.#path?.statistics();
  }

  async close(): Promise<void> {
    this.#path?.close();
    await this.#console?.terminate();
  }

  #hear(message: FromConsole): void {
    switch (message.type) {
      case 'ready':
        return this.#ready?.();
      case 'page':
        return this.#options.onPage(message.pages);
      case 'failed':
        return this.#options.onFailed(new Error(`The remote session broke: ${message.text}.`));
      case 'report':
        return this.#options.onReport(message.report);
    }
  }

  #post(message: ToConsole): void {
    this.#console?.postMessage(message);
  }
}
