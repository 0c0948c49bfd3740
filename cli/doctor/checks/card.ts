/** The real card: nl80211, Intel's vendor commands, rfkill. */
import {
  BridgeError,
  type CsmeConnInfo,
  INTEL_COMMANDS,
  switchOfWiphy,
  type Wiphy,
  type WlanInterface,
} from '../../../netlink-bridge/index.ts';
import { formatMac, SAP_GUID } from '../../../sap/index.ts';
import { intelCommandsOf } from '../../nic/look.ts';
import { count } from '../../words.ts';
import { type Finding, good, missing, missingBecause, optional } from '../finding.ts';
import { CAP_NET_ADMIN } from '../kernel.ts';
import type { Machine } from '../machine.ts';

interface Card {
  readonly wlan: WlanInterface;
  readonly wiphy: Wiphy | undefined;
  /** Undefined where sysfs does not say it. */
  readonly driver: string | undefined;
  readonly commands: readonly string[];
}

export async function checkCard(machine: Machine): Promise<Finding[]> {
  const found: Finding[] = [
    machine.kernel.can(CAP_NET_ADMIN)
      ? good('rights', 'CAP_NET_ADMIN')
      : missing(
          'rights',
          'this process does not have CAP_NET_ADMIN',
          'Run it as root; the unit of sapwood agent has it.',
        ),
  ];
  let cards: Card[];
  try {
    cards = await lookAtCards(machine, found);
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    found.push(missingBecause('nl80211', error));
    return [...found, ...driverFindings(machine, [])];
  }
  return [...found, ...driverFindings(machine, cards), ...rfkillFindings(machine, cards)];
}

/** The interface that the agent would work on: the first with Intel's commands, else any. */
export async function agentInterface(machine: Machine): Promise<string | undefined> {
  try {
    const cards = await lookAtCards(machine, []);
    return (cards.find(({ commands }) => commands.length > 0) ?? cards[0])?.wlan.name;
  } catch (error) {
    if (error instanceof BridgeError) return undefined;
    throw error;
  }
}

async function lookAtCards(machine: Machine, found: Finding[]): Promise<Card[]> {
  const nl80211 = await machine.openNl80211();
  try {
    const [interfaces, wiphys] = await Promise.all([nl80211.interfaces(), nl80211.wiphys()]);
    interfaces.sort((a, b) => a.ifindex - b.ifindex);
    const cards = interfaces.map((wlan): Card => {
      const wiphy = wiphys.find(({ index }) => index === wlan.wiphy);
      const driver = machine.files.link(`/sys/class/net/${wlan.name}/device/driver`);
      return { wlan, wiphy, driver, commands: intelCommandsOf(wiphy) };
    });
    found.push(good('nl80211', count(wiphys.length, 'radio')), interfaceFinding(cards));
    if (cards.length === 0) return cards;
    found.push(commandFinding(cards));
    for (const { wlan, commands } of cards) {
      if (!commands.includes('GET_CSME_CONN_INFO')) continue;
      const info = await nl80211.getCsmeConnInfo(wlan.ifindex).catch((error: unknown) => {
        if (error instanceof BridgeError) return error;
        throw error;
      });
      found.push(connInfoFinding(wlan, info));
    }
    return cards;
  } finally {
    nl80211.close();
  }
}

function interfaceFinding(cards: readonly Card[]): Finding {
  const name = 'interface';
  if (cards.length === 0) {
    return missing(
      name,
      'there is no wireless interface',
      "Is the card's driver loaded? `lspci -k` shows it; `rfkill list` and the BIOS may have it off.",
    );
  }
  const named = cards.map(({ wlan, driver }) => `${wlan.name} (${driver ?? 'driver not known'})`);
  return good(name, named.join(', '));
}

