/** The shape of a monitor: the rules of one topic, fed with what a trace tells. */
import type {
  AreaEvent,
  BusEvent,
  CommandEvent,
  FrameEvent,
  NoteEvent,
  OperationEvent,
  WireEvent,
} from '../../event.ts';
import type { Read } from '../case.ts';
import type { Found } from '../inbox.ts';

/** Each is called with the facts of the case as they were before the event. */
export interface Monitor {
  /** An ME message of the host. */
  me?(event: WireEvent): void;
  /** An ME message of CSME. */
  csmeMe?(event: WireEvent): void;
  /** CSME writes to a ring; it rings later. */
  wrote?(): void;
  /** The host finds a SAP message of CSME, or what is none. */
  found?(found: Found): void;
  /** CSME reads a SAP message of the host. */
  read?(read: Read): void;
  /** The same of a message that nothing asked for; gives whether it was judged. */
  unasked?(read: Read): boolean;
  command?(event: CommandEvent): void;
  returned?(event: CommandEvent): void;
  told?(event: OperationEvent): void;
  bus?(event: BusEvent): void;
  frame?(event: FrameEvent): void;
  area?(event: AreaEvent): void;
  note?(event: NoteEvent): void;
  /** The trace begins inside of a link: what was before is not known. */
  joined?(): void;
  /** The area is gone, or a new link begins without that. */
  linkEnded?(): void;
  /** Time went on. */
  advance?(): void;
  /** The trace is over. */
  end?(): void;
}
