/** A network interface in the place of the card: its frames to the host, CSME's frames to it, consumed frames kept from the stack. */
import { type ExecFileException, execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  bytesOfBpf,
  compileBpf,
  consumeCommands,
  openRxPath,
  type RxPath,
  unconsumeCommands,
} from '../../rx/index.ts';
import type { OobFilters } from '../../sap/index.ts';
import type { Station } from '../live/station.ts';

export class Card {
  readonly #name: string;
  readonly #path: RxPath;
  readonly #onProblem: (text: string) => void;
  /** Of tc, one after the other. */
  #work: Promise<void> = Promise.resolve();
  #consumes = false;

  /** Throws a NativeError. */
  constructor(name: string, station: Station, onProblem: (text: string) => void) {
    this.#name = name;
    this.#onProblem = onProblem;
    this.#path = openRxPath({
      interface: name,
      receive: (frame, start, end) => station.fromAir(frame, start, end),
      copy: (frame, start, end) => station.copyToCsme(frame, start, end),
      ringFull: () => station.host.framesDropped,
      filter: program(null),
    });
  }

  /** Out to the air. */
  transmit(frame: Uint8Array): void {
    this.#path.transmit(frame);
  }

  /** CSME wants other frames; null: none. */
  want(filters: OobFilters | null): void {
    this.#path.attach(program(filters));
    if (filters !== null) this.#run(consumeCommands(this.#name, filters));
    else if (this.#consumes) this.#run(unconsumeCommands(this.#name));
    this.#consumes = filters !== null;
  }

  async close(): Promise<void> {
    this.want(null);
    this.#path.close();
    await this.#work;
  }

  #run(commands: readonly (readonly string[])[]): void {
    this.#work = this.#work.then(async () => {
      for (const [name = '', ...args] of commands) {
        try {
          await promisify(execFile)(name, args);
        } catch (error) {
          const { code, stderr } = error as ExecFileException;
          const said = code === 'ENOENT' ? 'it is not on the PATH (Debian: iproute2).' : stderr?.trim();
          return this.#onProblem(`${name}: ${said} The host's stack gets frames that are CSME's alone.`);
        }
      }
    });
  }
}

/** What enters the packet ring: what CSME wants, and what the host's DHCP client sends. */
function program(filters: OobFilters | null): Uint8Array {
  return bytesOfBpf(compileBpf(filters ?? undefined, { answer: 'ring' }));
}
