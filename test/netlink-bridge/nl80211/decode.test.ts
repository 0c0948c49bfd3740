import { describe, expect, it } from 'vitest';
import {
  type AttributePair,
  Attributes,
  encodeAttributes,
} from '../../../netlink-bridge/netlink/attributes.ts';
import {
  NL80211_ATTR as ATTR,
  NL80211_CMD as CMD,
  NL80211_FREQUENCY_ATTR as FREQUENCY,
  NL80211_BAND_ATTR,
  NL80211_BSS,
  NL80211_RULE as RULE,
} from '../../../netlink-bridge/nl80211/constants.ts';
import { interfaceOf, linkOf, regulatoryOf, wiphysOf } from '../../../netlink-bridge/nl80211/decode.ts';
import { eventOf } from '../../../netlink-bridge/nl80211/events.ts';
import { encodeRoamingForbidden } from '../../../netlink-bridge/nl80211/index.ts';

const FLAG = new Uint8Array(0);
const set = (...pairs: AttributePair[]) => new Attributes(encodeAttributes(pairs));
const words = (...values: number[]) => new Uint8Array(Uint32Array.from(values).buffer);
const half = (value: number) => new Uint8Array(Uint16Array.of(value).buffer);
/** A list: its types are the numbers of the places. */
const list = (...values: AttributePair[1][]) => ({
  nested: values.map((value, i): AttributePair => [{ id: i, name: '' }, value]),
});

describe('interfaces', () => {
  const PAIRS: AttributePair[] = [
    [ATTR.IFINDEX, 7],
    [ATTR.IFNAME, 'wlp0s20f3'],
    [ATTR.WIPHY, 0],
    [ATTR.IFTYPE, 2],
    [ATTR.WDEV, words(1, 3)],
    [ATTR.MAC, { mac: 0x0c9a3c000001 }],
  ];

  it('that are not connected', () => {
    expect(interfaceOf(set(...PAIRS))).toEqual({
      ifindex: 7,
      name: 'wlp0s20f3',
      wiphy: 0,
      wdev: 0x3_0000_0001n,
      mac: 0x0c9a3c000001,
      type: 2,
    });
  });

  it('that are connected', () => {
    const ssid = Uint8Array.of(0, 0xff, 0x27);
    expect(interfaceOf(set(...PAIRS, [ATTR.SSID, ssid], [ATTR.WIPHY_FREQ, 5180]))).toMatchObject({
      ssid,
      frequencyMhz: 5180,
    });
  });

  it('that are none: a device for P2P', () => {
    expect(interfaceOf(set(...PAIRS.slice(2)))).toBeUndefined();
  });

  it('that lack something, or have too much', () => {
    expect(() => interfaceOf(set(...PAIRS.slice(0, 5)))).toThrow('NL80211_ATTR_MAC is missing.');
    expect(() => interfaceOf(set(...PAIRS, [ATTR.SSID, new Uint8Array(33)]))).toThrow(
      'NL80211_ATTR_SSID has 33 bytes',
    );
  });
});

