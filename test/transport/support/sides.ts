/** Ends of this thread and of a worker, as the contract suite wants them. */
import type { Worker } from 'node:worker_threads';
import {
  layoutOfSize,
  type Queue,
  RingReader,
  RingWriter,
  SapError,
  SharedArea,
} from '../../../sap/index.ts';
import type { End } from '../../../transport/index.ts';
import type { Side } from '../../contract/transport.ts';

/** Events in the order in which they came, and whoever waits for the next. */
class Inbox<Event> {
  readonly unseen: Event[] = [];
  readonly #waiting: ((event: Event) => void)[] = [];

  add(event: Event): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.unseen.push(event);
    else waiting(event);
  }

  next(): Promise<Event> {
    if (this.unseen.length > 0) return Promise.resolve(this.unseen.shift()!);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

export class LocalSide<Request, Event extends { type: string }> implements Side<Request, Event> {
  readonly #end: End<Request, Event>;
  readonly #inbox = new Inbox<Event>();
  readonly #pump: () => void;
  #area: SharedArea | undefined;

  /** `pump` moves a virtual clock on; nothing to do for a real one. */
  constructor(end: End<Request, Event>, pump: () => void = () => {}) {
    this.#end = end;
    this.#pump = pump;
    end.onEvent = (event) => {
      const { memory } = event as { memory?: ArrayBufferLike };
      if (memory !== undefined) this.#area = areaOf(memory);
      this.#inbox.add(event);
    };
  }

  get unseen(): readonly Event[] {
    return this.#inbox.unseen;
  }

  async perform(request: Request): Promise<number> {
    return this.#end.perform(request);
  }

  next(): Promise<Event> {
    this.#pump();
    return this.#inbox.next();
  }

  async close(): Promise<void> {
    this.#end.close();
  }

  async write(queue: Queue, message: Uint8Array): Promise<string | undefined> {
    const dir = this.#end.side === 'host' ? 'h2m' : 'm2h';
    return new RingWriter(this.#area!, this.#area!.layout.rings[dir][queue]).write(message)?.code;
  }

  async read(queue: Queue): Promise<Uint8Array[]> {
    const dir = this.#end.side === 'host' ? 'm2h' : 'h2m';
    const messages: Uint8Array[] = [];
    const reader = new RingReader(this.#area!, this.#area!.layout.rings[dir][queue]);
    const { error } = reader.read((bytes, start, end) =>
      messages.push(new Uint8Array(bytes.subarray(start, end))),
    );
    if (error !== undefined) throw error;
    return messages;
  }

  async initialise(): Promise<void> {
    this.#area!.initialise();
  }
}

/** The other thread's end, which `relay.mjs` works for us. */
export class RemoteSide<Request, Event> implements Side<Request, Event> {
  readonly #worker: Worker;
  readonly #inbox = new Inbox<Event>();
  readonly #answers = new Map<number, (result: never) => void>();
  #id = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (message: { event?: Event; id: number; result: never }) => {
      if (message.event !== undefined) this.#inbox.add(message.event);
      else this.#answers.get(message.id)?.(message.result);
    });
  }

  get unseen(): readonly Event[] {
    return this.#inbox.unseen;
  }

  perform(request: Request): Promise<number> {
    return this.call('perform', request);
  }

  next(): Promise<Event> {
    return this.#inbox.next();
  }

  close(): Promise<void> {
    return this.call('close');
  }

  write(queue: Queue, message: Uint8Array): Promise<string | undefined> {
    return this.call('write', queue, message);
  }

  read(queue: Queue): Promise<Uint8Array[]> {
    return this.call('read', queue);
  }

  initialise(): Promise<void> {
    return this.call('initialise');
  }

  /** Has the relay do something and gives its result. */
  call<Result>(op: string, ...args: unknown[]): Promise<Result> {
    const id = ++this.#id;
    return new Promise<Result>((resolve) => {
      this.#answers.set(id, resolve as (result: never) => void);
      this.#worker.postMessage({ id, op, args });
    });
  }
}

export function areaOf(memory: ArrayBufferLike): SharedArea {
  const layout = layoutOfSize(memory.byteLength);
  if (layout instanceof SapError) throw layout;
  return new SharedArea(memory, layout);
}

/** Resolves after everything that was due when it was called. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
