/**
 * What wpa_supplicant says on its control socket, as text: one character a byte (latin1). Nothing here trusts it.
 *
 * Source: wpa_supplicant's ctrl_iface documentation, and what 2.10 answers.
 */
import { bytesOfHex, type MacAddress, parseMac, SSID_MAX_LEN } from '../../sap/index.ts';

/** Answers that mean that nothing came of a command. */
export function isRefusal(reply: string): boolean {
  return reply.startsWith('FAIL') || reply.startsWith('UNKNOWN COMMAND');
}

export function isOk(reply: string): boolean {
  return reply === 'OK\n' || reply === 'OK';
}

/** The bytes of an SSID as GET_NETWORK gives it: in quotes as it is, or hex digits. undefined: it is no SSID. */
export function parseSsid(value: string): Uint8Array | undefined {
  const quoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
  const bytes = quoted ? latin1Bytes(value.slice(1, -1)) : bytesOfHex(value);
  return bytes !== undefined && bytes.length > 0 && bytes.length <= SSID_MAX_LEN ? bytes : undefined;
}

/** An SSID for people: what cannot be printed as \x and two digits. */
export function printableSsid(ssid: Uint8Array): string {
  return [...ssid]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f && byte !== 0x5c
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}

/** The ids in an answer to LIST_NETWORKS, in its order; lines that have none are left out. */
export function parseNetworkIds(reply: string): number[] {
  const ids: number[] = [];
  for (const line of reply.split('\n').slice(1)) {
    const id = parseCount(line.split('\t', 1)[0]!);
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

/** What of an answer to STATUS is used. */
export interface WpaStatus {
  /** Such as COMPLETED, SCANNING, INTERFACE_DISABLED; empty: it was not said. */
  readonly state: string;
  readonly bssid: MacAddress | undefined;
  readonly frequencyMhz: number | undefined;
  /** The network block that is used. */
  readonly network: number | undefined;
}

export function parseStatus(reply: string): WpaStatus {
  const values = new Map<string, string>();
  for (const line of reply.split('\n')) {
    const at = line.indexOf('=');
    // The first counts: an SSID cannot begin a line, but what follows it is not all ours to know.
    if (at > 0 && !values.has(line.slice(0, at))) values.set(line.slice(0, at), line.slice(at + 1));
  }
  const frequency = parseCount(values.get('freq') ?? '');
  return {
    state: values.get('wpa_state') ?? '',
    bssid: parseMac(values.get('bssid') ?? ''),
    frequencyMhz: frequency === 0 ? undefined : frequency,
    network: parseCount(values.get('id') ?? ''),
  };
}

/** A list of frequencies in MHz as scan_freq and freq_list have it; what is no number is left out. */
export function parseFrequencies(value: string): number[] {
  return value
    .split(' ')
    .map(parseCount)
    .filter((mhz) => mhz !== undefined);
}

/** Whether a text can be part of a command: no control character ends it early, and it is no longer than sensible. */
export function isPlain(text: string): boolean {
  return text.length <= PLAIN_MAX && /^[\x20-\x7e]*$/.test(text);
}

const PLAIN_MAX = 1024;
/** Ids and frequencies are C's int. */
const COUNT_MAX = 2 ** 31 - 1;

/** A whole number in plain digits that fits into an int; undefined for anything else. */
export function parseCount(text: string): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= COUNT_MAX ? value : undefined;
}

function latin1Bytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) return undefined;
    bytes[i] = code;
  }
  return bytes;
}
