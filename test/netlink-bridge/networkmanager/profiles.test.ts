import { describe, expect, it } from 'vitest';
import type { Target } from '../../../netlink-bridge/index.ts';
import { entryOf } from '../../../netlink-bridge/networkmanager/entry.ts';
import {
  asSettings,
  byPreference,
  cloneOf,
  cloneUuid,
  hasSecrets,
  misfitOf,
  type Settings,
  secretSettingOf,
  unboundOf,
  withoutCopies,
} from '../../../netlink-bridge/networkmanager/profiles.ts';
import { type DbusValue, type Properties, variant } from '../../../netlink-bridge/networkmanager/values.ts';
import { AuthMode, PairwiseCipher } from '../../../sap/index.ts';

const BSSID = 0x001122334455;
const BSSID_BYTES = Uint8Array.from([0, 0x11, 0x22, 0x33, 0x44, 0x55]);
const OTHER_BYTES = Uint8Array.from([0, 0x11, 0x22, 0x33, 0x44, 0x56]);
const CARD = { interface: 'wlan0', mac: BSSID };
const UUID = '11111111-2222-3333-4444-555555555555';
const target = (changes: Partial<Target> = {}): Target => ({
  ssid: Buffer.from('corp-ap'),
  bssid: BSSID,
  frequencyMhz: 5180,
  authMode: AuthMode.RSNA_PSK,
  cipher: PairwiseCipher.CCMP,
  ...changes,
});

type Plain = Readonly<Record<string, Readonly<Record<string, readonly [string, DbusValue]>>>>;

/** Settings of plain values, over those of a profile for a pre-shared key. */
function profile(changes: Plain = {}, keyMgmt: string | null = 'wpa-psk'): Settings {
  const settings = new Map<string, Properties>();
  const basic: Plain = {
    connection: { type: ['s', '802-11-wireless'], id: ['s', 'corp'], uuid: ['s', UUID] },
    '802-11-wireless': { ssid: ['ay', Buffer.from('corp-ap')] },
    ...(keyMgmt === null ? {} : { '802-11-wireless-security': { 'key-mgmt': ['s', keyMgmt] } }),
  };
  for (const name of new Set([...Object.keys(basic), ...Object.keys(changes)])) {
    const values = Object.entries({ ...basic[name], ...changes[name] });
    settings.set(name, new Map(values.map(([key, [signature, value]]) => [key, variant(signature, value)])));
  }
  return settings;
}

const wifi = (key: string, signature: string, value: DbusValue) =>
  profile({ '802-11-wireless': { [key]: [signature, value] } });
const connection = (key: string, signature: string, value: DbusValue) =>
  profile({ connection: { [key]: [signature, value] } });

describe('a profile fits', () => {
  it.each([
    ['a key', AuthMode.RSNA_PSK, profile()],
    ['SAE', AuthMode.SAE, profile({}, 'sae')],
    ['SAE by a profile for a key', AuthMode.SAE, profile()],
    ['802.1X', AuthMode.RSNA, profile({}, 'wpa-eap')],
    ['802.1X with Suite B', AuthMode.RSNA, profile({}, 'wpa-eap-suite-b-192')],
    ['nothing', AuthMode.OPEN, profile({}, null)],
    ['OWE', AuthMode.OPEN, profile({}, 'owe')],
    ['this access point only', AuthMode.RSNA_PSK, wifi('bssid', 'ay', BSSID_BYTES)],
    ['this band only', AuthMode.RSNA_PSK, wifi('band', 's', 'a')],
    ['this card only', AuthMode.RSNA_PSK, wifi('mac-address', 'ay', BSSID_BYTES)],
    ['this interface only', AuthMode.RSNA_PSK, connection('interface-name', 's', 'wlan0')],
    ['everybody', AuthMode.RSNA_PSK, connection('permissions', 'as', [])],
  ])('for %s', (_, authMode, settings) => {
    expect(misfitOf(settings, target({ authMode }), CARD)).toBeUndefined();
  });
});

