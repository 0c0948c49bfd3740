/** `sapwood doctor` on a real kernel, with and without what it looks for. */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import { type Examined, examine, type FeatureName } from '../../../cli/doctor/features.ts';
import { thisMachine } from '../../../cli/doctor/machine.ts';
import { nicModuleIsThere, openNicModule, type SimulatedNic } from '../iwlwifi/nic.ts';
import { Daemon } from '../iwlwifi/programs.ts';
import { MeiServerProcess } from './support/mei.ts';
import { HAS_NETWORK_MANAGER, ManagedSystem } from './support/networkmanager.ts';

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const CONFIG = '/etc/sapwood/agent.toml';
/** What the command takes here at most. */
const LIMIT_MS = 240_000;

interface Report {
  readonly works: boolean;
  /** `state name: detail`, a line for each finding of the feature that was asked for. */
  readonly lines: string[];
}

/** Examined in this process, which is root. */
async function doctor(feature: FeatureName): Promise<Report> {
  return reportOf((await examine(thisMachine(), [feature])).at(-1)!);
}

function reportOf({ findings, works }: Pick<Examined, 'findings' | 'works'>): Report {
  for (const { state, remedy } of findings) expect(remedy == null).toBe(state === 'good');
  return { works, lines: findings.map(({ state, name, detail }) => `${state} ${name}: ${detail}`) };
}

/** The command, run by somebody without rights: the reports by feature. */
async function doctorOfNobody(...features: FeatureName[]): Promise<Map<FeatureName, Report>> {
  const command = [...NOBODY, process.execPath, MAIN, 'doctor', ...features, '--json'];
  const ran = promisify(execFile)(command[0]!, command.slice(1), { timeout: LIMIT_MS });
  const { code, stdout, stderr } = await ran.then(
    () => expect.unreachable('nothing is missing'),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  expect([code, stderr]).toEqual([3, '']);
  const examined: Examined[] = JSON.parse(stdout).features;
  return new Map(examined.map((one) => [one.name, reportOf(one)]));
}

test('what needs no card works here', async () => {
  for (const feature of ['base', 'native', 'sessions', 'device'] as const) {
    expect(await doctor(feature)).toMatchObject({ works: true });
  }
});

test('a user without rights is told so', async () => {
  const device = await MeiServerProcess.start('mei0');
  chmodSync(device.path, 0o600);
  const reports = await doctorOfNobody('device', 'card', 'mei', 'agent').finally(() => device.stop());
  expect(reports.get('device')!.lines).toEqual(['missing CUSE: this user may not open /dev/cuse']);
  expect(reports.get('mei')!.lines).toEqual(['missing MEI device: this user may not open /dev/mei0']);
  expect(reports.get('agent')!.lines).toContain('missing journal: this user may not write to /run/sapwood');
  const { lines } = reports.get('card')!;
  expect(lines[0]).toBe('missing rights: this process does not have CAP_NET_ADMIN');
  expect(lines).toContain('missing rfkill: /dev/rfkill: open: EACCES');
});

describe('the firmware', () => {
  it('is not there', async () => {
    const { lines } = await doctor('mei');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^missing MEI device: /);
  });

  it('answers what AMT is, as it is', async () => {
    const device = await MeiServerProcess.start('mei0');
    expect(await doctor('mei')).toEqual({
      works: true,
      lines: ['good MEI device: /dev/mei0', 'good AMT: provisioned'],
    });
    await device.order('amt {"type":"unprovision","by":"administrator"}');
    expect((await doctor('mei')).lines[1]).toBe('optional AMT: not provisioned');
    await device.order('amt {"type":"setEnabled","enabled":false,"by":"menu"}');
    expect((await doctor('mei')).lines[1]).toBe('optional AMT: disabled');
    await device.order('removeClient 12f80028-b4b7-4b2d-aca8-46e0ff65814c');
    expect((await doctor('mei')).lines[1]).toBe('optional AMT: this firmware has none');
    await device.order('reset');
    expect((await doctor('mei')).lines[1]).toMatch(/^missing AMT: .*starting, resetting/);
    await device.stop();
  });
});

