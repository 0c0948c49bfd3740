/** nl80211 of a real kernel: what is read is what others read, what happens is told, and what fails is named. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BridgeError } from '../../../netlink-bridge/errors.ts';
import { attributeIds } from '../../../netlink-bridge/netlink/attributes.ts';
import {
  encodeCsmeConnInfo,
  INTEL_COMMANDS,
  INTEL_OUI,
  type Nl80211,
  type Nl80211Event,
  openNl80211,
  targetOf,
} from '../../../netlink-bridge/nl80211/index.ts';
import { openRtnetlink, type RtnetlinkEvent } from '../../../netlink-bridge/rtnetlink/index.ts';
import { formatMac, hexOf } from '../../../sap/index.ts';
import { type AccessPoint, type Air, openAir } from '../iwlwifi/air.ts';
import { type NicModule, nicModuleIsThere, openNicModule } from '../iwlwifi/nic.ts';
import { Daemon, run } from '../iwlwifi/programs.ts';
import { Heard } from './support/heard.ts';

const PYROUTE2 = fileURLToPath(new URL('support/nl80211.py', import.meta.url));
const PYROUTE2_VENDOR = fileURLToPath(new URL('support/vendor.py', import.meta.url));
const RADIO = fileURLToPath(new URL('support/radio.py', import.meta.url));
/** Of the package wireless-regdb. */
const REGULATORY_DATABASE = '/lib/firmware/regulatory.db';
const ETSI = 2;
const SSID = Buffer.from('nl80211 test');

let problems: BridgeError[];
let heard: Heard<Nl80211Event>;
let nl80211: Nl80211;

beforeEach(async () => {
  problems = [];
  heard = new Heard<Nl80211Event>();
  nl80211 = await openNl80211({ onEvent: heard.take, onProblem: (error) => problems.push(error) });
});
afterEach(() => {
  nl80211.close();
  expect(problems).toEqual([]);
});

const indexOf = (name: string) => Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it resolves'),
    (error: BridgeError) => error,
  );

/** Python loads slowly there. */
const PYTHON_MS = 240_000;
const python = async (...args: string[]) =>
  (await promisify(execFile)('/usr/bin/python3', args, { timeout: PYTHON_MS })).stdout;
const pyroute2 = async (name: string) => JSON.parse(await python(PYROUTE2, name));

