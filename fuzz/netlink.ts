/**
 * Fuzzes what reads the kernel's netlink messages: answers, events of nl80211 and rtnetlink, Intel's vendor data.
 *
 *     npm run fuzz -- netlink --runs 1000000 --seed 1
 *
 * Must hold in every case: only errors of the format come out, bytes around the datagram make no difference, and a message
 * that was not damaged is read.
 */
import { BridgeError } from '../netlink-bridge/index.ts';
import {
  type AttributePair,
  type AttributeValue,
  concat,
  encodeAttributes,
} from '../netlink-bridge/netlink/attributes.ts';
import { Exchange } from '../netlink-bridge/netlink/exchange.ts';
import {
  decodeGeneric,
  encodeGeneric,
  encodeMessage,
  MESSAGE_HEADER,
  type NetlinkMessage,
  NLMSG_DONE,
  NLMSG_ERROR,
  splitMessages,
} from '../netlink-bridge/netlink/message.ts';
import { NL80211_ATTR, NL80211_BSS, NL80211_CMD } from '../netlink-bridge/nl80211/constants.ts';
import { interfaceOf, linkOf, regulatoryOf, wiphysOf } from '../netlink-bridge/nl80211/decode.ts';
import { eventOf } from '../netlink-bridge/nl80211/events.ts';
import {
  decodeCsmeConnInfo,
  encodeCsmeConnInfo,
  encodeRoamingForbidden,
  targetOf,
} from '../netlink-bridge/nl80211/index.ts';
import { rtnetlinkEventOf } from '../netlink-bridge/rtnetlink/decode.ts';
import { hexOf } from '../sap/index.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';
import { type FuzzReport, fuzzCases } from './report.ts';

const ROOM = 4096;
/** Of the datagram, around which there are other bytes. */
const GUARD = 64;

export function fuzzNetlink(runs: number, seed: number): FuzzReport {
  return fuzzCases('netlink', runs, seed, (random) => {
    const input = new Uint8Array(ROOM);
    const good = datagram(random);
    input.set(good);
    const damaged = !random.oneIn(8);
    const length = damaged ? mutate(input, good.length, ROOM, random) : good.length;
    const bytes = input.subarray(0, length);
    return { hex: () => hexOf(bytes), ask: () => problemOf(bytes, damaged, random) };
  });
}

function problemOf(bytes: Uint8Array, damaged: boolean, random: Random): string | undefined {
  const one = summary(guarded(bytes, random.u32()));
  const other = summary(guarded(bytes, random.u32()));
  if (one !== other) return `depends on bytes around it: ${one}, then ${other}`;
  return !damaged && one.includes(WRONG) ? `refuses what is good: ${one}` : undefined;
}

function guarded(input: Uint8Array, filling: number): Uint8Array {
  const room = new Uint8Array(input.length + 2 * GUARD).fill(filling);
  room.set(input, GUARD);
  return room.subarray(GUARD, GUARD + input.length);
}

const WRONG = 'wrong: ';
const PORT = 7;

/** What each reader makes of it. */
function summary(datagram: Uint8Array): string {
  const exchange = new Exchange(PORT);
  const { sequence } = exchange.begin({ what: 'IT', type: FAMILY, payload: new Uint8Array(0) });
  const said = [outcome(() => exchange.receive(datagram).map((ending) => ({ ...ending, sequence })))];
  said.push(
    outcome(() =>
      splitMessages(datagram).map((message) =>
        message.type === FAMILY ? genericOf(message) : rtnetlinkOf(message),
      ),
    ),
  );
  return said.join('; ');
}

function genericOf({ payload }: NetlinkMessage): unknown {
  const { command, attributes } = decodeGeneric(payload);
  switch (command) {
    case NL80211_CMD.GET_WIPHY:
      return wiphysOf([attributes]);
    case NL80211_CMD.GET_INTERFACE:
      return interfaceOf(attributes);
    case NL80211_CMD.GET_SCAN:
      return linkOf([attributes]);
    case NL80211_CMD.GET_REG:
      return regulatoryOf(attributes);
    case CONN_INFO: {
      const info = decodeCsmeConnInfo(attributes.bytes(NL80211_ATTR.VENDOR_DATA) ?? new Uint8Array(0));
      const target = targetOf(info);
      return [info, target instanceof BridgeError ? target.message : target];
    }
    default:
      return eventOf(command, attributes);
  }
}

