/** A MEI device in this process whose LME serves ports with streams: nothing of it is a kernel's, nothing else is played. */

import type { Duplex } from 'node:stream';
import { connectedPair } from '../../../amt/lms/pair.ts';
import { type FirmwareInput, type FirmwareOutput, FirmwareSession } from '../../../amt/protocol/index.ts';
import type { MeClient, MeLink } from '../../../csme/mei/index.ts';
import { MEI_CLIENTS } from '../../../transport/index.ts';
import { MeiDriver } from '../../transport/mei/support/driver.ts';

export const PATH = '/dev/mei0';

/** Serves one connection to a port of the firmware. */
export type Serve = (stream: Duplex, port: number) => void;

export interface FirmwareOptions {
  /** Ports that it asks for. */
  readonly ports: readonly number[];
  readonly serve?: Serve;
  /** Connections at a time; more are denied. */
  readonly pool?: number;
  /** Denies every connection for this reason. */
  readonly deny?: number;
  readonly maxMessageLength?: number;
}

export class TestFirmware {
  readonly driver: MeiDriver;
  /** What came of its session, without what carries bytes. */
  readonly outputs: FirmwareOutput[] = [];
  /** Connections to services of the host that it was given, and what came over them. */
  readonly reached: number[] = [];
  received: Buffer = Buffer.alloc(0);
  /** Connections that were open at the same time, at most. */
  mostOpen = 0;
  readonly #options: FirmwareOptions;
  readonly #streams = new Map<number, Duplex>();
  readonly #watchers = new Set<() => void>();
  #session = new FirmwareSession();
  #link: MeLink | undefined;
  #busy = false;
  readonly #inputs: FirmwareInput[] = [];

  constructor(options: FirmwareOptions) {
    this.#options = options;
    this.driver = new MeiDriver({ clients: [this.client()] });
  }

  /** Connections that are open. */
  get open(): number {
    return this.#streams.size;
  }

  client(): MeClient {
    const { maxMessageLength = 4096 } = this.#options;
    return {
      name: 'LME',
      guid: MEI_CLIENTS.LME.guid,
      protocolVersion: 1,
      maxMessageLength,
      maxConnections: 1,
      accept: (link) => {
        this.#link = link;
        this.#session = new FirmwareSession();
        // From outside of `accept`: what it sends is sent when the connection stands.
        setImmediate(() => {
          if (this.#link !== link) return;
          this.feed({ type: 'connected', maxMessageLength });
          for (const port of this.#options.ports) this.feed({ type: 'forward', address: '', port });
        });
        return {
          onMessage: (bytes) => this.feed({ type: 'message', bytes }),
          onClose: () => {
            this.#link = undefined;
            this.feed({ type: 'lost' });
          },
        };
      },
    };
  }

  feed(input: FirmwareInput): void {
    this.#inputs.push(input);
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) {
      this.#session.handle(this.#link?.nowMs ?? 0, next);
      for (let out = this.#session.poll(); out !== undefined; out = this.#session.poll()) this.#perform(out);
    }
    this.#busy = false;
    for (const look of this.#watchers) look();
    // What the link was told outside of a call of the device is taken up by the next one.
    setImmediate(() => this.driver.advance(0));
  }

  /** Resolves when the condition holds; looked at whenever something has happened in the session. */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  #perform(output: FirmwareOutput): void {
    if (output.type === 'send') return this.#link?.send(output.bytes);
    if (output.type === 'data') {
      const { connection, bytes } = output;
      if (this.reached.includes(connection)) return this.#receive(connection, bytes);
      this.#streams.get(connection)?.write(bytes, (error) => {
        if (!error) this.feed({ type: 'taken', connection, byteCount: bytes.length });
      });
      return;
    }
    this.outputs.push(output);
    switch (output.type) {
      case 'disconnect':
        return this.#link?.disconnect();
      case 'opened':
        return this.#open(output.connection, output.port);
      case 'reached':
        if (output.connection !== undefined) this.reached.push(output.connection);
        return;
      case 'pause':
        return void this.#streams.get(output.connection)?.pause();
      case 'resume':
        return void this.#streams.get(output.connection)?.resume();
      case 'closed': {
        const stream = this.#streams.get(output.connection);
        this.#streams.delete(output.connection);
        stream?.end(() => stream.destroy());
        return;
      }
    }
  }

  #receive(connection: number, bytes: Uint8Array): void {
    this.received = Buffer.concat([this.received, bytes]);
    this.feed({ type: 'taken', connection, byteCount: bytes.length });
  }

  #open(connection: number, port: number): void {
    const { serve = echo, pool = 8, deny } = this.#options;
    const reason = this.#streams.size < pool ? deny : 4;
    if (reason !== undefined) return this.feed({ type: 'denied', connection, reason });
    const [ours, theirs] = connectedPair();
    for (const stream of [ours, theirs]) stream.on('error', () => {});
    this.#streams.set(connection, ours);
    this.mostOpen = Math.max(this.mostOpen, this.#streams.size);
    ours.on('data', (bytes: Uint8Array) => this.feed({ type: 'data', connection, bytes }));
    ours.on('end', () => this.feed({ type: 'end', connection }));
    this.feed({ type: 'accepted', connection });
    serve(theirs, port);
  }
}

export const echo: Serve = (stream) => void stream.pipe(stream);

/** Echoes a line, and ends. */
export const echoLine: Serve = (stream) => {
  stream.on('data', (bytes: Uint8Array) => {
    stream.write(bytes);
    if (bytes.at(-1) === NEWLINE) stream.end();
  });
};

const NEWLINE = 10;