describe('a profile does not fit', () => {
  it.each([
    ['a wire', 'it is not for Wi-Fi', connection('type', 's', '802-3-ethernet')],
    ['another SSID', 'it is for another network', wifi('ssid', 'ay', Buffer.from('corp-ap '))],
    ['an SSID that is text', 'it is for another network', wifi('ssid', 's', 'corp-ap')],
    ['an access point of ours', 'it is no client', wifi('mode', 's', 'ap')],
    ['SAE only', 'it has another kind of security', profile({}, 'sae')],
    ['WEP', 'it has another kind of security', profile({}, 'none')],
    ['no security', 'it has another kind of security', profile({}, null)],
    ['another access point', 'it is for another access point', wifi('bssid', 'ay', OTHER_BYTES)],
    ['half an access point', 'it is for another access point', wifi('bssid', 'ay', Buffer.from([0]))],
    ['another band', 'it is for another band', wifi('band', 's', 'bg')],
    ['another interface', 'it is for another interface', connection('interface-name', 's', 'wlan1')],
    ['another card', 'it is for another card', wifi('mac-address', 'ay', OTHER_BYTES)],
    ['one user', 'it is for one user only', connection('permissions', 'as', ['user:joe:'])],
  ])('of %s', (_, why, settings) => {
    expect(misfitOf(settings, target(), CARD)).toBe(why);
  });

  it('when CSME says a mode that nobody knows', () => {
    expect(misfitOf(profile(), target({ authMode: 77 }), CARD)).toBe('it has another kind of security');
  });

  it('for an open network when it has a key', () => {
    expect(misfitOf(profile(), target({ authMode: AuthMode.OPEN }), CARD)).toBeDefined();
  });
});

describe('secrets', () => {
  const psk = (value: string): Settings =>
    new Map([['802-11-wireless-security', new Map([['psk', variant('s', value)]])]]);
  const flagged = (flags: number) => profile({ '802-11-wireless-security': { 'psk-flags': ['u', flags] } });
  const eap = (values: Plain[string]) => profile({ '802-1x': values }, 'wpa-eap');
  const password: Settings = new Map([['802-1x', new Map([['password', variant('s', 'secret')]])]]);

  it.each([
    ['of NetworkManager', profile(), psk('secret'), true],
    ['that are empty', profile(), psk(''), false],
    ['that are none', profile(), new Map(), false],
    ['of a desktop', flagged(1), psk('secret'), false],
    ['that are asked for each time', flagged(2), new Map(), false],
    ['of 802.1X', eap({}), password, true],
    ['of 802.1X that are none', eap({}), new Map(), false],
    ['of 802.1X of a desktop', eap({ 'password-flags': ['u', 1] }), new Map(), false],
    ['of a certificate that needs none', eap({ 'private-key-password-flags': ['u', 4] }), new Map(), true],
    ['of an open network', profile({}, null), new Map(), true],
    ['of OWE', profile({}, 'owe'), new Map(), true],
  ])('%s', (_, settings, secrets, there) => {
    expect(hasSecrets(settings, secrets)).toBe(there);
  });

  it('are in the setting of the kind of security', () => {
    expect(secretSettingOf(profile())).toBe('802-11-wireless-security');
    expect(secretSettingOf(profile({}, 'wpa-eap'))).toBe('802-1x');
    expect(secretSettingOf(profile({}, null))).toBeUndefined();
  });
});

