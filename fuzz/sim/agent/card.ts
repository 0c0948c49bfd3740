/** The card, its driver and CSME, as the agent sees them: radio switch, Intel's two commands, the roaming event. */
import type { Target } from '../../../netlink-bridge/agent/index.ts';
import type { Air } from './air.ts';

/** CSME keeps a card that it took for so long. */
const HOLD_MS = 60_000;
const WINDOW_MS = 3_000;
const REQUEST_MS = 500;

export class Card {
  readonly #air: Air;
  /** A remote session is alive. */
  session = false;
  owner: 'host' | 'csme' = 'host';
  /** Which access point CSME is on. */
  ap = 0;
  /** CSME said where it is connected. */
  known = true;
  soft = false;
  signal = false;
  /** The driver of this machine never says whether roaming is forbidden. */
  mute = false;
  /** The last that it said. */
  roamingForbidden = false;
  /** The machine is asleep: the driver does nothing by itself. */
  asleep = false;
  /** Whether the host is connected to CSME's access point, with an address. */
  hostIsThere: () => boolean = () => false;
  onRadio: () => void = () => {};
  #holdUntilMs = 0;
  #epoch = 0;

  constructor(air: Air) {
    this.#air = air;
  }

  get target(): Target {
    return this.#air.accessPoints[this.ap]!;
  }

  get notOwner(): boolean {
    return this.session && this.owner === 'csme';
  }

  get free(): boolean {
    return !this.soft && !this.signal && !this.notOwner;
  }

  /** The radio switch changed. Its news take a moment. */
  switched(): void {
    this.onRadio();
    this.#air.clock.after(this.#air.between(0, 2), () => {
      const { soft, signal, notOwner } = this;
      this.#air.tell({ type: 'radio', soft, signal, notOwner });
    });
  }

  take(): void {
    this.owner = 'csme';
    this.#holdUntilMs = this.#air.clock.nowMs + HOLD_MS;
    this.#sayRoaming(false);
    this.switched();
    const epoch = ++this.#epoch;
    this.#air.clock.after(HOLD_MS + this.#air.between(100, 2000), () => {
      // The driver asks by itself.
      if (epoch === this.#epoch && this.notOwner && !this.asleep && this.#air.random.oneIn(2)) this.grant();
    });
  }

  grant(): void {
    this.owner = 'host';
    const epoch = ++this.#epoch;
    this.switched();
    if (!this.session) return;
    this.#sayRoaming(true);
    this.#air.clock.after(WINDOW_MS, () => {
      if (epoch === this.#epoch && this.session && !this.hostIsThere()) this.take();
    });
  }

  beginSession(): void {
    if (this.session) return;
    this.session = true;
    if (this.owner === 'host') this.#sayRoaming(true);
    else this.switched();
  }

  endSession(): void {
    if (!this.session) return;
    this.session = false;
    this.#sayRoaming(false);
    if (this.owner === 'host') return;
    this.owner = 'host';
    this.#epoch++;
    this.switched();
  }

  connInfo(token: number): void {
    const { tell, clock } = this.#air;
    clock.after(this.#air.between(1, 3), () => {
      if (this.#air.unlucky()) {
        const why = (['unusable', 'failed', 'nothing'] as const)[this.#air.random.below(3)]!;
        tell({ type: 'noConnInfo', token, why, detail: '' });
      } else if (!this.known) tell({ type: 'noConnInfo', token, why: 'nothing', detail: '' });
      else tell({ type: 'connInfo', token, target: this.target });
    });
  }

  request(token: number): void {
    const { tell, clock, random } = this.#air;
    if (this.#air.unlucky()) return this.#failRequest(token);
    const afterMs = this.#air.between(5, 120);
    clock.after(afterMs, () => {
      if (clock.nowMs < this.#holdUntilMs && this.notOwner) {
        clock.after(REQUEST_MS - afterMs, () =>
          tell({ type: 'notOwned', token, why: 'timeout', detail: '' }),
        );
        return;
      }
      const answerFirst = random.oneIn(2);
      if (answerFirst) tell({ type: 'owned', token });
      if (this.notOwner) this.grant();
      if (!answerFirst) clock.after(this.#air.between(0, 4), () => tell({ type: 'owned', token }));
    });
  }

  #failRequest(token: number): void {
    const { tell, clock, random } = this.#air;
    switch (random.below(5)) {
      case 0:
        return;
      case 1:
        // Granted too late.
        clock.after(REQUEST_MS, () => tell({ type: 'notOwned', token, why: 'timeout', detail: '' }));
        clock.after(REQUEST_MS + 100, () => this.notOwner && this.grant());
        return;
      case 2:
        // Nothing is released.
        clock.after(10, () => tell({ type: 'owned', token }));
        return;
      default: {
        const why = random.oneIn(2) ? 'refused' : 'failed';
        clock.after(10, () => tell({ type: 'notOwned', token, why, detail: '' }));
      }
    }
  }

  #sayRoaming(forbidden: boolean): void {
    if (this.mute || forbidden === this.roamingForbidden) return;
    this.roamingForbidden = forbidden;
    this.#air.clock.after(this.#air.between(0, 3), () =>
      this.#air.tell({ type: 'roaming', forbidden: this.roamingForbidden }),
    );
  }
}