function commandFinding(cards: readonly Card[]): Finding {
  const name = "Intel's commands";
  const having = cards.filter(({ commands }) => commands.length > 0);
  if (having.length === 0) {
    return missing(
      name,
      'no interface has them',
      'They come with an Intel card, driven by iwlwifi, and a kernel that has iwlmei.',
    );
  }
  const all = Object.keys(INTEL_COMMANDS);
  const lacking = having.filter(({ commands }) => commands.length < all.length);
  if (lacking.length > 0) {
    const words = lacking.map(({ wlan, commands }) => `${wlan.name} has only ${commands.join(', ')}`);
    return missing(name, words.join('; '), 'Both are needed: update the kernel.');
  }
  return good(name, having.map(({ wlan, wiphy }) => `${wlan.name} (${wiphy?.name})`).join(', '));
}

function connInfoFinding(wlan: WlanInterface, info: CsmeConnInfo | BridgeError): Finding {
  const name = "CSME's network";
  if (!(info instanceof BridgeError)) {
    return good(name, `${wlan.name}: ${formatMac(info.bssid)} on channel ${info.channel}`);
  }
  // No remote session runs over the card at this moment, which is how it should be most of the time.
  if (info.errnoName === 'EINVAL') return good(name, `${wlan.name}: CSME is connected to none`);
  return missingBecause(name, info);
}

/** The kernel's side of SAP. What drives a card that has the commands already needs nothing more. */
function driverFindings({ files, kernel }: Machine, cards: readonly Card[]): Finding[] {
  const isServed = cards.some(({ commands }) => commands.length > 0);
  const lacking = isServed ? optional : missing;
  const found: Finding[] = [];
  for (const name of ['iwlwifi', 'iwlmei'] as const) {
    if (kernel.module(name) === 'there') found.push(good(name, 'loaded'));
    else if (name === 'iwlmei' && kernel.module(name) === 'absent') {
      found.push(lacking(name, 'this kernel is built without it', IWLMEI_REMEDY));
    } else found.push(lacking(name, 'not loaded', kernel.remedyFor(name)));
  }
  const client = files.names('/sys/bus/mei/devices').find((one) => one.endsWith(SAP_GUID));
  if (client === undefined) {
    found.push(
      lacking(
        'WLAN in CSME',
        'the firmware offers no arbitration of the card',
        'It needs a vPro machine with AMT, and mei_me; AMT with wireless enabled in the BIOS.',
      ),
    );
  } else {
    const driver = files.link(`/sys/bus/mei/devices/${client}/driver`);
    found.push(
      driver === undefined
        ? lacking('WLAN in CSME', 'no driver has it', kernel.remedyFor('iwlmei'))
        : good('WLAN in CSME', `driven by ${driver}`),
    );
  }
  return found;
}

const IWLMEI_REMEDY =
  'Upstream CONFIG_IWLMEI depends on BROKEN, and distributions leave it out: take that line out of drivers/net/wireless/intel/iwlwifi/Kconfig and build the kernel with CONFIG_IWLMEI=m.';

function rfkillFindings(machine: Machine, cards: readonly Card[]): Finding[] {
  const name = 'rfkill';
  let rfkill: ReturnType<Machine['openRfkill']>;
  try {
    rfkill = machine.openRfkill();
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    return [missingBecause(name, error)];
  }
  const { switches, extended } = rfkill;
  rfkill.close();
  const states = cards.map(({ wlan }) => {
    const own = switchOfWiphy(switches, wlan.wiphy);
    if (own === undefined) return `${wlan.name} has no switch`;
    const blocks = [...(own.soft ? ['soft'] : []), ...own.reasons];
    return `${wlan.name} ${blocks.length === 0 ? 'free' : `blocked (${blocks.join(', ')})`}`;
  });
  const found = [good(name, states.length === 0 ? `${switches.size} switches` : states.join(', '))];
  found.push(
    extended
      ? good('reasons of blocks', 'in the records of rfkill')
      : optional(
          'reasons of blocks',
          'not in the records of rfkill, only in sysfs',
          'Linux 5.11 and later have them there.',
        ),
  );
  return found;
}
