/** The card that is shared with CSME, by the name of its interface: nl80211, rfkill and addresses as facts for the agent. */
import { constants } from 'node:os';
import type { AgentAnswer, AgentFact, NoConnInfo, NotOwned } from './agent/events.ts';
import { BridgeError } from './errors.ts';
import type { Log } from './log.ts';
import { type Nl80211, type Nl80211Event, type openNl80211, targetOf } from './nl80211/index.ts';
import { type openRfkill, type Rfkill, switchOfWiphy } from './rfkill/index.ts';
import {
  type AddressEvent,
  isReachable,
  type openRtnetlink,
  type Rtnetlink,
  type RtnetlinkEvent,
} from './rtnetlink/index.ts';

/** The ways to the kernel. */
export interface KernelParts {
  readonly openNl80211: typeof openNl80211;
  readonly openRtnetlink: typeof openRtnetlink;
  readonly openRfkill: typeof openRfkill;
}

export interface CardOptions {
  readonly interface: string;
  readonly log: Log;
  /** Addresses that are there when the card comes count as none. */
  readonly ignoresPresent: boolean;
  readonly onFact: (fact: AgentFact) => void;
  readonly kernel: KernelParts;
}

export class Card {
  readonly #options: CardOptions;
  #nl80211: Nl80211 | undefined;
  #rtnetlink: Rtnetlink | undefined;
  #openRfkill: (() => Rfkill) | undefined;
  #rfkill: Rfkill | undefined;
  #found: { readonly ifindex: number; readonly wiphy: number } | undefined;
  #addresses = new Set<string>();
  /** What was told of addresses while they are listed: the list may be older. */
  #newerAddresses: AddressEvent[] | undefined;
  /** Looks for the card, one after the other: what the last one finds is so. */
  #looks: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: CardOptions) {
    this.#options = options;
  }

  /** Rejects with a BridgeError; `close` it then, too. */
  async open(): Promise<void> {
    const onProblem = ({ message }: BridgeError) => this.#options.log.warn({}, message);
    const onNetlinkProblem = (problem: BridgeError) => {
      onProblem(problem);
      if (problem.errno !== constants.errno.ENOBUFS) return;
      // Messages were lost: what they told is asked for, where that can be asked for.
      this.#options.onFact({ type: 'roaming', forbidden: undefined });
      this.#lookAgain({ addressesToo: true });
    };
    const { openNl80211, openRtnetlink, openRfkill } = this.#options.kernel;
    this.#nl80211 = await openNl80211({
      onEvent: (event) => this.#heardNl80211(event),
      onProblem: onNetlinkProblem,
    });
    this.#rtnetlink = await openRtnetlink({
      onEvent: (event) => this.#heardRtnetlink(event),
      onProblem: onNetlinkProblem,
    });
    this.#openRfkill = () =>
      openRfkill({
        onEvent: () => this.#tellRadio(),
        onProblem: (problem) => {
          onProblem(problem);
          // The module was removed, and every radio with it.
          if (ENDS.has(problem.code)) this.#rfkill = undefined;
        },
      });
    this.#rfkill = this.#openRfkill();
    await this.#lookForCard();
  }

  close(): void {
    this.#closed = true;
    this.#rfkill?.close();
    this.#rtnetlink?.close();
    this.#nl80211?.close();
  }

  /** From now on there are none, until another one is told. */
  forgetAddresses(): void {
    this.#addresses.clear();
    this.#tellAddress();
  }

  async connInfo(token: number): Promise<AgentAnswer> {
    try {
      if (this.#found === undefined || this.#nl80211 === undefined) throw gone(this.#options.interface);
      const target = targetOf(await this.#nl80211.getCsmeConnInfo(this.#found.ifindex));
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

  async askOwnership(token: number): Promise<AgentAnswer> {
    try {
      if (this.#found === undefined || this.#nl80211 === undefined) throw gone(this.#options.interface);
      await this.#nl80211.hostGetOwnership(this.#found.ifindex);
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

  #heardNl80211(event: Nl80211Event): void {
    if (event.type === 'interface' || event.type === 'wiphy') {
      this.#lookAgain();
    } else if (event.type === 'roamingForbidden' && event.ifindex === this.#found?.ifindex) {
      this.#options.onFact({ type: 'roaming', forbidden: event.forbidden });
    }
  }

  #heardRtnetlink(event: RtnetlinkEvent): void {
    if (event.ifindex !== this.#found?.ifindex) return;
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
    this.#lookForCard(options).catch((error) => this.#options.log.warn({}, bridgeError(error).message));
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
    const isSame = found?.ifindex === this.#found?.ifindex;
    if (isSame && !addressesToo) return;
    if (!isSame) {
      // Another card of the same name is another one.
      if (this.#found !== undefined) this.#options.onFact({ type: 'interface', present: false });
      this.#found = found && { ifindex: found.ifindex, wiphy: found.wiphy };
      this.#addresses.clear();
    }
    if (found !== undefined) this.#rfkill ??= this.#openRfkill?.();
    const asks = isSame || !this.#options.ignoresPresent;
    if (found !== undefined && asks) await this.#listAddresses(found.ifindex);
    this.#tellRadio();
    this.#tellAddress();
    if (!isSame && found !== undefined) this.#options.onFact({ type: 'interface', present: true });
  }

  async #listAddresses(ifindex: number): Promise<void> {
    const newer: AddressEvent[] = [];
    this.#newerAddresses = newer;
    try {
      this.#addresses = new Set(await this.#rtnetlink!.addresses(ifindex));
      for (const event of newer) this.#takeAddress(event);
    } catch (error) {
      // The card is there all the same, and those that come are told.
      this.#options.log.warn({}, bridgeError(error).message);
    } finally {
      this.#newerAddresses = undefined;
    }
  }

  #tellRadio(): void {
    if (this.#found === undefined || this.#rfkill === undefined) return;
    const own = switchOfWiphy(this.#rfkill.switches, this.#found.wiphy);
    this.#options.onFact({
      type: 'radio',
      soft: own?.soft ?? false,
      signal: own?.reasons.has('SIGNAL') ?? false,
      notOwner: own?.reasons.has('NOT_OWNER') ?? false,
    });
  }

  #tellAddress(): void {
    const [address] = this.#addresses;
    this.#options.onFact({ type: 'address', address });
  }
}

/** Problems behind which /dev/rfkill tells nothing any more. */
const ENDS: ReadonlySet<BridgeError['code']> = new Set(['BRIDGE_ERR_GONE', 'BRIDGE_ERR_KERNEL']);

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
