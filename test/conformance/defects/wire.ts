/** Defects of messages, door bells and rings, and of what a hostile CSME meets. */
import { CHECK_IDS, type CheckId } from '../../../conformance/index.ts';
import {
  declOf,
  type RingLayout,
  type RingRead,
  SAP_HEADER_LEN,
  type SharedArea,
} from '../../../sap/index.ts';
import { type Defect, hooked, isNamed, quirk, type Reading, reads, timed, writes } from './plant.ts';

/** A message that CSME cannot read, or that never comes, is missed by everything that waits for it. */
const MISSED: readonly CheckId[] = [
  'init.missing',
  'init.contents',
  'init.order',
  'settings.sent',
  'settings.quiet',
  'driver.up',
  'bell.missing',
  'start.late-start-ok',
];

/** A driver that misses so much fails wherever it is asked anything. */
const EVERYTHING = CHECK_IDS;

export const WIRE_DEFECTS: readonly Defect[] = [
  {
    id: 'own-counter-for-data',
    what: 'counts frames apart from notifications',
    plant: writes({
      fresh: () => {
        let data = 0;
        return (message, { write, ring }) => {
          if (ring.queue !== 'data') return write(message);
          const own = message.slice();
          new DataView(own.buffer).setUint32(4, ++data, true);
          return write(own);
        };
      },
    }),
    fails: ['sap.seq'],
    follows: ['rx.order'],
  },
  {
    id: 'numbers-go-on',
    what: 'goes on with its numbers on a new link',
    plant: hooked(() => {
      let last = 0;
      return {
        after(host, _now, input) {
          if (input?.type === 'mapped') host.sapSeqNum = last;
          else if (host.state.phase === 'connected') last = host.sapSeqNum;
        },
      };
    }),
    fails: ['sap.seq'],
    follows: ['ring.full-reads-empty'],
  },
  {
    id: 'numbers-from-zero',
    what: 'begins with number 0',
    plant: hooked({
      after(host, _now, input) {
        if (input?.type === 'mapped') host.sapSeqNum = -1;
      },
    }),
    fails: ['sap.seq'],
  },
  {
    id: 'too-long',
    what: 'sends RADIO_STATE with four bytes too many',
    plant: writes((message, { write }) => {
      if (!isNamed(message, 'RADIO_STATE')) return write(message);
      const long = new Uint8Array(16);
      long.set(message);
      long[2] = 8;
      return write(long);
    }),
    fails: ['sap.length'],
    follows: ['init.contents', 'settings.sent'],
  },
  {
    id: 'too-short',
    what: 'sends COUNTRY_CODE without its last field',
    plant: writes((message, { write }) => {
      if (!isNamed(message, 'COUNTRY_CODE')) return write(message);
      const short = message.slice(0, 12);
      short[2] = 4;
      return write(short);
    }),
    fails: ['sap.length'],
    follows: [...MISSED, 'bell.repeat'],
  },
  {
    id: 'header-with-length',
    what: 'counts the header in the length of NIC_INFO',
    plant: writes((message, { write }) => {
      if (!isNamed(message, 'NIC_INFO')) return write(message);
      const wrong = message.slice();
      wrong[2]! += SAP_HEADER_LEN;
      return write(wrong);
    }),
    fails: ['sap.length'],
    follows: [...MISSED, 'sap.seq', 'sap.type', 'ring.pointer'],
  },
  {
    id: 'unknown-type',
    what: 'sends WIFIDR_UP with an unassigned type',
    plant: writes((message, { write }) => {
      if (!isNamed(message, 'WIFIDR_UP')) return write(message);
      const other = message.slice();
      other.set([1014 & 0xff, 1014 >> 8]);
      return write(other);
    }),
    fails: ['sap.type'],
    follows: MISSED,
  },
  {
    id: 'wrong-ring',
    what: 'sends RADIO_STATE through the data ring',
    plant: writes((message, { write, area }) => {
      if (!isNamed(message, 'RADIO_STATE')) return write(message);
      put(area, area.layout.rings.h2m.data, message);
      return undefined;
    }),
    fails: ['sap.queue'],
    follows: MISSED,
  },
  {
    id: 'reserved-bytes',
    what: 'leaves rubbish in the reserved bytes of COUNTRY_CODE',
    plant: writes((message, { write }) => {
      if (!isNamed(message, 'COUNTRY_CODE')) return write(message);
      const dirty = message.slice();
      dirty[11] = 0xa5;
      return write(dirty);
    }),
    fails: ['sap.reserved'],
  },

  {
    id: 'throttle-of-50',
    what: 'rings again after 50 ms',
    plant: timed('bellThrottle', 50),
    fails: ['bell.throttle'],
  },
  {
    id: 'no-throttle',
    what: 'rings for each message',
    plant: timed('bellThrottle', null),
    fails: ['bell.throttle'],
    follows: ['bell.repeat'],
  },
  {
    id: 'no-bell-behind-throttle',
    what: 'does not ring when the throttle ends',
    plant: hooked({
      after({ state }, nowMs) {
        const { timers } = state;
        if (timers.bellThrottle !== null && timers.bellThrottle - nowMs < 100) timers.bellThrottle = null;
      },
    }),
    fails: ['bell.missing'],
    // What is written within 100 ms of a bell is not read before something else is signalled, wherever that is.
    follows: EVERYTHING,
  },
  {
    id: 'full-ring',
    what: 'as the reference: fills a ring to its last byte',
    plant: quirk('full-ring-reads-empty'),
    fails: ['ring.full-reads-empty'],
    follows: [
      'ring.overwrite',
      'sap.seq',
      'ping.pong',
      'bell.missing',
      'bell.repeat',
      'rx.to-csme',
      'rx.lost',
    ],
  },
  {
    id: 'overwrites',
    what: 'writes over what CSME has not read',
    plant: writes((message, { write, ring, area }) => {
      if (write(message) !== undefined) put(area, ring, message);
      return undefined;
    }),
    fails: ['ring.overwrite'],
    follows: [
      'ring.full-reads-empty',
      'sap.seq',
      'sap.length',
      'ring.pointer',
      'ping.pong',
      'bell.missing',
      'bell.repeat',
      'rx.lost',
      'rx.host-keeps',
      'rx.to-csme',
      'rx.bytes',
      'sap.queue',
      'sap.type',
      'hostile.survives',
      'ring.untouched',
      'rx.order',
    ],
  },
  {
    id: 'pointer-at-end',
    what: 'leaves the write pointer at the end of the ring',
    plant: writes((message, { write, ring, area }) => {
      const result = write(message);
      if (Atomics.load(area.words, ring.wrAt >> 2) === 0)
        Atomics.store(area.words, ring.wrAt >> 2, ring.size);
      return result;
    }),
    fails: ['ring.pointer'],
    follows: ['ring.untouched'],
  },
  {
    id: 'header-not-split',
    what: 'goes back to the start of the ring rather than split a header',
    plant: writes((message, { write, ring, area }) => {
      const wr = Atomics.load(area.words, ring.wrAt >> 2);
      if (ring.size - wr < SAP_HEADER_LEN) Atomics.store(area.words, ring.wrAt >> 2, 0);
      return write(message);
    }),
    fails: ['ring.pointer'],
    follows: [
      'sap.length',
      'ring.pointer',
      'ring.overwrite',
      'sap.seq',
      'ping.pong',
      'sap.type',
      'rx.bytes',
      'rx.to-csme',
      'bell.missing',
      'bell.repeat',
      'sap.queue',
      'rx.order',
      'ring.full-reads-empty',
      'hostile.survives',
    ],
  },

  {
    id: 'reads-one',
    what: 'reads one message for each bell',
    plant: reads((reading) => naive(reading, { most: 1 })),
    fails: ['ring.read-whole'],
    follows: EVERYTHING,
  },
  {
    id: 'header-read-straight',
    what: 'reads a header past the end of the ring',
    plant: reads((reading) => naive(reading, { straightHeader: true })),
    fails: ['ring.read-whole'],
    follows: ['ping.pong', 'hostile.survives', 'tx.forward', 'hostile.skipped'],
  },
  {
    id: 'stops-at-unknown',
    what: 'gives up the batch at a type that it does not know',
    plant: reads((reading) => naive(reading, { stopAtUnknown: true })),
    fails: ['hostile.skipped'],
    follows: ['ring.read-whole', 'ping.pong', 'hostile.survives'],
  },
  {
    id: 'any-size',
    what: 'takes notifications of more than 4096 bytes',
    plant: reads((reading) => naive(reading, { anySize: true })),
    fails: ['hostile.ignored'],
    follows: ['own.confirm-taking', 'own.ask-again'],
  },
  {
    id: 'sizes-of-csme',
    what: 'takes the size of a ring from the control block',
    plant: reads((reading) => naive(reading, { sizeFromMemory: true })),
    fails: ['ring.from-memory'],
    follows: ['ring.read-whole', 'hostile.survives', 'ping.pong'],
  },
  {
    id: 'pointers-believed',
    what: 'believes a write pointer outside of the ring',
    plant: reads((reading) => naive(reading, { anyPointer: true })),
    fails: ['ring.untouched'],
    follows: ['hostile.survives', 'hostile.skipped', 'ring.read-whole', 'ping.pong', 'ring.pointer'],
  },
  {
    id: 'read-pointer-at-end',
    what: 'copies a write pointer that stands at the end of the ring',
    plant: reads(({ read, onMessage, area, ring }) => {
      const wr = Atomics.load(area.words, ring.wrAt >> 2);
      const result = read(onMessage);
      if (wr === ring.size) Atomics.store(area.words, ring.rdAt >> 2, wr);
      return result;
    }),
    fails: ['ring.pointer'],
  },
  {
    id: 'short-messages-read',
    what: 'reads messages that are shorter than their layout',
    plant: reads(({ read, onMessage, ring }) =>
      read((bytes, start, end, id) => {
        const decl = declOf(id);
        const whole = SAP_HEADER_LEN + (decl?.payload ?? 0);
        if (ring.queue === 'data' || end - start >= whole) return onMessage(bytes, start, end, id);
        const filled = new Uint8Array(whole);
        filled.set(bytes.subarray(start, end));
        new DataView(filled.buffer).setUint16(2, whole - SAP_HEADER_LEN, true);
        onMessage(filled, 0, whole, id);
      }),
    ),
    fails: ['hostile.ignored'],
    follows: EVERYTHING,
  },
  {
    id: 'reads-on-inside',
    what: 'as the reference: reads on inside of a data message that it does not know',
    plant: quirk('unsupported-data-not-skipped'),
    fails: ['hostile.skipped'],
    follows: ['hostile.ignored', 'tx.forward', 'hostile.survives'],
  },
  {
    id: 'dies-of-a-short-frame',
    what: 'as the reference: dies of a frame that is less than an Ethernet header',
    plant: quirk('short-data-frame-kills-host'),
    fails: ['hostile.survives'],
    follows: ['link.comes', 'ping.pong', 'bell.missing'],
  },
  {
    id: 'dies-of-a-pointer',
    what: 'dies of a damaged pointer',
    plant: hooked({
      output(output, { state }) {
        if (output.type === 'problem' && output.error.code === 'SAP_ERR_RING_POINTER') state.phase = 'dead';
        return [output];
      },
    }),
    fails: ['hostile.survives'],
    follows: ['link.comes', 'ping.pong', 'ring.read-whole', 'bell.missing', 'ring.untouched'],
  },
];

