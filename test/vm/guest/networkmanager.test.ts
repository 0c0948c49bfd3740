/** The binding to NetworkManager against NetworkManager, wpa_supplicant and hostapd. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  fileJournal,
  type Journal,
  type Nl80211,
  type Nl80211Event,
  openNetworkManager,
  openNl80211,
  openRtnetlink,
  type ProfileRef,
  type Rtnetlink,
  type RtnetlinkEvent,
  type Supplicant,
  type SupplicantEvent,
  type Target,
} from '../../../netlink-bridge/index.ts';
import { openBus, SYSTEM_BUS } from '../../../netlink-bridge/networkmanager/bus.ts';
import { Wpas } from '../../../netlink-bridge/networkmanager/wpas.ts';
import { AuthMode, formatMac, PairwiseCipher } from '../../../sap/index.ts';
import { type AccessPoint, type Air, openAir } from '../iwlwifi/air.ts';
import { type NicModule, nicModuleIsThere, openNicModule, type SimulatedNic } from '../iwlwifi/nic.ts';
import { Daemon, run } from '../iwlwifi/programs.ts';
import { Heard } from './support/heard.ts';
import { HAS_NETWORK_MANAGER, ManagedSystem } from './support/networkmanager.ts';

const PSK = 'correct horse battery';
const CORP = '11111111-2222-3333-4444-555555555555';
const STALE = '22222222-2222-3333-4444-555555555555';
const VOLATILE_PROFILES = '/run/NetworkManager/system-connections';
const KILLED = fileURLToPath(new URL('support/networkmanager-killed.mjs', import.meta.url));
/** A full scan takes long here. */
const SLOW = { timeout: 120_000, interval: 5_000 };
const WPAS = 'fi.w1.wpa_supplicant1';
const JOURNAL = '/run/sapwood/agent-wlan0.json';

