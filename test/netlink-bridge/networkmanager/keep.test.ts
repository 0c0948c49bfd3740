/** What happens where there is no bus, no NetworkManager, and when they come. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BridgeError, memoryJournal, openNetworkManager } from '../../../netlink-bridge/index.ts';
import type { Bus } from '../../../netlink-bridge/networkmanager/bus.ts';
import { BusKeeper } from '../../../netlink-bridge/networkmanager/keep.ts';
import { canHaveBus, PrivateBus } from './private-bus.ts';

const TARGET = {
  ssid: Buffer.from('corp'),
  bssid: 0x001122334455,
  frequencyMhz: 2437,
  authMode: 7,
  cipher: 4,
};
const events = { onEvent() {}, journal: memoryJournal() };

describe('without a bus', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sapwood-nobus-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('opens, says why, and refuses calls', async () => {
    const problems: string[] = [];
    const supplicant = await openNetworkManager({
      ...events,
      interface: 'wlan0',
      bus: `unix:path=${folder}/bus`,
      onProblem: ({ code }) => problems.push(code),
    });
    expect(problems).toEqual(['BRIDGE_ERR_ABSENT']);
    const rejection = { code: 'BRIDGE_ERR_GONE' };
    await expect(supplicant.find(TARGET)).rejects.toMatchObject(rejection);
    await expect(supplicant.prepare({ id: '', name: '' }, TARGET)).rejects.toMatchObject(rejection);
    await expect(supplicant.connect()).rejects.toMatchObject(rejection);
    await expect(supplicant.lift()).rejects.toMatchObject(rejection);
    await expect(supplicant.restore()).rejects.toMatchObject(rejection);
    await supplicant.close();
  });

  it('does not open at an address of no kind', async () => {
    const opening = openNetworkManager({ ...events, interface: 'wlan0', bus: 'pigeon:coop=1' });
    await expect(opening).rejects.toMatchObject({ code: 'BRIDGE_ERR_OPTION' });
  });
});

describe.skipIf(!canHaveBus())('a bus', () => {
  it('without NetworkManager: says so', async () => {
    const daemon = new PrivateBus();
    await daemon.start();
    const problems: string[] = [];
    const supplicant = await openNetworkManager({
      ...events,
      interface: 'wlan0',
      bus: daemon.address,
      onProblem: ({ message }) => problems.push(message),
    });
    expect(problems).toEqual([
      expect.stringContaining('NetworkManager is not running'),
      expect.stringContaining('wpa_supplicant is not on D-Bus'),
    ]);
    await supplicant.close();
    await daemon.stop();
  });

  it('that goes and comes is followed, and its absence told once', async () => {
    const daemon = new PrivateBus();
    const problems: BridgeError[] = [];
    const told: string[] = [];
    let next = () => {};
    const change = () =>
      new Promise<void>((resolve) => {
        next = resolve;
      });
    const tell = (what: string) => {
      told.push(what);
      next();
    };
    const keeper = new BusKeeper({
      bus: daemon.address,
      onBus: async (bus: Bus) => {
        await bus.follow('org.sapwood.Nobody', { onOwner() {}, onGone() {}, onSignal() {} });
        tell('bus');
      },
      onLost: () => tell('lost'),
      onProblem: (problem) => problems.push(problem),
    });
    await keeper.connect();
    expect(problems.map(({ code }) => code)).toEqual(['BRIDGE_ERR_ABSENT']);
    const came = change();
    await daemon.start();
    await came;
    const went = change();
    await daemon.stop();
    await went;
    keeper.close();
    expect(told).toEqual(['bus', 'lost']);
    expect(problems).toHaveLength(1);
  });
});