interface Naive {
  readonly most?: number;
  readonly straightHeader?: boolean;
  readonly stopAtUnknown?: boolean;
  readonly anySize?: boolean;
  readonly sizeFromMemory?: boolean;
  readonly anyPointer?: boolean;
}

/** A reader with none of the cares of ours. */
function naive({ ring, area, onMessage }: Reading, flaw: Naive): RingRead {
  const { words, bytes } = area;
  const size = flaw.sizeFromMemory ? words[ring.sizeAt >> 2]! >>> 0 : ring.size;
  const wr = words[ring.wrAt >> 2]! >>> 0;
  let rd = words[ring.rdAt >> 2]! >>> 0;
  const done = (at: number): RingRead => {
    words[ring.rdAt >> 2] = at;
    return { messages: 0, error: undefined, errors: [] };
  };
  if (wr > size || rd > size)
    return flaw.anyPointer ? done(wr) : { messages: 0, error: undefined, errors: [] };
  const byte = (at: number) => bytes[ring.at + ((rd + at) % size)]!;
  const end = wr % size;
  for (let n = 0; rd % size !== end && n < (flaw.most ?? Number.POSITIVE_INFINITY); n++) {
    const left = (end - rd + size) % size;
    const header = (at: number) => (flaw.straightHeader ? bytes[ring.at + rd + at]! : byte(at));
    const id = header(0) | (header(1) << 8);
    const total = SAP_HEADER_LEN + (header(2) | (header(3) << 8));
    if (left < SAP_HEADER_LEN || total > left) break;
    if (!flaw.anySize && ring.queue === 'notif' && total > 4096) break;
    if (flaw.stopAtUnknown && declOf(id) === undefined) break;
    const message = Uint8Array.from({ length: total }, (_, at) => byte(at));
    if (flaw.straightHeader) for (let at = 0; at < 4; at++) message[at] = header(at);
    if (ring.queue === 'notif' || id === 2000) onMessage(message, 0, total, id);
    rd = (rd + total) % size;
    if (flaw.most !== undefined && n + 1 >= flaw.most) return done(rd);
  }
  return done(end);
}

/** Writes without asking whether there is room. */
function put(area: SharedArea, ring: RingLayout, message: Uint8Array): void {
  const wr = Atomics.load(area.words, ring.wrAt >> 2);
  for (let i = 0; i < message.length; i++) area.bytes[ring.at + ((wr + i) % ring.size)] = message[i]!;
  Atomics.store(area.words, ring.wrAt >> 2, (wr + message.length) % ring.size);
}