describe('radios', () => {
  const command = (vendorId: number, subcommand: number) => words(vendorId, subcommand);

  it('come in parts, each with a bit of everything', () => {
    const frequency = (mhz: number, ...flags: AttributePair[0][]) => ({
      nested: [[FREQUENCY.FREQ, mhz], ...flags.map((id): AttributePair => [id, FLAG])] as AttributePair[],
    });
    const band = (...frequencies: AttributePair[1][]) =>
      list({ nested: [[NL80211_BAND_ATTR.FREQS, list(...frequencies)]] });
    const parts = [
      set([ATTR.WIPHY, 0], [ATTR.WIPHY_NAME, 'phy0']),
      set([ATTR.WIPHY, 0], [ATTR.WIPHY_BANDS, band(frequency(2412))]),
      set(
        [ATTR.WIPHY, 0],
        [
          ATTR.WIPHY_BANDS,
          band(frequency(5260, FREQUENCY.NO_IR, FREQUENCY.RADAR), frequency(5885, FREQUENCY.DISABLED)),
        ],
      ),
      set(
        [ATTR.WIPHY, 0],
        [ATTR.VENDOR_DATA, list(command(0x1735, 0x2d), command(0x1735, 0x30))],
        [ATTR.VENDOR_EVENTS, list(command(0x1735, 0x32))],
      ),
      set([ATTR.WIPHY, 3], [ATTR.WIPHY_NAME, 'phy3']),
    ];
    const free = { disabled: false, noIr: false, radar: false };
    expect(wiphysOf(parts)).toEqual([
      {
        index: 0,
        name: 'phy0',
        frequencies: [
          { mhz: 2412, ...free },
          { mhz: 5260, disabled: false, noIr: true, radar: true },
          { mhz: 5885, ...free, disabled: true },
        ],
        vendorCommands: [
          { vendorId: 0x1735, subcommand: 0x2d },
          { vendorId: 0x1735, subcommand: 0x30 },
        ],
        vendorEvents: [{ vendorId: 0x1735, subcommand: 0x32 }],
      },
      { index: 3, name: 'phy3', frequencies: [], vendorCommands: [], vendorEvents: [] },
    ]);
  });

  it('with half a vendor command cannot be read', () => {
    expect(() => wiphysOf([set([ATTR.WIPHY, 0], [ATTR.VENDOR_DATA, list(words(0x1735))])])).toThrow(
      'has 4 bytes',
    );
  });
});

describe('the link', () => {
  const bss = (status: number | undefined, bssid: number) =>
    set([
      ATTR.BSS,
      {
        nested: [
          [NL80211_BSS.BSSID, { mac: bssid }],
          [NL80211_BSS.FREQUENCY, 2437],
          ...(status === undefined ? [] : [[NL80211_BSS.STATUS, status] as const]),
        ],
      },
    ]);

  it('is the one of all that were heard which is associated', () => {
    // 0 is only authenticated, 2 an IBSS.
    expect(linkOf([bss(undefined, 1), bss(0, 2), bss(2, 3), bss(1, 4)])).toEqual({
      bssid: 4,
      frequencyMhz: 2437,
    });
    expect(linkOf([bss(undefined, 1), bss(0, 2), set()])).toBeUndefined();
  });
});

it('the rules of a country', () => {
  const rule: AttributePair[] = [
    [RULE.REG_RULE_FLAGS, 0x80],
    [RULE.FREQ_RANGE_START, 2402000],
    [RULE.FREQ_RANGE_END, 2482000],
    [RULE.FREQ_RANGE_MAX_BW, 40000],
    [RULE.POWER_RULE_MAX_EIRP, 2000],
  ];
  const said = set(
    [ATTR.REG_ALPHA2, 'DE'],
    [ATTR.DFS_REGION, { u8: 2 }],
    [ATTR.REG_RULES, list({ nested: rule })],
  );
  expect(regulatoryOf(said)).toEqual({
    country: 'DE',
    dfsRegion: 2,
    rules: [{ startKhz: 2402000, endKhz: 2482000, maxBandwidthKhz: 40000, flags: 0x80, maxEirpMbm: 2000 }],
  });
  expect(() => regulatoryOf(set([ATTR.DFS_REGION, { u8: 2 }]))).toThrow(
    'NL80211_ATTR_REG_ALPHA2 is missing.',
  );
});

