/** The agent beside wpa_supplicant: a card that CSME holds for a session, taken over under that session. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { STEPS } from '../../../netlink-bridge/index.ts';
import { formatMac } from '../../../sap/index.ts';
import { AgentProcess } from '../iwlwifi/agent.ts';
import { LAB, type Lab, labIsThere, openLab } from '../iwlwifi/lab.ts';
import { Daemon, run } from '../iwlwifi/programs.ts';
import { ScanLog } from '../iwlwifi/scans.ts';

const NETWORKS = `ctrl_interface=/run/wpa_supplicant
network={
  ssid="home"
  psk="never on the air"
  priority=9
}
network={
  ssid="${LAB.ssid}"
  psk="${LAB.psk}"
}
`;

/** A full scan takes long here. */
const SLOW = { timeout: 120_000, interval: 1000 };

describe.skipIf(!labIsThere())('the agent beside wpa_supplicant', { timeout: 600_000 }, () => {
  let folder: string;
  let lab: Lab;
  let supplicant: Daemon;
  let agent: AgentProcess | undefined;
  let scans: ScanLog;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'agent-wpa-'));
    lab = await openLab({ timersMs: { window: 60_000 } });
    await lab.machine.until('the block', () => lab.machine.told('rfkill') > 0);
    const conf = join(folder, 'wpa.conf');
    writeFileSync(conf, NETWORKS, { mode: 0o600 });
    supplicant = await Daemon.start(['wpa_supplicant', '-Dnl80211', `-i${LAB.card}`, `-c${conf}`]);
    await supplicant.until(/Successfully initialized/);
    scans = await ScanLog.open(LAB.card);
  });
  afterEach(async () => {
    await agent?.stop();
    await supplicant.stop();
    scans.close();
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  const ask = (...words: string[]) => run('wpa_cli', '-i', LAB.card, ...words);
  async function networks(): Promise<string[]> {
    const seen = [(await ask('list_networks')).replaceAll('[CURRENT]', '')];
    for (const id of ['0', '1']) {
      for (const name of ['bssid', 'scan_freq', 'freq_list', 'disabled']) {
        seen.push(`${id} ${name} ${await ask('get_network', id, name).catch(() => 'none')}`);
      }
    }
    return seen;
  }

  it('goes through the ten steps, and the session lives on', async () => {
    const before = await networks();
    const { machine, ap } = lab;
    const other = await lab.anotherAp();
    const session = await lab.console();
    agent = await AgentProcess.start({ supplicant: 'wpa', dhcp: true, state: folder });
    await agent.step(10);
    expect(agent.steps).toEqual(Object.keys(STEPS).map(Number));
    expect(await scans.frequencies()).toEqual([ap.frequencyMhz]);
    const status = await ask('status');
    expect(status).toContain(`bssid=${formatMac(ap.bssid)}`);
    expect(status).toContain(`freq=${ap.frequencyMhz}`);
    expect(machine.owner).toBe('host');
    await session.more(5);

    await expect(ask('get_network', '1', 'bssid')).resolves.toContain(formatMac(ap.bssid));
    machine.csme({ name: 'endSession' });
    await agent.phase('idle');
    expect(await networks()).toEqual(before);
    expect(await ask('status')).toContain(`bssid=${formatMac(ap.bssid)}`);
    await ask('scan');
    await vi.waitUntil(async () => (await ask('bss', formatMac(other.bssid))).includes('bssid='), SLOW);
    expect(await ask('roam', formatMac(other.bssid))).toContain('OK');
    await supplicant.until(new RegExp(`CTRL-EVENT-CONNECTED - Connection to ${formatMac(other.bssid)}`));

    expect((await session.end()).pages).toBeGreaterThan(5);
    await agent.stop();
    expect(agent.lines.at(-1)?.event).toBe('stopped');
    expect(agent.text).not.toContain(LAB.psk);
    expect(readdirSync(folder)).toEqual(['wpa.conf']);
  });
});
