/**
 * What a CSME is: a plain value, put together from small parts.
 *
 * `profile(SAP_3, SESSION)` is a firmware that speaks version 3 and is in a session; later parts win.
 */
import type { ConnectionInfo, OobFilters, SapDraft } from '../../sap/messages/index.ts';
import type { TimerName } from '../timers.ts';

export type NvmDraft = Omit<Extract<SapDraft, { name: 'NVM' }>, 'name' | 'tail'>;

export interface Profile {
  /** SAP versions that the firmware speaks, newest first: it refuses to map an area of any other. */
  readonly sapVersions: readonly number[];
  /** Whether the firmware's use of the WLAN is enabled when it starts. */
  readonly amt: boolean;
  /** The access point that CSME is associated with on its own; null: none. */
  readonly ap: ConnectionInfo | null;
  /** Whether a remote session runs over `ap` when the firmware starts. */
  readonly session: boolean;
  /** Who has the card when the firmware starts (only while AMT is enabled: else it is the host). */
  readonly owner: 'host' | 'csme';
  /** Whether CSME releases the card when the host asks. */
  readonly grants: boolean;
  /** Which received frames CSME wants; null: it sends no CSME_FILTERS. */
  readonly filters: OobFilters | null;
  /** What GET_NVM is answered with; null: the firmware does not answer. */
  readonly nvm: NvmDraft | null;
  /** Status of PLDR_ACK. */
  readonly pldr: 'accepts' | 'refuses';
  /** Unanswered PINGs in a row after which the host counts as silent. */
  readonly pingsMissed: number;
  /** Other lengths for timers in ms, 1 at least; null, for the pings only: CSME never pings. */
  readonly timersMs: { readonly [T in TimerName]?: T extends 'ping' ? number | null : number };
}

export type ProfilePart = Partial<Profile>;