/** As JSON of the other implementation has it. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, item) => {
      if (key === 'mac' || key === 'bssid') return formatMac(item);
      if (key === 'dfsRegion') return undefined;
      if (item instanceof Uint8Array || item?.type === 'Buffer')
        return new TextDecoder().decode(Uint8Array.from(item.data ?? item));
      return typeof item === 'bigint' ? String(item) : item;
    }),
  );
}

async function ours(name: string) {
  return {
    interfaces: plain(await nl80211.interfaces()),
    wiphys: plain(await nl80211.wiphys()),
    link: plain((await nl80211.link(indexOf(name))) ?? null),
    regulatory: plain(await nl80211.regulatory()),
  };
}

describe('a machine with radios', () => {
  it('reads what pyroute2 reads', async () => {
    const said = await ours('wlan0');
    expect(said).toEqual(await pyroute2('wlan0'));
    expect(said.link).toBeNull();
    expect((await nl80211.interfaces()).map(({ name }) => name)).toEqual(
      expect.arrayContaining(['wlan0', 'wlan1', 'wlan2', 'wlan3']),
    );
    const [phy] = (await nl80211.wiphys()).filter(({ name }) => name === 'phy0');
    expect(phy!.frequencies.find(({ mhz }) => mhz === 2437)).toEqual({
      mhz: 2437,
      disabled: false,
      noIr: false,
      radar: false,
    });
  });

  it('tells of interfaces that come and go', async () => {
    await run('iw', 'phy', 'phy1', 'interface', 'add', 'fresh', 'type', 'managed');
    const ifindex = indexOf('fresh');
    await heard.until({ type: 'interface', change: 'new', ifindex, name: 'fresh' });
    await run('iw', 'dev', 'fresh', 'del');
    await heard.until({ type: 'interface', change: 'del', ifindex, name: 'fresh' });
  });

  it('tells of radios that come and go', async () => {
    const before = (await nl80211.wiphys()).map(({ index }) => index);
    const radio = await Daemon.start(['/usr/bin/python3', RADIO]);
    try {
      const fresh = await heard.until({ type: 'wiphy', change: 'new' });
      const index = fresh.type === 'wiphy' ? fresh.index : -1;
      expect(before).not.toContain(index);
      await radio.stop();
      await heard.until({ type: 'wiphy', change: 'del', index });
    } finally {
      await radio.stop();
    }
  });

  it.skipIf(!existsSync(REGULATORY_DATABASE))('tells of the rules of a country', async () => {
    // The kernel looked for its database before the guest had a root file system.
    await run('iw', 'reg', 'reload');
    await run('iw', 'reg', 'set', 'DE');
    try {
      await heard.until({ type: 'regulatory', country: 'DE' });
      expect(await nl80211.regulatory()).toMatchObject({ country: 'DE', dfsRegion: ETSI });
      expect(plain(await nl80211.regulatory())).toEqual((await pyroute2('wlan0')).regulatory);
      const [phy] = await nl80211.wiphys();
      expect(phy!.frequencies.find(({ mhz }) => mhz === 5260)).toMatchObject({
        disabled: false,
        radar: true,
      });
    } finally {
      await run('iw', 'reg', 'set', '00');
    }
    await heard.until({ type: 'regulatory', country: '00' });
  });

  it('names the error of an interface that there is not', async () => {
    const error = await rejection(nl80211.link(9999));
    expect([error.code, error.errnoName]).toEqual(['BRIDGE_ERR_ABSENT', 'ENODEV']);
    expect(error.message).toContain('NL80211_CMD_GET_SCAN: ENODEV');
  });

  it('ends what is under way when it is closed', async () => {
    const error = rejection(nl80211.wiphys());
    nl80211.close();
    expect((await error).code).toBe('BRIDGE_ERR_CLOSED');
    expect((await rejection(nl80211.interfaces())).code).toBe('BRIDGE_ERR_CLOSED');
  });
});

describe("a vendor's command", () => {
  /** mac80211_hwsim has one for tests: it adds 2 to a number. */
  const TEST = { vendorId: 0x001374, subcommand: 1 };
  const QCA = attributeIds('QCA_WLAN_VENDOR_ATTR_', { TEST: 8 });

  it('takes attributes, and answers with some', async () => {
    expect(hexOf(await nl80211.vendor(indexOf('wlan0'), TEST, [[QCA.TEST, 40]]))).toBe('080008002a000000');
  });

  it("is refused with the kernel's words", async () => {
    const error = await rejection(nl80211.vendor(indexOf('wlan0'), TEST, [[QCA.TEST, 'x'.repeat(7)]]));
    expect([error.code, error.errnoName]).toEqual(['BRIDGE_ERR_KERNEL', 'EINVAL']);
    expect(error.extended).toBe('invalid attribute length, about byte 48 of the request');
    expect(error.message).toContain(`VENDOR: EINVAL (${error.extended})`);
  });

  it.each(['getCsmeConnInfo', 'hostGetOwnership'] as const)(
    '%s needs another driver than this',
    async (name) => {
      const error = await rejection(nl80211[name](indexOf('wlan3')));
      expect([error.code, error.errno]).toEqual(['BRIDGE_ERR_UNSUPPORTED', constants.errno.EOPNOTSUPP]);
      expect(error.message).toContain('iwlmei');
    },
  );
});

