/** What the kernel tells by itself: multicast messages of nl80211 as events. */
import { type Attributes, required, viewOf } from '../netlink/attributes.ts';
import { headed } from '../netlink/message.ts';
import { NL80211_ATTR as ATTR, NL80211_CMD as CMD } from './constants.ts';
import { countryOf } from './decode.ts';
import { decodeRoamingForbidden, INTEL_OUI, ROAMING_FORBIDDEN_EVENT } from './intel.ts';
import type { Nl80211Event } from './types.ts';

/** The groups in which these events are told. */
export const EVENT_GROUPS = ['config', 'scan', 'regulatory', 'mlme', 'vendor'] as const;

/** Undefined: none of ours. Throws BRIDGE_ERR_FORMAT. */
export function eventOf(command: number, a: Attributes): Nl80211Event | undefined {
  switch (command) {
    case CMD.CONNECT:
      return { type: 'connect', ifindex: ifindexOf(a), ...connectionOf(a) };
    case CMD.ROAM:
      return { type: 'roam', ifindex: ifindexOf(a), ...connectionOf(a) };
    case CMD.DISCONNECT: {
      const reason = a.u16(ATTR.REASON_CODE);
      return { type: 'disconnect', ifindex: ifindexOf(a), ...(reason !== undefined && { reason }) };
    }
    case CMD.VENDOR:
      return vendorEventOf(a);
    case CMD.TRIGGER_SCAN:
      return withInterface(a, (ifindex) => ({ type: 'scanStarted', ifindex, ...scannedOf(a) }));
    case CMD.NEW_SCAN_RESULTS:
    case CMD.SCAN_ABORTED:
      return withInterface(a, (ifindex) => ({
        type: 'scanDone',
        ifindex,
        aborted: command === CMD.SCAN_ABORTED,
      }));
    case CMD.REG_CHANGE:
    case CMD.WIPHY_REG_CHANGE:
      return { type: 'regulatory', country: countryOf(a) };
    case CMD.NEW_INTERFACE:
    case CMD.DEL_INTERFACE:
      return withInterface(a, (ifindex) => ({
        type: 'interface',
        change: command === CMD.NEW_INTERFACE ? 'new' : 'del',
        ifindex,
        name: required(a.text(ATTR.IFNAME), ATTR.IFNAME),
      }));
    case CMD.NEW_WIPHY:
    case CMD.DEL_WIPHY:
      return {
        type: 'wiphy',
        change: command === CMD.NEW_WIPHY ? 'new' : 'del',
        index: required(a.u32(ATTR.WIPHY), ATTR.WIPHY),
      };
    default:
      return undefined;
  }
}

function ifindexOf(a: Attributes): number {
  return required(a.u32(ATTR.IFINDEX), ATTR.IFINDEX);
}

/** Devices without an interface, such as for P2P, scan and come and go as well: those events are nobody's here. */
function withInterface(a: Attributes, make: (ifindex: number) => Nl80211Event): Nl80211Event | undefined {
  const ifindex = a.u32(ATTR.IFINDEX);
  return ifindex === undefined ? undefined : make(ifindex);
}

function connectionOf(a: Attributes) {
  const bssid = a.mac(ATTR.MAC);
  const status = a.u16(ATTR.STATUS_CODE);
  return { ...(bssid !== undefined && { bssid }), ...(status !== undefined && { status }) };
}

function scannedOf(a: Attributes) {
  return {
    frequenciesMhz: (a.list(ATTR.SCAN_FREQUENCIES) ?? []).map((word) =>
      viewOf(headed(word, 4)).getUint32(0, true),
    ),
    ssids: (a.list(ATTR.SCAN_SSIDS) ?? []).map((ssid) => ssid.slice()),
  };
}

function vendorEventOf(a: Attributes): Nl80211Event | undefined {
  if (a.u32(ATTR.VENDOR_ID) !== INTEL_OUI || a.u32(ATTR.VENDOR_SUBCMD) !== ROAMING_FORBIDDEN_EVENT) {
    return undefined;
  }
  const said = decodeRoamingForbidden(required(a.bytes(ATTR.VENDOR_DATA), ATTR.VENDOR_DATA));
  return { type: 'roamingForbidden', ifindex: ifindexOf(a), ...said };
}
