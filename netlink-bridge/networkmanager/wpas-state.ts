/** What the properties of wpa_supplicant's interface say about a connection, as they change. */
import type { MacAddress } from '../../sap/index.ts';
import { numberIn, type Properties, stringIn } from './values.ts';

export interface SeenBss {
  readonly bssid: MacAddress;
  readonly frequencyMhz: number;
}

export type WpasEvent =
  | ({ readonly type: 'connected' } & SeenBss)
  | { readonly type: 'disconnected'; readonly detail: string }
  /** The access point or the key refuses. */
  | { readonly type: 'rejected'; readonly detail: string }
  /** wpa_supplicant or its interface came or went, or the interface can be used now, or not any more. */
  | { readonly type: 'changed' };

export interface WpasNews {
  readonly events: readonly WpasEvent[];
  /** It is connected, maybe to another access point than before: the object of the present one is to be read. */
  readonly look: boolean;
}

const UNKNOWN = '';
/** Each state of wpa_supplicant in which it is not connected and does not connect. */
const IDLE_STATES: ReadonlySet<string> = new Set([
  UNKNOWN,
  'disconnected',
  'inactive',
  'interface_disabled',
  'scanning',
]);
/** Reasons of a deauthentication that mean a wrong key: previous authentication not valid, 4-way handshake timeout. */
const KEY_REASONS: ReadonlySet<number> = new Set([2, 15]);

export class WpasState {
  #state: string = UNKNOWN;
  #handshake = false;
  #connected: SeenBss | undefined;

  /** The interface is up as wpa_supplicant sees it: it can scan. */
  get usable(): boolean {
    return this.#state !== UNKNOWN && this.#state !== 'interface_disabled';
  }

  get connected(): SeenBss | undefined {
    return this.#connected;
  }

  /** All properties, at first: failures of earlier attempts are among them. */
  begin(properties: Properties): WpasNews {
    const state = stringIn(properties, 'State');
    return this.change(new Map(state === undefined ? [] : [['State', properties.get('State')!]]));
  }

  /** Those that changed. */
  change(properties: Properties): WpasNews {
    const events = rejectionsIn(properties);
    const before = this.#state;
    this.#state = stringIn(properties, 'State') ?? before;
    if (this.#state === '4way_handshake') this.#handshake = true;
    else if (this.#state === 'completed') this.#handshake = false;
    const reason = Math.abs(numberIn(properties, 'DisconnectReason') ?? 0);
    if (this.#handshake && KEY_REASONS.has(reason)) {
      this.#handshake = false;
      events.push({ type: 'rejected', detail: `disconnected for reason ${reason} in the 4-way handshake` });
    }
    if (IDLE_STATES.has(this.#state)) events.push(...this.#disconnect(`wpa_supplicant is ${this.#state}`));
    if (before !== this.#state) events.push({ type: 'changed' });
    const look = this.#state === 'completed' && (before !== 'completed' || properties.has('CurrentBSS'));
    return { events, look };
  }

  /** The present access point, as it was read. */
  connect(bss: SeenBss): readonly WpasEvent[] {
    const { bssid, frequencyMhz } = this.#connected ?? {};
    if (this.#state !== 'completed') return [];
    if (bssid === bss.bssid && frequencyMhz === bss.frequencyMhz) return [];
    this.#connected = bss;
    return [{ type: 'connected', ...bss }];
  }

  /** wpa_supplicant or its interface went. */
  end(detail: string): readonly WpasEvent[] {
    this.#state = UNKNOWN;
    this.#handshake = false;
    return [...this.#disconnect(detail), { type: 'changed' }];
  }

  #disconnect(detail: string): readonly WpasEvent[] {
    if (this.#connected === undefined) return [];
    this.#connected = undefined;
    return [{ type: 'disconnected', detail }];
  }
}

function rejectionsIn(properties: Properties): WpasEvent[] {
  return ['AuthStatusCode', 'AssocStatusCode'].flatMap((code) => {
    const status = numberIn(properties, code) ?? 0;
    return status === 0 ? [] : [{ type: 'rejected' as const, detail: `${code} ${status}` }];
  });
}
