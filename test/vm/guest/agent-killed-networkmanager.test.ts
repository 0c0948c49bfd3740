/** An agent that is killed with NetworkManager leaves nothing behind that the next one does not put back. */
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileJournal, openNetworkManager, type SupplicantEvent } from '../../../netlink-bridge/index.ts';
import { LAB, labIsThere } from '../iwlwifi/lab.ts';
import { run } from '../iwlwifi/programs.ts';
import { Heard } from './support/heard.ts';
import { ManagedScene } from './support/managed-scene.ts';
import { HAS_NETWORK_MANAGER } from './support/networkmanager.ts';

describe.skipIf(!labIsThere() || !existsSync(HAS_NETWORK_MANAGER))(
  'an agent with NetworkManager that is killed',
  { timeout: 900_000 },
  () => {
    let scene: ManagedScene;
    beforeEach(async ({ onTestFailed }) => {
      scene = await ManagedScene.open();
      onTestFailed(() => console.log(scene.system.said()));
    });
    afterEach(() => scene.close());

    it.each([5, 7, 9, 10] as const)('at step %d leaves nothing behind', async (killAt) => {
      const profile = scene.readProfile();
      const killed = await scene.agent({ killAt });
      await killed.daemon.exited;
      expect(existsSync(scene.journal)).toBe(true);
      const heard = new Heard<SupplicantEvent>();
      const supplicant = await openNetworkManager({
        interface: LAB.card,
        journal: fileJournal(scene.journal),
        onEvent: heard.take,
      });
      await heard.until({ type: 'up' });
      await supplicant.close();
      expect(existsSync(scene.journal)).toBe(false);
      const autoconnect = await run('nmcli', '-g', 'GENERAL.AUTOCONNECT', 'device', 'show', LAB.card);
      expect(autoconnect.trim()).toBe('yes');
      if (killAt === 5) {
        expect(await run('nmcli', '-g', 'NAME', 'connection')).not.toContain(
          `${ManagedScene.profile} (as CSME)`,
        );
      }
      expect(scene.readProfile()).toBe(profile);
    });
  },
);
