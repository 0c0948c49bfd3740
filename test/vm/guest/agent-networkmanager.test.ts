/** The agent with NetworkManager: a card that CSME holds for a session, taken over under that session. */
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type BridgeError,
  type Nl80211,
  type Nl80211Event,
  openNl80211,
  openRtnetlink,
  type Rtnetlink,
  type RtnetlinkEvent,
  STEPS,
} from '../../../netlink-bridge/index.ts';
import { LAB, labIsThere } from '../iwlwifi/lab.ts';
import { run } from '../iwlwifi/programs.ts';
import { Heard } from './support/heard.ts';
import { ManagedScene } from './support/managed-scene.ts';
import { HAS_NETWORK_MANAGER } from './support/networkmanager.ts';

const NAME = ManagedScene.profile;
const COPY = `${NAME} (as CSME)`;

describe.skipIf(!labIsThere() || !existsSync(HAS_NETWORK_MANAGER))(
  'the agent with NetworkManager',
  { timeout: 900_000 },
  () => {
    let scene: ManagedScene;
    let nl80211: Nl80211;
    let rtnetlink: Rtnetlink;
    let ifindex: number;
    let kernel: Heard<Nl80211Event>;
    let addresses: Heard<RtnetlinkEvent>;

    beforeEach(async ({ onTestFailed }) => {
      kernel = new Heard();
      nl80211 = await openNl80211({ onEvent: kernel.take });
      ifindex = (await nl80211.interfaces()).find(({ name }) => name === LAB.card)!.ifindex;
      addresses = new Heard();
      rtnetlink = await openRtnetlink({ onEvent: addresses.take });
      scene = await ManagedScene.open();
      onTestFailed(() => console.log(scene.system.said()));
    });
    afterEach(async () => {
      await scene.close();
      rtnetlink.close();
      nl80211.close();
    });

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
      await addresses.until({ type: 'address', change: 'new', ifindex, address: scene.lab.ipv4 });
      const plainMs = performance.now() - begun;
      expect(await activeProfile()).toBe(NAME);
      await scene.close();
      kernel.events.length = 0;
      addresses.events.length = 0;
      scene = await ManagedScene.open();
      const { lab } = scene;
      const profile = scene.readProfile();

      const session = await lab.console();
      const running = await scene.agent();
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
      expect(existsSync(scene.journal)).toBe(false);
      expect(await activeProfile()).toBe(COPY);
      expect((await session.end()).pages).toBeGreaterThan(3);
      expect(scene.readProfile()).toBe(profile);
      const share = running.steps.map((each) => `${each.step}: ${Math.round(each.tookMs)}`).join(', ');
      console.log(
        `From the request to the address: ${Math.round(sinceRequestMs!)} ms (steps ${share}); ` +
          `NetworkManager alone ${Math.round(plainMs)} ms, ${(plainMs / sinceRequestMs!).toFixed(1)} times.`,
      );
      // How much, is for an idle machine to say.
      expect(sinceRequestMs).toBeLessThan(plainMs);
    });
  },
);