const rtnetlinkOf = (message: NetlinkMessage): unknown => rtnetlinkEventOf(message);

function outcome(read: () => unknown): string {
  try {
    return (
      JSON.stringify(read(), (_, value) => (typeof value === 'bigint' ? String(value) : value)) ?? 'nothing'
    );
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'BRIDGE_ERR_FORMAT') return `${WRONG}${error.message}`;
    throw error;
  }
}

const FAMILY = 28;
/** No command of nl80211: Intel's data, which is in the answers to NL80211_CMD_VENDOR. */
const CONN_INFO = 200;
const RTNETLINK = [16, 17, 20, 21];

function datagram(random: Random): Uint8Array {
  const messages = Array.from({ length: 1 + random.below(3) }, () => encodeMessage(message(random)));
  return concat(messages);
}

function message(random: Random): NetlinkMessage {
  const common = { flags: 0, sequence: 1, port: PORT };
  if (random.oneIn(5)) return { ...common, ...ending(random) };
  if (random.oneIn(4)) {
    const type = RTNETLINK[random.below(RTNETLINK.length)]!;
    return { ...common, type, payload: type < 20 ? linkMessage(random) : addressMessage(random) };
  }
  const makers = [wiphy, plainInterface, scan, regulatory, event, connInfo];
  const [command, pairs] = makers[random.below(makers.length)]!(random);
  return { ...common, type: FAMILY, payload: encodeGeneric(command, 1, encodeAttributes(pairs)) };
}

function ending(random: Random): { type: number; flags: number; payload: Uint8Array } {
  const errno = random.oneIn(3) ? 0 : 1 + random.below(132);
  const number = new Uint8Array(Int32Array.of(-errno).buffer);
  const words = encodeAttributes([
    [{ id: 1, name: '' }, 'words of the kernel'],
    [{ id: 2, name: '' }, random.below(99)],
  ]);
  if (random.oneIn(3)) return { type: NLMSG_DONE, flags: 0x200, payload: concat([number, words]) };
  return {
    type: NLMSG_ERROR,
    flags: 0x300,
    payload: concat([number, new Uint8Array(MESSAGE_HEADER), words]),
  };
}

function linkMessage(random: Random): Uint8Array {
  const header = new Uint8Array(Uint32Array.of(0x10000, random.below(99), random.u32(), 0).buffer);
  return concat([header, encodeAttributes([[{ id: 3, name: '' }, `wlan${random.below(9)}`]])]);
}

function addressMessage(random: Random): Uint8Array {
  const [family, size] = random.oneIn(2) ? [2, 4] : [10, 16];
  const header = Uint8Array.of(family, 24, 0, random.oneIn(3) ? 253 : 0, 7, 0, 0, 0);
  return concat([
    header,
    encodeAttributes([[{ id: 1 + random.below(2), name: '' }, someBytes(random, size)]]),
  ]);
}

type Made = readonly [command: number, pairs: readonly AttributePair[]];

const list = (values: readonly AttributeValue[]): AttributeValue => ({
  nested: values.map((value, id): AttributePair => [{ id, name: '' }, value]),
});
const some = <T>(random: Random, make: () => T): T[] => Array.from({ length: random.below(4) }, make);
const someBytes = (random: Random, size: number) => Uint8Array.from({ length: size }, () => random.u32());
const ifindex = (random: Random): AttributePair => [NL80211_ATTR.IFINDEX, random.below(99)];

