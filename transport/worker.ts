/**
 * `worker:`: the two ends in two threads. Frames go over a MessagePort, the shared area is a SharedArrayBuffer that
 * both threads read and write at the same time.
 */
import { MessageChannel, type MessagePort, Worker, workerData } from 'node:worker_threads';
import { builtModule } from './built.ts';
import type { CsmePlug, HostEnd } from './contract.ts';
import { CsmeLinkEnd } from './csme-end.ts';
import { TransportError } from './errors.ts';
import { type Allocate, HostLinkEnd } from './host-end.ts';
import type { CsmeFrame, HostFrame, Wire } from './wire.ts';

export interface WorkerOptions {
  /** The worker ended with an exception; the end gets `lost` as well. Without it the error is dropped. */
  readonly onError?: (error: TransportError) => void;
  /** Ports and buffers in `input` that move to the worker. */
  readonly transferList?: readonly (ArrayBuffer | MessagePort)[];
}

/** What a spawned end has besides: its thread. */
export interface Spawned {
  readonly worker: Worker;
  /** Ends the thread at once, whatever it does; the end gets `lost` if it is not closed. */
  terminate(): Promise<void>;
}

/**
 * Starts a worker that is the firmware's side: `entry` is a module that calls `workerCsmeEnd()`, as `.js`, or as `.ts`
 * of this repository, whose compiled form is taken. The worker gets `input` from `workerInput()`.
 */
export function spawnWorkerCsme(entry: URL, input?: unknown, options: WorkerOptions = {}): HostEnd & Spawned {
  const { worker, wire } = spawn<HostFrame, CsmeFrame>(entry, 'csme', input, options);
  return withWorker(new HostLinkEnd(workerName(entry, 'csme'), wire, allocateShared), worker);
}

/** The other way round: a worker that is the host's side and calls `workerHostEnd()`. */
export function spawnWorkerHost(
  entry: URL,
  input?: unknown,
  options: WorkerOptions = {},
): CsmePlug & Spawned {
  const { worker, wire } = spawn<CsmeFrame, HostFrame>(entry, 'host', input, options);
  return withWorker(new CsmeLinkEnd(workerName(entry, 'host'), wire), worker);
}

/** In a worker that `spawnWorkerCsme` started: the firmware's end. Not plugged yet. Call it once. */
export function workerCsmeEnd(): CsmePlug {
  return new CsmeLinkEnd('worker:', new PortWire(bootData('csme').port));
}

/** In a worker that `spawnWorkerHost` started: the host's end. Call it once. */
export function workerHostEnd(): HostEnd {
  return new HostLinkEnd('worker:', new PortWire(bootData('host').port), allocateShared);
}

/** In a worker that a transport started: the `input` that it was given. */
export function workerInput(): unknown {
  return bootData(undefined).input;
}

type Role = 'host' | 'csme';

interface Boot {
  readonly role: Role;
  readonly port: MessagePort;
  readonly input: unknown;
}

const allocateShared: Allocate = (size) => new SharedArrayBuffer(size);

function spawn<Outgoing, Incoming>(
  entry: URL,
  role: Role,
  input: unknown,
  options: WorkerOptions,
): { worker: Worker; wire: PortWire<Outgoing, Incoming> } {
  const { port1, port2 } = new MessageChannel();
  const boot: Boot = { role, port: port2, input };
  const worker = new Worker(builtModule(entry), {
    workerData: { sapwood: boot },
    transferList: [port2, ...(options.transferList ?? [])],
  });
  const wire = new PortWire<Outgoing, Incoming>(port1);
  worker.on('error', (cause) => {
    const detail = cause instanceof Error ? cause.message : String(cause);
    options.onError?.(new TransportError('TRANSPORT_ERR_WORKER', { detail, cause }));
  });
  return { worker, wire };
}

function withWorker<E extends object>(end: E, worker: Worker): E & Spawned {
  return Object.assign(end, {
    worker,
    async terminate() {
      await worker.terminate();
    },
  });
}

function workerName(entry: URL, role: Role): string {
  return role === 'csme' ? `worker:${entry.href}` : `worker:[role=host]${entry.href}`;
}

function bootData(role: Role | undefined): Boot {
  const boot = (workerData as { sapwood?: Boot } | null)?.sapwood;
  if (boot === undefined || (role !== undefined && boot.role !== role)) {
    throw new TransportError('TRANSPORT_ERR_NOT_IN_WORKER', {
      detail:
        boot === undefined ? 'This thread was not.' : `This one was started as the ${boot.role}'s side.`,
    });
  }
  return boot;
}

class PortWire<Outgoing, Incoming> implements Wire<Outgoing, Incoming> {
  onFrame: (frame: Incoming) => void = () => {};
  onGone: () => void = () => {};
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    this.#port = port;
    // The end sets the handlers in this same turn, and no message is delivered before the next.
    port.on('message', (frame: Incoming) => this.onFrame(frame));
    // A thread that dies, however early, closes its port; what it had posted has been delivered by then.
    port.on('close', () => this.onGone());
  }

  post(frame: Outgoing): void {
    this.#port.postMessage(frame);
  }

  /** A microtask: soon enough that no answer of the other thread comes before it. */
  defer(task: () => void): void {
    queueMicrotask(task);
  }

  close(): void {
    this.#port.close();
  }
}
