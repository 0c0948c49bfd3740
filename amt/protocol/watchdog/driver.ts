/**
 * The watchdog's driver as a machine without I/O: what Linux's mei_wdt is between the firmware's client and the one
 * program that has the watchdog open. `driver-table.ts` is its behaviour.
 *
 *     driver.handle({ type: 'connected', protocolVersion: 2 });
 *     driver.poll(); // { type: 'send', name: 'START', … }: the probe
 */
import { AmtError } from '../errors.ts';
import type { DriverInput, DriverOutput, DriverResult } from './driver-events.ts';
import { type DriverEvent, type DriverState, initialDriverState } from './driver-state.ts';
import { DRIVER_TABLE, type DriverRows } from './driver-table.ts';
import { ANSWERING_VERSION, WATCHDOG_TIMEOUT_S } from './limits.ts';
import { decodeFromFirmware, isNotRequired } from './messages.ts';

type UserCall = Extract<DriverInput, { type: 'ping' | 'setTimeout' }>;

export class WatchdogDriver {
  /** Read it freely, change it never. */
  readonly state: DriverState = initialDriverState();
  /** Calls behind the ping that waits: the device does one at a time. */
  readonly #queued: UserCall[] = [];
  readonly #outputs: DriverOutput[] = [];

  /** Something happened. Then drain `poll`. */
  handle(input: DriverInput): void {
    this.#handle(input);
    while (this.state.pinging === undefined && this.#queued.length > 0) this.#do(this.#queued.shift()!);
  }

  /** What is to be done next, in order; undefined when that is all. */
  poll(): DriverOutput | undefined {
    return this.#outputs.shift();
  }

  #handle(input: DriverInput): void {
    const { state } = this;
    switch (input.type) {
      case 'connected':
        state.protocolVersion = input.protocolVersion;
        return this.#step({ type: 'connected' });
      case 'message':
        return this.#receive(input.bytes);
      case 'sent':
        if (input.name === 'STOP') return this.#step({ type: 'stopSent' });
        // Where no response comes, a message that is sent is a ping that is done.
        if (state.protocolVersion < ANSWERING_VERSION) this.#completePing('ok');
        return;
      case 'sendFailed':
        if (input.name === 'START') this.#completePing('EIO');
        return;
      case 'open':
        return this.#open(input.call);
      case 'ping':
      case 'setTimeout':
        if (state.pinging === undefined) this.#do(input);
        else this.#queued.push(input);
        return;
      case 'release':
        if (input.opener !== state.opener) return;
        state.opener = undefined;
        return this.#step(input);
      default:
        return this.#step(input);
    }
  }

  #open(call: number): void {
    const { state } = this;
    if (!state.registered) return this.#answer(call, 'ENODEV');
    if (state.opener !== undefined) return this.#answer(call, 'EBUSY');
    const opener = state.nextOpener++;
    state.opener = opener;
    this.#step({ type: 'open' });
    this.#outputs.push({ type: 'answer', call, result: 'ok', opener });
  }

  #do(call: UserCall): void {
    const { state } = this;
    if (call.opener !== state.opener) return this.#answer(call.call, 'ENODEV');
    if (call.type === 'setTimeout') {
      if (!isTimeout(call.timeoutS)) return this.#answer(call.call, 'EINVAL');
      state.timeoutS = call.timeoutS;
    }
    // The kernel's watchdog core pings behind a new timeout.
    this.#step({ type: 'ping', call: call.call });
  }

  #receive(bytes: Uint8Array): void {
    // This is how STOP may be answered.
    if (bytes.length === 0) return;
    const message = decodeFromFirmware(bytes);
    if (message instanceof AmtError) {
      this.#outputs.push({ type: 'misfit', error: message });
      return;
    }
    const unexpected = new AmtError('AMT_ERR_UNEXPECTED', {
      message: message.name,
      fault: 'firmware',
      detail: `In ${this.state.phase} no START waits for it.`,
    });
    this.#step({ type: 'response', notRequired: isNotRequired(message), unexpected });
  }

  #step(event: DriverEvent): void {
    const rows: DriverRows = DRIVER_TABLE[this.state.phase];
    const row = rows[event.type]?.find(({ when }) => when === undefined || when(this.state, event));
    if (row === undefined) return;
    const effects = { out: (output: DriverOutput) => this.#outputs.push(output) };
    for (const action of row.do) action(this.state, event, effects);
    if (row.to !== undefined) this.state.phase = row.to;
  }

  #completePing(result: DriverResult): void {
    const call = this.state.pinging;
    if (call === undefined) return;
    this.state.pinging = undefined;
    this.#answer(call, result);
  }

  #answer(call: number, result: DriverResult): void {
    this.#outputs.push({ type: 'answer', call, result });
  }
}

/** Whether the firmware's field takes so many seconds, and the firmware so few. */
export function isTimeout(seconds: number): boolean {
  const { least, most } = WATCHDOG_TIMEOUT_S;
  return Number.isInteger(seconds) && seconds >= least && seconds <= most;
}
