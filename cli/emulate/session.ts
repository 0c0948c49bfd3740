/** The emulated CSME in a thread of its own, with what happens there told to a journal. */
import { Worker } from 'node:worker_threads';
import { builtModule, systemClock, type Timer } from '../../transport/index.ts';
import type { FirmwareInput, FromFirmware, ToFirmware } from '../live/firmware.ts';
import type { Journal } from '../live/journal.ts';
import type { Timed } from './commands.ts';
import { amtText, meiText, tellText, watchdogText } from './tell-text.ts';

interface EmulationOptions extends FirmwareInput {
  readonly serve: NonNullable<FirmwareInput['serve']>;
  readonly timed: readonly Timed[];
}

export class Emulation {
  readonly #worker: Worker;
  readonly #journal: Journal;
  readonly #options: EmulationOptions;
  /** Resolves when the thread has ended, with why if nobody asked it to. */
  readonly ended: Promise<string | undefined>;
  #opened: (problem: string | undefined) => void = () => {};
  #timers: Timer[] = [];
  #closing = false;

  constructor(options: EmulationOptions, journal: Journal) {
    this.#options = options;
    this.#journal = journal;
    const { timed: _, ...input } = options;
    const entry = builtModule(new URL('../live/firmware.ts', import.meta.url));
    this.#worker = new Worker(entry, { workerData: input satisfies FirmwareInput });
    this.#worker.on('message', (message: FromFirmware) => this.#hear(message));
    this.ended = new Promise((resolve) => {
      let why: string | undefined;
      this.#worker.on('error', (error: Error) => {
        why = error.message;
      });
      this.#worker.on('exit', (status) => {
        const reason = why ?? `its thread ended with status ${status}`;
        this.#opened(reason);
        resolve(this.#closing ? undefined : reason);
      });
    });
  }

  /** Listens; why it cannot, or undefined. */
  open(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#opened = resolve;
    });
  }

  send(command: ToFirmware): void {
    this.#worker.postMessage(command);
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#forgetTimers();
    this.send({ type: 'close' });
    const late = setTimeout(() => void this.#worker.terminate(), PATIENCE_MS);
    await this.ended;
    clearTimeout(late);
  }

  #hear(message: FromFirmware): void {
    switch (message.type) {
      case 'ready':
        if (this.#options.serve.socket === undefined) this.#startTimers();
        else this.send({ type: 'plug' });
        return this.#opened(undefined);
      case 'failed':
        this.#closing = true;
        return this.#opened(message.text);
      case 'closed':
        void this.#worker.terminate();
        return;
      case 'event':
        return this.#journal.add(message.event);
      case 'tell':
        if (message.tell.name === 'hostUp') this.#startTimers();
        return this.#journal.say(`CSME: ${tellText(message.tell)}.`);
      case 'amt':
        return this.#journal.say(`AMT: ${amtText(message.change)}.`);
      case 'mei':
        return this.#journal.say(`MEI: ${meiText(message.tell)}.`);
      case 'watchdog':
        return this.#journal.say(`Watchdog: ${watchdogText(message.event)}.`);
      case 'deviceGone': {
        this.#journal.say('The device file is gone.');
        // Without it there is no way to this CSME.
        if (this.#options.serve.socket === undefined) void this.close();
        return;
      }
      case 'note':
        return this.#journal.say(message.text);
      case 'problem':
        return this.#journal.problem(message.text);
    }
  }

  #startTimers(): void {
    this.#forgetTimers();
    const from = systemClock.now();
    this.#timers = this.#options.timed.map(({ atMs, text, command }) =>
      systemClock.schedule(from + atMs, () => {
        this.#journal.say(`> ${text}`);
        this.send(command);
      }),
    );
  }

  #forgetTimers(): void {
    for (const timer of this.#timers) systemClock.cancel(timer);
    this.#timers = [];
  }
}

/** So long closing may take. */
const PATIENCE_MS = 2000;
