/** Messages, arguments and passages that the cases of the rules are made of. */
import { encodeSap, FlexFilterFlags, noFilters, type SapDraft } from '../../../sap/index.ts';
import type { RuleId } from '../../../trace/index.ts';
import { dhcpFrame, Script, tcpFrame } from '../script.ts';

export const PING: SapDraft = { name: 'PING' };
export const PONG: SapDraft = { name: 'PONG' };
export const ASKS: SapDraft = { name: 'HOST_ASKS_FOR_NIC_OWNERSHIP' };
export const CONFIRMED: SapDraft = { name: 'HOST_OWNERSHIP_CONFIRMED' };
export const CSME_CONFIRMED: SapDraft = { name: 'CSME_OWNERSHIP_CONFIRMED' };
export const TAKING: SapDraft = { name: 'CSME_TAKING_OWNERSHIP' };
export const PLDR: SapDraft = { name: 'PLDR', version: 0 };
export const reply = (granted: number): SapDraft => ({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted });
export const country = (mcc: number): SapDraft => ({ name: 'COUNTRY_CODE', mcc, sourceId: 0, diffTime: 0 });
export const pldrAck = (status: number): SapDraft => ({ name: 'PLDR_ACK', version: 0, status });

export const LINK = {
  ssidLen: 4,
  ssid: Uint8Array.of(0x68, 0x6f, 0x6d, 0x65, ...new Uint8Array(28)),
  authMode: 7,
  pairwiseCipher: 4,
  channel: 36,
  band: 1,
  bssid: 0x020000000005,
};
export const ASSOCIATED = {
  ssid: Buffer.from(LINK.ssid).toString('hex'),
  ssid_len: 4,
  auth_mode: 7,
  pairwise_cipher: 4,
  channel: 36,
  band: 1,
  bssid: '02:00:00:00:00:05',
  colloc_channel: 6,
  colloc_bssid: '02:00:00:00:00:06',
};
export const linkUp = (collocated: boolean): SapDraft => ({
  name: 'HOST_LINK_UP',
  connectionInfo: LINK,
  collocChannel: collocated ? 6 : 0,
  collocBand: 0,
  collocBssid: collocated ? 0x020000000006 : 0,
});
export const status = (linkProtState: number): SapDraft => ({
  name: 'CSME_CONN_STATUS',
  linkProtState,
  scanRequest: 0,
  connectionInfo: LINK,
});
export const CONN_STATUS = {
  lp_state: 1,
  auth_mode: 7,
  ssid_len: 4,
  channel: 36,
  band: 1,
  pairwise_cipher: 4,
  bssid: '02:00:00:00:00:05',
  ssid: ASSOCIATED.ssid,
};
export const NVM: SapDraft = {
  name: 'NVM',
  hwAddr: 0x021122334455,
  nHwAddrs: 1,
  reserved15: 0,
  radioCfg: 1,
  caps: 2,
  nvmVersion: 3,
  channels: new Array<number>(110).fill(7),
};
export const NVM_RET = {
  ret: 1,
  hw_addr: '02:11:22:33:44:55',
  n_hw_addrs: 1,
  reserved: 0,
  radio_cfg: 1,
  caps: 2,
  nvm_version: 3,
  channels: '07000000'.repeat(16),
  channels_tail: '07000000'.repeat(4),
};
export const AMT_PORT = {
  srcPort: 0,
  dstPort: 16992,
  flags: FlexFilterFlags.ENABLED | FlexFilterFlags.TCP,
  reserved5: 0,
};
export const wanting = (s: Script) => {
  const { flexFilters } = noFilters();
  return s.filters({ flexFilters: [AMT_PORT, ...flexFilters.slice(1)] });
};
export const MULTICAST = Uint8Array.of(1, 0, 0x5e, 0, 0, 0xfb, ...tcpFrame(16992).subarray(6));
export const multicastWanted = (s: Script) => {
  const { ethFilters, flexFilters } = noFilters();
  const filter = { macAddress: 0x01005e0000fb, flags: 0x06 };
  return s.filters({
    flexFilters: [AMT_PORT, ...flexFilters.slice(1)],
    ethFilters: [filter, ...ethFilters.slice(1)],
  });
};
export const packet = (frame: Uint8Array): SapDraft => ({ name: 'DATA_PACKET', frame });
export const copyOf = (frame: Uint8Array, toMeFiltStatus = 0x4000_0000): SapDraft => ({
  name: 'CB_DATA_PACKET',
  toMeFiltStatus,
  dataLen: frame.length,
  frame,
});
export const control = (...words: number[]) => new Uint8Array(Uint32Array.from(words).buffer);
export const CONTROL = control(
  0x21504153, 64, 0, 0, 0, 32768, 0, 0, 48256, 0, 0, 0, 62720, 0, 0, 24128,
); // biome-ignore format: the block as it lies
export const TRAILER = control(0x21504153);
export const area = (s: Script, block: Uint8Array) =>
  s.add({ ch: 'area', dir: 'h2m', size: 172032, control: block, trailer: TRAILER });
export const changed = (bytes: Uint8Array, at: number, value: number) => {
  const out = bytes.slice();
  out[at] = value;
  return out;
};
export const registered = () =>
  new Script().note('a driver of a test', 'test').call('register').ret('register');

export interface Case {
  readonly keeps: () => Script;
  /** The line of the finding is that of the last event, or `at` before it. */
  readonly breaks: readonly (readonly [what: string, script: () => Script, line?: (s: Script) => number])[];
  /** How long the trace goes on behind what is judged, in ms. */
  readonly afterMs?: number;
}

export const filled = (s: Script, last: number) => {
  for (let i = 0; i < last; i++) s.call('country', { mcc: i });
  return s;
};

export function associatedBefore(collocated: boolean): Script {
  const s = registered().call('associated', ASSOCIATED).started().csme({ name: 'AMT_STATE', enabled: 1 });
  return s.host({ name: 'WIFIDR_UP' }, { name: 'WHO_OWNS_NIC' }, linkUp(collocated), country(0), {
    name: 'RADIO_STATE',
    state: 3,
  });
}

export function accepted(): Script {
  return new Script().enabled().call('pldr').host(PLDR).csme(pldrAck(0)).ret('pldr');
}

export function taken(): Script {
  return new Script().enabled().call('device_state', { up: 1 }).csme(TAKING).rfkill(1, 1);
}

export function dhcp(s: Script): Script {
  return s.call('tx_copy', { ivlen: 0, frame80211: dhcpFrame().hex });
}

export function forwarding(): Script {
  return wanting(new Script().enabled())
    .csmeData(packet(tcpFrame(1)))
    .toAir(tcpFrame(1))
    .pass(10);
}

/** More frames than the data ring has room for; the stack gets those that CSME does not. */
export function overflowing(kept: boolean): Script {
  const s = wanting(new Script().enabled()).air(tcpFrame(80)).toStack(tcpFrame(80)).pass(100);
  const fitting = Math.floor(48256 / (8 + 1400));
  for (let i = 0; i < fitting; i++) s.air(tcpFrame(16992, 1400));
  s.air(tcpFrame(16992, 1500));
  if (kept) s.toStack(tcpFrame(16992, 1500));
  return s.host(...Array.from({ length: fitting }, () => packet(tcpFrame(16992, 1400))));
}

export function shortOf(name: 'NIC_OWNER' | 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ'): Uint8Array {
  const id = name === 'NIC_OWNER' ? 511 : 503;
  return encodeSap({ name: 'UNKNOWN', id, payload: new Uint8Array(2) }, 99);
}

export type Cases = { readonly [R in RuleId]?: Case };
