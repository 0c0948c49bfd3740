/** The laboratory with NetworkManager on the card: what the tests of the agent with it begin with and end with. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StepNumber } from '../../../../netlink-bridge/index.ts';
import { LAB, type Lab, openLab } from '../../iwlwifi/lab.ts';
import { EmbeddedAgent } from './agent.ts';
import { ManagedSystem } from './networkmanager.ts';

const UUID = '33333333-2222-3333-4444-555555555555';

export class ManagedScene {
  /** The profile for CSME's access point. */
  static readonly profile = 'office';
  readonly lab: Lab;
  readonly system: ManagedSystem;
  readonly #folder = mkdtempSync(join(tmpdir(), 'agent-nm-'));
  readonly #agents: EmbeddedAgent[] = [];

  private constructor(lab: Lab, system: ManagedSystem) {
    this.lab = lab;
    this.system = system;
  }

  /** CSME holds the card for a session, and NetworkManager waits for its radio. */
  static async open(): Promise<ManagedScene> {
    const lab = await openLab({ timersMs: { window: 120_000 } });
    await lab.machine.until('the block', () => lab.machine.told('rfkill') > 0);
    const system = await ManagedSystem.start(LAB.card);
    const security = ['key-mgmt=wpa-psk', `psk=${LAB.psk}`];
    system.writeProfile({ name: ManagedScene.profile, uuid: UUID, ssid: LAB.ssid, security });
    await system.startManager();
    return new ManagedScene(lab, system);
  }

  get journal(): string {
    return join(this.#folder, 'journal.json');
  }

  /** `killAt`: it dies by SIGKILL when it tells that step. */
  async agent(more: { readonly killAt?: StepNumber } = {}): Promise<EmbeddedAgent> {
    const agent = await EmbeddedAgent.start({
      interface: LAB.card,
      supplicant: 'networkmanager',
      journal: this.journal,
      // A slow machine: what is measured here is reported, not waited for.
      times: { window: 60_000, question: 60_000 },
      ...more,
    });
    this.#agents.push(agent);
    return agent;
  }

  /** The profile's file as it is now. */
  readProfile(): string {
    return this.system.readProfile(ManagedScene.profile);
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) await agent.daemon.stop();
    await this.system.stop();
    await this.lab.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
