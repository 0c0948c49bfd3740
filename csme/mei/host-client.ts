/** The kernel's end of one connection: who uses it, its credits, what waits in it. Plain data; `device.ts` moves it. */
import type { MeClient } from './client.ts';
import type { MeiToken } from './contract.ts';
import type { Link } from './firmware.ts';
import type { Scheduled } from './schedule.ts';

/** An open file. */
export interface Handle {
  readonly id: number;
  /** Programs with different tags share one connection: this changes once, when a handle joins another's. */
  host: HostClient;
  /** Somebody sleeps on what `poll` said. */
  polled: boolean;
}

export type ConnectState = 'initializing' | 'connecting' | 'connected' | 'disconnected';

/** A client that enumeration has told of. */
export interface KnownClient {
  readonly client: MeClient;
  /** False when the host has learned that it is not there any more. */
  active: boolean;
  /** Whose connect request is with the firmware (the first), and who waits for that to end. */
  readonly connecting: HostClient[];
}

export interface Waiting {
  readonly token: MeiToken;
  readonly handle: Handle;
  readonly call:
    | { readonly type: 'read'; readonly size: number }
    | { readonly type: 'write'; readonly bytes: Uint8Array }
    | { readonly type: 'fsync' }
    | { readonly type: 'notifyGet' }
    | { readonly type: 'notifySet'; readonly on: boolean }
    | { readonly type: 'connect' }
    /** Somebody else connects what this handle will share. */
    | { readonly type: 'join'; readonly guid: string };
  readonly deadline: Scheduled | undefined;
}

export interface Received {
  readonly handle: Handle;
  readonly bytes: Uint8Array;
  /** What the reader gets instead of the message; 0: the message. */
  readonly errno: number;
  /** Bytes that are read already. */
  at: number;
}

export class HostClient {
  state: ConnectState = 'initializing';
  /** While connecting and connected. */
  known: KnownClient | undefined;
  link: Link<HostClient> | undefined;
  /** Expires when the firmware does not answer the connect request. */
  guard: Scheduled | undefined;

  readonly handles = new Set<Handle>();
  readonly tags: { readonly vtag: number; readonly handle: Handle }[] = [];

  /** Messages that the host may send. */
  txCredits = 0;
  /** Messages that the firmware may send: 0 or 1. */
  rxCredits = 0;
  /** Bytes of the buffer behind that credit. */
  rxRoom = 0;
  /** Who wants a message of those that share the connection. */
  readonly pendingRead = new Set<Handle>();
  /** Messages that the firmware has not taken yet. */
  writes: { readonly bytes: Uint8Array; readonly vtag: number }[] = [];
  received: Received[] = [];

  notifyEnabled = false;
  /** An event that nobody asked for yet. */
  event = false;
  /** Errno of the last answer to a notify request; the kernel keeps it and gives it again. */
  notifyStatus = 0;

  waiting: Waiting[] = [];

  get connected(): boolean {
    return this.state === 'connected';
  }

  /** A connect is possible. */
  get idle(): boolean {
    return this.state === 'initializing' || this.state === 'disconnected';
  }

  vtagOf(handle: Handle): number {
    return this.tags.find((tag) => tag.handle === handle)?.vtag ?? 0;
  }

  handleOf(vtag: number): Handle | undefined {
    return this.tags.find((tag) => tag.vtag === vtag)?.handle;
  }

  messageFor(handle: Handle): Received | undefined {
    return this.received.find((message) => message.handle === handle);
  }
}
