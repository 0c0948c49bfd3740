/** The events of wpa_supplicant that matter here. Names of networks and more of what they quote is chosen by others. */
import { type MacAddress, parseMac } from '../../sap/index.ts';
import { parseCount } from './text.ts';

export type WpaEvent =
  | { readonly type: 'connected'; readonly bssid: MacAddress }
  | { readonly type: 'disconnected'; readonly reason: number | undefined; readonly byUs: boolean }
  | { readonly type: 'associationRejected'; readonly status: number | undefined; readonly timedOut: boolean }
  | { readonly type: 'authenticationRejected'; readonly status: number | undefined }
  /** The network is left alone for a time. `reason` is wpa_supplicant's word: WRONG_KEY, AUTH_FAILED, CONN_FAILED. */
  | { readonly type: 'temporarilyDisabled'; readonly network: number; readonly reason: string }
  | { readonly type: 'eapFailed' }
  /** A scan ended, and no network that may be used was in it. */
  | { readonly type: 'notFound' }
  | { readonly type: 'terminating' };

/** Whether a datagram is an event (`<3>CTRL-EVENT-…`) and no answer: those never begin so. */
export function isEvent(text: string): boolean {
  return /^<\d{1,2}>/.test(text);
}

/** undefined: none of those above, or not as wpa_supplicant writes it. */
export function parseEvent(text: string): WpaEvent | undefined {
  const found = /^<\d{1,2}>CTRL-EVENT-([A-Z0-9-]+)(?: |$)/.exec(text);
  return found === null ? undefined : PARSERS[found[1]!]?.(text.slice(found[0].length));
}

const PARSERS: Readonly<Record<string, (rest: string) => WpaEvent | undefined>> = {
  __proto__: null as never,
  CONNECTED(rest) {
    const bssid = parseMac(/^- [Cc]onnection to (\S{17}) completed/.exec(rest)?.[1] ?? '');
    return bssid === undefined ? undefined : { type: 'connected', bssid };
  },
  DISCONNECTED: (rest) => ({
    type: 'disconnected',
    reason: numberOf(rest, 'reason'),
    byUs: / locally_generated=1\b/.test(rest),
  }),
  'ASSOC-REJECT': (rest) => ({
    type: 'associationRejected',
    status: numberOf(rest, 'status_code'),
    timedOut: / timeout(=|\s|$)/.test(rest),
  }),
  'AUTH-REJECT': (rest) => ({ type: 'authenticationRejected', status: numberOf(rest, 'status_code') }),
  'SSID-TEMP-DISABLED'(rest) {
    // Between the two is the SSID.
    const network = parseCount(/^id=(\d+) ssid="/.exec(rest)?.[1] ?? '');
    const reason = /" auth_failures=\d+ duration=\d+ reason=([A-Z_]+)$/.exec(rest)?.[1];
    if (network === undefined || reason === undefined) return undefined;
    return { type: 'temporarilyDisabled', network, reason };
  },
  'EAP-FAILURE': () => ({ type: 'eapFailed' }),
  'NETWORK-NOT-FOUND': () => ({ type: 'notFound' }),
  TERMINATING: () => ({ type: 'terminating' }),
};

function numberOf(text: string, name: string): number | undefined {
  return parseCount(new RegExp(`(?:^| )${name}=(\\d+)`).exec(text)?.[1] ?? '');
}
