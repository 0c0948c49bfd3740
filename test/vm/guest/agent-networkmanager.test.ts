/** The agent with NetworkManager: a card that CSME holds for a session, taken over under that session. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BridgeError,
  fileJournal,
  type Nl80211,
  type Nl80211Event,
  openNetworkManager,
  openNl80211,
  openRtnetlink,
  type Rtnetlink,
  type RtnetlinkEvent,
  STEPS,
  type StepNumber,
  type SupplicantEvent,
} from '../../../netlink-bridge/index.ts';
import { LAB, type Lab, labIsThere, openLab } from '../iwlwifi/lab.ts';
import { run } from '../iwlwifi/programs.ts';
import { EmbeddedAgent } from './support/agent.ts';
import { Heard } from './support/heard.ts';
import { HAS_NETWORK_MANAGER, ManagedSystem } from './support/networkmanager.ts';

const NAME = 'office';
const COPY = `${NAME} (as CSME)`;
const UUID = '33333333-2222-3333-4444-555555555555';

describe.skipIf(!labIsThere() || !existsSync(HAS_NETWORK_MANAGER))(
  'the agent with NetworkManager',
  { timeout: 900_000 },
  () => {
    let folder: string;
    let lab: Lab;
    let system: ManagedSystem;
    let agent: EmbeddedAgent | undefined;
    let nl80211: Nl80211;
    let rtnetlink: Rtnetlink;
    let ifindex: number;
    let kernel: Heard<Nl80211Event>;
    let addresses: Heard<RtnetlinkEvent>;
    let profile: string;

    const open = async () => {
      lab = await openLab({ timersMs: { window: 120_000 } });
      await lab.machine.until('the block', () => lab.machine.told('rfkill') > 0);
      system = await ManagedSystem.start(LAB.card);
      const security = ['key-mgmt=wpa-psk', `psk=${LAB.psk}`];
      system.writeProfile({ name: NAME, uuid: UUID, ssid: LAB.ssid, security });
      profile = system.readProfile(NAME);
      await system.startManager();
    };
    const close = async () => {
      await agent?.daemon.stop();
      agent = undefined;
      expect(system.readProfile(NAME)).toBe(profile);
      await system.stop();
      await lab.close();
    };
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'agent-nm-'));
      kernel = new Heard();
      nl80211 = await openNl80211({ onEvent: kernel.take });
      ifindex = (await nl80211.interfaces()).find(({ name }) => name === LAB.card)!.ifindex;
      addresses = new Heard();
      rtnetlink = await openRtnetlink({ onEvent: addresses.take });
      await open();
    });
    afterEach(async () => {
      await close();
      rtnetlink.close();
      nl80211.close();
      rmSync(folder, { recursive: true });
    });

    const journal = () => join(folder, 'journal.json');
    const startAgent = async (more: { killAt?: StepNumber } = {}) => {
      agent = await EmbeddedAgent.start({
        interface: LAB.card,
        supplicant: 'networkmanager',
        journal: journal(),
        // A slow machine: what is measured here is reported, not waited for.
        times: { window: 60_000, question: 60_000 },
        ...more,
      });
      return agent;
    };

    /** Asks for the card as the agent does, and again when CSME's thread was too slow. */
    async function ask(): Promise<void> {
      for (;;) {
        try {
          return await nl80211.hostGetOwnership(ifindex);
        } catch (error) {
          if ((error as BridgeError).errnoName !== 'ETIMEDOUT') throw error;
        }
      }
    }

    /** Frequencies of all scans of the card that went through. */
    async function scanned(): Promise<number[]> {
      await nl80211.regulatory();
      const seen: number[] = [];
      let started: readonly number[] = [];
      for (const event of kernel.events) {
        if (event.type === 'scanStarted' && event.ifindex === ifindex) started = event.frequenciesMhz;
        if (event.type === 'scanDone' && event.ifindex === ifindex && !event.aborted) seen.push(...started);
      }
      return [...new Set(seen)];
    }

    const activeProfile = async () =>
      (await run('nmcli', '-g', 'GENERAL.CONNECTION', 'device', 'show', LAB.card)).trim();

    it('goes through the ten steps, and says how much faster it was than NetworkManager alone', async () => {
      const begun = performance.now();
      await ask();
      await addresses.until({ type: 'address', change: 'new', ifindex, address: lab.ipv4 });
      const plainMs = performance.now() - begun;
      expect(await activeProfile()).toBe(NAME);
      await close();
      kernel.events.length = 0;
      addresses.events.length = 0;
      await open();

      const session = await lab.console();
      const running = await startAgent();
      const { sinceRequestMs } = await running.step(10);
      expect(running.steps.map((each) => each.step)).toEqual(Object.keys(STEPS).map(Number));
      expect(await scanned()).toEqual([lab.ap.frequencyMhz]);
      expect(await nl80211.link(ifindex)).toEqual({
        bssid: lab.ap.bssid,
        frequencyMhz: lab.ap.frequencyMhz,
      });
      expect(await activeProfile()).toBe(COPY);
      await session.more(3);
      lab.machine.csme({ name: 'endSession' });
      await running.phase('idle');
      expect(existsSync(journal())).toBe(false);
      expect(await activeProfile()).toBe(COPY);
      expect((await session.end()).pages).toBeGreaterThan(3);
      const share = running.steps.map((each) => `${each.step}: ${Math.round(each.tookMs)}`).join(', ');
      console.log(
        `From the request to the address: ${Math.round(sinceRequestMs!)} ms (steps ${share}); ` +
          `NetworkManager alone ${Math.round(plainMs)} ms, ${(plainMs / sinceRequestMs!).toFixed(1)} times.`,
      );
      // How much, is for an idle machine to say.
      expect(sinceRequestMs).toBeLessThan(plainMs);
    });

    it.each([5, 7, 9, 10] as const)('leaves nothing behind when it is killed at step %d', async (killAt) => {
      const killed = await startAgent({ killAt });
      await killed.daemon.exited;
      expect(existsSync(journal())).toBe(true);
      const heard = new Heard<SupplicantEvent>();
      const supplicant = await openNetworkManager({
        interface: LAB.card,
        journal: fileJournal(journal()),
        onEvent: heard.take,
      });
      await heard.until({ type: 'up' });
      await supplicant.close();
      expect(existsSync(journal())).toBe(false);
      const autoconnect = await run('nmcli', '-g', 'GENERAL.AUTOCONNECT', 'device', 'show', LAB.card);
      expect(autoconnect.trim()).toBe('yes');
      if (killAt === 5) expect(await run('nmcli', '-g', 'NAME', 'connection')).not.toContain(COPY);
    });
  },
);
