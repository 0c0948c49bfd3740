/** The process of one side, as the coordinator has it. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { builtModule, type RecordedEvent } from '../../../transport/index.ts';
import { Broken, within } from './broken.ts';
import type { Census } from './census.ts';
import type { Order, Report, Snapshot } from './protocol.ts';

const EVENTS_MOST = 150;

export class SideProcess {
  /** What was recorded of it, the last of it. */
  readonly events: RecordedEvent[] = [];
  /** What it said must not be. */
  wrong: string | undefined;
  /** Its census when it had loaded everything. */
  readonly ready: Promise<Census>;
  /** How it ended, in words: `SIGKILL`, or its status and what it said on stderr. */
  readonly end: Promise<string>;
  gone = false;
  onEvent: () => void = () => {};
  readonly #child: ChildProcess;
  readonly #asked = new Map<number, { resolve: (s: Snapshot) => void; reject: (e: Broken) => void }>();
  #id = 0;

  constructor() {
    const child = fork(fileURLToPath(builtModule(new URL('./side.ts', import.meta.url))), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    });
    this.#child = child;
    let said = '';
    child.stderr?.on('data', (text: Buffer) => {
      said += text;
    });
    this.end = new Promise((resolve) => {
      child.on('close', (code, signal) => {
        this.gone = true;
        const how = signal ?? `status ${code}: ${said}`;
        for (const { reject } of this.#asked.values()) reject(new Broken(`a process has ended (${how})`));
        this.#asked.clear();
        resolve(how);
      });
    });
    this.ready = new Promise((resolve) => {
      child.on('message', (message: Report) => {
        if (message.type === 'ready') resolve(message.census);
        else this.#on(message);
      });
    });
    // That an order cannot be sent any more shows in the end of the process.
    child.on('error', () => {});
  }

  send(order: Order): void {
    this.#post(0, order);
  }

  /** Sends an order that is answered. Rejects with Broken when the process ends first, or takes too long. */
  ask(order: Order): Promise<Snapshot> {
    const id = ++this.#id;
    const answer = new Promise<Snapshot>((resolve, reject) => this.#asked.set(id, { resolve, reject }));
    this.#post(id, order);
    return within(answer, `the answer to ${order.type}`);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#child.kill('SIGCONT');
  }

  #post(id: number, order: Order): void {
    if (this.#child.connected) this.#child.send({ id, order });
  }

  #on(message: Exclude<Report, { type: 'ready' }>): void {
    switch (message.type) {
      case 'done':
        this.#asked.get(message.id)?.resolve(message.snapshot);
        this.#asked.delete(message.id);
        return;
      case 'wrong':
        this.wrong ??= message.what;
        return;
      case 'event':
        if (this.events.length >= 2 * EVENTS_MOST) this.events.splice(0, EVENTS_MOST);
        this.events.push(message.event);
        this.onEvent();
    }
  }
}

/** Processes started ahead: the start of one takes longer than most of what is done with it. */
export class Nursery {
  readonly #spare: SideProcess[] = [];
  readonly #all = new Set<SideProcess>();
  /** One that is stopped would not see that the coordinator is gone. */
  readonly #killAll = (): void => {
    for (const side of this.#all) side.kill();
  };

  constructor() {
    process.once('exit', this.#killAll);
  }

  /** One that has loaded everything. */
  async take(): Promise<SideProcess> {
    while (this.#spare.length <= SPARE) this.#spare.push(this.#start());
    const side = this.#spare.shift()!;
    const failed = side.end.then((how) => Promise.reject(new Broken(`a process does not start (${how})`)));
    await within(Promise.race([side.ready, failed]), 'the start of a process');
    return side;
  }

  /** Kills all that there are. */
  async close(): Promise<void> {
    process.off('exit', this.#killAll);
    this.#killAll();
    await Promise.all([...this.#all].map(({ end }) => within(end, 'the end of a process')));
  }

  #start(): SideProcess {
    const side = new SideProcess();
    this.#all.add(side);
    side.end.then(() => this.#all.delete(side));
    return side;
  }
}

const SPARE = 2;
