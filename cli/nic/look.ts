/** What is known of a card that may be shared with CSME: one look at nl80211, rfkill and the addresses. */
import {
  BridgeError,
  type CsmeConnInfo,
  INTEL_COMMANDS,
  INTEL_OUI,
  type Nl80211,
  type Nl80211Options,
  openNl80211,
  openRfkill,
  openRtnetlink,
  type Rfkill,
  type RfkillOptions,
  type RfkillSwitch,
  type Rtnetlink,
  type RtnetlinkOptions,
  switchOfWiphy,
  type Wiphy,
  type WlanInterface,
} from '../../netlink-bridge/index.ts';
import { CliError } from '../exit.ts';

type IntelCommand = keyof typeof INTEL_COMMANDS;

export interface SeenCard {
  readonly interface: WlanInterface;
  readonly wiphy: Wiphy | undefined;
  readonly rfkill: RfkillSwitch | undefined;
  /** Intel's vendor commands that its driver has. */
  readonly commands: readonly IntelCommand[];
  /** Undefined: the driver has no such command; an error: CSME has said nothing, or it cannot be asked. */
  readonly csme: CsmeConnInfo | BridgeError | undefined;
  readonly link: Awaited<ReturnType<Nl80211['link']>>;
  readonly addresses: readonly string[];
}

export interface Parts {
  readonly nl80211: Nl80211;
  readonly rtnetlink: Rtnetlink;
  readonly rfkill: Rfkill;
}

export interface Listeners {
  readonly onNl80211?: NonNullable<Nl80211Options['onEvent']>;
  readonly onRtnetlink?: NonNullable<RtnetlinkOptions['onEvent']>;
  readonly onRfkill?: NonNullable<RfkillOptions['onEvent']>;
}

/** Opens what a command needs, and closes it behind `work`. What the machine lacks becomes a CliError. */
export async function withParts<T>(listeners: Listeners, work: (parts: Parts) => Promise<T>): Promise<T> {
  const open: { close(): void }[] = [];
  const kept = <P extends { close(): void }>(part: P): P => {
    open.push(part);
    return part;
  };
  const { onNl80211, onRtnetlink, onRfkill } = listeners;
  try {
    const rfkill = kept(openRfkill(onRfkill && { onEvent: onRfkill }));
    const nl80211 = kept(await openNl80211(onNl80211 && { onEvent: onNl80211 }));
    const rtnetlink = kept(await openRtnetlink(onRtnetlink && { onEvent: onRtnetlink }));
    return await work({ rfkill, nl80211, rtnetlink });
  } catch (error) {
    if (error instanceof BridgeError) throw new CliError('environment', error.message, 'Try: sapwood doctor');
    throw error;
  } finally {
    for (const part of open) part.close();
  }
}

/** Every wireless interface, or the one of that name. Rejects with a BridgeError. */
export async function lookAtCards(parts: Parts, name?: string): Promise<SeenCard[]> {
  const { nl80211 } = parts;
  const wiphys = await nl80211.wiphys();
  const interfaces = (await nl80211.interfaces()).filter((each) => name === undefined || each.name === name);
  return Promise.all(
    interfaces.map((each) =>
      lookAt(
        parts,
        each,
        wiphys.find(({ index }) => index === each.wiphy),
      ),
    ),
  );
}

/** The card of that name, or the first that CSME may share. A CliError when there is none. */
export async function chosenCard(parts: Parts, name?: string): Promise<SeenCard> {
  const cards = await lookAtCards(parts, name);
  const card = name === undefined ? cards.find(({ commands }) => commands.length > 0) : cards[0];
  if (card !== undefined) return card;
  throw name === undefined
    ? new CliError(
        'environment',
        "no wireless interface has Intel's vendor commands.",
        'sapwood nic status lists the interfaces, sapwood doctor says what is missing.',
      )
    : new CliError('usage', `there is no wireless interface ${name}.`, 'Try: sapwood nic status');
}

export function hasIntelCommands(wiphy: Wiphy): boolean {
  return intelCommandsOf(wiphy).length > 0;
}

/** Those of Intel's vendor commands that a driver has. */
export function intelCommandsOf(wiphy: Wiphy | undefined): IntelCommand[] {
  const names = Object.keys(INTEL_COMMANDS) as IntelCommand[];
  return names.filter((name) =>
    wiphy?.vendorCommands.some(
      ({ vendorId, subcommand }) => vendorId === INTEL_OUI && subcommand === INTEL_COMMANDS[name],
    ),
  );
}

async function lookAt(
  { nl80211, rtnetlink, rfkill }: Parts,
  wlan: WlanInterface,
  wiphy: Wiphy | undefined,
): Promise<SeenCard> {
  const { ifindex } = wlan;
  const commands = intelCommandsOf(wiphy);
  const asked = commands.includes('GET_CSME_CONN_INFO')
    ? nl80211.getCsmeConnInfo(ifindex).catch((error: unknown) => {
        if (error instanceof BridgeError) return error;
        throw error;
      })
    : undefined;
  const [csme, link, addresses] = await Promise.all([
    asked,
    nl80211.link(ifindex),
    rtnetlink.addresses(ifindex),
  ]);
  const own = switchOfWiphy(rfkill.switches, wlan.wiphy);
  return { interface: wlan, wiphy, rfkill: own, commands, csme, link, addresses };
}
