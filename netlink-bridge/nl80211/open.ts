/** nl80211 of this machine's kernel: its questions and Intel's, and its events. */
import { BridgeError } from '../errors.ts';
import { type AttributePair, type Attributes, encodeAttributes, required } from '../netlink/attributes.ts';
import { VENDOR_MEANINGS } from '../netlink/errors.ts';
import { findFamily } from '../netlink/generic.ts';
import { decodeGeneric, encodeGeneric, type NetlinkMessage } from '../netlink/message.ts';
import { NETLINK_GENERIC, type NetlinkPort, openNetlinkPort } from '../netlink/port.ts';
import { NL80211_ATTR as ATTR, NL80211_CMD as CMD } from './constants.ts';
import { interfaceOf, linkOf, regulatoryOf, wiphysOf } from './decode.ts';
import { EVENT_GROUPS, eventOf } from './events.ts';
import { type CsmeConnInfo, decodeCsmeConnInfo, INTEL_COMMANDS, INTEL_OUI } from './intel.ts';
import type { Nl80211Event, Regulatory, VendorCommand, Wiphy, WlanInterface, WlanLink } from './types.ts';

export interface Nl80211Options {
  /** Called for each event from now on, in the order of the kernel. */
  readonly onEvent?: (event: Nl80211Event) => void;
  /** Events were lost or cannot be read; it goes on. */
  readonly onProblem?: (error: BridgeError) => void;
}

/**
 * All calls reject with a BridgeError: that of the kernel with its errno, BRIDGE_ERR_FORMAT, BRIDGE_ERR_TIMEOUT where it
 * does not answer at all, BRIDGE_ERR_CLOSED. It keeps the process alive until it is closed.
 */
export interface Nl80211 {
  interfaces(): Promise<WlanInterface[]>;
  wiphys(): Promise<Wiphy[]>;
  /** Undefined: the interface is not associated. */
  link(ifindex: number): Promise<WlanLink | undefined>;
  regulatory(): Promise<Regulatory>;
  /**
   * The access point that CSME is connected to. EINVAL: nothing is known; BRIDGE_ERR_UNSUPPORTED: no iwlwifi with iwlmei.
   * It works while the radio is blocked.
   */
  getCsmeConnInfo(ifindex: number): Promise<CsmeConnInfo>;
  /**
   * Asks CSME for the card. Resolves when the driver says that the host owns it, or that there is nobody to ask: whether
   * the radio is free, rfkill tells. ETIMEDOUT: CSME did not answer in the 500 ms that the kernel gives it. Other
   * requests do not wait for it here; in the kernel those to the same radio do.
   */
  hostGetOwnership(ifindex: number): Promise<void>;
  /**
   * A vendor's command, with its attributes if it takes some. Gives the vendor data of the answer: no bytes where there
   * is none.
   */
  vendor(ifindex: number, command: VendorCommand, data?: readonly AttributePair[]): Promise<Uint8Array>;
  close(): void;
}

/** Rejects with BRIDGE_ERR_ABSENT where the kernel has no nl80211. */
export async function openNl80211(options: Nl80211Options = {}): Promise<Nl80211> {
  const events: { family: number | undefined } = { family: undefined };
  const port = openNetlinkPort({
    protocol: NETLINK_GENERIC,
    onMessage: (message) => {
      const event = message.type === events.family ? eventIn(message) : undefined;
      if (event !== undefined) options.onEvent?.(event);
    },
    ...(options.onProblem !== undefined && { onProblem: options.onProblem }),
  });
  try {
    const family = await findFamily(port, 'nl80211');
    if (family === undefined) {
      const detail = 'The kernel has no nl80211: no WLAN driver is loaded (`modprobe cfg80211`).';
      throw new BridgeError('BRIDGE_ERR_ABSENT', { detail });
    }
    events.family = family.id;
    for (const name of options.onEvent === undefined ? [] : EVENT_GROUPS) {
      const group = family.groups.get(name);
      if (group !== undefined) port.join(group);
    }
    return new OpenNl80211(port, family.id);
  } catch (error) {
    port.close();
    throw error;
  }
}

