/** Structures of the messages, read and written by hand with a `DataView`. */
import type { ConnectionInfo, OobFilters } from '../../sap/index.ts';

export const getMac = (v: DataView, at: number) => v.getUint16(at) * 0x100000000 + v.getUint32(at + 2);
export function setMac(v: DataView, at: number, mac: number): void {
  v.setUint16(at, mac / 0x100000000);
  v.setUint32(at + 2, mac);
}

export function getConnection(b: Uint8Array, v: DataView, at: number): ConnectionInfo {
  return {
    ssidLen: v.getUint32(at, true),
    ssid: b.subarray(at + 4, at + 36),
    authMode: v.getUint32(at + 36, true),
    pairwiseCipher: v.getUint32(at + 40, true),
    channel: v.getUint8(at + 44),
    band: v.getUint8(at + 45),
    reserved46: v.getUint16(at + 46, true),
    bssid: getMac(v, at + 48),
    reserved54: v.getUint16(at + 54, true),
  };
}

export function setConnection(v: DataView<ArrayBuffer>, at: number, info: ConnectionInfo): void {
  v.setUint32(at, info.ssidLen, true);
  new Uint8Array(v.buffer).set(info.ssid, at + 4);
  v.setUint32(at + 36, info.authMode, true);
  v.setUint32(at + 40, info.pairwiseCipher, true);
  v.setUint8(at + 44, info.channel);
  v.setUint8(at + 45, info.band);
  v.setUint16(at + 46, info.reserved46, true);
  setMac(v, at + 48, info.bssid);
  v.setUint16(at + 54, info.reserved54, true);
}

export function getFilters(v: DataView, at: number): OobFilters {
  const flexFilters: OobFilters['flexFilters'] = [];
  for (let i = 0, p = at; i < 14; i++, p += 6) {
    flexFilters.push({
      srcPort: v.getUint16(p),
      dstPort: v.getUint16(p + 2),
      flags: v.getUint8(p + 4),
      reserved5: v.getUint8(p + 5),
    });
  }
  const ipv6Filters: OobFilters['ipv6Filters'] = [];
  for (let i = 0, p = at + 88; i < 4; i++, p += 4) {
    ipv6Filters.push({ addrLo24: v.getUint32(p) >>> 8, flags: v.getUint8(p + 3) });
  }
  const ethFilters: OobFilters['ethFilters'] = [];
  for (let i = 0, p = at + 104; i < 5; i++, p += 7) {
    ethFilters.push({ macAddress: getMac(v, p), flags: v.getUint8(p + 6) });
  }
  const vlan: number[] = [];
  for (let i = 0; i < 4; i++) vlan.push(v.getUint16(at + 148 + 2 * i, true));
  return {
    flexFilters,
    icmpv6Flags: v.getUint32(at + 84, true),
    ipv6Filters,
    ethFilters,
    reserved139: v.getUint8(at + 139),
    ipv4Filter: { ipv4Addr: v.getUint32(at + 140), flags: v.getUint32(at + 144, true) },
    vlan,
  };
}

export function setFilters(v: DataView<ArrayBuffer>, at: number, filters: OobFilters): void {
  for (let i = 0, p = at; i < 14; i++, p += 6) {
    const flex = filters.flexFilters[i]!;
    v.setUint16(p, flex.srcPort);
    v.setUint16(p + 2, flex.dstPort);
    v.setUint8(p + 4, flex.flags);
    v.setUint8(p + 5, flex.reserved5);
  }
  v.setUint32(at + 84, filters.icmpv6Flags, true);
  for (let i = 0, p = at + 88; i < 4; i++, p += 4) {
    const ipv6 = filters.ipv6Filters[i]!;
    v.setUint32(p, (ipv6.addrLo24 << 8) | ipv6.flags);
  }
  for (let i = 0, p = at + 104; i < 5; i++, p += 7) {
    setMac(v, p, filters.ethFilters[i]!.macAddress);
    v.setUint8(p + 6, filters.ethFilters[i]!.flags);
  }
  v.setUint8(at + 139, filters.reserved139);
  v.setUint32(at + 140, filters.ipv4Filter.ipv4Addr);
  v.setUint32(at + 144, filters.ipv4Filter.flags, true);
  for (let i = 0; i < 4; i++) v.setUint16(at + 148 + 2 * i, filters.vlan[i]!, true);
}
