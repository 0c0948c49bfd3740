/**
 * What the sessions of both sides have in common: messages come in and are told apart, channels carry connections,
 * outputs wait for `poll`, and whatever ends a session ends everything in it.
 */

import { enumEntries } from '../../../sap/index.ts';
import { AmtError, type AmtErrorCode } from '../errors.ts';
import type { Channel } from './channel.ts';
import { Channels, type ChannelsOptions, type ChannelsOwner, isAboutChannel } from './channels.ts';
import { type ApfSender, decodeApf, encodeApf } from './codec.ts';
import type { CarrierInput, CarrierOutput, ConnectionInput, ConnectionOutput } from './contract.ts';
import {
  APF_DISCONNECT,
  APF_MESSAGE_MIN,
  type ApfMessage,
  type ApfMessageOf,
  type ApfName,
} from './messages.ts';

/** `off`: there is no carrier. `version`: the versions are not agreed on. `agreed`: the service is not started. */
export type ApfPhase = 'off' | 'version' | 'agreed' | 'started' | 'stopped';

export abstract class ApfSession<Output> implements ChannelsOwner {
  protected readonly channels: Channels;
  readonly #peer: ApfSender;
  #phase: ApfPhase = 'off';
  #outputs: (Output | ConnectionOutput | CarrierOutput)[] = [];
  #next = 0;

  constructor(peer: ApfSender, options: ChannelsOptions) {
    this.#peer = peer;
    this.channels = new Channels(this, options);
  }

  get phase(): ApfPhase {
    return this.#phase;
  }

  /** Channels that are not closed by both sides, whoever opened them. */
  get channelCount(): number {
    return this.channels.count(true) + this.channels.count(false);
  }

  /** Bytes of connections that wait to be sent. */
  get queuedBytes(): number {
    return this.channels.queued;
  }

  /** What is to be done next; undefined: nothing. */
  poll(): Output | ConnectionOutput | CarrierOutput | undefined {
    if (this.#next < this.#outputs.length) return this.#outputs[this.#next++];
    this.#outputs = [];
    this.#next = 0;
    return undefined;
  }

  put(output: Output | ConnectionOutput | CarrierOutput): void {
    this.#outputs.push(output);
  }

  problem(code: AmtErrorCode, message: ApfName, detail: string): void {
    this.put({ type: 'problem', error: new AmtError(code, { message, detail, fault: this.#peer }) });
  }

  broken(nowMs: number, why: string): void {
    this.fail(nowMs, APF_DISCONNECT.PROTOCOL_ERROR, why);
  }

  abstract opened(channel: Channel): void;
  abstract refused(nowMs: number, channel: Channel, why: string, code?: number): void;
  abstract freed(nowMs: number): void;

  /** A message that is about no channel that exists. */
  protected abstract onMessage(nowMs: number, message: Exclude<ApfMessage, { name: 'CHANNEL_DATA' }>): void;
  protected abstract onConnected(nowMs: number): void;
  /** The session is over; what it had is to be given up. Undefined: the carrier is gone already. */
  protected abstract onOver(nowMs: number, why: string | undefined): void;

  protected enter(phase: ApfPhase): void {
    this.#phase = phase;
  }

  protected send(message: ApfMessage): void {
    this.put({ type: 'send', bytes: encodeApf(message) });
  }

  protected handleCommon(nowMs: number, input: CarrierInput | ConnectionInput): void {
    switch (input.type) {
      case 'message':
        return this.#receive(nowMs, input.bytes);
      case 'congested':
        return this.channels.congested(nowMs, input.yes);
      case 'connected':
        if (this.#phase === 'stopped') return;
        this.#over(nowMs, undefined);
        this.#phase = 'version';
        if (input.maxMessageLength < APF_MESSAGE_MIN)
          return this.#over(nowMs, tooShort(input.maxMessageLength));
        this.channels.start(input.maxMessageLength);
        return this.onConnected(nowMs);
      case 'lost':
        return this.#over(nowMs, undefined);
      default:
        return this.channels.handle(nowMs, input);
    }
  }

  /** Says goodbye and ends the session. */
  protected fail(nowMs: number, reason: number, why: string): void {
    if (this.#phase === 'off' || this.#phase === 'stopped') return;
    this.send({ name: 'DISCONNECT', reason });
    this.#over(nowMs, why);
  }

  #receive(nowMs: number, bytes: Uint8Array): void {
    if (this.#phase === 'off' || this.#phase === 'stopped') return;
    const message = decodeApf(bytes, this.#peer, (byteCount) => {
      const detail = `${byteCount} bytes behind the message are ignored.`;
      this.put({ type: 'problem', error: new AmtError('AMT_ERR_LENGTH', { detail, fault: this.#peer }) });
    });
    if (message instanceof AmtError) {
      this.put({ type: 'problem', error: message });
      if (message.code !== 'AMT_ERR_UNKNOWN') this.broken(nowMs, 'A message cannot be read.');
      return;
    }
    if (isAboutChannel(message)) {
      if (this.#phase === 'started') return this.channels.receive(nowMs, message);
      return this.broken(nowMs, `${message.name} came before the service was started.`);
    }
    switch (message.name) {
      case 'DISCONNECT':
        return this.#over(nowMs, goodbyeOf(message));
      case 'KEEPALIVE_REQUEST':
        return this.send({ ...message, name: 'KEEPALIVE_REPLY' });
      default:
        return this.onMessage(nowMs, message);
    }
  }

  #over(nowMs: number, why: string | undefined): void {
    if (this.#phase === 'off' || this.#phase === 'stopped') return;
    this.#phase = 'off';
    this.channels.endAll(nowMs, why ?? 'The connection to the firmware was lost.');
    this.onOver(nowMs, why);
  }
}

function tooShort(maxMessageLength: number): string {
  return `Messages to the firmware have ${maxMessageLength} bytes at most; APF needs ${APF_MESSAGE_MIN}.`;
}

function goodbyeOf({ reason }: ApfMessageOf<'DISCONNECT'>): string {
  const entry = enumEntries(APF_DISCONNECT).find(({ value }) => value === reason);
  return `The other side ended the session, reason ${reason}: ${entry?.doc ?? 'unknown.'}`;
}