describe('a station', () => {
  let air: Air;
  let ap: AccessPoint;
  beforeAll(async () => {
    air = await openAir();
    ap = await air.accessPoint({ interface: 'wlan1', ssid: SSID, channel: 6, key: 'open' });
    await run('ip', 'link', 'set', 'wlan0', 'up');
  });
  afterAll(async () => {
    await run('ip', 'link', 'set', 'wlan0', 'down');
    await air.close();
  });

  it('scans, connects and disconnects, and each is told', async () => {
    const ifindex = indexOf('wlan0');
    await run('iw', 'dev', 'wlan0', 'scan', 'trigger', 'freq', '2412', '2437', 'ssid', 'somebody');
    const scan = await heard.until({ type: 'scanStarted', ifindex });
    expect(scan).toMatchObject({ frequenciesMhz: [2412, 2437] });
    expect(scan.type === 'scanStarted' && scan.ssids.map((ssid) => Buffer.from(ssid).toString())).toEqual([
      'somebody',
    ]);
    await heard.until({ type: 'scanDone', ifindex, aborted: false });

    await run('iw', 'dev', 'wlan0', 'connect', SSID.toString(), '2437');
    await heard.until({ type: 'connect', ifindex, bssid: ap.bssid, status: 0 });
    expect(await nl80211.link(ifindex)).toEqual({ bssid: ap.bssid, frequencyMhz: 2437 });
    const said = await ours('wlan0');
    expect(said).toEqual(await pyroute2('wlan0'));
    expect(said.interfaces).toContainEqual(
      expect.objectContaining({ name: 'wlan0', ssid: SSID.toString(), frequencyMhz: 2437 }),
    );

    await run('iw', 'dev', 'wlan0', 'disconnect');
    const gone = await heard.until({ type: 'disconnect', ifindex });
    expect(gone).toMatchObject({ reason: 3 });
    expect(await nl80211.link(ifindex)).toBeUndefined();
  });

  it('a full scan is told with every frequency', async () => {
    const ifindex = indexOf('wlan0');
    await run('iw', 'dev', 'wlan0', 'scan', 'trigger');
    const scan = await heard.until({ type: 'scanStarted', ifindex });
    expect(scan.type === 'scanStarted' && scan.frequenciesMhz.length).toBeGreaterThan(20);
    await heard.until({ type: 'scanDone', ifindex });
  });

  it('addresses and links are told as they change', async () => {
    const ifindex = indexOf('wlan0');
    const told = new Heard<RtnetlinkEvent>();
    const rtnetlink = await openRtnetlink({ onEvent: told.take });
    try {
      await run('ip', 'addr', 'add', '198.51.100.7/24', 'dev', 'wlan0');
      const address = { type: 'address', ifindex, address: '198.51.100.7', scope: 0 } as const;
      await told.until({ ...address, change: 'new' });
      expect(await rtnetlink.addresses(ifindex)).toEqual(['198.51.100.7']);
      await run('ip', 'addr', 'del', '198.51.100.7/24', 'dev', 'wlan0');
      await told.until({ ...address, change: 'del' });
      expect(await rtnetlink.addresses(ifindex)).toEqual([]);
      await run('iw', 'dev', 'wlan0', 'connect', SSID.toString(), '2437');
      await told.until({ type: 'link', ifindex, name: 'wlan0', up: true, carrier: true });
      await run('iw', 'dev', 'wlan0', 'disconnect');
      await told.until({ type: 'link', ifindex, up: true, carrier: false });
    } finally {
      rtnetlink.close();
    }
  });
});