describe('the copy', () => {
  const secrets: Settings = new Map([
    ['802-11-wireless-security', new Map([['psk', variant('s', 'the secret')]])],
  ]);
  const original = profile({
    connection: { timestamp: ['t', 7], autoconnect: ['b', true], metered: ['i', 1] },
    '802-11-wireless': {
      'seen-bssids': ['as', ['00:11:22:33:44:55']],
      'cloned-mac-address': ['ay', OTHER_BYTES],
      mtu: ['u', 1400],
    },
    ipv4: { method: ['s', 'auto'] },
  });
  const clone = cloneOf(original, secrets, target(), CARD);

  it('is bound to the access point, has the address of the card and never connects by itself', () => {
    expect(clone).toEqual(
      profile({
        connection: {
          id: ['s', 'corp (as CSME)'],
          uuid: ['s', cloneUuid(UUID, 'wlan0')],
          autoconnect: ['b', false],
          'interface-name': ['s', 'wlan0'],
          metered: ['i', 1],
        },
        '802-11-wireless': {
          mtu: ['u', 1400],
          'assigned-mac-address': ['s', 'permanent'],
          bssid: ['ay', Buffer.from(BSSID_BYTES)],
        },
        '802-11-wireless-security': { 'psk-flags': ['u', 1] },
        ipv4: { method: ['s', 'auto'] },
      }),
    );
  });

  it('leaves the profile as it was', () => {
    expect(original.get('connection')?.get('id')?.value).toBe('corp');
    expect(original.get('802-11-wireless-security')?.has('psk-flags')).toBe(false);
  });

  it('is bound to nothing later', () => {
    const free = unboundOf(clone);
    expect(free.get('802-11-wireless')?.has('bssid')).toBe(false);
    expect(free.get('connection')).toBe(clone.get('connection'));
  });

  it('is no profile that a copy is made of', () => {
    const all = new Map([
      ['/1', clone],
      ['/2', original],
    ]);
    expect(withoutCopies(all, 'wlan0').map(([path]) => path)).toEqual(['/2']);
    expect(withoutCopies(all, 'wlan1').map(([path]) => path)).toEqual(['/1', '/2']);
  });

  it('has the same UUID for the same profile and interface only', () => {
    expect(cloneUuid(UUID, 'wlan0')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(cloneUuid(UUID, 'wlan0')).toBe(cloneUuid(UUID, 'wlan0'));
    expect(cloneUuid(UUID, 'wlan1')).not.toBe(cloneUuid(UUID, 'wlan0'));
  });
});

it('prefers what is bound to the access point, then what connects by itself, its priority, its last use', () => {
  const named = (id: string, changes: Plain[string], more: Plain = {}) =>
    profile({ ...more, connection: { id: ['s', id], ...changes } });
  const bound = { '802-11-wireless': { bssid: ['ay', BSSID_BYTES] } } as const;
  const all = [
    named('off', { autoconnect: ['b', false], 'autoconnect-priority': ['i', 9] }),
    named('old', { timestamp: ['t', 1] }),
    named('new', { timestamp: ['t', 2] }),
    named('high', { 'autoconnect-priority': ['i', 1] }),
    named('bound', { autoconnect: ['b', false] }, bound),
  ];
  const order = all.sort(byPreference).map((settings) => settings.get('connection')?.get('id')?.value);
  expect(order).toEqual(['bound', 'high', 'new', 'old', 'off']);
});

it.each([
  ['nothing', undefined],
  ['text', 'profile'],
  ['a map of text', new Map([['connection', 'text']])],
  ['a map by numbers', new Map([[1, new Map()]])],
])('takes %s for no profile', (_, value) => {
  expect(() => asSettings(value as DbusValue | undefined)).toThrow(/no profile/);
});

describe('the journal', () => {
  const entry = { supplicant: 'networkmanager', clone: UUID, autoconnect: true };
  it('is read as it was written', () => {
    expect(entryOf(entry)).toEqual(entry);
    expect(entryOf(undefined)).toBeUndefined();
  });
  it('of another supplicant is left to that one', () => {
    expect(() => entryOf({ ...entry, supplicant: 'wpa' })).toThrow(/another supplicant, "wpa": restore with/);
  });

  it.each(Object.keys(entry))('of somebody else is left alone: without %s', (key) => {
    const { [key as 'clone']: _, ...rest } = entry;
    expect(() => entryOf(rest)).toThrow(/is not one of this program: delete it/);
  });
});
