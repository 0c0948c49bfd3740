/** Defects of the exchanges, of frames, and of the end of a link. */

import { Host, initialState } from '../../../ownership/index.ts';
import { be16At, filterFrame, type OobFilters, VERDICT_CSME, VERDICT_HOST } from '../../../sap/index.ts';
import type { HostEnd } from '../../../transport/index.ts';
import {
  type Defect,
  dropped,
  hooked,
  isNamed,
  oneMore,
  type Planted,
  quirk,
  reads,
  table,
  timed,
  without,
  writes,
} from './plant.ts';

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

/** PING is how the judge asks whether the driver is there: without an answer to it little can be judged. */
const WITHOUT_PONG = [
  'hostile.survives',
  'hostile.skipped',
  'ring.read-whole',
  'ring.overwrite',
  'ring.full-reads-empty',
  'ring.from-memory',
  'bell.missing',
] as const;

export const SERVICE_DEFECTS: readonly Defect[] = [
  {
    id: 'no-pong',
    what: 'does not answer PING',
    plant: without('pong', 'connected', 'PING'),
    fails: ['ping.pong'],
    follows: WITHOUT_PONG,
  },
  {
    id: 'two-pongs',
    what: 'answers PING twice',
    plant: writes((message, writing) => {
      const { write } = writing;
      const result = write(message);
      if (isNamed(message, 'PONG')) oneMore(message, writing);
      return result;
    }),
    fails: ['ping.pong'],
    follows: ['sap.seq'],
  },
  {
    id: 'nvm-impatient',
    what: 'waits half a second for NVM',
    plant: timed('nvmReply', 500),
    fails: ['nvm.result'],
  },
  {
    id: 'nvm-asked-twice',
    what: 'sends GET_NVM twice',
    plant: writes((message, writing) => {
      const { write } = writing;
      const result = write(message);
      if (isNamed(message, 'GET_NVM')) oneMore(message, writing);
      return result;
    }),
    fails: ['nvm.request'],
  },
  {
    id: 'nvm-garbled',
    what: 'returns another NVM than came',
    plant: hooked({
      output(output) {
        if (output.type !== 'return' || output.name !== 'get_nvm' || output.result.nvm === null)
          return [output];
        const nvm = { ...output.result.nvm, nHwAddrs: output.result.nvm.nHwAddrs + 1 };
        return [{ ...output, result: { nvm } }];
      },
    }),
    fails: ['nvm.result'],
    follows: ['nvm.stale'],
  },
  {
    id: 'nvm-stale',
    what: 'as the reference: returns the stored NVM',
    plant: quirk('stale-nvm'),
    fails: ['nvm.stale'],
  },
  {
    id: 'pldr-once',
    what: 'tries PLDR once',
    plant: table('connected', 'pldrReply', ([, fails]) => [fails!]),
    fails: ['pldr.tries'],
  },
  {
    id: 'pldr-forever',
    what: 'tries PLDR without end',
    plant: table('connected', 'pldrReply', ([again]) => [{ do: again!.do }]),
    fails: ['pldr.tries'],
  },
  {
    id: 'pldr-hasty',
    what: 'tries PLDR every 150 ms',
    plant: timed('pldrReply', 150),
    fails: ['pldr.tries'],
  },
  {
    id: 'pldr-no-end',
    what: 'does not send PLDR_END',
    plant: table('connected', 'alive', ([, idle]) => [idle!]),
    fails: ['pldr.end'],
  },
  {
    id: 'pldr-end-wrong',
    what: 'says in PLDR_END that all is well when it is not',
    plant: writes((message, { write }) => {
      if (!isNamed(message, 'PLDR_END')) return write(message);
      const good = message.slice();
      good[12] = 0;
      return write(good);
    }),
    fails: ['pldr.end'],
  },
  {
    id: 'pldr-refusal-ignored',
    what: 'takes every PLDR_ACK for an acceptance',
    plant: table('connected', 'PLDR_ACK', ([accepted]) => [{ do: accepted!.do }]),
    fails: ['pldr.tries'],
    follows: ['pldr.end'],
  },

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

  {
    id: 'no-goodbye',
    what: 'goes without HOST_GOES_DOWN',
    plant: writes((message, { write, host }) =>
      isNamed(message, 'HOST_GOES_DOWN') ? dropped(host) : write(message),
    ),
    fails: ['removal.goes-down'],
  },
  {
    id: 'no-time-to-read',
    what: 'unmaps the area without giving CSME time to read',
    plant: hooked({
      after({ state }) {
        if (state.phase === 'draining') state.drainPolls = 10;
      },
    }),
    fails: ['removal.goes-down'],
  },
  {
    id: 'talks-on',
    what: 'sends a message behind HOST_GOES_DOWN',
    plant: writes((message, writing) => {
      const { write } = writing;
      const result = write(message);
      if (isNamed(message, 'HOST_GOES_DOWN')) {
        const pong = message.slice();
        pong.set([2, 0]);
        oneMore(pong, writing);
      }
      return result;
    }),
    fails: ['removal.goes-down-last'],
    follows: ['ping.pong'],
  },
  {
    id: 'not-stolen',
    what: 'does not tell that the card was stolen',
    plant: without('tellStolen', 'stopping', 'deviceDown'),
    fails: ['removal.stolen'],
  },
  {
    id: 'stolen-at-once',
    what: 'tells at once that the card was stolen',
    plant: timed('deviceDown', 0),
    fails: ['removal.stolen'],
  },
  {
    id: 'rfkill-after-removal',
    what: 'does not release rfkill when the link ends',
    plant: without('unblockRfkill', 'draining', 'drainPoll'),
    fails: ['removal.rfkill'],
  },
  {
    id: 'sleeps-on',
    what: 'as the reference: who waits sleeps on when the link ends',
    plant: quirk('waiter-survives-removal'),
    fails: ['removal.wakes'],
    follows: ['nvm.result', 'own.result', 'pldr.tries'],
  },
  {
    id: 'settings-lost',
    what: 'forgets the settings with the link',
    plant: hooked({
      after({ state }, _now) {
        if (state.phase === 'draining') state.settings = initialState().settings;
      },
    }),
    fails: ['init.contents'],
    follows: ['init.missing'],
  },
  {
    id: 'never-returns',
    what: 'does not come back after a reset',
    plant: hooked(() => {
      let wasReset = false;
      return {
        input(input) {
          wasReset ||= input.type === 'lost';
          return input.type === 'probe' && wasReset ? [] : [input];
        },
      };
    }),
    fails: ['link.returns'],
    follows: ['link.comes'],
  },
  {
    id: 'hangs-up',
    what: 'hangs up when it meets a message of an unknown type',
    plant: () => {
      let hangUp = () => {};
      const host = hooked({
        output(output) {
          if (output.type === 'problem' && output.error.code === 'SAP_ERR_UNKNOWN_TYPE') hangUp();
          return [output];
        },
      })().host;
      const end = (inner: HostEnd) => {
        hangUp = () => inner.close();
        return inner;
      };
      return { host, end };
    },
    fails: ['link.stays'],
  },
];
