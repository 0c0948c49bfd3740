/** A real wpa_supplicant on a radio of the guest, limited to one access point, and everything as it was afterwards. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type BridgeError,
  fileJournal,
  type Nl80211,
  type Nl80211Event,
  openNl80211,
  openWpaSupplicant,
  type Supplicant,
  type SupplicantEvent,
  type Target,
} from '../../../netlink-bridge/index.ts';
import { Control } from '../../../netlink-bridge/wpa/control.ts';
import { parseNetworkIds } from '../../../netlink-bridge/wpa/text.ts';
import { AuthMode, formatMac, PairwiseCipher, parseMac } from '../../../sap/index.ts';
import { type AccessPoint, type Air, openAir } from '../iwlwifi/air.ts';
import { type NicModule, nicModuleIsThere, openNicModule, type SimulatedNic } from '../iwlwifi/nic.ts';
import { Daemon } from '../iwlwifi/programs.ts';
import { Heard } from './support/heard.ts';

const CARD = 'wlan0';
const CONTROL = '/run/wpa_supplicant';
const SOCKET = join(CONTROL, CARD);
const INDEX = fileURLToPath(new URL('../../../dist/netlink-bridge/index.js', import.meta.url));
const PSK = 'correct horse battery';
const ODD_SSID = Uint8Array.of(0, 0xff, 0x41, 0x22);

const NETWORKS = `
network={
  ssid="home"
  psk="never on the air"
  priority=9
}
network={
  ssid="corp-ap"
  psk="${PSK}"
}
network={
  ssid="say "sae""
  key_mgmt=SAE
  sae_password="${PSK}"
  ieee80211w=2
}
network={
  ssid=00ff4122
  key_mgmt=NONE
}
network={
  ssid="campus"
  key_mgmt=WPA-EAP
  eap=PWD
  identity="me"
  password="${PSK}"
}
network={
  ssid="wrong"
  psk="not the right one"
}
`;
const CORP = '1';

type Place = Pick<AccessPoint, 'ssid' | 'bssid' | 'frequencyMhz'>;

describe.skipIf(!nicModuleIsThere())('wpa_supplicant', { timeout: 600_000 }, () => {
  let folder: string;
  let configuration: string;
  let air: Air;
  let ap: AccessPoint;
  let module: NicModule;
  let nic: SimulatedNic;
  let nl80211: Nl80211;
  let daemon: Daemon;
  let supplicant: Supplicant;
  let scans: Nl80211Event[];
  let air80211: Heard<Nl80211Event>;
  let heard: Heard<SupplicantEvent>;
  let problems: BridgeError[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wpa-'));
    configuration = join(folder, 'wpa.conf');
    air = await openAir();
    ap = await air.accessPoint({
      interface: 'wlan1',
      ssid: Buffer.from('corp-ap'),
      channel: 6,
      key: { psk: PSK },
    });
    module = openNicModule();
  });
  afterAll(async () => {
    await module.close();
    await air.close();
    rmSync(folder, { recursive: true });
  });

  beforeEach(async () => {
    writeFileSync(configuration, `ctrl_interface=${CONTROL}\nupdate_config=1\n${NETWORKS}`, { mode: 0o600 });
    nic = module.attach(CARD);
    nic.block('NOT_OWNER');
    air80211 = new Heard<Nl80211Event>();
    scans = air80211.events;
    nl80211 = await openNl80211({ onEvent: air80211.take });
    await start();
    await open();
  });
  afterEach(async () => {
    await supplicant.close();
    await daemon.stop();
    nl80211.close();
    nic.detach();
    rmSync(journalPath(), { force: true });
    expect(problems).toEqual([]);
  });

  const journalPath = () => join(folder, 'journal.json');

  async function start(): Promise<void> {
    daemon = await Daemon.start(['wpa_supplicant', '-Dnl80211', `-i${CARD}`, `-c${configuration}`]);
  }

  async function open(): Promise<void> {
    heard = new Heard<SupplicantEvent>();
    problems = [];
    supplicant = await openWpaSupplicant({
      interface: CARD,
      journal: fileJournal(journalPath()),
      onEvent: heard.take,
      onProblem: (problem) => problems.push(problem),
    });
    await heard.until({ type: 'up' });
  }

  async function ask(command: string): Promise<string> {
    const control = new Control({ path: SOCKET, onEvent() {}, onEnd() {} });
    try {
      return await control.ask(command);
    } finally {
      control.close();
    }
  }

  /** All that its networks show, without what says which of them is used. */
  async function snapshot(): Promise<Record<string, string>> {
    const list = await ask('LIST_NETWORKS');
    const seen: Record<string, string> = {
      list: list.replaceAll(/\[CURRENT\]|\[TEMP-DISABLED\]/g, ''),
      update_config: await ask('GET update_config'),
    };
    for (const id of parseNetworkIds(list)) {
      for (const field of ['ssid', 'bssid', 'scan_freq', 'freq_list', 'disabled', 'mac_addr', 'key_mgmt']) {
        seen[`${id} ${field}`] = await ask(`GET_NETWORK ${id} ${field}`);
      }
    }
    return seen;
  }

  const targetOf = (of: Place, authMode: number = AuthMode.RSNA_PSK): Target => ({
    ssid: of.ssid,
    bssid: of.bssid,
    frequencyMhz: of.frequencyMhz,
    authMode,
    cipher: authMode === AuthMode.OPEN ? PairwiseCipher.NONE : PairwiseCipher.CCMP,
  });

  /** The frequencies of every scan that our station has begun. */
  const scanned = () =>
    scans.flatMap((event) =>
      event.type === 'scanStarted' && event.ifindex === indexOf(CARD) ? [[...event.frequenciesMhz]] : [],
    );

  async function prepared(target: Target): Promise<void> {
    const profile = await supplicant.find(target);
    await supplicant.prepare(profile!, target);
  }

  async function connect(to: Place): Promise<void> {
    nic.block();
    await supplicant.connect();
    await heard.until({ type: 'connected', bssid: to.bssid, frequencyMhz: to.frequencyMhz });
  }

  it('without limits scans everything as soon as the radio is free', async () => {
    nic.block();
    await air80211.until({ type: 'scanStarted', ifindex: indexOf(CARD) });
    // None means all.
    expect(scanned()[0]!.length === 0 || scanned()[0]!.length > 10).toBe(true);
    await heard.until({ type: 'connected', bssid: ap.bssid });
  });

  it('scans the one frequency only until it is connected, and roams again when the limits are lifted', async () => {
    const before = await snapshot();
    const other = await air.accessPoint({ ...ap, interface: 'wlan2', channel: 11 });
    try {
      await prepared(targetOf(ap));
      expect(await ask('SAVE_CONFIG')).toBe('FAIL\n');
      expect(scanned()).toEqual([]);
      await connect(ap);
      expect(scanned().length).toBeGreaterThan(0);
      for (const frequencies of scanned()) expect(frequencies).toEqual([ap.frequencyMhz]);
      expect((await nl80211.link(indexOf(CARD)))?.bssid).toBe(ap.bssid);
      expect(await snapshot()).not.toEqual(before);

      const told = air80211.events.length;
      await supplicant.lift();
      expect(await snapshot()).toEqual(before);
      expect(existsSync(journalPath())).toBe(false);
      expect(await ask('STATUS')).toContain('wpa_state=COMPLETED');
      expect(air80211.events.slice(told).filter(({ type }) => type === 'disconnect')).toEqual([]);
      expect(heard.events.filter(({ type }) => type === 'disconnected')).toEqual([]);

      air80211.events.length = 0;
      expect(await ask(`SCAN freq=${other.frequencyMhz}`)).toBe('OK\n');
      await air80211.until({ type: 'scanDone', ifindex: indexOf(CARD) });
      expect(await ask(`ROAM ${formatMac(other.bssid)}`)).toBe('OK\n');
      await heard.until({ type: 'connected', bssid: other.bssid, frequencyMhz: other.frequencyMhz });
    } finally {
      await other.stop();
    }
    expect(readFileSync(configuration, 'utf8')).toContain(NETWORKS);
  });

  it('puts everything back when it is not to connect after all', async () => {
    const before = await snapshot();
    await prepared(targetOf(ap));
    await supplicant.restore();
    expect(await snapshot()).toEqual(before);
    expect(existsSync(journalPath())).toBe(false);
    nic.block();
    await heard.until({ type: 'connected', bssid: ap.bssid });
  });

  it('lets it connect as it likes when the connection has failed', async () => {
    const before = await snapshot();
    await prepared({ ...targetOf(ap), bssid: 0x020000009999, frequencyMhz: 2472 });
    nic.block();
    await supplicant.connect();
    const failed = await heard.until({ type: 'failed', why: 'ap-gone' });
    expect(failed).toMatchObject({ detail: 'The access point is not on 2472 MHz.' });
    expect(scanned().length).toBeGreaterThanOrEqual(3);
    for (const frequencies of scanned()) expect(frequencies).toEqual([2472]);
    await supplicant.restore();
    expect(await snapshot()).toEqual(before);
    await heard.until({ type: 'connected', bssid: ap.bssid });
  });

  it('is limited also in what it does by itself, and tells of a connection that was there before it was asked for', async () => {
    await prepared(targetOf(ap));
    nic.block();
    await heard.until({ type: 'connected', bssid: ap.bssid });
    expect(scanned().length).toBeGreaterThan(0);
    for (const frequencies of scanned()) expect(frequencies).toEqual([ap.frequencyMhz]);
    heard.events.length = 0;
    await supplicant.connect();
    expect(heard.events).toEqual([{ type: 'connected', bssid: ap.bssid, frequencyMhz: ap.frequencyMhz }]);
  });

  it('limits a network also that is left alone for its failures', async () => {
    await ask(`SET_NETWORK ${CORP} psk "another key"`);
    nic.block();
    await daemon.until(/SSID-TEMP-DISABLED id=1/);
    nic.block('NOT_OWNER');
    while (!(await ask('STATUS')).includes('INTERFACE_DISABLED')) await setTimeout(50);
    await ask(`SET_NETWORK ${CORP} psk "${PSK}"`);
    expect(await ask('LIST_NETWORKS')).toContain('[TEMP-DISABLED]');
    scans.length = 0;
    await prepared(targetOf(ap));
    await connect(ap);
    for (const frequencies of scanned()) expect(frequencies).toEqual([ap.frequencyMhz]);
  });

  it('says that the key is wrong', async () => {
    const wrong = await air.accessPoint({
      interface: 'wlan2',
      ssid: Buffer.from('wrong'),
      channel: 1,
      key: { psk: PSK },
    });
    try {
      await prepared(targetOf(wrong));
      nic.block();
      await supplicant.connect();
      expect(await heard.until({ type: 'failed' })).toMatchObject({
        why: 'rejected',
        detail: expect.stringContaining('WRONG_KEY'),
      });
    } finally {
      await wrong.stop();
    }
  });

  it('tells that the card was taken again', async () => {
    await prepared(targetOf(ap));
    await connect(ap);
    nic.block('NOT_OWNER');
    await heard.until({ type: 'disconnected' });
  });

  it.each([
    ['SAE, with quotes and a space in its name', 'say "sae"', { sae: PSK }, AuthMode.SAE],
    ['no key, with a zero in its name', ODD_SSID, 'open', AuthMode.OPEN],
  ] as const)('connects with %s', async (_, ssid, key, authMode) => {
    const other = await air.accessPoint({
      interface: 'wlan2',
      ssid: Buffer.from(ssid as string),
      channel: 11,
      key,
    });
    try {
      const before = await snapshot();
      await prepared(targetOf(other, authMode));
      await connect(other);
      for (const frequencies of scanned()) expect(frequencies).toEqual([other.frequencyMhz]);
      await supplicant.lift();
      expect(await snapshot()).toEqual(before);
    } finally {
      await other.stop();
    }
  });

  it('connects with 802.1X', async () => {
    const users = join(folder, 'users');
    writeFileSync(users, `"me" PWD "${PSK}"\n`, { mode: 0o600 });
    const file = join(folder, 'campus.conf');
    const words = ['interface=wlan2', 'driver=nl80211', 'ssid=campus', 'hw_mode=g', 'channel=11', 'wpa=2'];
    const eap = ['wpa_key_mgmt=WPA-EAP', 'rsn_pairwise=CCMP', 'ieee8021x=1', 'eap_server=1'];
    writeFileSync(file, [...words, ...eap, `eap_user_file=${users}`, ''].join('\n'));
    const hostapd = await Daemon.start(['hostapd', file], { ready: /AP-ENABLED/ });
    try {
      const bssid = parseMac(readFileSync('/sys/class/net/wlan2/address', 'utf8').trim())!;
      const campus = { ssid: Buffer.from('campus'), bssid, frequencyMhz: 2462 };
      await prepared(targetOf(campus, AuthMode.RSNA));
      await connect(campus);
      for (const frequencies of scanned()) expect(frequencies).toEqual([campus.frequencyMhz]);
    } finally {
      await hostapd.stop();
    }
  });

  it('notices that wpa_supplicant was killed, and finds nothing to put back in the next one', async () => {
    const before = await snapshot();
    await prepared(targetOf(ap));
    await daemon.stop('SIGKILL');
    await heard.until({ type: 'gone' });
    await expect(supplicant.connect()).rejects.toMatchObject({ code: 'BRIDGE_ERR_GONE' });
    expect(existsSync(journalPath())).toBe(true);
    heard.events.length = 0;
    await start();
    await heard.until({ type: 'up' });
    expect(await snapshot()).toEqual(before);
    expect(existsSync(journalPath())).toBe(false);
    await prepared(targetOf(ap));
    await connect(ap);
  });

  it('notices that wpa_supplicant was stopped', async () => {
    await daemon.stop();
    await heard.until({ type: 'gone' });
    heard.events.length = 0;
    await start();
    await heard.until({ type: 'up' });
  });

  it.each(['prepared', 'connected'] as const)(
    'puts back what one had changed who was killed when %s',
    async (when) => {
      const before = await snapshot();
      await supplicant.close();
      const victim = await Daemon.start(['node', '--input-type=module', '-e', program(targetOf(ap))], {
        ready: /prepared/,
      });
      if (when === 'connected') {
        nic.block();
        victim.write('connect\n');
        await victim.until(/connected/);
      }
      await victim.stop('SIGKILL');
      expect(await snapshot()).not.toEqual(before);
      expect(readFileSync(journalPath(), 'utf8')).not.toContain(PSK);
      await open();
      expect(await snapshot()).toEqual(before);
      expect(existsSync(journalPath())).toBe(false);
      if (when === 'connected') {
        expect(await ask('STATUS')).toContain('wpa_state=COMPLETED');
        expect(heard.events.filter(({ type }) => type === 'disconnected')).toEqual([]);
      }
    },
  );

  /** A process that prepares, says so, and connects when it is told to. */
  function program(target: Target): string {
    const text = JSON.stringify({ ...target, ssid: [...target.ssid] });
    return `
      import { fileJournal, openWpaSupplicant } from ${JSON.stringify(INDEX)};
      const target = ${text};
      target.ssid = Uint8Array.from(target.ssid);
      const supplicant = await openWpaSupplicant({
        interface: '${CARD}',
        journal: fileJournal(${JSON.stringify(journalPath())}),
        async onEvent({ type }) {
          if (type === 'connected') console.log('connected');
          if (type !== 'up') return;
          await supplicant.prepare(await supplicant.find(target), target);
          console.log('prepared');
        },
      });
      process.stdin.once('data', () => supplicant.connect());
    `;
  }
});

const indexOf = (name: string) => Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));