describe('events', () => {
  const IFINDEX: AttributePair = [ATTR.IFINDEX, 5];
  const MAC: AttributePair = [ATTR.MAC, { mac: 0x001122334455 }];

  it.each([
    [
      'CONNECT',
      [IFINDEX, MAC, [ATTR.STATUS_CODE, half(0)]],
      { type: 'connect', ifindex: 5, bssid: 0x001122334455, status: 0 },
    ],
    ['CONNECT', [IFINDEX, [ATTR.STATUS_CODE, half(17)]], { type: 'connect', ifindex: 5, status: 17 }],
    ['ROAM', [IFINDEX, MAC], { type: 'roam', ifindex: 5, bssid: 0x001122334455 }],
    ['DISCONNECT', [IFINDEX, [ATTR.REASON_CODE, half(3)]], { type: 'disconnect', ifindex: 5, reason: 3 }],
    ['DISCONNECT', [IFINDEX], { type: 'disconnect', ifindex: 5 }],
    [
      'TRIGGER_SCAN',
      [IFINDEX, [ATTR.SCAN_FREQUENCIES, list(2412, 5180)], [ATTR.SCAN_SSIDS, list(FLAG, Uint8Array.of(65))]],
      { type: 'scanStarted', ifindex: 5, frequenciesMhz: [2412, 5180], ssids: [FLAG, Uint8Array.of(65)] },
    ],
    ['TRIGGER_SCAN', [IFINDEX], { type: 'scanStarted', ifindex: 5, frequenciesMhz: [], ssids: [] }],
    ['NEW_SCAN_RESULTS', [IFINDEX], { type: 'scanDone', ifindex: 5, aborted: false }],
    ['SCAN_ABORTED', [IFINDEX], { type: 'scanDone', ifindex: 5, aborted: true }],
    ['SCAN_ABORTED', [[ATTR.WIPHY, 0]], undefined],
    [
      'REG_CHANGE',
      [
        [ATTR.REG_TYPE, { u8: 0 }],
        [ATTR.REG_ALPHA2, 'DE'],
      ],
      { type: 'regulatory', country: 'DE' },
    ],
    ['REG_CHANGE', [[ATTR.REG_TYPE, { u8: 1 }]], { type: 'regulatory', country: '00' }],
    [
      'WIPHY_REG_CHANGE',
      [
        [ATTR.REG_TYPE, { u8: 3 }],
        [ATTR.WIPHY, 0],
      ],
      { type: 'regulatory', country: '98' },
    ],
    [
      'NEW_INTERFACE',
      [IFINDEX, [ATTR.IFNAME, 'wlan0']],
      { type: 'interface', change: 'new', ifindex: 5, name: 'wlan0' },
    ],
    [
      'DEL_INTERFACE',
      [IFINDEX, [ATTR.IFNAME, 'wlan0']],
      { type: 'interface', change: 'del', ifindex: 5, name: 'wlan0' },
    ],
    ['DEL_INTERFACE', [[ATTR.WIPHY, 0]], undefined],
    ['NEW_WIPHY', [[ATTR.WIPHY, 4]], { type: 'wiphy', change: 'new', index: 4 }],
    ['DEL_WIPHY', [[ATTR.WIPHY, 4]], { type: 'wiphy', change: 'del', index: 4 }],
    ['GET_WIPHY', [], undefined],
  ] as [keyof typeof CMD, AttributePair[], unknown][])('%s, %o', (command, pairs, event) => {
    expect(eventOf(CMD[command], set(...pairs))).toEqual(event);
  });

  const vendor = (vendorId: number, subcommand: number, data?: Uint8Array) =>
    set(
      IFINDEX,
      [ATTR.VENDOR_ID, vendorId],
      [ATTR.VENDOR_SUBCMD, subcommand],
      ...(data ? [[ATTR.VENDOR_DATA, data] as const] : []),
    );

  it("Intel's is told, and no other of Intel, of others or of nobody", () => {
    const data = encodeRoamingForbidden({ mac: 0x020000000000, forbidden: true });
    expect(eventOf(CMD.VENDOR, vendor(0x1735, 0x32, data))).toEqual({
      type: 'roamingForbidden',
      ifindex: 5,
      mac: 0x020000000000,
      forbidden: true,
    });
    expect(eventOf(CMD.VENDOR, vendor(0x1735, 0x31, data))).toBeUndefined();
    expect(eventOf(CMD.VENDOR, vendor(0x1374, 0x32, data))).toBeUndefined();
    expect(eventOf(CMD.VENDOR, set(IFINDEX))).toBeUndefined();
    expect(() => eventOf(CMD.VENDOR, vendor(0x1735, 0x32))).toThrow('NL80211_ATTR_VENDOR_DATA is missing.');
  });

  it.each(['CONNECT', 'ROAM', 'DISCONNECT'] as const)('%s without an interface cannot be read', (command) => {
    expect(() => eventOf(CMD[command], set(MAC))).toThrow('NL80211_ATTR_IFINDEX is missing.');
  });

  it('with half a frequency cannot be read', () => {
    expect(() => eventOf(CMD.TRIGGER_SCAN, set(IFINDEX, [ATTR.SCAN_FREQUENCIES, list(half(1))]))).toThrow(
      'has 2 bytes',
    );
  });
});
