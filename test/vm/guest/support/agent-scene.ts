/** The laboratory with wpa_supplicant on the card: what the tests of the agent begin with and end with. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type AgentOptions,
  type BridgeError,
  type Nl80211,
  type Nl80211Event,
  openNl80211,
  type StepNumber,
} from '../../../../netlink-bridge/index.ts';
import { LAB, type Lab, type LabOptions, openLab } from '../../iwlwifi/lab.ts';
import { Daemon, PATIENCE_MS, run } from '../../iwlwifi/programs.ts';
import { DHCP_CLIENT, EmbeddedAgent } from './agent.ts';
import { Heard } from './heard.ts';

/** A network that is preferred and not there, CSME's, and one that is switched off. */
const NETWORKS = `
network={
  ssid="home"
  psk="nobody is at home"
  priority=9
}
network={
  ssid="${LAB.ssid}"
  psk="${LAB.psk}"
}
network={
  ssid="never"
  psk="nobody knows it"
  disabled=1
}
`;
const CONTROL = '/run/wpa_supplicant';
const CLI = fileURLToPath(new URL('../../../../dist/cli/main.js', import.meta.url));
const FIELDS = ['ssid', 'bssid', 'scan_freq', 'freq_list', 'disabled', 'priority', 'key_mgmt'];

export interface SceneOptions extends LabOptions {
  /** The blocks of wpa_supplicant's configuration; by default one of them is for CSME's access point. */
  readonly networks?: string;
}

export class AgentScene {
  readonly lab: Lab;
  readonly folder: string;
  readonly ifindex: number;
  /** Of the kernel, since the beginning. */
  readonly heard: Heard<Nl80211Event>;
  readonly #nl80211: Nl80211;
  readonly #networks: string;
  readonly #agents: EmbeddedAgent[] = [];
  supplicant!: Daemon;

  private constructor(
    lab: Lab,
    nl80211: Nl80211,
    heard: Heard<Nl80211Event>,
    ifindex: number,
    networks: string,
  ) {
    this.lab = lab;
    this.#nl80211 = nl80211;
    this.heard = heard;
    this.ifindex = ifindex;
    this.#networks = networks;
    this.folder = mkdtempSync(join(tmpdir(), 'agent-'));
  }

  /** CSME holds the card for a session, and wpa_supplicant waits for its radio. */
  static async open({ networks = NETWORKS, ...options }: SceneOptions = {}): Promise<AgentScene> {
    const lab = await openLab({ timersMs: { window: 120_000 }, ...options });
    const heard = new Heard<Nl80211Event>();
    const nl80211 = await openNl80211({ onEvent: heard.take });
    const { ifindex } = (await nl80211.interfaces()).find(({ name }) => name === LAB.card)!;
    const scene = new AgentScene(lab, nl80211, heard, ifindex, networks);
    try {
      if (options.session !== false) {
        await lab.machine.until('the block', () => lab.machine.told('rfkill') > 0);
      }
      await scene.startSupplicant();
    } catch (error) {
      await scene.close();
      throw error;
    }
    return scene;
  }

  get journal(): string {
    return join(this.folder, `${LAB.card}.wpa.json`);
  }

  async startSupplicant(): Promise<void> {
    const file = join(this.folder, 'wpa.conf');
    const configuration = `ctrl_interface=${CONTROL}\nupdate_config=1\n${this.#networks}`;
    writeFileSync(file, configuration, { mode: 0o600 });
    mkdirSync(CONTROL, { recursive: true });
    const listens = appears(join(CONTROL, LAB.card));
    this.supplicant = await Daemon.start(['wpa_supplicant', '-D', 'nl80211', '-i', LAB.card, '-c', file]);
    await listens;
  }

  /** `sapwood agent --restore`, with this journal. */
  restore(): void {
    const file = join(this.folder, 'agent.toml');
    writeFileSync(file, `state_directory = ${JSON.stringify(this.folder)}\n`);
    execFileSync(process.execPath, [CLI, 'agent', '--config', file, '--restore'], {
      stdio: 'pipe',
      timeout: 120_000,
    });
  }

  /** `killAt`: it dies by SIGKILL when it tells that step. */
  async agent({
    killAt,
    ...options
  }: AgentOptions & { readonly killAt?: StepNumber } = {}): Promise<EmbeddedAgent> {
    const agent = await EmbeddedAgent.start({
      ...options,
      // A slow machine: what is measured here is reported, not waited for.
      times: { window: 60_000, question: 60_000, ...options.times },
      interface: LAB.card,
      supplicant: 'wpa',
      journal: this.journal,
      dhcp: DHCP_CLIENT,
      ...(killAt !== undefined && { killAt }),
    });
    this.#agents.push(agent);
    return agent;
  }

  /** Asks for the card as the agent does, and again when CSME's thread was too slow. */
  async ask(): Promise<void> {
    for (;;) {
      try {
        return await this.#nl80211.hostGetOwnership(this.ifindex);
      } catch (error) {
        if ((error as BridgeError).errnoName !== 'ETIMEDOUT') throw error;
      }
    }
  }

  link() {
    return this.#nl80211.link(this.ifindex);
  }

  wpa(...words: readonly string[]): Promise<string> {
    return run('wpa_cli', '-i', LAB.card, ...words);
  }

  /** All that wpa_supplicant's networks show, without what says which of them is in use. */
  async snapshot(): Promise<Record<string, string>> {
    const list = await this.wpa('list_networks');
    const seen: Record<string, string> = { list: list.replaceAll(/\[CURRENT\]|\[TEMP-DISABLED\]/g, '') };
    for (const id of list.match(/^\d+/gm) ?? []) {
      for (const field of FIELDS) {
        // A field that has no value is an error.
        seen[`${id} ${field}`] = await this.wpa('get_network', id, field).catch(() => '');
      }
    }
    return seen;
  }

  /** Frequencies of the scans of our station, one list for each; an empty one is a scan of everything. */
  scans(from = 0): readonly (readonly number[])[] {
    return this.heard.events
      .slice(from)
      .flatMap((event) =>
        event.type === 'scanStarted' && event.ifindex === this.ifindex ? [event.frequenciesMhz] : [],
      );
  }

  get journalIsThere(): boolean {
    return existsSync(this.journal);
  }

  async close(): Promise<void> {
    for (const agent of this.#agents) await agent.daemon.stop();
    await this.supplicant?.stop();
    this.#nl80211.close();
    await run('ip', 'addr', 'flush', 'dev', LAB.card).catch(() => '');
    await this.lab.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function appears(path: string): Promise<void> {
  const changes = watch(dirname(path), { signal: AbortSignal.timeout(PATIENCE_MS) });
  // It is watched from the first look at the changes on.
  const next = changes[Symbol.asyncIterator]();
  for (let change = next.next(); !existsSync(path); change = next.next()) await change;
}
