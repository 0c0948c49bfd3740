/** What happens to a card, a line each: for people and for programs. */
import type { Nl80211, Nl80211Event, RfkillEvent, RtnetlinkEvent } from '../../netlink-bridge/index.ts';
import { formatMac } from '../../sap/index.ts';
import type { SeenCard } from './look.ts';
import { connInfoJson, connInfoText, rfkillJson, rfkillText } from './text.ts';

export type CardEvent =
  | { readonly from: 'nl80211'; readonly event: Nl80211Event }
  | { readonly from: 'rfkill'; readonly event: RfkillEvent }
  | { readonly from: 'rtnetlink'; readonly event: RtnetlinkEvent };

export interface CardLine {
  /** One word. */
  readonly event: string;
  readonly text: string;
  readonly json: object;
}

/** The access point that CSME is connected to, asked for whenever the owner of the card may have changed. */
export class CsmeApWatch {
  readonly #nl80211: Nl80211;
  readonly #ifindex: number;
  #last: string | undefined;

  constructor(nl80211: Nl80211, { interface: wlan, csme }: SeenCard) {
    this.#nl80211 = nl80211;
    this.#ifindex = wlan.ifindex;
    this.#last = csme instanceof Error || csme === undefined ? undefined : connInfoText(csme);
  }

  /** A line when it is another one than last time; undefined also while there is none. */
  async look(): Promise<CardLine | undefined> {
    const info = await this.#nl80211.getCsmeConnInfo(this.#ifindex).catch(() => undefined);
    const text = info && connInfoText(info);
    if (info === undefined || text === undefined || text === this.#last) return undefined;
    this.#last = text;
    return line("CSME's AP", text, connInfoJson(info));
  }
}

/** The line of an event; undefined for one that is not about this card. */
export function lineOf({ interface: wlan }: SeenCard, seen: CardEvent): CardLine | undefined {
  if (seen.from === 'rfkill') {
    const { type, switch: own } = seen.event;
    if (own.wiphy !== wlan.wiphy) return undefined;
    if (type === 'del') return line('rfkill', 'the switch is gone', { gone: true });
    return line('rfkill', rfkillText(own), rfkillJson(own));
  }
  const { event } = seen;
  if ('ifindex' in event && event.ifindex !== wlan.ifindex) return undefined;
  switch (event.type) {
    case 'address':
      return line('address', `${event.change === 'new' ? '' : 'no longer '}${event.address}`, {
        change: event.change,
        address: event.address,
      });
    case 'link':
      return line('interface', `${event.up ? 'up' : 'down'}, ${event.carrier ? 'carrier' : 'no carrier'}`, {
        up: event.up,
        carrier: event.carrier,
      });
    case 'connect':
    case 'roam': {
      const bssid = event.bssid === undefined ? undefined : formatMac(event.bssid);
      const verb = event.type === 'roam' ? 'roamed to' : 'connected to';
      const failed = 'status' in event && event.status !== undefined && event.status !== 0;
      const text = failed ? `not connected, status ${event.status}` : `${verb} ${bssid ?? 'an unknown AP'}`;
      return line('link', text, {
        change: event.type,
        bssid: bssid ?? null,
        status: failed ? event.status : 0,
      });
    }
    case 'disconnect':
      return line('link', `disconnected, reason ${event.reason ?? 'not said'}`, {
        change: event.type,
        reason: event.reason ?? null,
      });
    case 'roamingForbidden':
      return line('roaming', event.forbidden ? 'forbidden: a remote session lives' : 'allowed', {
        forbidden: event.forbidden,
      });
    case 'scanStarted': {
      const { frequenciesMhz } = event;
      return line('scan', scanText(frequenciesMhz), { frequenciesMhz });
    }
    case 'scanDone':
      return line('scan', event.aborted ? 'aborted' : 'done', { aborted: event.aborted });
    case 'regulatory':
      return line('regulatory', `country ${event.country ?? 'not known'}`, {
        country: event.country ?? null,
      });
    default:
      return undefined;
  }
}

function line(event: string, text: string, json: object): CardLine {
  return { event, text, json };
}

/** A full scan has dozens. */
const FEW = 8;

function scanText(frequenciesMhz: readonly number[]): string {
  const count = frequenciesMhz.length;
  return count <= FEW
    ? `${frequenciesMhz.join(', ')} MHz`
    : `${count} frequencies, ${Math.min(...frequenciesMhz)} to ${Math.max(...frequenciesMhz)} MHz`;
}