function wiphy(random: Random): Made {
  const flags = (): AttributePair[] =>
    some(random, () => [{ id: 2 + random.below(4), name: '' }, new Uint8Array(0)]);
  const frequency = (): AttributeValue => ({
    nested: [[{ id: 1, name: '' }, 2412 + random.below(4700)], ...flags()],
  });
  const band = (): AttributeValue => ({ nested: [[{ id: 1, name: '' }, list(some(random, frequency))]] });
  const commands = list(some(random, () => someBytes(random, 8)));
  return [
    NL80211_CMD.GET_WIPHY,
    [
      [NL80211_ATTR.WIPHY, random.below(4)],
      [NL80211_ATTR.WIPHY_NAME, 'phy0'],
      [NL80211_ATTR.WIPHY_BANDS, list(some(random, band))],
      [NL80211_ATTR.VENDOR_DATA, commands],
      [NL80211_ATTR.VENDOR_EVENTS, commands],
    ],
  ];
}

function plainInterface(random: Random): Made {
  return [
    NL80211_CMD.GET_INTERFACE,
    [
      ifindex(random),
      [NL80211_ATTR.IFNAME, 'wlan0'],
      [NL80211_ATTR.WIPHY, 0],
      [NL80211_ATTR.IFTYPE, 2],
      [NL80211_ATTR.WDEV, someBytes(random, 8)],
      [NL80211_ATTR.MAC, someBytes(random, 6)],
      [NL80211_ATTR.SSID, someBytes(random, random.below(33))],
    ],
  ];
}

function scan(random: Random): Made {
  const bss: AttributePair[] = [
    [NL80211_BSS.BSSID, someBytes(random, 6)],
    [NL80211_BSS.FREQUENCY, 2437],
    [NL80211_BSS.STATUS, random.below(3)],
  ];
  return [NL80211_CMD.GET_SCAN, [ifindex(random), [NL80211_ATTR.BSS, { nested: bss }]]];
}

function regulatory(random: Random): Made {
  const rule = (): AttributeValue => ({
    nested: [1, 2, 3, 4, 5, 6].map((id): AttributePair => [{ id, name: '' }, random.u32()]),
  });
  return [
    NL80211_CMD.GET_REG,
    [
      [NL80211_ATTR.REG_ALPHA2, 'DE'],
      [NL80211_ATTR.REG_RULES, list(some(random, rule))],
    ],
  ];
}

function event(random: Random): Made {
  const commands = Object.values(NL80211_CMD).filter((command) =>
    ANSWERS.every((answer) => answer !== command),
  );
  const command = commands[random.below(commands.length)]!;
  const vendor: AttributePair[] = [
    [NL80211_ATTR.VENDOR_ID, 0x001735],
    [NL80211_ATTR.VENDOR_SUBCMD, 0x32],
    [NL80211_ATTR.VENDOR_DATA, encodeRoamingForbidden({ mac: random.u32(), forbidden: random.oneIn(2) })],
  ];
  return [
    command,
    [
      ifindex(random),
      [NL80211_ATTR.WIPHY, 0],
      [NL80211_ATTR.IFNAME, 'wlan0'],
      [NL80211_ATTR.MAC, someBytes(random, 6)],
      [NL80211_ATTR.STATUS_CODE, someBytes(random, 2)],
      [NL80211_ATTR.REASON_CODE, someBytes(random, 2)],
      [NL80211_ATTR.REG_TYPE, { u8: 1 }],
      [NL80211_ATTR.SCAN_FREQUENCIES, list(some(random, () => 2412 + random.below(4700)))],
      [NL80211_ATTR.SCAN_SSIDS, list(some(random, () => someBytes(random, random.below(33))))],
      ...vendor,
    ],
  ];
}

const ANSWERS: readonly number[] = [
  NL80211_CMD.GET_WIPHY,
  NL80211_CMD.GET_INTERFACE,
  NL80211_CMD.GET_SCAN,
  NL80211_CMD.GET_REG,
];

function connInfo(random: Random): Made {
  const info = {
    authMode: random.below(10),
    ssid: someBytes(random, random.below(33)),
    cipher: random.below(10),
    channel: random.below(256),
    bssid: random.u32(),
  };
  return [CONN_INFO, [[NL80211_ATTR.VENDOR_DATA, encodeCsmeConnInfo(info)]]];
}
