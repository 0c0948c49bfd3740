import { describe, expect, it } from 'vitest';
import { findNetwork } from '../../../netlink-bridge/wpa/networks.ts';
import { AuthMode } from '../../../sap/index.ts';
import { Store, type StoredNetwork } from './support/store.ts';

const SSID = '"corp-ap"';
const target = (authMode: number, ssid = 'corp-ap') => ({
  ssid: Buffer.from(ssid, 'latin1'),
  bssid: 0x020000000100,
  frequencyMhz: 2437,
  authMode,
  cipher: 4,
});
const find = async (networks: readonly StoredNetwork[], authMode: number = AuthMode.RSNA_PSK) =>
  (await findNetwork(new Store(networks).ask, target(authMode)))?.id;

const PSK = { ssid: SSID, psk: 'x' };
const EAP = { ssid: SSID, key_mgmt: 'WPA-EAP', eap: 'PEAP' };

describe('a network fits an access point', () => {
  it.each<[string, number, StoredNetwork]>([
    ['by its psk', AuthMode.RSNA_PSK, PSK],
    ['by its psk, with fast transition', AuthMode.RSNA_PSK, { ...PSK, key_mgmt: 'FT-PSK' }],
    ['by a psk for SAE', AuthMode.SAE, { ...PSK, key_mgmt: 'SAE WPA-PSK' }],
    ['by its SAE password', AuthMode.SAE, { ssid: SSID, key_mgmt: 'SAE', sae_password: 'x' }],
    ['without a key', AuthMode.OPEN, { ssid: SSID, key_mgmt: 'NONE' }],
    ['with OWE', AuthMode.OPEN, { ssid: SSID, key_mgmt: 'OWE' }],
    ['by an EAP password', AuthMode.RSNA, { ...EAP, password: 'x' }],
    ['by a certificate', AuthMode.RSNA, { ...EAP, eap: 'TLS', private_key: '"/k"' }],
    ['for this very access point', AuthMode.RSNA_PSK, { ...PSK, bssid: '02:00:00:00:01:00' }],
    ['on these frequencies', AuthMode.RSNA_PSK, { ...PSK, freq_list: '2412 2437' }],
    ['wherever it was looked for so far', AuthMode.RSNA_PSK, { ...PSK, scan_freq: '5180' }],
  ])('%s', async (_, authMode, network) => {
    expect(await find([network], authMode)).toBe(0);
  });

  it.each<[string, number, StoredNetwork]>([
    ['another name', AuthMode.RSNA_PSK, { ...PSK, ssid: '"corp-ap2"' }],
    ['no psk', AuthMode.RSNA_PSK, { ssid: SSID }],
    ['switched off', AuthMode.RSNA_PSK, { ...PSK, disabled: '1' }],
    ['a group of Wi-Fi Direct', AuthMode.RSNA_PSK, { ...PSK, disabled: '2' }],
    ['an access point of our own', AuthMode.RSNA_PSK, { ...PSK, mode: '2' }],
    ['for another access point', AuthMode.RSNA_PSK, { ...PSK, bssid: '02:00:00:00:02:00' }],
    ['on other frequencies', AuthMode.RSNA_PSK, { ...PSK, freq_list: '2412 5180' }],
    ['a psk that is not for SAE', AuthMode.SAE, PSK],
    ['SAE for a psk', AuthMode.RSNA_PSK, { ...PSK, key_mgmt: 'SAE' }],
    ['WEP', AuthMode.OPEN, { ssid: SSID, key_mgmt: 'NONE', wep_key0: 'x' }],
    ['an EAP password that somebody must type', AuthMode.RSNA, EAP],
    ['a password without a method', AuthMode.RSNA, { ssid: SSID, key_mgmt: 'WPA-EAP', password: 'x' }],
    ['an authentication that nobody knows', 77, PSK],
  ])('not: %s', async (_, authMode, network) => {
    expect(await find([network], authMode)).toBeUndefined();
  });
});

it('of several the one that wpa_supplicant would take: priority, then order', async () => {
  expect(await find([PSK, PSK])).toBe(0);
  expect(await find([PSK, { ...PSK, priority: '2' }, { ...PSK, priority: '2' }])).toBe(1);
  expect(await find([{ ...PSK, priority: '-3' }, PSK])).toBe(1);
  expect(await find([{ ...PSK, priority: '9', disabled: '1' }, PSK])).toBe(1);
  expect(await find([])).toBeUndefined();
});

it('names are compared byte by byte', async () => {
  const store = new Store([{ ssid: '00ff41', psk: 'x' }]);
  expect(await findNetwork(store.ask, target(AuthMode.RSNA_PSK, '\x00\xffA'))).toMatchObject({ id: 0 });
  expect(await findNetwork(store.ask, target(AuthMode.RSNA_PSK, '\x00\xffB'))).toBeUndefined();
  expect(await findNetwork(store.ask, target(AuthMode.RSNA_PSK, '\x00\xff'))).toBeUndefined();
});

it('changes nothing, and secrets are only asked whether they are there', async () => {
  const store = new Store([PSK, { ...EAP, password: 'x' }]);
  const before = store.state();
  await findNetwork(store.ask, target(AuthMode.RSNA_PSK));
  expect(store.state()).toEqual(before);
  for (const command of store.commands) expect(command).toMatch(/^(LIST_NETWORKS LAST_ID|GET_NETWORK)/);
});
