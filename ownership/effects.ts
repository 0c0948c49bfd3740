/** What the steps of the machine may do to the world; who drives the machine provides it. */
import type { SapDraft, SapError } from '../sap/index.ts';
import type { CommandName, Commands, TellName, Tells } from './events.ts';
import type { Quirks } from './quirks.ts';

export interface Effects {
  nowMs: number;
  quirks: Quirks;
  /** Writes a notification and signals it. 0, or -errno when it could not be written. */
  send(draft: SapDraft): number;
  /** HOST_GOES_DOWN: like `send`, but past the throttle. */
  sendNow(draft: SapDraft): number;
  /** Whether CSME has read all that was written. */
  ringsDrained(): boolean;
  map(): void;
  /** Takes the client into use and sends START with the version that was mapped. */
  start(): void;
  /** START once more. */
  restart(): void;
  /** Reads what CSME wrote while nobody was allowed to look. */
  readRings(): void;
  /** Gives the client and the area back. */
  teardown(): void;
  tell<N extends TellName>(name: N, args: Tells[N]): void;
  reply<N extends CommandName>(token: number, name: N, result: Commands[N]['result']): void;
  problem(error: SapError): void;
}
