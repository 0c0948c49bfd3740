/**
 * The whole path from a remote machine to the AMT of this one: a veth pair as the air, the packet ring of `wlan0`, our
 * host, the data rings in shared memory, the emulated CSME in a thread of its own, a TAP interface, kernel TCP, the web
 * service. Only to be made in a network namespace of its own (`spawnInNamespace`).
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { amtFilters, profile, WITHOUT_PINGS } from '../../csme/index.ts';
import { type Credentials, ip } from '../../csme/network/index.ts';
import type { HostInput, HostOutput } from '../../ownership/index.ts';
import { Host } from '../../ownership/index.ts';
import {
  bytesOfBpf,
  compileBpf,
  compileFilter,
  openRxPath,
  type RxPath,
  type RxStatistics,
} from '../../rx/index.ts';
import { formatMac } from '../../sap/index.ts';
import {
  builtModule,
  type Runner,
  run,
  type Spawned,
  spawnWorkerCsme,
  systemClock,
} from '../../transport/index.ts';
import type { CsmeThreadInput, CsmeThreadReport } from './csme-thread.ts';
import type { Done } from './remote-thread.ts';

export interface WorldOptions {
  readonly pages?: ReadonlyMap<string, Uint8Array>;
}

const WLAN = 'wlan0';
const NETWORK = { prefixLength: 24, amt: 0xc0000214, remote: 0xc0000264, mac: 0x02_00_5e_00_53_10 } as const;
export const CREDENTIALS: Credentials = { user: 'admin', password: 'Bench-4711!' };
export const ORIGIN = 'http://192.0.2.20:16992';

export class World {
  readonly host: Host;
  readonly path: RxPath;
  readonly #runner: Runner<HostInput, HostOutput>;
  readonly #csme: Spawned;
  readonly #remote: Worker;
  #tasks = 0;

  private constructor(
    host: Host,
    path: RxPath,
    runner: Runner<HostInput, HostOutput>,
    csme: Spawned,
    remote: Worker,
  ) {
    this.host = host;
    this.path = path;
    this.#runner = runner;
    this.#csme = csme;
    this.#remote = remote;
  }

  /** Everything is up: the host owns the card, is on an access point, and has CSME's filters. */
  static async open({ pages }: WorldOptions = {}): Promise<World> {
    const { amt, mac, prefixLength, remote: ipv4 } = NETWORK;
    const remote = new Worker(builtModule(new URL('./remote-thread.ts', import.meta.url)), {
      workerData: { wlan: WLAN, pid: process.pid, ipv4, prefixLength },
    });
    await once(remote, 'message');
    await ip([
      'link set lo up',
      `link set ${WLAN} address ${formatMac(mac)} addrgenmode none`,
      `link set ${WLAN} up`,
    ]);

    const filters = amtFilters(amt);
    const input: CsmeThreadInput = {
      profile: profile(WITHOUT_PINGS, { owner: 'host', filters }),
      network: { mac, ipv4: amt, prefixLength, credentials: CREDENTIALS, ...(pages && { pages }) },
    };
    const end = spawnWorkerCsme(new URL('./csme-thread.ts', import.meta.url), input);
    const ready = once(end.worker, 'message');
    const host = new Host({ compileFilter });
    let heard: () => void;
    const listening = new Promise<void>((resolve) => {
      heard = resolve;
    });
    const runner = run(host, end, systemClock, {
      on(output) {
        if (output.type === 'transmit') path.transmit(output.frame);
        if (output.type !== 'filters') return;
        path.attach(bytesOfBpf(compileBpf(output.filters ?? undefined, { answer: 'ring' })));
        // CSME_FILTERS is the last of its introduction.
        heard();
      },
    });
    const path = openRxPath({
      interface: WLAN,
      receive: (frame, start, end) => host.receive(now, frame, start, end),
      copy: (frame, start, end) => host.copyToCsme(now, frame, start, end),
      batch: (deliver) =>
        runner.turn((nowMs) => {
          now = nowMs;
          host.burst(deliver);
        }),
      ringFull: () => host.framesDropped,
    });
    let now = 0;
    await ready;
    await runner.call('register', {});
    await runner.call('set_netdev', { dev: WLAN });
    await listening;
    return new World(host, path, runner, end, remote);
  }

  /** Runs a program on the remote machine. */
  async run(command: string, args: readonly string[]): Promise<Done> {
    const id = ++this.#tasks;
    this.#remote.postMessage({ id, command, args });
    for (;;) {
      const [done] = (await once(this.#remote, 'message')) as [Done];
      if (done.id === id) return done;
    }
  }

  async csme(): Promise<CsmeThreadReport> {
    this.#csme.worker.postMessage('report');
    const [report] = (await once(this.#csme.worker, 'message')) as [CsmeThreadReport];
    return report;
  }

  statistics(): RxStatistics {
    return this.path.statistics();
  }

  async close(): Promise<void> {
    this.path.close();
    this.#runner.stop();
    await Promise.all([this.#csme.terminate(), this.#remote.terminate()]);
  }
}
