/**
 * The codec that one would write by hand, message by message, with a `DataView`: the yardstick of the generated one.
 * It makes the same values, and checks type and size; it does not check what it encodes, nor say what is wrong.
 */
import type { KnownMessage } from '../../sap/index.ts';
import { getConnection, getFilters, getMac, setConnection, setFilters, setMac } from './structures.ts';

type Name = KnownMessage['name'];
type Message<N extends Name> = Extract<KnownMessage, { name: N }>;

export interface ByHand<M> {
  decode(b: Uint8Array): M;
  encode(message: M, seqNum: number): Uint8Array;
}

const NONE = new Uint8Array(0);

function open(b: Uint8Array, id: number, size: number): DataView {
  const v = new DataView(b.buffer, b.byteOffset, b.byteLength);
  if (b.length < size || v.getUint16(0, true) !== id || v.getUint16(2, true) !== b.length - 8) {
    throw new RangeError('not this message');
  }
  return v;
}

function tailOf(b: Uint8Array, size: number): Uint8Array {
  return b.length === size ? NONE : b.subarray(size);
}

function start(id: number, size: number, seqNum: number, tail: Uint8Array): DataView<ArrayBuffer> {
  const out = new Uint8Array(size + tail.length);
  const v = new DataView(out.buffer);
  v.setUint16(0, id, true);
  v.setUint16(2, out.length - 8, true);
  v.setUint32(4, seqNum, true);
  if (tail.length > 0) out.set(tail, size);
  return v;
}

const done = (v: DataView<ArrayBuffer>) => new Uint8Array(v.buffer);
/** A message of nothing but a header. */
function bare<const N extends Name, const I extends number>(
  name: N,
  id: I,
): ByHand<{ name: N; id: I; seqNum: number; tail: Uint8Array }> {
  return {
    decode(b) {
      const v = open(b, id, 8);
      return { name, id, seqNum: v.getUint32(4, true), tail: tailOf(b, 8) };
    },
    encode: (message, seqNum) => done(start(id, 8, seqNum, message.tail)),
  };
}

/** A message of one word. */
function oneWord<const N extends Name, const I extends number, const F extends string>(
  make: (seqNum: number, word: number, tail: Uint8Array) => Message<N>,
  id: I,
  field: F,
): ByHand<Message<N>> {
  return {
    decode(b) {
      const v = open(b, id, 12);
      return make(v.getUint32(4, true), v.getUint32(8, true), tailOf(b, 12));
    },
    encode(message, seqNum) {
      const v = start(id, 12, seqNum, message.tail);
      v.setUint32(8, (message as unknown as Record<F, number>)[field], true);
      return done(v);
    },
  };
}

