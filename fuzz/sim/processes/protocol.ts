/** What the coordinator and the process of one side say to each other. */
import type { CsmeCommand, FirmwareState, Profile } from '../../../csme/index.ts';
import type { HostState } from '../../../ownership/index.ts';
import type { RecordedEvent } from '../../../transport/index.ts';
import type { Told } from '../model/told.ts';
import type { DriverAct } from '../pair/acts.ts';
import type { Census } from './census.ts';

export type SideName = 'host' | 'csme';

/**
 * A moment in the life of a machine: before or after it handles an input, before an output is carried out, or when the
 * event loop comes round after an input, with some of its outputs sent and others waiting for the other side.
 */
export interface Point {
  readonly when: 'before' | 'after' | 'out' | 'later';
  /** Type of the input or output; `timer` for time that is up. */
  readonly type: string;
  /** At which time it comes by, from 1. */
  readonly nth: number;
}

interface BeginCommon {
  readonly type: 'begin';
  readonly path: string;
  /** The process kills itself when it gets to this point. */
  readonly armed: Point | undefined;
}

export type Begin =
  | (BeginCommon & {
      readonly side: 'host';
      /** Sizes of areas that the driver's bus maps. */
      readonly maps: readonly number[];
      /** What the WLAN driver does before there is a link. */
      readonly before: readonly DriverAct[];
    })
  | (BeginCommon & {
      readonly side: 'csme';
      readonly profile: Profile;
      /** Names of misbehaviours. */
      readonly behaviours: readonly string[];
    });

export type Order =
  | Begin
  /** The firmware's client appears on the bus. */
  | { readonly type: 'plug' }
  | { readonly type: 'act'; readonly act: DriverAct }
  | { readonly type: 'firmware'; readonly command: CsmeCommand }
  /** Nothing happens without a client. */
  | { readonly type: 'bus'; readonly name: 'probe' | 'remove' }
  /** Sizes of areas that the driver's bus maps from now on. */
  | { readonly type: 'maps'; readonly sizes: readonly number[] }
  /** CSME misbehaves no more. */
  | { readonly type: 'honest' }
  /** As `Begin.armed`. */
  | { readonly type: 'arm'; readonly point: Point }
  /** Answered with a snapshot, as are `begin` and `end`. */
  | { readonly type: 'look' }
  /** Everything is closed, and the process is to end because nothing is left that it waits for. */
  | { readonly type: 'end' };

export type Report =
  | { readonly type: 'ready'; readonly census: Census }
  /** The answer to an order with this number. */
  | { readonly type: 'done'; readonly id: number; readonly snapshot: Snapshot }
  | { readonly type: 'event'; readonly event: RecordedEvent }
  | { readonly type: 'wrong'; readonly what: string };

/** Sequence numbers of one direction, in this life. */
export interface Heard {
  readonly count: number;
  readonly first: number;
  readonly last: number;
  /** How many did not come behind a lower one. */
  readonly disordered: number;
}

export interface CommonSnapshot {
  readonly census: Census;
  readonly nowMs: number;
  /** How often the machine was at work. */
  readonly turns: number;
  readonly ringsEmpty: boolean;
  /** Number of the last ME message that was sent, and what came. */
  readonly meSent: number;
  readonly me: Heard;
  /** Number of the last SAP message that was written, and what was read. */
  readonly sapSent: number;
  readonly sap: Heard;
  /** A ring was full in this life: something was not said. */
  readonly ringFull: boolean;
}

export interface HostSnapshot extends CommonSnapshot {
  readonly side: 'host';
  readonly state: HostState;
  readonly told: Told;
  /** Calls of the WLAN driver that have not returned, that have, and those of them that the loss of a link ended. */
  readonly waiting: number;
  readonly returned: number;
  readonly woken: number;
}

export interface CsmeSnapshot extends CommonSnapshot {
  readonly side: 'csme';
  readonly firmware: FirmwareState;
  readonly delayed: number;
}

export type Snapshot = HostSnapshot | CsmeSnapshot;
