/** The register: every SAP message, once. Nothing else lists them. */
import type { Draft, Infer } from '../declare.ts';
import * as both from './both.ts';
import * as csme from './csme.ts';
import * as host from './host.ts';

export * from './both.ts';
export * from './csme.ts';
export * from './host.ts';
export * from './structures.ts';

export const SAP_MESSAGES = [
  both.Ping,
  both.Pong,
  csme.CsmeFilters,
  csme.AmtState,
  csme.CsmeReplyToHostOwnershipReq,
  csme.CsmeTakingOwnership,
  csme.TriggerIpRefresh,
  csme.CsmeCanReleaseOwnership,
  csme.NicOwner,
  csme.CsmeConnStatus,
  csme.Nvm,
  csme.PldrAck,
  host.BandSelection,
  host.RadioState,
  host.NicInfo,
  host.HostAsksForNicOwnership,
  host.HostSuspends,
  host.HostResumes,
  host.HostGoesDown,
  host.CsmeOwnershipConfirmed,
  host.CountryCode,
  host.HostLinkUp,
  host.HostLinkDown,
  host.WhoOwnsNic,
  host.WifidrDown,
  host.WifidrUp,
  host.HostOwnershipConfirmed,
  host.SarLimits,
  host.GetNvm,
  host.Pldr,
  host.PldrEnd,
  both.DataPacket,
  both.CbDataPacket,
] as const;

type Declared = (typeof SAP_MESSAGES)[number];

/** A message whose id is not in the register: kept whole, re-encoded unchanged. */
export interface UnknownMessage {
  name: 'UNKNOWN';
  id: number;
  seqNum: number;
  payload: Uint8Array;
}

/** A message of the register, decoded. `name` tells which one. */
export type KnownMessage = { [M in Declared as M['short']]: Infer<M> }[Declared['short']];
export type SapMessage = KnownMessage | UnknownMessage;
export type SapName = SapMessage['name'];

/** A message to be sent: its name and fields. The sequence number is the sender's counter. */
export type SapDraft = KnownDraft | { name: 'UNKNOWN'; id: number; payload: Uint8Array };
export type KnownDraft = { [M in Declared as M['short']]: Draft<M> }[Declared['short']];

/** Ids that the specification lists as deprecated or unassigned: kept, never failed on. */
export const UNASSIGNED_IDS = [
  501, 507, 508, 509, 510, 514, 515, 516, 517, 1014, 1018, 1019, 1020, 1021, 1022, 1023,
] as const;
