/**
 * The networks of wpa_supplicant as its commands show and change them, in memory: for properties that need many
 * thousand runs. `supplicant.test.ts` does the same with a real one.
 */
import type { Ask } from '../../../../netlink-bridge/wpa/networks.ts';

export interface StoredNetwork {
  readonly [field: string]: string;
}

/** What a field has that nobody has set. */
const DEFAULTS: Readonly<Record<string, string>> = {
  disabled: '0',
  mode: '0',
  mac_addr: '-1',
  priority: '0',
  key_mgmt: 'WPA-PSK WPA-EAP',
};
const SECRETS = ['psk', 'sae_password', 'password', 'wep_key0'];
const UNSET: Readonly<Record<string, string>> = { bssid: 'any', scan_freq: '0', freq_list: '0' };

export class Store {
  readonly networks = new Map<number, Map<string, string>>();
  readonly globals: Map<string, string>;
  /** Everything that was asked. */
  readonly commands: string[] = [];
  /** Ids that an answer to LIST_NETWORKS has room for. */
  room = 5;

  constructor(networks: readonly StoredNetwork[], globals: Readonly<Record<string, string>> = {}) {
    networks.forEach((network, id) => {
      this.networks.set(id, new Map(Object.entries({ ...DEFAULTS, ...network })));
    });
    this.globals = new Map(Object.entries({ update_config: '1', mac_addr: '0', ...globals }));
  }

  /** Everything that it holds. */
  state(): unknown {
    return [[...this.globals], [...this.networks].map(([id, fields]) => [id, [...fields].sort()])];
  }

  readonly ask: Ask = async (command) => {
    this.commands.push(command);
    const [verb = '', first = '', name = '', ...rest] = command.split(' ');
    const value = rest.join(' ');
    switch (verb) {
      case 'LIST_NETWORKS':
        return this.#list(Number(first.replace('LAST_ID=', '')));
      case 'GET':
        return this.globals.get(first) ?? 'FAIL\n';
      case 'SET':
        this.globals.set(first, [name, ...rest].join(' '));
        return 'OK\n';
      case 'GET_NETWORK': {
        const found = this.networks.get(Number(first))?.get(name);
        if (found === undefined) return 'FAIL\n';
        return SECRETS.includes(name) ? '*' : found;
      }
      case 'SET_NETWORK':
        return this.#set(Number(first), name, value);
      case 'ENABLE_NETWORK':
        return this.#set(Number(first), 'disabled', '0');
      case 'DISABLE_NETWORK':
        return this.#set(Number(first), 'disabled', '1');
      default:
        return 'UNKNOWN COMMAND\n';
    }
  };

  #list(last: number): string {
    const ids = [...this.networks.keys()].filter((id) => id > last).slice(0, this.room);
    return ['network id / ssid / bssid / flags', ...ids.map((id) => `${id}\tx\tany\t`), ''].join('\n');
  }

  #set(id: number, name: string, value: string): string {
    const network = this.networks.get(id);
    if (network === undefined) return 'FAIL\n';
    if (UNSET[name] === value) network.delete(name);
    else network.set(name, value);
    return 'OK\n';
  }
}

/** An `ask` that is cut off for good before command number `after`. */
export function cutOff(ask: Ask, after: number): Ask {
  let left = after;
  return async (command) => {
    if (left-- <= 0) throw new Error('cut off');
    return ask(command);
  };
}
