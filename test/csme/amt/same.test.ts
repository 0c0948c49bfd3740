/** However AMT is reached: what is done by one way is seen by all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DISABLED, PROVISIONED, UNPROVISIONED, wlanCommand } from '../../../csme/amt/index.ts';
import { formatIpv4 } from '../../../sap/index.ts';
import { arbitraryCommand, HA1 } from './support.ts';
import { World } from './world.ts';

const SETUP = { NetAdminPassEncryptionType: '2', NetworkAdminPassword: HA1 };
const setUp = (world: World) => world.invoke('IPS_HostBasedSetupService', 'Setup', SETUP, true);
const unprovision = (world: World) =>
  world.invoke('AMT_SetupAndConfigurationService', 'Unprovision', { ProvisioningMode: '1' }, false);

/** What each way says, in the same words. */
function told(world: World) {
  const state = world.read('GET_PROVISIONING_STATE');
  const service = world.get('AMT_SetupAndConfigurationService');
  return {
    runs: [state !== undefined, world.operational()],
    provisioningState: [state?.state, Number(service.ProvisioningState)],
    controlMode: [
      world.read('GET_CONTROL_MODE')?.mode,
      Number(world.get('IPS_HostBasedSetupService').CurrentControlMode),
    ],
    wlan: [
      state?.state === 2 && world.read('GET_LAN_INTERFACE_SETTINGS', { interfaceIndex: 1 })?.enabled === true,
      world.sapEnabled(),
    ],
  };
}

describe('seen by all', () => {
  it('set up over WS-Management, ended over AMTHI', () => {
    const world = new World(UNPROVISIONED);
    expect(told(world)).toMatchObject({
      provisioningState: [0, 0],
      controlMode: [0, 0],
      wlan: [false, false],
    });
    expect(setUp(world)).toBe('0');
    expect(told(world)).toMatchObject({ provisioningState: [2, 2], controlMode: [1, 1], wlan: [true, true] });
    expect(world.amthi({ command: 'UNPROVISION', data: { mode: 0 } })).toBe(0);
    expect(told(world)).toMatchObject({
      provisioningState: [0, 0],
      controlMode: [0, 0],
      wlan: [false, false],
    });
  });

  it('looked for a server over AMTHI, set up by it, ended over WS-Management', () => {
    const world = new World(UNPROVISIONED);
    expect(world.amthi({ command: 'START_CONFIGURATION' })).toBe(0);
    expect(told(world)).toMatchObject({ provisioningState: [1, 1], wlan: [false, false] });
    world.amt.perform(0, { type: 'setupAdmin', ha1: HA1, atS: 0 });
    expect(told(world)).toMatchObject({ controlMode: [2, 2], wlan: [true, true] });
    expect(world.amthi({ command: 'UNPROVISION', data: { mode: 0 } })).toBe(0x10);
    expect(unprovision(world)).toBe('0');
    expect(told(world)).toMatchObject({ controlMode: [0, 0], wlan: [false, false] });
  });

  it("switched off and on by the watchdog's client", () => {
    const world = new World();
    expect(told(world)).toMatchObject({ runs: [true, true], wlan: [true, true] });
    world.setOperational(false);
    expect(told(world)).toMatchObject({ runs: [false, false], wlan: [false, false] });
    world.setOperational(true);
    expect(told(world)).toMatchObject({ runs: [true, true], controlMode: [2, 2], wlan: [true, true] });
  });

  it("CSME's use of the WLAN switched off and on", () => {
    const world = new World();
    world.amt.perform(0, wlanCommand(false));
    expect(told(world).wlan).toEqual([false, false]);
    world.amt.perform(0, wlanCommand(true));
    expect(told(world).wlan).toEqual([true, true]);
  });
});

type Action = (world: World) => void;
const actions: fc.Arbitrary<Action> = fc.oneof(
  arbitraryCommand.map(
    (command): Action =>
      (world) =>
        void world.amt.perform(0, command),
  ),
  fc.constantFrom<Action[]>(
    (world) => setUp(world),
    (world) => unprovision(world),
    (world) => world.amthi({ command: 'START_CONFIGURATION' }),
    (world) => world.amthi({ command: 'STOP_CONFIGURATION' }),
    (world) => world.amthi({ command: 'UNPROVISION', data: { mode: 0 } }),
    (world) => world.amthi({ command: 'SET_HOST_FQDN', data: { fqdn: 'pc.corp.test' } }),
    (world) =>
      world.invoke('AMT_RedirectionService', 'RequestStateChange', { RequestedState: '32770' }, false),
    (world) => world.setOperational(false),
    (world) => world.setOperational(true),
  ),
);

it('after any sequence of what can be done, all ways tell the same', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(PROVISIONED, UNPROVISIONED, DISABLED),
      fc.array(actions, { maxLength: 12 }),
      (options, sequence) => {
        const world = new World(options);
        for (const action of sequence) {
          action(world);
          const { runs, wlan, ...others } = told(world);
          expect(runs[0]).toBe(runs[1]);
          expect(wlan[0]).toBe(wlan[1]);
          if (!runs[0]) continue;
          for (const [name, [one, other]] of Object.entries(others))
            expect([name, one]).toEqual([name, other]);
          const lan = world.read('GET_LAN_INTERFACE_SETTINGS', { interfaceIndex: 0 })!;
          const port = world.get('AMT_EthernetPortSettings', 'Intel(r) AMT Ethernet Port Settings 0');
          expect(port.IPAddress ?? '0.0.0.0').toBe(formatIpv4(lan.ipv4Address));
          expect(port.LinkIsUp).toBe(String(lan.linkStatus === 1));
          const { fqdn, hostNameLength } = world.read('GET_FQDN')!;
          expect(world.get('AMT_GeneralSettings').HostName ?? '').toBe(fqdn.slice(0, hostNameLength));
          const { enabled } = world.read('GET_REDIRECTION_STATE')!;
          const [sol, ider] = [enabled & 1, (enabled >> 1) & 1];
          expect(world.get('AMT_RedirectionService').EnabledState).toBe(String(32768 + 2 * sol + ider));
        }
      },
    ),
    { numRuns: 60 },
  );
});