describe.skipIf(!nicModuleIsThere())("Intel's commands", () => {
  let module: NicModule;
  beforeEach(() => {
    module = openNicModule();
  });
  afterEach(() => module.close());

  const INFO = {
    authMode: 7,
    cipher: 4,
    ssid: new Uint8Array(Buffer.from('corp-ap')),
    channel: 36,
    bssid: 0x001122334455,
  };

  const EXAMPLE =
    '0800650007000000 0b003d00636f72702d617000 0800510004000000 0500660024000000 0a000a000011223344550000'.replaceAll(
      ' ',
      '',
    );

  it('GET_CSME_CONN_INFO: nothing is known, then the bytes of the example', async () => {
    const nic = module.attach('wlan0');
    const ifindex = indexOf('wlan0');
    nic.block('NOT_OWNER');
    const nothing = await rejection(nl80211.getCsmeConnInfo(ifindex));
    expect([nothing.code, nothing.errnoName]).toEqual(['BRIDGE_ERR_KERNEL', 'EINVAL']);
    nic.setConnInfo(INFO);
    const command = { vendorId: INTEL_OUI, subcommand: INTEL_COMMANDS.GET_CSME_CONN_INFO };
    expect(hexOf(await nl80211.vendor(ifindex, command))).toBe(EXAMPLE);
    const others = await python(PYROUTE2_VENDOR, 'wlan0', String(command.subcommand));
    expect(others.replaceAll(/\s/g, '')).toBe(EXAMPLE);
    const info = await nl80211.getCsmeConnInfo(ifindex);
    expect(info).toEqual(INFO);
    expect(hexOf(encodeCsmeConnInfo(info))).toBe(hexOf(await nl80211.vendor(ifindex, command)));
    expect(targetOf(info)).toMatchObject({ frequencyMhz: 5180, bssid: INFO.bssid });
  });

  it('the radio has them in its list, and only that one', async () => {
    module.attach('wlan0');
    const said = (await ours('wlan0')).wiphys;
    expect(said).toEqual((await pyroute2('wlan0')).wiphys);
    for (const { name, vendorCommands, vendorEvents } of await nl80211.wiphys()) {
      const intel = vendorCommands.filter(({ vendorId }) => vendorId === INTEL_OUI);
      const events = vendorEvents.filter(({ vendorId }) => vendorId === INTEL_OUI);
      expect([name, ...intel.map(({ subcommand }) => subcommand)]).toEqual(
        name === 'phy0' ? [name, 0x2d, 0x30] : [name],
      );
      expect([name, ...events.map(({ subcommand }) => subcommand)]).toEqual(
        name === 'phy0' ? [name, 0x32] : [name],
      );
    }
  });

  // This very process answers: it could not, if it waited for the kernel in the meantime.
  it('HOST_GET_OWNERSHIP keeps nobody waiting but itself', async () => {
    const order: string[] = [];
    module.attach('wlan0', async (question) => {
      order.push('asked');
      // Of another radio, and of none.
      await rejection(nl80211.getCsmeConnInfo(indexOf('wlan1')));
      order.push((await nl80211.regulatory()).country);
      expect(question.answer()).toBe(true);
    });
    await nl80211.hostGetOwnership(indexOf('wlan0'));
    order.push('owned');
    expect(order).toEqual(['asked', '00', 'owned']);
  });

  it('HOST_GET_OWNERSHIP: the listings that are asked for meanwhile come behind it, and hinder nobody', async () => {
    let listings: Promise<unknown> | undefined;
    const order: string[] = [];
    module.attach('wlan0', (question) => {
      listings = Promise.all([nl80211.interfaces(), nl80211.link(indexOf('wlan0'))]).then(() =>
        order.push('listed'),
      );
      setImmediate(() => question.answer());
    });
    await nl80211.hostGetOwnership(indexOf('wlan0'));
    order.push('owned');
    await listings;
    expect(order).toEqual(['owned', 'listed']);
  });

  it.each([
    ['ETIMEDOUT', 'BRIDGE_ERR_TIMEOUT'],
    ['EPERM', 'BRIDGE_ERR_PERMISSION'],
    ['EBUSY', 'BRIDGE_ERR_KERNEL'],
    ['ENOTTY', 'BRIDGE_ERR_UNSUPPORTED'],
  ] as const)('HOST_GET_OWNERSHIP passes %s on', async (name, code) => {
    module.attach('wlan0', (question) => question.answer(name));
    const error = await rejection(nl80211.hostGetOwnership(indexOf('wlan0')));
    expect([error.code, error.errnoName]).toEqual([code, name]);
    expect(error.message).toContain(`HOST_GET_OWNERSHIP: ${name}`);
  });

  it('HOST_GET_OWNERSHIP ends also when CSME says nothing', async () => {
    module.attach('wlan0', () => {});
    const error = await rejection(nl80211.hostGetOwnership(indexOf('wlan0')));
    expect([error.code, error.errnoName]).toEqual(['BRIDGE_ERR_TIMEOUT', 'ETIMEDOUT']);
  });

  it('ROAMING_FORBIDDEN names the interface', async () => {
    const nic = module.attach('wlan0');
    const ifindex = indexOf('wlan0');
    const { mac } = (await nl80211.interfaces()).find(({ name }) => name === 'wlan0')!;
    nic.roamingForbidden(true);
    await heard.until({ type: 'roamingForbidden', ifindex, mac, forbidden: true });
    nic.roamingForbidden(false);
    await heard.until({ type: 'roamingForbidden', ifindex, mac, forbidden: false });
  });
});