test('a card of another make', async () => {
  const { lines, works } = await doctor('card');
  expect(works).toBe(false);
  expect(lines).toContain('good nl80211: 4 radios');
  expect(lines).toContain("missing Intel's commands: no interface has them");
  expect(lines.find((line) => line.startsWith('good interface'))).toMatch(/wlan0 \(mac80211_hwsim\), wlan1/);
  expect(lines.find((line) => line.startsWith('good rfkill'))).toMatch(/wlan0 free, wlan1 free/);
});

describe.skipIf(!nicModuleIsThere())('a card that CSME shares', () => {
  let nic: SimulatedNic;
  const module = nicModuleIsThere() ? openNicModule() : undefined;
  beforeEach(() => {
    nic = module!.attach('wlan1');
  });
  afterEach(() => nic.detach());
  afterAll(() => module?.close());

  it('is described as it is', async () => {
    const { lines, works } = await doctor('card');
    expect(works).toBe(true);
    expect(lines).toContain("good Intel's commands: wlan1 (phy1)");
    expect(lines).toContain("good CSME's network: wlan1: CSME is connected to none");
    nic.setConnInfo({
      authMode: 7,
      cipher: 4,
      ssid: Buffer.from('corp-ap'),
      channel: 6,
      bssid: 0x020000000100,
    });
    nic.block('NOT_OWNER', 'SIGNAL');
    const later = (await doctor('card')).lines;
    expect(later).toContain("good CSME's network: wlan1: 02:00:00:00:01:00 on channel 6");
    expect(later.find((line) => line.startsWith('good rfkill'))).toContain(
      'wlan1 blocked (NOT_OWNER, SIGNAL)',
    );
  });

  describe('with wpa_supplicant', () => {
    let wpa: Daemon;
    beforeAll(async () => {
      mkdirSync('/run/wpa_supplicant', { recursive: true });
      writeFileSync('/run/wpa.conf', 'ctrl_interface=/run/wpa_supplicant\n');
      wpa = await Daemon.start(['wpa_supplicant', '-iwlan1', '-c/run/wpa.conf', '-t', '-d'], {
        ready: /Added interface wlan1/,
      });
    });
    afterAll(() => {
      rmSync('/etc/sapwood', { recursive: true, force: true });
      rmSync('/run/wpa_supplicant', { recursive: true, force: true });
    });

    it('lacks an address, until somebody gets one', async () => {
      const before = await doctor('agent');
      expect(before.works).toBe(false);
      expect(before.lines).toContain('optional NetworkManager: not on the system bus');
      expect(before.lines).toContain('good wpa_supplicant: has wlan1');
      expect(before.lines).toContain('missing DHCP: nobody gets an address beside wpa_supplicant');
      mkdirSync('/etc/sapwood', { recursive: true });
      writeFileSync(CONFIG, 'dhcp = ["busybox", "udhcpc", "-i", "{interface}"]\n');
      const after = await doctor('agent');
      expect(after.lines).toContain('good DHCP: busybox, run by the agent');
      expect(after.works).toBe(true);
    });

    it('a configuration with a mistake', async () => {
      writeFileSync(CONFIG, 'interfaces = "wlan1"\n');
      const { lines, works } = await doctor('agent');
      expect(works).toBe(false);
      expect(lines[0]).toMatch(/^missing configuration: .*agent\.toml.*"interfaces"/);
      rmSync(CONFIG);
    });

    it('that was killed', async () => {
      await wpa.stop('SIGKILL');
      expect((await doctor('agent')).lines).toContain(
        'missing wpa_supplicant: nobody answers on /run/wpa_supplicant/wlan1',
      );
    });
  });

  describe.skipIf(!existsSync(HAS_NETWORK_MANAGER))('with NetworkManager', () => {
    let system: ManagedSystem;
    beforeAll(async () => {
      system = await ManagedSystem.start('wlan0');
      await system.startManager();
    });
    afterAll(() => system.stop());

    it('that is kept away from the interface', async () => {
      const { lines, works } = await doctor('agent');
      expect(works).toBe(false);
      expect(lines[0]).toMatch(/^missing NetworkManager: .*wlan1/);
      expect(lines[1]).toMatch(/^optional wpa_supplicant: /);
    });

    it('that manages it', async () => {
      const first = module!.attach('wlan0');
      expect(await doctor('agent')).toMatchObject({
        works: true,
        lines: expect.arrayContaining(['good NetworkManager: has wlan0', 'good journal: /run/sapwood']),
      });
      first.detach();
    });
  });
});
