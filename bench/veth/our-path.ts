/**
 * The whole of our Rx path in one process: packet ring, filter, the host's data ring, and a reader at CSME's end of it,
 * which looks at every 256th frame byte by byte.
 *
 * Host and CSME are the real ones, connected and at rest; their clock stands still, so that CSME reads when the bench wants
 * it to and not when the door bell, at most every 100 ms, tells it.
 */
import { Csme, profile } from '../../csme/index.ts';
import { Host } from '../../ownership/index.ts';
import {
  bytesOfBpf,
  compileBpf,
  compileFilter,
  openRxPath,
  type RxPath,
  type RxStatistics,
} from '../../rx/index.ts';
import { type FilterVerdict, RingReader, SAP_HEADER_LEN, SharedArea, VERDICT_CSME } from '../../sap/index.ts';
import { memoryPair, run, VirtualClock } from '../../transport/index.ts';
import { FILTERS } from './load.ts';
import { HOST_END } from './pair.ts';

export interface OurOptions {
  readonly interface: string;
  /** The kernel filters before the ring, too. */
  readonly preFilter: boolean;
  /** The frames that may come out, as of `wantedBytes`. */
  readonly wanted: ReadonlySet<string>;
}

export interface OurReport {
  readonly statistics: RxStatistics;
  /** Frames that were read from the data ring. */
  readonly delivered: number;
  /** So many of them were compared, */
  readonly checked: number;
  /** and so many of those were no frame that was sent for CSME. */
  readonly wrong: number;
}

const CHECK_EVERY = 256;
/** So much may lie in the data ring before CSME reads it: half of what fits. */
const READ_BEHIND = 24_000;

export class OurPath {
  #reading = true;
  readonly #host: Host;
  readonly #reader: RingReader;
  readonly #path: RxPath;
  readonly #wanted: ReadonlySet<string>;
  #unread = 0;
  #delivered = 0;
  #checked = 0;
  #wrong = 0;

  constructor({ interface: name, preFilter, wanted }: OurOptions) {
    const { host, area } = connectedHost();
    this.#host = host;
    this.#wanted = wanted;
    this.#reader = new RingReader(area, area.layout.rings.h2m.data);
    this.#path = openRxPath({
      interface: name,
      receive: (frame, start, end) => this.#receive(frame, start, end),
      batch: (deliver) => this.#batch(deliver),
      ringFull: () => host.framesDropped,
      ...(preFilter ? { filter: bytesOfBpf(compileBpf(FILTERS)) } : {}),
    });
  }

  report(): OurReport {
    return {
      statistics: this.#path.statistics(),
      delivered: this.#delivered,
      checked: this.#checked,
      wrong: this.#wrong,
    };
  }

  /** CSME reads from now on, or does not. */
  setReading(on: boolean): void {
    this.#reading = on;
    if (on) this.#read();
  }

  close(): void {
    this.#path.close();
  }

  #batch(deliver: () => void): void {
    deliver();
    // What the host wants to be done about it: nobody hears the door bell here.
    while (this.#host.poll() !== undefined);
    if (this.#reading) this.#read();
  }

  #receive(frame: Uint8Array, start: number, end: number): FilterVerdict {
    const verdict = this.#host.receive(0, frame, start, end);
    if (verdict & VERDICT_CSME && this.#reading) {
      this.#unread += end - start + SAP_HEADER_LEN;
      if (this.#unread > READ_BEHIND) this.#read();
    }
    return verdict;
  }

  #read(): void {
    this.#unread = 0;
    this.#reader.read(this.#look);
  }

  readonly #look = (bytes: Uint8Array, start: number, end: number): void => {
    if (++this.#delivered % CHECK_EVERY !== 0) return;
    this.#checked++;
    const frame = Buffer.from(bytes.subarray(start + SAP_HEADER_LEN, end)).toString('latin1');
    if (!this.#wanted.has(frame)) this.#wrong++;
  };
}

/** A host that CSME has given its filters, and the area between the two. */
function connectedHost(): { host: Host; area: SharedArea } {
  const clock = new VirtualClock();
  let memory: ArrayBufferLike | undefined;
  const allocate = (size: number) => {
    memory = new ArrayBuffer(size);
    return memory;
  };
  const pair = memoryPair({ clock, allocate });
  const host = new Host({ compileFilter });
  run(new Csme({ profile: profile({ filters: FILTERS }) }), pair.csme, clock);
  const runner = run(host, pair.host, clock);
  void runner.call('register', {});
  void runner.call('set_netdev', { dev: HOST_END });
  pair.plug();
  clock.advanceTo(clock.now() + 1000);
  const area = memory && SharedArea.adopt(memory);
  if (!(area instanceof SharedArea) || host.state.filters === null)
    throw new Error('The host did not come up.');
  return { host, area };
}
