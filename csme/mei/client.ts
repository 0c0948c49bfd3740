/**
 * What an emulated ME client is: one feature of the firmware that a host connects to and exchanges messages with.
 *
 * A client says what it is and accepts connections; what it accepts with serves that connection. It does no I/O and
 * looks at no clock: it is called when something happens, and acts through the link that it was given. Most clients
 * only answer: `answering` in `clients/` makes one of a function from request to answer.
 *
 *     const shout: MeClient = {
 *       guid: '0d9b7c52-…', name: 'shout', protocolVersion: 1, maxMessageLength: 64, maxConnections: 1,
 *       accept: (link) => ({ onMessage: (message) => link.send(message.map(upperCase)) }),
 *     };
 */

export interface MeClientProperties {
  /** For people: in logs and lists. */
  readonly name: string;
  /** Text, in lower case: `12f80028-b4b7-4b2d-aca8-46e0ff65814c`. */
  readonly guid: string;
  /** 0 to 255. */
  readonly protocolVersion: number;
  /** Bytes, in both directions. */
  readonly maxMessageLength: number;
  /** Connections at the same time; one more is refused with OUT_OF_RESOURCES. */
  readonly maxConnections: number;
  /** Host programs share one connection and are told apart by a tag. */
  readonly vtags?: boolean;
  /** It is reached without a connection of its own: one user at a time, no credits. */
  readonly fixedAddress?: boolean;
}

export interface MeClient extends MeClientProperties {
  /** A host wants a connection: what serves it from now on, or why there is none. */
  accept(link: MeLink): MeService | MeRefusal;
  /** The firmware has this client from now on. `timer` is for what outlives its connections. */
  onAttach?(timer: MeTimer): void;
  /** The time that `timer.wakeAt` gave has come. */
  onTimer?(): void;
  /** The firmware starts again: whatever a restart loses is lost. Every connection has ended before. */
  onReset?(): void;
}

/** Time for a client as a whole. */
export interface MeTimer {
  /** The time of what is being handled, in milliseconds of the device's clock. */
  readonly nowMs: number;
  /** Calls `onTimer` at this time and not at one that was asked for before; undefined: not at all. A restart ends it. */
  wakeAt(atMs: number | undefined): void;
}

/** One connection, as the firmware's side sees it. */
export interface MeService {
  /** The host's CONNECT is answered so much later; `Infinity`: never. */
  readonly afterMs?: number;
  /** A whole message from the host. `vtag`: who of those that share the connection sent it; 0 without tags. */
  onMessage?(message: Uint8Array, vtag: number): void;
  /** The host wants events, or no more of them. `true` or the time after which that is agreed to. Left out: refused. */
  onNotifications?(on: boolean): boolean | number;
  /** The host had room for the last of the messages that waited for it. */
  onTaken?(): void;
  /** The time that `wakeAt` gave has come. */
  onWake?(): void;
  /** The connection is over, whoever ended it. Nothing that is sent after this arrives. */
  onClose?(): void;
}

export interface MeRefusal {
  readonly status: number;
  /** The refusal comes so much later. */
  readonly afterMs?: number;
}

/**
 * What a service can do. Everything takes effect in the order in which it is called, after the call that it is made in;
 * from outside of such a call, with the next input of the device (`turn` of whoever runs it).
 */
export interface MeLink {
  /** The time of what is being handled, in milliseconds of the device's clock. */
  readonly nowMs: number;
  /** Sends one message, as soon as the host has room for it: messages wait here and keep their order. */
  send(message: Uint8Array, how?: SendOptions): void;
  /** Tells the host that there is an event, if it wants to know. Several before the host asks are one. */
  notify(delayMs?: number): void;
  /** Ends the connection. Messages that the host had no room for are lost. */
  disconnect(delayMs?: number): void;
  /** In `onMessage`: the host may send its next message only after this time; `Infinity`: never. */
  busy(forMs: number): void;
  /** Calls `onWake` at this time and not at one that was asked for before; undefined: not at all. */
  wakeAt(atMs: number | undefined): void;
  /** The whole firmware starts again and is there after `readyAfterMs`; left out: when somebody says so. */
  resetFirmware(readyAfterMs?: number): void;
}

export interface SendOptions {
  /** To whom of those that share the connection. */
  readonly vtag?: number;
  readonly delayMs?: number;
  /** Fragments that do not fit together: the host's reader gets EPROTO. For tests of hosts. */
  readonly broken?: boolean;
}

/** Status of a connect answer. Source: HBM. Other values are possible and mean "invalid parameter" to a host. */
export const CONNECT_STATUS = {
  SUCCESS: 0,
  NOT_FOUND: 1,
  ALREADY_STARTED: 2,
  OUT_OF_RESOURCES: 3,
  INVALID_PARAMETER: 4,
  NOT_ALLOWED: 5,
} as const;
