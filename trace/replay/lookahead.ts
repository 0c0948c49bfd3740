/** The next events of a trace. A replay handles each event with the ones after it in view, a bounded number of them. */
import { u32At } from '../../sap/index.ts';
import type { TraceEvent, WireEvent } from '../event.ts';
import { ME_BELL } from './message.ts';

/** A replay looks this far ahead, at most. */
const WINDOW = 2048;

export class Lookahead {
  #events: TraceEvent[] = [];
  #at = 0;
  /** Index of the next door bell of the host, or of the end when there is none in view; valid while >= `#at`. */
  #bellAt = -1;
  #ended = false;

  push(events: readonly TraceEvent[]): void {
    if (this.#at > WINDOW) {
      this.#events = this.#events.slice(this.#at);
      this.#bellAt -= this.#at;
      this.#at = 0;
    }
    for (const event of events) this.#events.push(event);
  }

  end(): void {
    this.#ended = true;
  }

  /** The next event, once enough is known of what follows it. */
  shift(): TraceEvent | undefined {
    const left = this.#events.length - this.#at;
    if (left === 0 || (left < WINDOW && !this.#ended)) return undefined;
    return this.#events[this.#at++];
  }

  /** The host's next recorded door bell; `undefined` when none is in view. */
  nextBell(): WireEvent | undefined {
    const events = this.#events;
    if (this.#bellAt < this.#at) this.#bellAt = this.#at;
    const end = Math.min(events.length, this.#at + WINDOW);
    while (this.#bellAt < end) {
      const event = events[this.#bellAt]!;
      if (isBell(event)) return event as WireEvent;
      this.#bellAt++;
    }
    return undefined;
  }

  /** Type of the next recorded notification of the host with this SAP sequence number. */
  typeOfSeqNum(seqNum: number): number | undefined {
    const end = Math.min(this.#events.length, this.#at + WINDOW);
    for (let i = this.#at; i < end; i++) {
      const event = this.#events[i]!;
      if (event.ch !== 'notif' || event.dir !== 'h2m' || event.bytes.length < 8) continue;
      if (u32At(event.bytes, 4) === seqNum) return event.bytes[0]! | (event.bytes[1]! << 8);
    }
    return undefined;
  }
}

export function isBell(event: TraceEvent): boolean {
  return event.ch === 'me' && event.dir === 'h2m' && event.bytes.length >= 8 && event.bytes[0] === ME_BELL;
}