function eventIn({ payload }: NetlinkMessage): Nl80211Event | undefined {
  const { command, attributes } = decodeGeneric(payload);
  return eventOf(command, attributes);
}

class OpenNl80211 implements Nl80211 {
  readonly #port: NetlinkPort;
  readonly #family: number;

  constructor(port: NetlinkPort, family: number) {
    this.#port = port;
    this.#family = family;
  }

  async interfaces(): Promise<WlanInterface[]> {
    const parts = await this.#ask('GET_INTERFACE', [], { dump: true });
    return parts.map(interfaceOf).filter((found) => found !== undefined);
  }

  async wiphys(): Promise<Wiphy[]> {
    // Without this flag the kernel leaves out what does not fit into one message.
    return wiphysOf(await this.#ask('GET_WIPHY', [[ATTR.SPLIT_WIPHY_DUMP, FLAG]], { dump: true }));
  }

  async link(ifindex: number): Promise<WlanLink | undefined> {
    return linkOf(await this.#ask('GET_SCAN', [[ATTR.IFINDEX, ifindex]], { dump: true }));
  }

  async regulatory(): Promise<Regulatory> {
    const [answer] = await this.#ask('GET_REG', []);
    return regulatoryOf(required(answer, ATTR.REG_ALPHA2));
  }

  async getCsmeConnInfo(ifindex: number): Promise<CsmeConnInfo> {
    return decodeCsmeConnInfo(await this.#intel(ifindex, 'GET_CSME_CONN_INFO'));
  }

  async hostGetOwnership(ifindex: number): Promise<void> {
    await this.#intel(ifindex, 'HOST_GET_OWNERSHIP', { long: true });
  }

  async vendor(
    ifindex: number,
    command: VendorCommand,
    data?: readonly AttributePair[],
  ): Promise<Uint8Array> {
    return await this.#vendor(ifindex, command, data, {});
  }

  close(): void {
    this.#port.close();
  }

  #intel(ifindex: number, name: keyof typeof INTEL_COMMANDS, how: How = {}): Promise<Uint8Array> {
    const command = { vendorId: INTEL_OUI, subcommand: INTEL_COMMANDS[name] };
    return this.#vendor(ifindex, command, undefined, { ...how, what: name });
  }

  async #vendor(
    ifindex: number,
    { vendorId, subcommand }: VendorCommand,
    data: readonly AttributePair[] | undefined,
    how: How,
  ): Promise<Uint8Array> {
    const pairs: AttributePair[] = [
      [ATTR.IFINDEX, ifindex],
      [ATTR.VENDOR_ID, vendorId],
      [ATTR.VENDOR_SUBCMD, subcommand],
    ];
    if (data !== undefined) pairs.push([ATTR.VENDOR_DATA, { nested: data }]);
    const [answer] = await this.#ask('VENDOR', pairs, how);
    return answer?.bytes(ATTR.VENDOR_DATA) ?? new Uint8Array(0);
  }

  async #ask(
    command: keyof typeof CMD,
    pairs: readonly AttributePair[],
    { what = `NL80211_CMD_${command}`, long = false, dump = false }: How = {},
  ): Promise<Attributes[]> {
    const payload = encodeGeneric(CMD[command], VERSION, encodeAttributes(pairs));
    const request = {
      what,
      type: this.#family,
      payload,
      dump,
      long,
      ...(command === 'VENDOR' && { meanings: VENDOR_MEANINGS }),
    };
    const answers = await this.#port.request(request);
    return answers.map((answer) => decodeGeneric(answer.payload).attributes);
  }
}

interface How {
  /** For errors; else the name of the command. */
  readonly what?: string;
  readonly long?: boolean;
  readonly dump?: boolean;
}

const VERSION = 0;
/** The value of an attribute that is there or not. */
const FLAG = new Uint8Array(0);
