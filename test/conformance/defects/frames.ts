/** Defects of the frames that come in, go out and are copied. */

import { Host } from '../../../ownership/index.ts';
import { be16At, filterFrame, type OobFilters, VERDICT_CSME, VERDICT_HOST } from '../../../sap/index.ts';
import { type Defect, dropped, hooked, isNamed, type Planted, quirk, reads, writes } from './plant.ts';

/** Another filter than CSME's. */
function filtering(verdict: (filters: OobFilters, frame: Uint8Array) => 0 | 1 | 3) {
  return (): Planted => {
    const compileFilter = (filters: OobFilters) => (frame: Uint8Array, start: number, end: number) =>
      verdict(filters, frame.subarray(start, end));
    return { host: new Host({ compileFilter }) };
  };
}

function honest(filters: OobFilters, frame: Uint8Array) {
  return filterFrame(filters, frame, 0, frame.length);
}

export const FRAME_DEFECTS: readonly Defect[] = [
  {
    id: 'multicast-header',
    what: 'as the reference: compares 14 bytes of a multicast filter',
    plant: quirk('multicast-header-compare'),
    fails: ['rx.multicast'],
    follows: ['rx.host-keeps'],
  },
  {
    id: 'full-ring-loses-frame',
    what: 'as the reference: a frame that does not fit is lost to both',
    plant: quirk('data-ring-full-loses-frame'),
    fails: ['rx.lost'],
  },
  {
    id: 'frames-not-for-csme',
    what: 'gives no frame to CSME',
    plant: filtering(() => VERDICT_HOST),
    fails: ['rx.to-csme'],
    follows: [
      'rx.multicast',
      'rx.host-keeps',
      'ring.overwrite',
      'ring.full-reads-empty',
      'bell.missing',
      'rx.bytes',
      'rx.lost',
    ],
  },
  {
    id: 'all-frames-for-csme',
    what: 'gives every frame to CSME',
    plant: filtering((filters, frame) => (honest(filters, frame) || VERDICT_CSME) as 1 | 3),
    fails: ['rx.not-to-csme'],
  },
  {
    id: 'any-address',
    what: 'does not compare the IPv4 address',
    plant: filtering((filters, frame) =>
      honest({ ...filters, ipv4Filter: { ...filters.ipv4Filter, ipv4Addr: 0 } }, frame),
    ),
    fails: ['rx.not-to-csme'],
    follows: ['rx.host-keeps'],
  },
  {
    id: 'disabled-filters',
    what: 'walks past the end of the flex filters',
    plant: filtering((filters, frame) =>
      honest(
        {
          ...filters,
          flexFilters: filters.flexFilters.map((f) => (f.dstPort ? { ...f, flags: f.flags | 2 } : f)),
        },
        frame,
      ),
    ),
    fails: ['rx.not-to-csme'],
    follows: ['rx.host-keeps'],
  },
  {
    id: 'echo-requests',
    what: 'gives echo requests to CSME',
    plant: filtering((filters, frame) => {
      const isEcho = be16At(frame, 12) === 0x0800 && frame[23] === 1 && frame[34] === 8 && frame[35] === 0;
      return isEcho ? 3 : honest(filters, frame);
    }),
    fails: ['rx.not-to-csme'],
    follows: ['rx.host-keeps'],
  },
  {
    id: 'no-arp-replies',
    what: 'keeps ARP replies from CSME',
    plant: filtering((filters, frame) =>
      be16At(frame, 12) === 0x0806 && frame[21] === 2 ? 0 : honest(filters, frame),
    ),
    fails: ['rx.to-csme'],
    follows: ['rx.host-keeps'],
  },
  {
    id: 'tags-not-seen',
    what: 'does not look behind a VLAN tag',
    plant: filtering((filters, frame) =>
      [0x8100, 0x88a8].includes(be16At(frame, 12)) ? 0 : honest(filters, frame),
    ),
    fails: ['rx.to-csme'],
    follows: ['rx.host-keeps'],
  },
  {
    id: 'host-keeps-all',
    what: "leaves CSME's own frames in the host's stack",
    plant: hooked({ verdict: (verdict) => (verdict & VERDICT_CSME) as 0 | 1 }),
    fails: ['rx.host-keeps'],
  },
  {
    id: 'host-keeps-none',
    what: 'takes from the host what it should keep as well',
    plant: hooked({ verdict: (verdict) => (verdict & VERDICT_CSME ? 3 : 0) }),
    fails: ['rx.host-keeps'],
  },
  {
    id: 'filters-once',
    what: 'keeps the first filters for ever',
    plant: reads(({ host, read, onMessage }) =>
      read((bytes, start, end, id) => {
        if (id !== 500 || host.state.filters === null) onMessage(bytes, start, end, id);
      }),
    ),
    fails: ['rx.not-to-csme', 'rx.to-csme'],
    follows: ['rx.host-keeps'],
  },
  {
    id: 'frames-cut',
    what: 'cuts frames for CSME at 1000 bytes',
    plant: writes((message, { write, ring }) => {
      if (ring.queue !== 'data' || message.length <= 1008) return write(message);
      const cut = message.slice(0, 1008);
      new DataView(cut.buffer).setUint16(2, 1000, true);
      return write(cut);
    }),
    fails: ['rx.bytes'],
    follows: [
      'rx.not-to-csme',
      'ring.overwrite',
      'rx.lost',
      'rx.to-csme',
      'ring.full-reads-empty',
      'rx.host-keeps',
      'rx.order',
    ],
  },
  {
    id: 'frames-swapped',
    what: 'gives every second frame to CSME before the first',
    plant: writes({
      fresh: () => {
        let held: Uint8Array | undefined;
        return (message, { write, ring }) => {
          if (ring.queue !== 'data') return write(message);
          const first = held;
          held = first === undefined ? message : undefined;
          if (first === undefined) return undefined;
          const [a, b] = [first.slice(), message.slice()];
          b.set(first.subarray(4, 8), 4);
          a.set(message.subarray(4, 8), 4);
          return write(b) ?? write(a);
        };
      },
    }),
    fails: ['rx.order'],
    follows: [
      'rx.bytes',
      'rx.to-csme',
      'sap.seq',
      'rx.multicast',
      'tx.dhcp-copy',
      'bell.missing',
      'ring.full-reads-empty',
      'ring.overwrite',
      'rx.lost',
      'rx.host-keeps',
      'ring.pointer',
      'rx.not-to-csme',
    ],
  },
  {
    id: 'no-dhcp-copy',
    what: 'does not copy what the DHCP client sends',
    plant: writes((message, { write, host }) =>
      isNamed(message, 'CB_DATA_PACKET') ? dropped(host) : write(message),
    ),
    fails: ['tx.dhcp-copy'],
  },
  {
    id: 'dhcp-copy-length',
    what: 'writes a wrong data_len into the copy',
    plant: writes((message, { write }) => {
      if (!isNamed(message, 'CB_DATA_PACKET')) return write(message);
      const wrong = message.slice();
      wrong[44]! ^= 1;
      return write(wrong);
    }),
    fails: ['tx.dhcp-copy'],
    follows: ['sap.length'],
  },
  {
    id: 'forward-garbled',
    what: "changes CSME's frames on their way out",
    plant: hooked({
      output(output) {
        if (output.type !== 'transmit') return [output];
        const frame = output.frame.slice();
        frame[frame.length - 1]! ^= 1;
        return [{ ...output, frame }];
      },
    }),
    fails: ['tx.forward'],
    follows: ['hostile.survives', 'hostile.skipped'],
  },
  {
    id: 'forward-twice',
    what: "sends CSME's frames twice",
    plant: hooked({ output: (output) => (output.type === 'transmit' ? [output, output] : [output]) }),
    fails: ['tx.forward'],
    follows: ['hostile.ignored', 'hostile.skipped'],
  },
  {
    id: 'forward-padded',
    what: "fills CSME's short frames up to 60 bytes",
    plant: hooked({
      output(output) {
        if (output.type !== 'transmit' || output.frame.length >= 60) return [output];
        const frame = new Uint8Array(60);
        frame.set(output.frame);
        return [{ ...output, frame }];
      },
    }),
    fails: ['tx.forward'],
  },
];
