/** The messages that carry settings, held against what they have to be. */
import type { Association } from '../../../ownership/index.ts';
import {
  type ConnectionInfo,
  decodeSap,
  headlineSap,
  hexOf,
  SAP_HEADER_LEN,
  type SapDraft,
  SapError,
  SSID_MAX_LEN,
} from '../../../sap/index.ts';
import type { Read } from '../case.ts';
import type { RuleId } from '../catalogue.ts';
import type { Words } from '../duties.ts';
import { RESERVED } from '../reserved.ts';

const LAST_2_4_GHZ_CHANNEL = 14;
/** Where HOST_LINK_UP names the collocated access point. */
const COLLOCATED_AT = SAP_HEADER_LEN + 56;

export function linkUp({ ssid, collocated, ...link }: Association): SapDraft {
  const padded = new Uint8Array(SSID_MAX_LEN);
  padded.set(ssid.subarray(0, SSID_MAX_LEN));
  const { authMode, pairwiseCipher, channel, band, bssid } = link;
  const connectionInfo: ConnectionInfo = {
    ssidLen: ssid.length,
    ssid: padded,
    authMode,
    pairwiseCipher,
    channel,
    band,
    reserved46: 0,
    bssid,
    reserved54: 0,
  };
  return {
    name: 'HOST_LINK_UP',
    connectionInfo,
    collocChannel: collocated?.channel ?? 0,
    collocBand: collocated && collocated.channel > LAST_2_4_GHZ_CHANNEL ? 1 : 0,
    collocBssid: collocated?.bssid ?? 0,
  };
}

/** The message in words; its bytes where they differ and the words do not. */
export function inWords(bytes: Uint8Array, seen?: Uint8Array): string {
  const words = headline(bytes);
  if (seen === undefined || headline(seen) !== words) return words;
  return `${words} [${hexOf(bytes.subarray(SAP_HEADER_LEN))}]`;
}

function headline(bytes: Uint8Array): string {
  const message = decodeSap(bytes, 0, bytes.length, 'host');
  return message instanceof SapError ? message.message : headlineSap(message);
}

export function differs(bytes: Uint8Array, { event }: Read): Words | undefined {
  const seen = event.bytes;
  let same = seen.length === bytes.length;
  for (let i = SAP_HEADER_LEN; same && i < bytes.length; i++)
    same = seen[i] === bytes[i] || isReserved(seen, i);
  return same ? undefined : () => inWords(bytes, seen);
}

/** What stands there is another rule's affair. */
function isReserved(bytes: Uint8Array, at: number): boolean {
  const ranges = RESERVED.get(bytes[0]! | (bytes[1]! << 8));
  return ranges?.some(({ from, to }) => from <= at && at < to) === true;
}

/** The rule of its own for a HOST_LINK_UP that lacks nothing but the collocated access point. */
export function collocatedOnly(bytes: Uint8Array, { event }: Read): RuleId | undefined {
  const seen = event.bytes;
  if (seen.length !== bytes.length) return undefined;
  for (let i = SAP_HEADER_LEN; i < bytes.length; i++) {
    if (seen[i] !== bytes[i] && !isReserved(seen, i) && (i < COLLOCATED_AT || seen[i] !== 0))
      return undefined;
  }
  return 'init.collocated';
}
