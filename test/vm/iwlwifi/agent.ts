/** `sapwood agent` as a process of its own, with the capabilities that its systemd unit leaves it and no more. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentNews, StepNumber, TroubleName } from '../../../netlink-bridge/index.ts';
import { MAIN } from '../../cli/command.ts';
import { Daemon } from './programs.ts';

/** A line of its log. */
export interface AgentLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly event?: AgentNews['type'];
  readonly step?: StepNumber;
  readonly tookMs?: number;
  readonly sinceRequestMs?: number;
  readonly trouble?: TroubleName;
  readonly from?: string;
  readonly to?: string;
  readonly detail?: string;
}

export interface AgentOptions {
  readonly supplicant: 'wpa' | 'networkmanager';
  /** Runs busybox's DHCP client for each connection. */
  readonly dhcp?: boolean;
  /** What this guest needs for what takes 3 s at most elsewhere. */
  readonly windowS?: number;
  /** Of its journals. */
  readonly state: string;
  readonly args?: readonly string[];
}

/** What `dhcp` needs more than the unit leaves. */
const DHCP_CAPABILITIES = ['net_raw', 'net_bind_service'];
const UDHCPC = [
  'busybox',
  'udhcpc',
  '-f',
  '-q',
  '-n',
  '-i',
  '{interface}',
  '-t',
  '20',
  '-T',
  '1',
  '-B',
  '-s',
];
const UDHCPC_SCRIPT = fileURLToPath(new URL('udhcpc.sh', import.meta.url));
/** What starts in a second elsewhere. */
const PATIENCE_MS = 120_000;

export class AgentProcess {
  readonly #daemon: Daemon;
  readonly #folder: string;

  private constructor(daemon: Daemon, folder: string) {
    this.#daemon = daemon;
    this.#folder = folder;
  }

  static async start(options: AgentOptions): Promise<AgentProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'agent-'));
    const file = join(folder, 'agent.toml');
    const lines = [
      `supplicant = "${options.supplicant}"`,
      `state_directory = "${options.state}"`,
      `window_s = ${options.windowS ?? 30}`,
      'log_level = "debug"',
    ];
    if (options.dhcp) lines.push(`dhcp = ${JSON.stringify([...UDHCPC, UDHCPC_SCRIPT])}`);
    writeFileSync(file, lines.join('\n'));
    const capabilities = ['net_admin', ...(options.dhcp ? DHCP_CAPABILITIES : [])];
    const bounded = `-all,${capabilities.map((name) => `+${name}`).join(',')}`;
    const daemon = await Daemon.start([
      ...['setpriv', '--no-new-privs', '--inh-caps=-all', `--bounding-set=${bounded}`],
      ...[process.execPath, MAIN, '--json', 'agent', '--config', file, ...(options.args ?? [])],
    ]);
    return new AgentProcess(daemon, folder);
  }

  get lines(): AgentLine[] {
    return this.#daemon.lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  }

  /** Everything that it said, as it said it. */
  get text(): string {
    return this.#daemon.lines.join('\n');
  }

  get running(): boolean {
    return this.#daemon.running;
  }

  /** The numbers of the steps that it has done, in order. */
  get steps(): number[] {
    return this.lines.flatMap(({ step }) => step ?? []);
  }

  step(number: StepNumber): Promise<AgentLine> {
    return this.#until(`"step":${number},`);
  }

  trouble(name: TroubleName): Promise<AgentLine> {
    return this.#until(`"trouble":"${name}"`);
  }

  /** It enters a state, now or later. */
  phase(name: string): Promise<AgentLine> {
    return this.#until(`"to":"${name}"`);
  }

  /** It says a sentence. */
  says(words: string): Promise<AgentLine> {
    return this.#until(words);
  }

  /** Resolves when it has ended by itself. */
  async ended(): Promise<void> {
    await this.#daemon.exited;
    this.#clean();
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#daemon.stop(signal);
    this.#clean();
  }

  #clean(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #until(words: string): Promise<AgentLine> {
    const pattern = new RegExp(words.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return JSON.parse(await this.#daemon.until(pattern, { limitMs: PATIENCE_MS })) as AgentLine;
  }
}
