/** The agent on a real machine: its machine bound to nl80211, rfkill, the addresses, a supplicant and the clock. */
import { Agent } from './agent/agent.ts';
import type { AgentAnswer, AgentInput, AgentNews, AgentOptions, AgentQuestion } from './agent/events.ts';
import type { Supplicant, SupplicantEvent } from './agent/types.ts';
import { Card, type KernelParts } from './card.ts';
import { DhcpClient } from './dhcp.ts';
import { type Log, SILENT } from './log.ts';
import { openNl80211 } from './nl80211/index.ts';
import { openRfkill } from './rfkill/index.ts';
import { openRtnetlink } from './rtnetlink/index.ts';

export interface RunAgentOptions extends AgentOptions {
  /** The name of the interface that is shared with CSME. */
  readonly interface: string;
  /** Such as `openNetworkManager` or `openWpaSupplicant`, with all but `onEvent` bound. */
  readonly openSupplicant: (onEvent: (event: SupplicantEvent) => void) => Promise<Supplicant>;
  /**
   * A DHCP client and its arguments, run whenever the interface is connected; `{interface}` in them becomes its name.
   * For who has no service that does so. A dry run runs none.
   */
  readonly dhcp?: readonly string[];
  readonly log?: Log;
  /** What happens, as it happens. */
  readonly onNews?: (news: AgentNews) => void;
}

export interface RunningAgent {
  /** Where the take-over stands. */
  readonly phase: Agent['state']['phase'];
  /** The machine is about to sleep, has woken up: for who hears that by other ways than `openSleepMonitor`. */
  sleep(): void;
  wake(): void;
  /** Puts back what was changed. Resolves when nothing of the agent is left. Twice is once. */
  stop(): Promise<void>;
}

/** Rejects with a BridgeError when the machine lacks nl80211, rfkill or the permission for them. */
export async function runAgent(
  options: RunAgentOptions,
  kernel: KernelParts = { openNl80211, openRtnetlink, openRfkill },
): Promise<RunningAgent> {
  const runner = new Runner(options, kernel);
  try {
    await runner.open();
  } catch (error) {
    await runner.close();
    throw error;
  }
  return runner;
}

class Runner implements RunningAgent {
  readonly #options: RunAgentOptions;
  readonly #log: Log;
  readonly #agent: Agent;
  readonly #dhcp: DhcpClient | undefined;
  readonly #card: Card;
  #supplicant: Supplicant | undefined;
  /** What came while not everything was open. */
  #early: AgentInput[] | undefined = [];
  /** Calls of the supplicant, one after the other. */
  #calls: Promise<void> = Promise.resolve();
  /** The number of the question. */
  #lastRestore = 0;
  #timer: NodeJS.Timeout | undefined;
  #onStopped: (() => void) | undefined;
  #stopped: Promise<void> | undefined;
  #closed = false;

  constructor(options: RunAgentOptions, kernel: KernelParts) {
    this.#options = options;
    this.#log = options.log ?? SILENT;
    this.#agent = new Agent(options);
    if (!options.dryRun && options.dhcp !== undefined && options.dhcp.length > 0) {
      this.#dhcp = new DhcpClient(options.dhcp, options.interface, this.#log);
    }
    this.#card = new Card({
      interface: options.interface,
      log: this.#log,
      // Those that are there before our DHCP client is are not of it.
      ignoresPresent: this.#dhcp !== undefined,
      onFact: (fact) => this.#feed(fact),
      kernel,
    });
  }

  get phase(): Agent['state']['phase'] {
    return this.#agent.state.phase;
  }

  async open(): Promise<void> {
    await this.#card.open();
    this.#supplicant = await this.#options.openSupplicant((event) => this.#heardSupplicant(event));
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const input of early) this.#feed(input);
  }

  sleep(): void {
    this.#feed({ type: 'sleep' });
  }

  wake(): void {
    this.#feed({ type: 'wake' });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#onStopped = resolve;
    });
    this.#feed({ type: 'stop' });
    if (this.phase !== 'stopped') await stopped;
    await this.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#dhcp?.stop();
    await this.#calls;
    await this.#supplicant?.close();
    this.#card.close();
  }

  #feed(input: AgentInput): void {
    if (this.#closed) return;
    if (this.#early !== undefined) {
      this.#early.push(input);
      return;
    }
    const { type, ...fields } = input;
    this.#log.debug(fields, `in: ${type}`);
    this.#agent.handle(performance.now(), input);
    this.#drain();
  }

  #drain(): void {
    for (let output = this.#agent.poll(); output !== undefined; output = this.#agent.poll()) {
      if ('token' in output) this.#ask(output);
      else this.#tell(output);
    }
    clearTimeout(this.#timer);
    const at = this.#agent.nextTimeoutAt();
    if (at === undefined || this.#closed) return;
    this.#timer = setTimeout(
      () => {
        this.#agent.handleTimeout(performance.now());
        this.#drain();
      },
      Math.max(0, Math.ceil(at - performance.now())),
    );
  }

  #tell(news: AgentNews): void {
    this.#options.onNews?.(news);
    if (news.type === 'stopped') this.#onStopped?.();
  }

  #ask(question: AgentQuestion): void {
    this.#log.debug({ token: question.token }, `out: ${question.type}`);
    if (question.type === 'askConnInfo') {
      void this.#card.connInfo(question.token).then((answer) => this.#feed(answer));
    } else if (question.type === 'askOwnership') {
      void this.#card.askOwnership(question.token).then((answer) => this.#feed(answer));
    } else {
      if (question.type === 'restore') {
        this.#lastRestore = question.token;
        this.#supplicant?.giveUp?.();
      }
      this.#calls = this.#calls.then(async () => {
        if (this.#closed) return;
        // It did not begin before all was to be put back, and nobody waits for it.
        if (question.type === 'connect' && question.token < this.#lastRestore) return;
        const answer = await this.#call(question);
        // The call is over: what the answer leads to need not wait for those behind it.
        setImmediate(() => this.#feed(answer));
      });
    }
  }

  async #call(
    question: Exclude<AgentQuestion, { type: 'askConnInfo' | 'askOwnership' }>,
  ): Promise<AgentAnswer> {
    const { type, token } = question;
    const supplicant = this.#supplicant!;
    try {
      switch (type) {
        case 'find':
          return { type: 'found', token, profile: await supplicant.find(question.target) };
        case 'prepare':
          await supplicant.prepare(question.profile, question.target);
          return { type: 'prepared', token };
        case 'connect':
          await supplicant.connect();
          return { type: 'connecting', token };
        case 'lift':
          await supplicant.lift();
          return { type: 'lifted', token };
        case 'restore':
          await supplicant.restore();
          return { type: 'restored', token };
      }
    } catch (error) {
      return { type: 'supplicantFailed', token, to: type, detail: (error as Error).message };
    }
  }

  #heardSupplicant(event: SupplicantEvent): void {
    if (this.#supplicant?.addresses !== 'own') {
      if (event.type === 'connected') this.#dhcp?.start();
      else if (event.type === 'disconnected' || event.type === 'gone') this.#endAddresses();
    }
    this.#feed({ type: 'supplicant', event });
  }

  /** What the DHCP client got for the last connection says nothing of the next one. */
  #endAddresses(): void {
    if (this.#dhcp === undefined) return;
    this.#dhcp.stop();
    this.#card.forgetAddresses();
  }
}