describe.skipIf(!nicModuleIsThere() || !existsSync(HAS_NETWORK_MANAGER))('NetworkManager', () => {
  let air: Air;
  let ap: AccessPoint;
  let system: ManagedSystem;
  let module: NicModule;
  let nic: SimulatedNic;
  let nl80211: Nl80211;
  let rtnetlink: Rtnetlink;
  let ifindex: number;
  let kernel: Heard<Nl80211Event>;
  let addresses: Heard<RtnetlinkEvent>;
  let heard: Heard<SupplicantEvent>;
  let journal: Journal;
  let supplicant: Supplicant;
  const problems: string[] = [];

  beforeAll(async () => {
    air = await openAir();
    ap = await air.accessPoint({
      interface: 'wlan1',
      ssid: Buffer.from('corp'),
      channel: 6,
      key: { psk: PSK },
    });
    kernel = new Heard();
    nl80211 = await openNl80211({ onEvent: kernel.take });
    ifindex = (await nl80211.interfaces()).find(({ name }) => name === 'wlan0')!.ifindex;
    addresses = new Heard();
    rtnetlink = await openRtnetlink({ onEvent: addresses.take });
    module = openNicModule();
    nic = module.attach('wlan0');
    nic.block('NOT_OWNER');
    system = await ManagedSystem.start('wlan0');
    const security = ['key-mgmt=wpa-psk', `psk=${PSK}`];
    system.writeProfile({ name: 'corp', uuid: CORP, ssid: 'corp', security });
    const nobodys = ['key-mgmt=wpa-psk', 'psk-flags=1'];
    system.writeProfile({ name: 'asks', uuid: STALE, ssid: 'asks', security: nobodys });
    await system.startManager();
  });
  afterAll(async () => {
    await system?.stop();
    await module?.close();
    rtnetlink?.close();
    nl80211?.close();
    await air?.close();
  });

  beforeEach(async ({ onTestFailed }) => {
    onTestFailed(() => console.log(`${system.said()}\n${problems.slice(-10).join('\n')}`));
    // It may have died of the test before this one.
    if (!system.manager.running) await system.startManager();
    nic.block('NOT_OWNER');
    journal = fileJournal(JOURNAL);
    await open();
  });
  afterEach(async () => {
    await supplicant.restore();
    await supplicant.close();
    expect(journal.read()).toBeUndefined();
  });

  async function open(): Promise<void> {
    heard = new Heard();
    supplicant = await openNetworkManager({
      interface: 'wlan0',
      journal,
      onEvent: heard.take,
      onProblem: ({ message }) => problems.push(message),
    });
    await heard.until({ type: 'up' });
  }

  const target = (changes: Partial<Target> = {}): Target => ({
    ssid: Buffer.from('corp'),
    bssid: ap.bssid,
    frequencyMhz: ap.frequencyMhz,
    authMode: AuthMode.RSNA_PSK,
    cipher: PairwiseCipher.CCMP,
    ...changes,
  });

  async function prepare(wanted = target()): Promise<void> {
    const profile = (await supplicant.find(target())) as ProfileRef;
    await supplicant.prepare(profile, wanted);
  }

  /** Frees the radio and connects, up to the address. */
  async function takeOver(): Promise<void> {
    const [events, news] = [heard.events.length, addresses.events.length];
    nic.block();
    await supplicant.connect();
    await heard.until({ type: 'connected', bssid: ap.bssid, frequencyMhz: ap.frequencyMhz }, events);
    await addresses.until({ type: 'address', change: 'new', ifindex }, news);
  }

  /** Frequencies of all scans that went through since event number `from`. */
  async function scanned(from: number): Promise<number[]> {
    await nl80211.regulatory();
    const seen: number[] = [];
    let started: readonly number[] = [];
    for (const event of kernel.events.slice(from)) {
      if (event.type === 'scanStarted' && event.ifindex === ifindex) started = event.frequenciesMhz;
      if (event.type === 'scanDone' && event.ifindex === ifindex && !event.aborted) seen.push(...started);
    }
    return [...new Set(seen)];
  }

  const activeProfile = async () =>
    (await run('nmcli', '-g', 'GENERAL.CONNECTION', 'device', 'show', 'wlan0')).trim();
  const autoconnects = async () =>
    (await run('nmcli', '-g', 'GENERAL.AUTOCONNECT', 'device', 'show', 'wlan0')).trim();
  const profiles = async () => (await run('nmcli', '-g', 'NAME', 'connection')).trim().split('\n').sort();

  it('finds the profile that has the key, and none without', async () => {
    expect(await supplicant.find(target())).toEqual({ id: CORP, name: 'corp' });
    expect(await supplicant.find(target({ authMode: AuthMode.SAE }))).toEqual({ id: CORP, name: 'corp' });
    expect(await supplicant.find(target({ authMode: AuthMode.RSNA }))).toBeUndefined();
    expect(await supplicant.find(target({ ssid: Buffer.from('Corp') }))).toBeUndefined();
    expect(await supplicant.find(target({ ssid: Buffer.from('asks') }))).toBeUndefined();
    expect(journal.read()).toBeUndefined();
  });

  it('connects to that access point with scans of its frequency only, and lifts the limits without a break', async () => {
    const before = system.readProfile('corp');
    await prepare();
    expect(await autoconnects()).toBe('no');
    const scans = kernel.events.length;
    await takeOver();
    expect(await scanned(scans)).toEqual([ap.frequencyMhz]);
    expect(await activeProfile()).toBe('corp (as CSME)');
    for (const file of readdirSync(VOLATILE_PROFILES)) {
      expect(readFileSync(join(VOLATILE_PROFILES, file), 'utf8')).not.toContain(PSK);
    }
    expect(readFileSync(JOURNAL, 'utf8')).not.toContain(PSK);

    const connected = heard.events.length;
    await supplicant.lift();
    expect(journal.read()).toBeUndefined();
    expect(await autoconnects()).toBe('yes');
    const clone = await run('nmcli', '-g', '802-11-wireless.bssid', 'connection', 'show', 'corp (as CSME)');
    expect(clone.trim()).toBe('');
    const other = await air.accessPoint({ ...ap, interface: 'wlan2', channel: 11 });
    try {
      expect(heard.events.slice(connected)).toEqual([]);
      // wpa_supplicant may use the other one now, on another frequency. Where the guest is too slow for the access point's
      // answer it falls back to the first, and is asked again.
      await vi.waitUntil(() => roamed(other, connected), SLOW);
      expect(await activeProfile()).toBe('corp (as CSME)');
    } finally {
      nic.block('NOT_OWNER');
      await heard.until({ type: 'disconnected' }, connected);
      await other.stop();
    }
    expect(system.readProfile('corp')).toBe(before);
  });

  it('puts everything back, and NetworkManager connects as it likes', async () => {
    const before = await profiles();
    await prepare();
    await supplicant.restore();
    expect(await profiles()).toEqual(before);
    expect(await autoconnects()).toBe('yes');
    const events = heard.events.length;
    nic.block();
    await heard.until({ type: 'connected' }, events);
    expect(await activeProfile()).toBe('corp');
  });

  it.each(['prepared', 'connected'])(
    'puts everything back after it was killed when it had %s',
    async (when) => {
      const before = system.readProfile('corp');
      await supplicant.close();
      const killed = await Daemon.start(
        [process.execPath, KILLED, JSON.stringify({ ...target(), ssid: 'corp' }), JOURNAL],
        { ready: /^prepared$/ },
      );
      if (when === 'connected') {
        nic.block();
        killed.write('connect\n');
        await killed.until(/^connected$/);
      }
      await killed.stop('SIGKILL');
      expect(journal.read()).toMatchObject({ supplicant: 'networkmanager', autoconnect: true });
      await open();
      expect(journal.read()).toBeUndefined();
      expect(await autoconnects()).toBe('yes');
      expect(system.readProfile('corp')).toBe(before);
      if (when === 'prepared') expect(await profiles()).toEqual(['asks', 'corp']);
      else await heard.until({ type: 'connected', bssid: ap.bssid });
    },
  );

  it('tells that the access point is gone', async () => {
    await prepare(target({ bssid: 0x020000000f00 }));
    const events = heard.events.length;
    nic.block();
    await supplicant.connect();
    expect(await heard.until({ type: 'failed' }, events)).toMatchObject({ why: 'ap-gone' });
  });

  it('tells that the key is wrong', async () => {
    await ap.stop();
    ap = await air.accessPoint({ ...ap, key: { psk: 'another horse' } });
    try {
      await prepare();
      const events = heard.events.length;
      nic.block();
      await supplicant.connect();
      expect(await heard.until({ type: 'failed' }, events)).toMatchObject({ why: 'rejected' });
    } finally {
      await supplicant.restore();
      nic.block('NOT_OWNER');
      await ap.stop();
      ap = await air.accessPoint({ ...ap, key: { psk: PSK } });
    }
  });

  it('goes and comes with NetworkManager, and restores what was prepared before it says so', async () => {
    await prepare();
    const events = heard.events.length;
    await system.manager.stop();
    await heard.until({ type: 'gone' }, events);
    await expect(supplicant.find(target())).rejects.toMatchObject({ code: 'BRIDGE_ERR_GONE' });
    await system.startManager();
    await heard.until({ type: 'up' }, events);
    expect(journal.read()).toBeUndefined();
    expect(await profiles()).toEqual(['asks', 'corp']);
  });

  it('goes and comes with wpa_supplicant', async () => {
    await prepare();
    const events = heard.events.length;
    await system.wpas.stop();
    await heard.until({ type: 'gone' }, events);
    await system.startWpas();
    await heard.until({ type: 'up' }, events);
    expect(journal.read()).toBeUndefined();
    expect(await autoconnects()).toBe('yes');
    await prepare();
    await takeOver();
  });

  it('does nothing with an interface that NetworkManager leaves alone', async () => {
    const events = heard.events.length;
    await run('nmcli', 'device', 'set', 'wlan0', 'managed', 'no');
    await heard.until({ type: 'gone' }, events);
    await expect(supplicant.find(target())).rejects.toMatchObject({ code: 'BRIDGE_ERR_GONE' });
    expect(problems.at(-1)).toContain('does not manage wlan0');
    await run('nmcli', 'device', 'set', 'wlan0', 'managed', 'yes');
    await heard.until({ type: 'up' }, events);
  });

  /** Whether it has heard of that access point; otherwise wpa_supplicant is asked to go there, as it does by itself when another is better. */
  async function roamed(to: AccessPoint, from: number): Promise<boolean> {
    const { bssid } = to;
    const is = () =>
      heard.events.slice(from).some((event) => event.type === 'connected' && event.bssid === bssid);
    if (!is()) await roam(to).catch((error: Error) => problems.push(error.message));
    return is();
  }

  async function roam(to: AccessPoint): Promise<void> {
    const bus = await openBus(SYSTEM_BUS, () => {});
    try {
      const wpas = new Wpas(bus, 'wlan0', () => {});
      await wpas.follow();
      // Not through NetworkManager: 1.42.4 dies of a segmentation fault when it was asked twice to scan for the same name.
      await wpas.scan(to.ssid, to.frequencyMhz, SLOW.timeout);
      const peer = { destination: WPAS, signature: 's' };
      const get = {
        path: '/fi/w1/wpa_supplicant1',
        interface: WPAS,
        member: 'GetInterface',
        body: ['wlan0'],
      };
      const [path] = (await bus.call({ ...peer, ...get })) as [string];
      const ask = { path, interface: `${WPAS}.Interface`, member: 'Roam', body: [formatMac(to.bssid)] };
      await bus.call({ ...peer, ...ask });
    } finally {
      bus.close();
    }
  }
});
