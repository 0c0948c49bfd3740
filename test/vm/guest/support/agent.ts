/** The agent as a library, in a process that can be killed: what it tells, and waiting for it. SIGUSR1 puts it to sleep, SIGUSR2 wakes it. */
import { fileURLToPath } from 'node:url';
import type { AgentNews, AgentOptions, StepNumber, TroubleName } from '../../../../netlink-bridge/index.ts';
import { Daemon, PATIENCE_MS } from '../../iwlwifi/programs.ts';

const PROGRAM = fileURLToPath(new URL('agent.mjs', import.meta.url));
const DHCP_SCRIPT = fileURLToPath(new URL('../../iwlwifi/udhcpc.sh', import.meta.url));

/** For the agent's option `dhcp`: asks until there is an address. */
export const DHCP_CLIENT = [
  ...['busybox', 'udhcpc', '-f', '-q', '-i', '{interface}', '-s', DHCP_SCRIPT],
  ...['-t', '30', '-T', '1', '-n'],
];

export interface EmbeddedAgentOptions extends AgentOptions {
  readonly interface: string;
  readonly supplicant: 'wpa' | 'networkmanager';
  readonly journal: string;
  readonly dhcp?: readonly string[];
  readonly killAt?: StepNumber;
}

type Step = Extract<AgentNews, { type: 'step' }>;

export class EmbeddedAgent {
  readonly daemon: Daemon;

  private constructor(daemon: Daemon) {
    this.daemon = daemon;
  }

  static async start(options: EmbeddedAgentOptions): Promise<EmbeddedAgent> {
    const { interface: name, supplicant, journal, ...more } = options;
    const words = [process.execPath, PROGRAM, name, supplicant, journal, JSON.stringify(more)];
    return new EmbeddedAgent(await Daemon.start(words, { ready: /^{"type":"begins"/ }));
  }

  /** What was told so far. */
  get told(): readonly AgentNews[] {
    return this.daemon.lines.flatMap((line) => {
      if (!line.startsWith('{')) return [];
      const told = JSON.parse(line) as AgentNews;
      return TOLD.has(told.type) ? [told] : [];
    });
  }

  get steps(): readonly Step[] {
    return this.told.filter((news): news is Step => news.type === 'step');
  }

  get troubles(): readonly TroubleName[] {
    return this.told.flatMap((news) => (news.type === 'trouble' ? [news.trouble] : []));
  }

  /** For waiting for what comes behind what was told so far. */
  get now(): number {
    return this.daemon.lines.length;
  }

  async step(step: StepNumber, from = 0, limitMs = PATIENCE_MS): Promise<Step> {
    const line = await this.daemon.until(new RegExp(`^{"type":"step","step":${step},`), { from, limitMs });
    return JSON.parse(line) as Step;
  }

  async trouble(trouble: TroubleName, from = 0): Promise<void> {
    await this.daemon.until(new RegExp(`^{"type":"trouble","trouble":"${trouble}"`), { from });
  }

  /** It enters a phase. */
  async phase(to: string, from = 0): Promise<void> {
    await this.daemon.until(new RegExp(`^{"type":"phase".*"to":"${to}"}`), { from });
  }

  /** It leaves a phase. */
  async left(phase: string, from = 0): Promise<void> {
    await this.daemon.until(new RegExp(`^{"type":"phase","from":"${phase}"`), { from });
  }
}

const TOLD: ReadonlySet<string> = new Set<AgentNews['type']>(['phase', 'step', 'trouble', 'stopped']);
