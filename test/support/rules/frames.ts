import { dhcpFrame, Script, tcpFrame } from '../script.ts';
import {
  type Cases,
  copyOf,
  dhcp,
  forwarding,
  MULTICAST,
  multicastWanted,
  overflowing,
  PING,
  PONG,
  packet,
  wanting,
} from './pieces.ts';

export const FRAMES: Cases = {
  'rx.to-csme': {
    keeps: () =>
      wanting(new Script().enabled())
        .air(tcpFrame(16992))
        .host(packet(tcpFrame(16992))),
    breaks: [['left out', () => wanting(new Script().enabled()).air(tcpFrame(16992))]],
  },
  'rx.multicast': {
    keeps: () => multicastWanted(new Script().enabled()).air(MULTICAST).host(packet(MULTICAST)),
    breaks: [['left out', () => multicastWanted(new Script().enabled()).air(MULTICAST)]],
  },
  'rx.not-to-csme': {
    keeps: () => wanting(new Script().enabled()).air(tcpFrame(80)),
    breaks: [
      [
        'copied',
        () =>
          wanting(new Script().enabled())
            .air(tcpFrame(80))
            .host(packet(tcpFrame(80))),
      ],
    ],
  },
  'rx.bytes': {
    keeps: () => {
      const frame = tcpFrame(16992);
      const tagged = Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, 0, 5, ...frame.subarray(12));
      return wanting(new Script().enabled()).air(tagged).host(packet(frame));
    },
    breaks: [
      [
        'cut off',
        () =>
          wanting(new Script().enabled())
            .air(tcpFrame(16992))
            .host(packet(tcpFrame(16992).subarray(0, 50))),
      ],
      [
        'with its tag',
        () => {
          const frame = tcpFrame(16992);
          const tagged = Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, 0, 5, ...frame.subarray(12));
          return wanting(new Script().enabled()).air(tagged).host(packet(tagged));
        },
      ],
    ],
  },
  'rx.order': {
    keeps: () =>
      wanting(new Script().enabled())
        .air(tcpFrame(16992))
        .air(tcpFrame(16992, 61))
        .host(packet(tcpFrame(16992)), packet(tcpFrame(16992, 61))),
    breaks: [
      [
        'changed places',
        () =>
          wanting(new Script().enabled())
            .air(tcpFrame(16992))
            .air(tcpFrame(16992, 61))
            .host(packet(tcpFrame(16992, 61)), packet(tcpFrame(16992))),
      ],
      [
        'twice',
        () =>
          wanting(new Script().enabled())
            .air(tcpFrame(16992))
            .host(packet(tcpFrame(16992)), packet(tcpFrame(16992))),
      ],
    ],
  },
  'rx.host-keeps': {
    keeps: () =>
      wanting(new Script().enabled())
        .air(tcpFrame(80))
        .toStack(tcpFrame(80))
        .air(tcpFrame(16992))
        .host(packet(tcpFrame(16992))),
    breaks: [
      [
        'lost',
        () => wanting(new Script().enabled()).air(tcpFrame(80)).toStack(tcpFrame(80)).air(tcpFrame(81)),
      ],
      [
        'kept',
        () =>
          wanting(new Script().enabled())
            .air(tcpFrame(80))
            .toStack(tcpFrame(80))
            .air(tcpFrame(16992))
            .toStack(tcpFrame(16992))
            .host(packet(tcpFrame(16992))),
        (s) => s.line - 2,
      ],
    ],
  },
  'rx.lost': {
    keeps: () => overflowing(true),
    breaks: [['neither side gets it', () => overflowing(false), (s) => s.line - 35]],
    afterMs: 12_000,
  },
  'tx.dhcp-copy': {
    keeps: () => dhcp(new Script().enabled()).csme(PING).host(PONG, copyOf(dhcpFrame().ethernet)),
    breaks: [
      [
        'without bit 30',
        () => dhcp(new Script().enabled()).csme(PING).host(PONG, copyOf(dhcpFrame().ethernet, 0)),
      ],
      [
        'of another frame',
        () =>
          dhcp(new Script().enabled())
            .csme(PING)
            .host(PONG, copyOf(tcpFrame(68))),
      ],
      [
        'of nothing',
        () =>
          new Script()
            .enabled()
            .csme(PING)
            .host(PONG, copyOf(tcpFrame(68))),
      ],
      [
        'missing, with a later message read',
        () => dhcp(new Script().enabled()).pass(200).csme(PING).host(PONG).removed(),
        (s) => s.line - 10,
      ],
    ],
  },
  'tx.forward': {
    keeps: () =>
      forwarding()
        .csmeData(packet(tcpFrame(2)))
        .toAir(tcpFrame(2)),
    breaks: [
      [
        'changed',
        () =>
          forwarding()
            .csmeData(packet(tcpFrame(2)))
            .toAir(tcpFrame(3)),
      ],
      ['left out', () => forwarding().csmeData(packet(tcpFrame(2))), (s) => s.line - 1],
      ['from nowhere', () => forwarding().toAir(tcpFrame(3))],
    ],
  },
};
