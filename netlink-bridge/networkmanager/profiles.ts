/** Which profile of NetworkManager fits CSME's access point, and the copy of it that is bound to that access point. */
import { createHash } from 'node:crypto';
import { AuthMode, formatMac, type MacAddress } from '../../sap/index.ts';
import type { Target } from '../agent/types.ts';
import { BridgeError } from '../errors.ts';
import {
  asProperties,
  booleanIn,
  bytesIn,
  type DbusValue,
  numberIn,
  type Properties,
  stringIn,
  stringsOf,
  variant,
} from './values.ts';

/** `a{sa{sv}}`: a profile, by the names of its settings. */
export type Settings = ReadonlyMap<string, Properties>;

const WIFI = '802-11-wireless';
const WIFI_SECURITY = '802-11-wireless-security';
export const EAP = '802-1x';

/** Throws BRIDGE_ERR_FORMAT for what is none. */
export function asSettings(value: DbusValue | undefined): Settings {
  const entries =
    value instanceof Map ? [...(value as ReadonlyMap<DbusValue, DbusValue>)] : [[undefined, '']];
  const settings = new Map<string, Properties>();
  for (const [name, setting] of entries) {
    const properties = asProperties(setting);
    if (typeof name !== 'string' || properties === undefined) {
      const detail = 'NetworkManager sent no profile where one was expected.';
      throw new BridgeError('BRIDGE_ERR_FORMAT', { detail });
    }
    settings.set(name, properties);
  }
  return settings;
}

/** What a profile may be bound to. */
export interface Card {
  readonly interface: string;
  /** The address that the card was made with. */
  readonly mac: MacAddress | undefined;
}

/** Values of `*-flags`: who keeps a secret. */
const SECRET_FLAGS = { networkManager: 0, session: 1, notRequired: 4 } as const;

/** The kinds of security that serve CSME's; undefined in a list: no security at all. */
const KEY_MANAGEMENT: Readonly<Record<number, readonly (string | undefined)[]>> = {
  [AuthMode.OPEN]: [undefined, 'owe'],
  [AuthMode.RSNA]: ['wpa-eap', 'wpa-eap-suite-b-192'],
  [AuthMode.RSNA_PSK]: ['wpa-psk'],
  // NetworkManager connects by SAE with either, when the access point can.
  [AuthMode.SAE]: ['sae', 'wpa-psk'],
};

/** Why a profile cannot be used for this access point, in words; undefined: it fits. Says nothing of its secrets. */
export function misfitOf(settings: Settings, target: Target, card: Card): string | undefined {
  const connection = settings.get('connection');
  const wifi = settings.get(WIFI);
  if (stringIn(connection, 'type') !== WIFI || wifi === undefined) return 'it is not for Wi-Fi';
  const ssid = bytesIn(wifi, 'ssid');
  if (ssid === undefined || Buffer.compare(ssid, target.ssid) !== 0) return 'it is for another network';
  if ((stringIn(wifi, 'mode') ?? 'infrastructure') !== 'infrastructure') return 'it is no client';
  const kinds = KEY_MANAGEMENT[target.authMode] ?? [];
  const security = settings.get(WIFI_SECURITY);
  if (!kinds.includes(security && stringIn(security, 'key-mgmt'))) return 'it has another kind of security';
  const bssid = bytesIn(wifi, 'bssid');
  if (bssid !== undefined && macOf(bssid) !== formatMac(target.bssid))
    return 'it is for another access point';
  const band = stringIn(wifi, 'band');
  if (band !== undefined && band !== bandOf(target.frequencyMhz)) return 'it is for another band';
  return misfitOfCard(connection, wifi, card);
}

function misfitOfCard(connection: Properties | undefined, wifi: Properties, card: Card): string | undefined {
  const name = stringIn(connection, 'interface-name');
  if (name !== undefined && name !== card.interface) return 'it is for another interface';
  const mac = bytesIn(wifi, 'mac-address');
  if (mac !== undefined && card.mac !== undefined && macOf(mac) !== formatMac(card.mac)) {
    return 'it is for another card';
  }
  // Nobody need be logged in when the card is taken over.
  if (stringsOf(connection?.get('permissions')?.value).length > 0) return 'it is for one user only';
  return undefined;
}

/** The setting that has secrets which the profile needs; undefined: it needs none. */
export function secretSettingOf(settings: Settings): string | undefined {
  const keyMgmt = stringIn(settings.get(WIFI_SECURITY), 'key-mgmt');
  if (keyMgmt === undefined || keyMgmt === 'owe') return undefined;
  return keyMgmt.startsWith('wpa-eap') ? EAP : WIFI_SECURITY;
}

