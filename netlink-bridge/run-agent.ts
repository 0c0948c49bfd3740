/** The agent on a real machine: its machine bound to nl80211, rfkill, the addresses, a supplicant and the clock. */
import { constants } from 'node:os';
import { Agent } from './agent/agent.ts';
import type {
  AgentAnswer,
  AgentInput,
  AgentNews,
  AgentOptions,
  AgentQuestion,
  NoConnInfo,
  NotOwned,
} from './agent/events.ts';
import type { Supplicant, SupplicantEvent } from './agent/types.ts';
import { DhcpClient } from './dhcp.ts';
import { BridgeError } from './errors.ts';
import { type Log, SILENT } from './log.ts';
import { type Nl80211, type Nl80211Event, openNl80211, targetOf } from './nl80211/index.ts';
import { openRfkill, type Rfkill, switchOfWiphy } from './rfkill/index.ts';
import {
  type AddressEvent,
  isReachable,
  openRtnetlink,
  type Rtnetlink,
  type RtnetlinkEvent,
} from './rtnetlink/index.ts';

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

/** The ways to the kernel. */
export interface KernelParts {
  readonly openNl80211: typeof openNl80211;
  readonly openRtnetlink: typeof openRtnetlink;
  readonly openRfkill: typeof openRfkill;
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
  readonly #kernel: KernelParts;
  readonly #log: Log;
  readonly #agent: Agent;
  readonly #dhcp: DhcpClient | undefined;
  #nl80211: Nl80211 | undefined;
  #rtnetlink: Rtnetlink | undefined;
  #rfkill: Rfkill | undefined;
  #supplicant: Supplicant | undefined;
  /** What came while not everything was open. */
  #early: AgentInput[] | undefined = [];
  #card: { readonly ifindex: number; readonly wiphy: number } | undefined;
  #addresses = new Set<string>();
  /** What was told of addresses while they are listed: the list may be older. */
  #newerAddresses: AddressEvent[] | undefined;
  /** Looks for the card, one after the other: what the last one finds is so. */
  #looks: Promise<void> = Promise.resolve();
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
    this.#kernel = kernel;
    this.#log = options.log ?? SILENT;
    this.#agent = new Agent(options);
    if (!options.dryRun && options.dhcp !== undefined && options.dhcp.length > 0) {
      this.#dhcp = new DhcpClient(options.dhcp, options.interface, this.#log);
    }
  }

  get phase(): Agent['state']['phase'] {
    return this.#agent.state.phase;
  }

  async open(): Promise<void> {
    const onProblem = ({ message }: BridgeError) => this.#log.warn({}, message);
    const onNetlinkProblem = (problem: BridgeError) => {
      onProblem(problem);
      // Messages were lost: what they told is asked for.
      if (problem.errno === constants.errno.ENOBUFS) this.#lookAgain({ addressesToo: true });
    };
    const { openNl80211, openRtnetlink, openRfkill } = this.#kernel;
    this.#nl80211 = await openNl80211({
      onEvent: (event) => this.#heardNl80211(event),
      onProblem: onNetlinkProblem,
    });
    this.#rtnetlink = await openRtnetlink({
      onEvent: (event) => this.#heardRtnetlink(event),
      onProblem: onNetlinkProblem,
    });
    this.#rfkill = openRfkill({ onEvent: () => this.#tellRadio(), onProblem });
    await this.#lookForCard();
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
    this.#rfkill?.close();
    this.#rtnetlink?.close();
    this.#nl80211?.close();
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
      void this.#connInfo(question.token).then((answer) => this.#feed(answer));
    } else if (question.type === 'askOwnership') {
      void this.#ownership(question.token).then((answer) => this.#feed(answer));
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

  async #connInfo(token: number): Promise<AgentAnswer> {
    try {
      if (this.#card === undefined || this.#nl80211 === undefined) throw gone(this.#options.interface);
      const target = targetOf(await this.#nl80211.getCsmeConnInfo(this.#card.ifindex));
      if (!(target instanceof BridgeError)) return { type: 'connInfo', token, target };
      return { type: 'noConnInfo', token, why: 'unusable', detail: target.message };
    } catch (error) {
      const { errno, code, message } = bridgeError(error);
      const why: NoConnInfo =
        errno === constants.errno.EINVAL
          ? 'nothing'
          : code === 'BRIDGE_ERR_UNSUPPORTED'
            ? 'unsupported'
            : 'failed';
      return { type: 'noConnInfo', token, why, detail: message };
    }
  }

  async #ownership(token: number): Promise<AgentAnswer> {
    try {
      if (this.#card === undefined || this.#nl80211 === undefined) throw gone(this.#options.interface);
      await this.#nl80211.hostGetOwnership(this.#card.ifindex);
      return { type: 'owned', token };
    } catch (error) {
      const { errno, code, message } = bridgeError(error);
      const why: NotOwned =
        code === 'BRIDGE_ERR_UNSUPPORTED'
          ? 'unsupported'
          : errno === constants.errno.ETIMEDOUT
            ? 'timeout'
            : errno !== undefined && REFUSALS.has(errno)
              ? 'refused'
              : 'failed';
      return { type: 'notOwned', token, why, detail: message };
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
    this.#addresses.clear();
    this.#feed({ type: 'address', address: undefined });
  }

  #heardNl80211(event: Nl80211Event): void {
    if (event.type === 'interface' || event.type === 'wiphy') {
      this.#lookAgain();
    } else if (event.type === 'roamingForbidden' && event.ifindex === this.#card?.ifindex) {
      this.#feed({ type: 'roaming', forbidden: event.forbidden });
    }
  }

  #heardRtnetlink(event: RtnetlinkEvent): void {
    if (event.ifindex !== this.#card?.ifindex) return;
    if (event.type === 'link') {
      // A rename keeps the number.
      if (event.name !== this.#options.interface) this.#lookAgain();
      return;
    }
    this.#newerAddresses?.push(event);
    this.#takeAddress(event);
    this.#tellAddress();
  }

  #takeAddress({ change, address, scope }: AddressEvent): void {
    if (!isReachable(scope)) return;
    if (change === 'new') this.#addresses.add(address);
    else this.#addresses.delete(address);
  }

  #lookAgain(options?: { readonly addressesToo: boolean }): void {
    this.#lookForCard(options).catch((error) => this.#log.warn({}, bridgeError(error).message));
  }

  #lookForCard(options?: { readonly addressesToo: boolean }): Promise<void> {
    const look = this.#looks.then(() => this.#look(options?.addressesToo ?? false));
    this.#looks = look.catch(() => {});
    return look;
  }

  /** The interface of that name, as it is now. */
  async #look(addressesToo: boolean): Promise<void> {
    if (this.#closed || this.#nl80211 === undefined || this.#rtnetlink === undefined) return;
    const found = (await this.#nl80211.interfaces()).find(({ name }) => name === this.#options.interface);
    const isSame = found?.ifindex === this.#card?.ifindex;
    if (isSame && !addressesToo) return;
    if (!isSame) {
      // Another card of the same name is another one.
      if (this.#card !== undefined) this.#feed({ type: 'interface', present: false });
      this.#card = found && { ifindex: found.ifindex, wiphy: found.wiphy };
      this.#addresses.clear();
    }
    // Those that were there before are not of our DHCP client.
    if (found !== undefined && (isSame || this.#dhcp === undefined)) await this.#listAddresses(found.ifindex);
    this.#tellRadio();
    this.#tellAddress();
    if (!isSame && found !== undefined) this.#feed({ type: 'interface', present: true });
  }

  async #listAddresses(ifindex: number): Promise<void> {
    const newer: AddressEvent[] = [];
    this.#newerAddresses = newer;
    try {
      this.#addresses = new Set(await this.#rtnetlink!.addresses(ifindex));
      for (const event of newer) this.#takeAddress(event);
    } finally {
      this.#newerAddresses = undefined;
    }
  }

  #tellRadio(): void {
    if (this.#card === undefined || this.#rfkill === undefined) return;
    const own = switchOfWiphy(this.#rfkill.switches, this.#card.wiphy);
    this.#feed({
      type: 'radio',
      soft: own?.soft ?? false,
      signal: own?.reasons.has('SIGNAL') ?? false,
      notOwner: own?.reasons.has('NOT_OWNER') ?? false,
    });
  }

  #tellAddress(): void {
    const [address] = this.#addresses;
    this.#feed({ type: 'address', address });
  }
}

/** What the kernel says when CSME keeps the card, or a rule of the system does. */
const REFUSALS: ReadonlySet<number> = new Set([
  constants.errno.EACCES,
  constants.errno.EPERM,
  constants.errno.EBUSY,
]);

function gone(name: string): BridgeError {
  return new BridgeError('BRIDGE_ERR_ABSENT', { detail: `There is no wireless interface ${name} any more.` });
}

function bridgeError(error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  throw error;
}
