/** The laboratory itself: CSME, host and card with wpa_supplicant and a DHCP client that this test works by hand. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatMac } from '../../../sap/index.ts';
import { LAB, type Lab, labIsThere, openLab, startDhcpClient } from '../iwlwifi/lab.ts';
import { Daemon, run } from '../iwlwifi/programs.ts';
import { Pyroute2 } from './support/vendor.ts';

describe.skipIf(!labIsThere())('the lab', () => {
  let folder: string;
  let lab: Lab | undefined;
  let daemons: Daemon[];
  let pyroute2: Pyroute2;
  const vendor = (subcommand: number) => pyroute2.vendor(subcommand);
  beforeAll(async () => {
    pyroute2 = await Pyroute2.start();
  });
  afterAll(() => pyroute2.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lab-'));
    daemons = [];
  });
  afterEach(async () => {
    for (const daemon of daemons) await daemon.stop();
    await lab?.close();
    rmSync(folder, { recursive: true });
  });

  it('hands the card over and takes it back, and the session at the remote console lives on', async () => {
    // The supplicant is worked by commands: there is time for a full scan.
    lab = await openLab({ timersMs: { window: 60_000 } });
    const { machine, ap } = lab;
    await machine.until('the block', () => machine.told('rfkill') > 0);
    const session = await lab.console();
    await session.more(3);
    expect(machine.owner).toBe('csme');

    const ssid = Buffer.from(LAB.ssid).toString('hex').match(/../g)!.join(' ');
    const bssid = formatMac(ap.bssid).replaceAll(':', ' ');
    expect(await vendor(0x2d)).toContain(ssid);
    expect(await vendor(0x2d)).toContain(bssid);

    const conf = join(folder, 'wpa.conf');
    writeFileSync(
      conf,
      `network={\nssid="${LAB.ssid}"\npsk="${LAB.psk}"\nbssid=${formatMac(ap.bssid)}\nscan_freq=2437\n}\n`,
    );
    const supplicant = await Daemon.start(['wpa_supplicant', '-i', LAB.card, '-D', 'nl80211', '-c', conf]);
    daemons.push(supplicant);
    await supplicant.until(/rfkill: WLAN (hard|soft)?\s*blocked|Successfully initialized/);

    // A question that a busy machine has let time out is asked again.
    await vi.waitFor(async () => expect(await vendor(0x30)).toBe(''), { timeout: 60_000 });
    await supplicant.until(/CTRL-EVENT-CONNECTED/);
    await machine.until('CSME to see the link', () => machine.csmeTold('windowMet') > 0);
    const dhcp = await startDhcpClient(LAB.card);
    daemons.push(dhcp);
    await dhcp.until(new RegExp(`^bound ${lab.ipv4}$`));
    expect(machine.owner).toBe('host');
    await session.more(5);

    machine.csme({ name: 'takeOwnership' });
    await machine.until('CSME to have the card', () => machine.csmeTold('owner') > 1);
    expect(machine.events).toContainEqual({
      by: 'csme',
      name: 'owner',
      args: { owner: 'csme', reason: 'confirmed' },
    });
    expect(await run('sh', '-c', 'cat /sys/class/ieee80211/phy0/rfkill*/hard_block_reasons')).toBe('0x2\n');
    await session.more(5);

    machine.csme({ name: 'endSession' });
    const report = await session.end();
    expect(report.pages).toBeGreaterThan(13);
    expect(machine.events.filter(({ by }) => by === 'problem')).toEqual([]);
  });

  it('allows roaming when the session ends on the host’s card', async () => {
    lab = await openLab({ session: false, hostOwns: true });
    const { machine, ap } = lab;
    machine.startSession(ap);
    await machine.until('roaming to be forbidden', () => machine.roamingForbidden === true);
    machine.csme({ name: 'endSession' });
    await machine.until('roaming to be allowed', () => machine.roamingForbidden === false);
  });

  it('leaves the guest as it was', async () => {
    lab = await openLab();
    await lab.anotherAp();
    await lab.console();
    await lab.machine.until('the block', () => lab!.machine.told('rfkill') > 0);
    expect(readdirSync('/sys/class/ieee80211')).toEqual(['phy0', 'phy3']);
    await lab.close();
    expect(readdirSync('/sys/class/ieee80211')).toEqual(['phy0', 'phy1', 'phy2', 'phy3']);
    expect(readdirSync('/sys/class/net').sort()).toEqual([
      'hwsim0',
      'lo',
      'wlan0',
      'wlan1',
      'wlan2',
      'wlan3',
    ]);
    expect(await run('ip', 'netns', 'list')).toBe('');
    expect(await run('sh', '-c', 'cat /sys/class/rfkill/*/hard')).toBe('0\n0\n0\n0\n');
    expect(await vendor(0x2d)).toBe(String(-constants.errno.EOPNOTSUPP));
  });
});
