/** Access points for profiles and sessions, written short. */
import type { MacAddress } from '../../sap/declare.ts';
import {
  AuthMode,
  Band,
  type ConnectionInfo,
  PairwiseCipher,
  SSID_MAX_LEN,
} from '../../sap/messages/index.ts';

/**
 * A connection_info: `ssid` as text (its UTF-8) or bytes, at most 32 bytes, the rest is cut; `band` follows
 * from the channel when left out (up to 14: 2.4 GHz, else 5 GHz). WPA2-PSK with CCMP unless told otherwise.
 */
export function accessPoint(ap: {
  ssid: string | Uint8Array;
  bssid: MacAddress;
  channel: number;
  band?: number;
  authMode?: number;
  pairwiseCipher?: number;
}): ConnectionInfo {
  const text = typeof ap.ssid === 'string' ? utf8(ap.ssid) : ap.ssid;
  const ssidLen = Math.min(text.length, SSID_MAX_LEN);
  const ssid = new Uint8Array(SSID_MAX_LEN);
  ssid.set(text.slice(0, ssidLen));
  return {
    ssidLen,
    ssid,
    authMode: ap.authMode ?? AuthMode.RSNA_PSK,
    pairwiseCipher: ap.pairwiseCipher ?? PairwiseCipher.CCMP,
    channel: ap.channel,
    band: ap.band ?? (ap.channel <= 14 ? Band.GHZ_2_4 : Band.GHZ_5),
    reserved46: 0,
    bssid: ap.bssid,
    reserved54: 0,
  };
}

/** The connection_info of no association: all zero. */
export function noAccessPoint(): ConnectionInfo {
  return accessPoint({ ssid: '', bssid: 0, channel: 0, authMode: 0, pairwiseCipher: 0 });
}

function utf8(text: string): Uint8Array {
  const out: number[] = [];
  for (const char of text) {
    const c = char.codePointAt(0) as number;
    if (c < 0x80) out.push(c);
    else if (c < 0x800) out.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    else if (c < 0x10000) out.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    else out.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 63), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
  }
  return Uint8Array.from(out);
}
