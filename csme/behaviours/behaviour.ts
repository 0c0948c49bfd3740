/**
 * A misbehaviour: a small object that stands between the honest firmware and the wire.
 *
 * It holds no state of its own: what it remembers is `memory`, plain values in the state of the emulator, so that one
 * object serves many emulators. Several are asked in the order in which they were added.
 */
import type { SapMessage, SharedArea } from '../../sap/index.ts';
import type { Channel, CsmeCommand, CsmeInput, Memory, Outgoing } from '../contract.ts';
import type { FirmwareState } from '../state.ts';

export interface BehaviourContext {
  readonly nowMs: number;
  /** What this misbehaviour remembers; to be changed in place. */
  readonly memory: Memory;
  readonly firmware: Readonly<FirmwareState>;
  /** The shared area, while there is one. */
  readonly area: SharedArea | undefined;
  /** Does something to the firmware once the present input is done with. */
  readonly command: (command: CsmeCommand) => void;
  /** Sends bytes past all misbehaviours. */
  readonly emit: (channel: Channel, name: string, bytes: Uint8Array) => void;
  /** Uses up a sequence number. */
  readonly nextSapSeqNum: () => number;
}

export interface Behaviour {
  readonly name: string;
  /** What it does, in a sentence that a report can quote. */
  readonly doc: string;
  /** What it remembers at the start. */
  readonly memory?: Memory;
  /** Something happens to the emulator. True: it does not learn of it. */
  readonly onInput?: (c: BehaviourContext, input: CsmeInput) => boolean;
  /** The host sent a good message. True: the firmware does not learn of it. */
  readonly onMessage?: (c: BehaviourContext, message: SapMessage) => boolean;
  /** Something goes out. What is returned goes out instead; nothing returned: it goes out as it is. */
  readonly onSend?: (c: BehaviourContext, outgoing: Outgoing) => readonly Outgoing[] | undefined;
  /** Something was written, the door bell comes next. */
  readonly onArea?: (c: BehaviourContext, area: SharedArea) => void;
}