/** Whether NetworkManager has the secrets itself, so that nobody must be asked. */
export function hasSecrets(settings: Settings, secrets: Settings): boolean {
  const name = secretSettingOf(settings);
  if (name === undefined) return true;
  const keys = name === EAP ? ['password', 'private-key-password', 'pin'] : ['psk'];
  const setting = settings.get(name);
  return keys.some((key) => {
    const flags = numberIn(setting, `${key}-flags`) ?? SECRET_FLAGS.networkManager;
    if (flags === SECRET_FLAGS.notRequired) return name === EAP;
    return flags === SECRET_FLAGS.networkManager && (stringIn(secrets.get(name), key)?.length ?? 0) > 0;
  });
}

/** The better of two that fit comes first: bound to this access point, then what NetworkManager itself would prefer. */
export function byPreference(a: Settings, b: Settings): number {
  return (
    Number(b.get(WIFI)?.has('bssid')) - Number(a.get(WIFI)?.has('bssid')) ||
    Number(connects(b)) - Number(connects(a)) ||
    of(b, 'autoconnect-priority') - of(a, 'autoconnect-priority') ||
    of(b, 'timestamp') - of(a, 'timestamp')
  );
}

/** Profiles by their objects, without the copies that were made of them for this interface. */
export function withoutCopies(
  profiles: ReadonlyMap<string, Settings>,
  interfaceName: string,
): [string, Settings][] {
  const all = [...profiles];
  const uuidOf = (settings: Settings) => stringIn(settings.get('connection'), 'uuid') ?? '';
  const copies = new Set(all.map(([, settings]) => cloneUuid(uuidOf(settings), interfaceName)));
  return all.filter(([, settings]) => !copies.has(uuidOf(settings)));
}

/** The same for the same profile and interface, so that NetworkManager keeps one lease for it and not one for each time. */
export function cloneUuid(uuid: string, interfaceName: string): string {
  const bytes = createHash('sha256').update(`sapwood ${interfaceName} ${uuid}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * A copy of the profile without its secrets, bound to the access point; it never connects by itself. It uses the address
 * that the card was made with, which CSME uses too: the session is with that one. NetworkManager has to ask for the secrets:
 * those that it was given it would write to a file.
 */
export function cloneOf(settings: Settings, secrets: Settings, target: Target, card: Card): Settings {
  const clone = new Map<string, Properties>(settings);
  for (const [name, values] of secrets) {
    const setting = new Map(settings.get(name));
    for (const key of values.keys()) setting.set(`${key}-flags`, variant('u', SECRET_FLAGS.session));
    clone.set(name, setting);
  }
  const connection = new Map(settings.get('connection'));
  connection.delete('timestamp');
  connection.set('id', variant('s', `${stringIn(connection, 'id') ?? ''} (as CSME)`));
  connection.set('uuid', variant('s', cloneUuid(stringIn(connection, 'uuid') ?? '', card.interface)));
  connection.set('autoconnect', variant('b', false));
  connection.set('interface-name', variant('s', card.interface));
  clone.set('connection', connection);
  const wifi = new Map(settings.get(WIFI));
  wifi.delete('seen-bssids');
  wifi.delete('cloned-mac-address');
  wifi.set('assigned-mac-address', variant('s', 'permanent'));
  wifi.set('bssid', variant('ay', bytesOf(target.bssid)));
  clone.set(WIFI, wifi);
  return clone;
}

/** The copy as it is to be from now on: bound to no access point. */
export function unboundOf(settings: Settings): Settings {
  const wifi = new Map(settings.get(WIFI));
  wifi.delete('bssid');
  wifi.delete('seen-bssids');
  return new Map(settings).set(WIFI, wifi);
}

function of(settings: Settings, key: string): number {
  return numberIn(settings.get('connection'), key) ?? 0;
}

function connects(settings: Settings): boolean {
  return booleanIn(settings.get('connection'), 'autoconnect') ?? true;
}

function bandOf(frequencyMhz: number): string {
  if (frequencyMhz < 3000) return 'bg';
  return frequencyMhz < 5950 ? 'a' : '6GHz';
}

function macOf(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/..(?=.)/g, '$&:');
}

function bytesOf(mac: MacAddress): Uint8Array {
  return Buffer.from(mac.toString(16).padStart(12, '0'), 'hex');
}