/** Messages without an entry are not measured. */
export const BY_HAND: { [N in Name]?: ByHand<Message<N>> } = {
  PING: bare('PING', 1),
  PONG: bare('PONG', 2),
  CSME_TAKING_OWNERSHIP: bare('CSME_TAKING_OWNERSHIP', 504),
  TRIGGER_IP_REFRESH: bare('TRIGGER_IP_REFRESH', 505),
  CSME_CAN_RELEASE_OWNERSHIP: bare('CSME_CAN_RELEASE_OWNERSHIP', 506),
  BAND_SELECTION: bare('BAND_SELECTION', 1000),
  HOST_ASKS_FOR_NIC_OWNERSHIP: bare('HOST_ASKS_FOR_NIC_OWNERSHIP', 1003),
  HOST_GOES_DOWN: bare('HOST_GOES_DOWN', 1006),
  CSME_OWNERSHIP_CONFIRMED: bare('CSME_OWNERSHIP_CONFIRMED', 1007),
  WHO_OWNS_NIC: bare('WHO_OWNS_NIC', 1011),
  WIFIDR_DOWN: bare('WIFIDR_DOWN', 1012),
  WIFIDR_UP: bare('WIFIDR_UP', 1013),
  HOST_OWNERSHIP_CONFIRMED: bare('HOST_OWNERSHIP_CONFIRMED', 1015),
  GET_NVM: bare('GET_NVM', 1017),

  AMT_STATE: oneWord(
    (seqNum, enabled, tail) => ({ name: 'AMT_STATE', id: 502, seqNum, enabled, tail }),
    502,
    'enabled',
  ),
  CSME_REPLY_TO_HOST_OWNERSHIP_REQ: oneWord(
    (seqNum, granted, tail) => ({ name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', id: 503, seqNum, granted, tail }),
    503,
    'granted',
  ),
  NIC_OWNER: oneWord(
    (seqNum, owner, tail) => ({ name: 'NIC_OWNER', id: 511, seqNum, owner, tail }),
    511,
    'owner',
  ),
  RADIO_STATE: oneWord(
    (seqNum, state, tail) => ({ name: 'RADIO_STATE', id: 1001, seqNum, state, tail }),
    1001,
    'state',
  ),
  HOST_SUSPENDS: oneWord(
    (seqNum, flags, tail) => ({ name: 'HOST_SUSPENDS', id: 1004, seqNum, flags, tail }),
    1004,
    'flags',
  ),
  HOST_RESUMES: oneWord(
    (seqNum, initControlBlock, tail) => ({ name: 'HOST_RESUMES', id: 1005, seqNum, initControlBlock, tail }),
    1005,
    'initControlBlock',
  ),
  PLDR: oneWord(
    (seqNum, version, tail) => ({ name: 'PLDR', id: 1024, seqNum, version, tail }),
    1024,
    'version',
  ),

  CSME_FILTERS: {
    decode(b) {
      const v = open(b, 500, 1904);
      return {
        name: 'CSME_FILTERS',
        id: 500,
        seqNum: v.getUint32(4, true),
        mode: v.getUint32(8, true),
        macAddress: getMac(v, 12),
        reserved18: v.getUint16(18, true),
        cbfilters: b.subarray(20, 1748),
        oobFilters: getFilters(v, 1748),
        tail: tailOf(b, 1904),
      };
    },
    encode(message, seqNum) {
      const v = start(500, 1904, seqNum, message.tail);
      v.setUint32(8, message.mode, true);
      setMac(v, 12, message.macAddress);
      v.setUint16(18, message.reserved18, true);
      new Uint8Array(v.buffer).set(message.cbfilters, 20);
      setFilters(v, 1748, message.oobFilters);
      return done(v);
    },
  },
  CSME_CONN_STATUS: {
    decode(b) {
      const v = open(b, 512, 72);
      return {
        name: 'CSME_CONN_STATUS',
        id: 512,
        seqNum: v.getUint32(4, true),
        linkProtState: v.getUint32(8, true),
        scanRequest: v.getUint32(12, true),
        connectionInfo: getConnection(b, v, 16),
        tail: tailOf(b, 72),
      };
    },
    encode(message, seqNum) {
      const v = start(512, 72, seqNum, message.tail);
      v.setUint32(8, message.linkProtState, true);
      v.setUint32(12, message.scanRequest, true);
      setConnection(v, 16, message.connectionInfo);
      return done(v);
    },
  },
  NVM: {
    decode(b) {
      const v = open(b, 513, 468);
      const channels = new Array<number>(110);
      for (let i = 0; i < 110; i++) channels[i] = v.getUint32(28 + 4 * i, true);
      return {
        name: 'NVM',
        id: 513,
        seqNum: v.getUint32(4, true),
        hwAddr: getMac(v, 8),
        nHwAddrs: v.getUint8(14),
        reserved15: v.getUint8(15),
        radioCfg: v.getUint32(16, true),
        caps: v.getUint32(20, true),
        nvmVersion: v.getUint32(24, true),
        channels,
        tail: tailOf(b, 468),
      };
    },
    encode(message, seqNum) {
      const v = start(513, 468, seqNum, message.tail);
      setMac(v, 8, message.hwAddr);
      v.setUint8(14, message.nHwAddrs);
      v.setUint8(15, message.reserved15);
      v.setUint32(16, message.radioCfg, true);
      v.setUint32(20, message.caps, true);
      v.setUint32(24, message.nvmVersion, true);
      for (let i = 0; i < 110; i++) v.setUint32(28 + 4 * i, message.channels[i]!, true);
      return done(v);
    },
  },
  PLDR_ACK: {
    decode(b) {
      const v = open(b, 518, 16);
      return {
        name: 'PLDR_ACK',
        id: 518,
        seqNum: v.getUint32(4, true),
        version: v.getUint32(8, true),
        status: v.getUint32(12, true),
        tail: tailOf(b, 16),
      };
    },
    encode(message, seqNum) {
      const v = start(518, 16, seqNum, message.tail);
      v.setUint32(8, message.version, true);
      v.setUint32(12, message.status, true);
      return done(v);
    },
  },
  NIC_INFO: {
    decode(b) {
      const v = open(b, 1002, 20);
      return {
        name: 'NIC_INFO',
        id: 1002,
        seqNum: v.getUint32(4, true),
        macAddress: getMac(v, 8),
        nvmAddress: getMac(v, 14),
        tail: tailOf(b, 20),
      };
    },
    encode(message, seqNum) {
      const v = start(1002, 20, seqNum, message.tail);
      setMac(v, 8, message.macAddress);
      setMac(v, 14, message.nvmAddress);
      return done(v);
    },
  },
  COUNTRY_CODE: {
    decode(b) {
      const v = open(b, 1008, 16);
      return {
        name: 'COUNTRY_CODE',
        id: 1008,
        seqNum: v.getUint32(4, true),
        mcc: v.getUint16(8, true),
        sourceId: v.getUint8(10),
        reserved11: v.getUint8(11),
        diffTime: v.getUint32(12, true),
        tail: tailOf(b, 16),
      };
    },
    encode(message, seqNum) {
      const v = start(1008, 16, seqNum, message.tail);
      v.setUint16(8, message.mcc, true);
      v.setUint8(10, message.sourceId);
      v.setUint8(11, message.reserved11);
      v.setUint32(12, message.diffTime, true);
      return done(v);
    },
  },
  HOST_LINK_UP: {
    decode(b) {
      const v = open(b, 1009, 76);
      return {
        name: 'HOST_LINK_UP',
        id: 1009,
        seqNum: v.getUint32(4, true),
        connectionInfo: getConnection(b, v, 8),
        collocChannel: v.getUint8(64),
        collocBand: v.getUint8(65),
        reserved66: v.getUint16(66, true),
        collocBssid: getMac(v, 68),
        reserved74: v.getUint16(74, true),
        tail: tailOf(b, 76),
      };
    },
    encode(message, seqNum) {
      const v = start(1009, 76, seqNum, message.tail);
      setConnection(v, 8, message.connectionInfo);
      v.setUint8(64, message.collocChannel);
      v.setUint8(65, message.collocBand);
      v.setUint16(66, message.reserved66, true);
      setMac(v, 68, message.collocBssid);
      v.setUint16(74, message.reserved74, true);
      return done(v);
    },
  },
  HOST_LINK_DOWN: {
    decode(b) {
      const v = open(b, 1010, 16);
      return {
        name: 'HOST_LINK_DOWN',
        id: 1010,
        seqNum: v.getUint32(4, true),
        type: v.getUint8(8),
        reserved9: v.getUint16(9, true),
        reasonValid: v.getUint8(11),
        reason: v.getUint32(12, true),
        tail: tailOf(b, 16),
      };
    },
    encode(message, seqNum) {
      const v = start(1010, 16, seqNum, message.tail);
      v.setUint8(8, message.type);
      v.setUint16(9, message.reserved9, true);
      v.setUint8(11, message.reasonValid);
      v.setUint32(12, message.reason, true);
      return done(v);
    },
  },
  SAR_LIMITS: {
    decode(b) {
      const v = open(b, 1016, 28);
      const sarChainInfoTable: number[][] = [];
      for (let chain = 0; chain < 2; chain++) {
        const limits = new Array<number>(5);
        for (let band = 0; band < 5; band++) limits[band] = v.getUint16(8 + 10 * chain + 2 * band, true);
        sarChainInfoTable.push(limits);
      }
      return {
        name: 'SAR_LIMITS',
        id: 1016,
        seqNum: v.getUint32(4, true),
        sarChainInfoTable,
        tail: tailOf(b, 28),
      };
    },
    encode(message, seqNum) {
      const v = start(1016, 28, seqNum, message.tail);
      for (let chain = 0; chain < 2; chain++) {
        const limits = message.sarChainInfoTable[chain]!;
        for (let band = 0; band < 5; band++) v.setUint16(8 + 10 * chain + 2 * band, limits[band]!, true);
      }
      return done(v);
    },
  },
  PLDR_END: {
    decode(b) {
      const v = open(b, 1025, 16);
      return {
        name: 'PLDR_END',
        id: 1025,
        seqNum: v.getUint32(4, true),
        version: v.getUint32(8, true),
        status: v.getUint32(12, true),
        tail: tailOf(b, 16),
      };
    },
    encode(message, seqNum) {
      const v = start(1025, 16, seqNum, message.tail);
      v.setUint32(8, message.version, true);
      v.setUint32(12, message.status, true);
      return done(v);
    },
  },
  DATA_PACKET: {
    decode(b) {
      const v = open(b, 2000, 22);
      return {
        name: 'DATA_PACKET',
        id: 2000,
        seqNum: v.getUint32(4, true),
        frame: b.subarray(8),
        tail: NONE,
      };
    },
    encode(message, seqNum) {
      return done(start(2000, 8, seqNum, message.frame));
    },
  },
  CB_DATA_PACKET: {
    decode(b) {
      const v = open(b, 2001, 48);
      return {
        name: 'CB_DATA_PACKET',
        id: 2001,
        seqNum: v.getUint32(4, true),
        reserved8: b.subarray(8, 36),
        toMeFiltStatus: v.getUint32(36, true),
        reserved40: v.getUint32(40, true),
        dataLen: v.getUint32(44, true),
        frame: b.subarray(48),
        tail: NONE,
      };
    },
    encode(message, seqNum) {
      const v = start(2001, 48, seqNum, message.frame);
      new Uint8Array(v.buffer).set(message.reserved8, 8);
      v.setUint32(36, message.toMeFiltStatus, true);
      v.setUint32(40, message.reserved40, true);
      v.setUint32(44, message.dataLen, true);
      return done(v);
    },
  },
};
