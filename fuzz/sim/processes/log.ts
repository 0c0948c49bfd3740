/** What the processes of both sides have: a recording that the coordinator gets, numbers that were heard, complaints. */
import type { SapError } from '../../../sap/index.ts';
import {
  type Clock,
  type RecordedEvent,
  type Recording,
  systemClock,
  type TransportError,
} from '../../../transport/index.ts';
import { census } from './census.ts';
import type { CommonSnapshot, Order, Point, Report, Snapshot } from './protocol.ts';
import { Numbers, seqNumOf, type Watched } from './watched.ts';

export interface Side {
  /** An order that nothing is answered to. */
  order(order: Order): void;
  snapshot(): Snapshot;
  armed: Point | undefined;
  stop(): void;
}

/** A side whose peer is killed sees that it is gone, and nobody where it was; anything else is a defect. */
const EXPECTED: ReadonlySet<string> = new Set(['TRANSPORT_ERR_CLOSED', 'TRANSPORT_ERR_NOBODY']);

/** Of one epoch for all processes, so that what they saw can be put side by side. */
export const wallClock: Clock = {
  now: () => performance.timeOrigin + systemClock.now(),
  schedule: (atMs, task) => systemClock.schedule(atMs - performance.timeOrigin, task),
  cancel: (timer) => systemClock.cancel(timer),
};

export function report(message: Report): void {
  if (process.connected) process.send?.(message);
}

export function wrong(what: string): void {
  report({ type: 'wrong', what });
}

export function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export class Log {
  readonly sap = new Numbers();
  ringFull = false;
  recording: Recording | undefined;
  readonly #heardDir: 'h2m' | 'm2h';

  constructor(heardDir: 'h2m' | 'm2h') {
    this.#heardDir = heardDir;
  }

  readonly sink = (event: RecordedEvent): void => {
    if ((event.ch === 'notif' || event.ch === 'data') && event.dir === this.#heardDir)
      this.sap.hear(seqNumOf(event.bytes));
    report({ type: 'event', event });
  };

  note(text: string): void {
    this.recording?.write({ ch: 'note', text });
  }

  problem(error: SapError): void {
    if (error.code === 'SAP_ERR_RING_FULL') this.ringFull = true;
    this.note(error.message);
  }

  newArea(): void {
    this.sap.clear();
    this.ringFull = false;
  }
}

export function hooks(log: Log, onDrained: (inputs: readonly string[]) => void) {
  return {
    onPoint: (point: string) => {
      report({
        type: 'event',
        event: { ch: 'note', t: wallClock.now() / 1000, text: `dies ${point}` },
      });
      process.kill(process.pid, 'SIGKILL');
    },
    onDrained,
    onArea: () => log.newArea(),
  };
}

export function onProblem(log: Log): (error: TransportError) => void {
  return (error) => {
    log.note(`${error.code}: ${error.message}`);
    if (!EXPECTED.has(error.code)) wrong(`${error.code}: ${error.message}`);
  };
}

/** What both sides say of themselves; `sapSent`: number of the last SAP message that was written. */
export function commonSnapshot(
  watched: Pick<Watched<never, never>, 'turns' | 'ringsEmpty' | 'meSent' | 'me'>,
  log: Log,
  sapSent: number,
): CommonSnapshot {
  const { turns, ringsEmpty, meSent, me } = watched;
  log.recording?.flush();
  return {
    census: census(),
    nowMs: systemClock.now(),
    turns,
    ringsEmpty,
    meSent,
    me: me.heard,
    sapSent,
    sap: log.sap.heard,
    ringFull: log.ringFull,
  };
}
