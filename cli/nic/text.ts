/** A card in words, and as JSON. */
import { BridgeError, type CsmeConnInfo, type RfkillSwitch, targetOf } from '../../netlink-bridge/index.ts';
import { AuthMode, enumEntries, formatMac, PairwiseCipher } from '../../sap/index.ts';
import { printable } from '../../trace/index.ts';
import type { SeenCard } from './look.ts';

/** Whose the card is. Without Intel's vendor commands nobody else could have it. */
export function ownerOf({ rfkill, commands }: SeenCard): 'csme' | 'host' | 'not shared' {
  if (rfkill?.reasons.has('NOT_OWNER')) return 'csme';
  return commands.length === 0 ? 'not shared' : 'host';
}

export function cardText(card: SeenCard): string[] {
  const { interface: wlan, wiphy, link, addresses, commands } = card;
  const facts: [string, string | undefined][] = [
    ['card', OWNERS[ownerOf(card)]],
    ['rfkill', card.rfkill === undefined ? 'no switch' : rfkillText(card.rfkill)],
    ["CSME's AP", csmeText(card.csme)],
    ['link', link === undefined ? 'none' : `${formatMac(link.bssid)}, ${link.frequencyMhz} MHz`],
    ['address', addresses.length === 0 ? 'none' : addresses.join(', ')],
    ['commands', commands.length === 0 ? 'none of Intel' : commands.join(', ')],
  ];
  return [
    `${wlan.name}  ${wiphy?.name ?? `phy${wlan.wiphy}`}, ${formatMac(wlan.mac)}`,
    ...facts.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(11)}${text}`])),
  ];
}

const OWNERS = {
  csme: 'CSME has it',
  host: 'this system has it',
  'not shared': "not shared with CSME: its driver has none of Intel's vendor commands",
} as const;

export function rfkillText({ soft, hard, reasons }: RfkillSwitch): string {
  const blocks = [
    ...(soft ? ['soft block'] : []),
    ...(hard ? [`hard block (${[...reasons].join(', ')})`] : []),
  ];
  return blocks.length === 0 ? 'free' : blocks.join(', ');
}

/** `"corp" 00:11:22:33:44:55, channel 36 (5180 MHz), RSNA_PSK, CCMP`. */
export function connInfoText(info: CsmeConnInfo): string {
  const target = targetOf(info);
  const where = target instanceof BridgeError ? 'no known frequency' : `${target.frequencyMhz} MHz`;
  const name = (set: Parameters<typeof enumEntries>[0], value: number) =>
    enumEntries(set).find((entry) => entry.value === value)?.name ?? String(value);
  const ssid = printable(new TextDecoder().decode(info.ssid));
  const kind = `${name(AuthMode, info.authMode)}, ${name(PairwiseCipher, info.cipher)}`;
  return `"${ssid}" ${formatMac(info.bssid)}, channel ${info.channel} (${where}), ${kind}`;
}

function csmeText(csme: SeenCard['csme']): string | undefined {
  if (csme === undefined) return undefined;
  if (!(csme instanceof BridgeError)) return connInfoText(csme);
  return csme.errnoName === 'EINVAL' ? 'CSME has not told of any' : csme.message;
}

/** What is not known is null. */
export function cardJson(card: SeenCard): object {
  const { interface: wlan, wiphy, rfkill, csme, link, addresses, commands } = card;
  return {
    interface: wlan.name,
    ifindex: wlan.ifindex,
    wiphy: wiphy?.name ?? null,
    mac: formatMac(wlan.mac),
    owner: ownerOf(card),
    rfkill: rfkill === undefined ? null : rfkillJson(rfkill),
    csmeAp: csme === undefined || csme instanceof BridgeError ? null : connInfoJson(csme),
    csmeApError:
      csme instanceof BridgeError
        ? { code: csme.code, errno: csme.errnoName ?? null, message: csme.message }
        : null,
    link: link === undefined ? null : { bssid: formatMac(link.bssid), frequencyMhz: link.frequencyMhz },
    addresses,
    commands,
  };
}

export function rfkillJson({ index, soft, hard, reasons }: RfkillSwitch): object {
  return { index, soft, hard, reasons: [...reasons] };
}

export function connInfoJson(info: CsmeConnInfo): object {
  const target = targetOf(info);
  return {
    ssid: Buffer.from(info.ssid).toString(),
    ssidHex: Buffer.from(info.ssid).toString('hex'),
    bssid: formatMac(info.bssid),
    channel: info.channel,
    frequencyMhz: target instanceof BridgeError ? null : target.frequencyMhz,
    authMode: info.authMode,
    cipher: info.cipher,
  };
}
