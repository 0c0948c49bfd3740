/** What scenarios have the WLAN driver say. */
import type { TraceArgs } from '../../trace/index.ts';

export const COUNTRY: TraceArgs = { mcc: 0x4445 };
export const OTHER_COUNTRY: TraceArgs = { mcc: 0x4652 };
export const LIMITS: TraceArgs = { v: [11, 12, 13, 14, 15, 21, 22, 23, 24, 25] };
export const NIC: TraceArgs = { mac: '02:00:5e:00:53:20', nvm: '02:00:5e:00:53:21' };

const SSID = 'conformance';
const hex = [...SSID].map((c) => c.charCodeAt(0).toString(16)).join('');

/** WPA3-Personal on channel 36, without a collocated access point. */
export const ASSOCIATION: TraceArgs = {
  ssid: hex.padEnd(64, '0'),
  ssid_len: SSID.length,
  auth_mode: 9,
  pairwise_cipher: 4,
  channel: 36,
  band: 1,
  bssid: '02:00:5e:00:53:01',
  colloc_channel: -1,
  colloc_bssid: '00:00:00:00:00:00',
};

export const COLLOCATED: TraceArgs = { colloc_channel: 40, colloc_bssid: '02:00:5e:00:53:02' };
