/** A supplicant, as the agent sees it: calls one after another, a connection, and limits that a journal outlives. */
import type {
  AgentAnswer,
  AgentQuestion,
  SupplicantCall,
  Target,
} from '../../../netlink-bridge/agent/index.ts';
import type { Air } from './air.ts';

const FULL_SCAN_MS = 4_500;
/** Longer than the agent waits for an answer. */
const HANG_MS = 20_000;

type Call = Extract<AgentQuestion, { type: SupplicantCall }>;

export class Supplicant {
  readonly #air: Air;
  up = false;
  present = false;
  /** What it is limited to; undo of this stands in the journal. */
  limits: Target | undefined;
  /** The networks that it has a profile for, and those of them whose key is wrong. */
  readonly profiles = new Set<number>();
  /** When a profile was deleted last. */
  deletedAtMs = Number.NEGATIVE_INFINITY;
  readonly wrongKeys = new Set<number>();
  connectedTo: number | undefined;
  address = false;
  /** Calls that were begun and have not ended. */
  pending = 0;
  radioFree: () => boolean = () => false;
  #busyUntilMs = 0;
  #life = 0;
  /** A profile that is made again has another id. */
  readonly #deletions = new Map<number, number>();
  /** What belongs to an older connection, or daemon, does not happen any more. */
  #epoch = 0;

  constructor(air: Air) {
    this.#air = air;
  }

  call(call: Call): void {
    const { clock, random } = this.#air;
    const hangs = this.#air.unlucky() && random.oneIn(4);
    const startMs = Math.max(clock.nowMs, this.#busyUntilMs);
    this.#busyUntilMs = startMs + (hangs ? HANG_MS : this.#air.between(1, 40));
    this.pending++;
    const life = this.#life;
    clock.after(this.#busyUntilMs - clock.nowMs, () => {
      this.pending--;
      // A call ends with the daemon that it was made to.
      const lives = this.up && life === this.#life;
      const failed = !lives || this.#air.unlucky();
      if (lives) this.#do(call, failed);
      const { token, type } = call;
      this.#air.tell(failed ? { type: 'supplicantFailed', token, to: type, detail: '' } : this.#answer(call));
    });
  }

  deleteProfile(ap: number): void {
    if (!this.profiles.delete(ap)) return;
    this.deletedAtMs = this.#air.clock.nowMs;
    this.#deletions.set(ap, (this.#deletions.get(ap) ?? 0) + 1);
  }

  start(): void {
    if (this.up) return;
    this.up = true;
    this.limits = undefined;
    this.#air.tell({ type: 'supplicant', event: { type: 'up' } });
    this.connectAsItLikes();
  }

  stop(): void {
    if (!this.up) return;
    this.up = false;
    this.#life++;
    this.#dropConnection();
    this.#air.tell({ type: 'supplicant', event: { type: 'gone' } });
  }

  /** The connection breaks; it is looked for again. */
  disconnect(): void {
    if (this.#dropConnection()) {
      this.#air.tell({ type: 'supplicant', event: { type: 'disconnected', detail: '' } });
    }
    this.connectAsItLikes();
  }

  /** With limits at once, without them after a full scan. */
  connectAsItLikes(): void {
    if (this.limits !== undefined) return this.#attempt(this.#air.between(50, 150));
    const epoch = ++this.#epoch;
    this.#air.clock.after(FULL_SCAN_MS, () => {
      if (epoch === this.#epoch) this.#attempt(0);
    });
  }

  #do(call: Call, failed: boolean): void {
    switch (call.type) {
      case 'prepare':
        // Half of it may be done when it fails.
        this.limits = call.target;
        return;
      case 'connect':
        if (!failed) this.#attempt(this.#air.between(30, 300));
        return;
      case 'lift':
        if (!failed) this.limits = undefined;
        return;
      case 'restore':
        if (failed) return;
        this.limits = undefined;
        if (this.connectedTo === undefined) this.connectAsItLikes();
    }
  }

  #answer(call: Call): AgentAnswer {
    const { token } = call;
    switch (call.type) {
      case 'find': {
        const ap = this.#air.accessPoints.findIndex(({ bssid }) => bssid === call.target.bssid);
        const id = `${ap}.${this.#deletions.get(ap) ?? 0}`;
        return { type: 'found', token, profile: this.profiles.has(ap) ? { id, name: id } : undefined };
      }
      case 'prepare':
        return { type: 'prepared', token };
      case 'connect':
        return { type: 'connecting', token };
      case 'lift':
        return { type: 'lifted', token };
      case 'restore':
        return { type: 'restored', token };
    }
  }

  #attempt(afterMs: number): void {
    const epoch = ++this.#epoch;
    this.#air.clock.after(afterMs, () => {
      if (epoch !== this.#epoch || !this.up || !this.present || !this.radioFree()) return;
      const { accessPoints, random } = this.#air;
      const wanted = this.limits?.bssid;
      let ap = accessPoints.findIndex(({ bssid }, i) =>
        wanted === undefined ? this.profiles.has(i) : bssid === wanted,
      );
      if (ap < 0) return;
      if (!this.profiles.has(ap)) return this.#fail('other');
      if (this.wrongKeys.has(ap)) return this.#fail('rejected');
      if (this.#air.unlucky()) {
        const why = (['ap-gone', 'ap-gone', 'other', 'address', undefined] as const)[random.below(5)];
        if (why !== undefined) return this.#fail(why);
        ap = (ap + 1) % accessPoints.length;
      }
      this.connectedTo = ap;
      const { bssid, frequencyMhz } = accessPoints[ap]!;
      this.#air.tell({ type: 'supplicant', event: { type: 'connected', bssid, frequencyMhz } });
      this.#air.clock.after(this.#air.between(20, 400), () => {
        if (epoch !== this.#epoch || this.#air.unlucky()) return;
        this.address = true;
        this.#air.tell({ type: 'address', address: '192.0.2.7' });
      });
    });
  }

  #fail(why: 'ap-gone' | 'rejected' | 'address' | 'other'): void {
    this.#air.tell({ type: 'supplicant', event: { type: 'failed', why, detail: '' } });
  }

  /** Whether there was one. */
  #dropConnection(): boolean {
    const had = this.connectedTo !== undefined;
    this.#epoch++;
    this.connectedTo = undefined;
    if (this.address) this.#air.tell({ type: 'address', address: undefined });
    this.address = false;
    return had;
  }
}
