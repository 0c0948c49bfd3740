import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Amt,
  type AmtChange,
  type AmtCommand,
  type AmtOptions,
  CLIENT_CONTROL,
  DISABLED,
  LOCAL_USER,
  PROVISIONED,
  UNPROVISIONED,
} from '../../../csme/amt/index.ts';
import { arbitraryCommand, HA1 } from './support.ts';

const BEGINNINGS = {
  unprovisioned: UNPROVISIONED,
  'in provisioning': { ...UNPROVISIONED, provisioningState: 1 },
  'client control': { ...CLIENT_CONTROL, accounts: { admin: HA1 } },
  'admin control': { accounts: { admin: HA1 } },
  disabled: DISABLED,
} as const satisfies Record<string, Partial<AmtOptions>>;

const serverHash = new Uint8Array(64);
const OTP = 'one time password';

/** By command: the status in each of the beginnings, in their order. */
const ROWS: readonly (readonly [AmtCommand, readonly number[]])[] = [
  [{ type: 'setup', ha1: HA1 }, [0, 0x20, 0x20, 0x20, 0x03]],
  [{ type: 'setup', ha1: 'password' }, [0x24, 0x20, 0x20, 0x20, 0x03]],
  [{ type: 'setupAdmin', ha1: HA1, atS: 5 }, [0, 0, 0x20, 0x20, 0x03]],
  [{ type: 'unprovision', by: 'host' }, [0x20, 0, 0, 0x10, 0x03]],
  [{ type: 'unprovision', by: 'administrator' }, [0x20, 0, 0, 0, 0x03]],
  [{ type: 'startConfiguration' }, [0, 0, 0x20, 0x20, 0x03]],
  [{ type: 'stopConfiguration' }, [0x20, 0, 0x20, 0x20, 0x03]],
  [
    {
      type: 'startHostBasedConfiguration',
      algorithm: 2,
      serverHash,
      hostVpn: false,
      dnsSuffixes: ['a.test'],
    },
    [0, 0, 0x20, 0x20, 0x03],
  ],
  [
    { type: 'startHostBasedConfiguration', algorithm: 9, serverHash, hostVpn: false, dnsSuffixes: [] },
    [0x24, 0x24, 0x20, 0x20, 0x03],
  ],
  [{ type: 'setProvisioningServerOtp', otp: OTP }, [0, 0, 0x20, 0x20, 0x03]],
  [{ type: 'setProvisioningServerOtp', otp: 'x'.repeat(33) }, [0x24, 0x24, 0x20, 0x20, 0x03]],
  [{ type: 'setDnsSuffix', dnsSuffix: 'corp.test' }, [0, 0, 0x20, 0x20, 0x03]],
  [{ type: 'setDnsSuffix', dnsSuffix: 'two words' }, [0x1c, 0x1c, 0x20, 0x20, 0x03]],
  [{ type: 'setHostFqdn', fqdn: 'pc.corp.test' }, [0, 0, 0, 0, 0x03]],
  [{ type: 'setHostFqdn', fqdn: 'x'.repeat(256) }, [0x1c, 0x1c, 0x1c, 0x1c, 0x03]],
  [{ type: 'setEnterpriseAccess', vpn: true }, [0x20, 0x20, 0x201, 0x201, 0x03]],
  [{ type: 'openUserInitiated' }, [0x20, 0x20, 0x2d, 0x2d, 0x03]],
  [{ type: 'closeUserInitiated' }, [0x20, 0x20, 0, 0, 0x03]],
  [{ type: 'generateRngSeed' }, [0, 0, 0x20, 0x20, 0x03]],
  [{ type: 'setEnabled', enabled: false, by: 'host' }, [0, 0, 0, 0, 0]],
  [{ type: 'setEnabled', enabled: true, by: 'menu' }, [0, 0, 0, 0, 0]],
  [{ type: 'requireWatchdog', required: false }, [0, 0, 0, 0, 0]],
  [{ type: 'setAccount', user: 'operator', ha1: HA1 }, [0x20, 0x20, 0, 0, 0x03]],
  [{ type: 'setAccount', user: LOCAL_USER, ha1: HA1 }, [0x20, 0x20, 0x24, 0x24, 0x03]],
  [{ type: 'setInterface', which: 'wireless', settings: { enabled: false } }, [0, 0, 0, 0, 0]],
];

describe('a command is done or refused', () => {
  it.each(ROWS)('%o', (command, statuses) => {
    const got = Object.values(BEGINNINGS).map((options) => new Amt(options).perform(0, command));
    expect(got).toEqual(statuses);
  });

  it('the interface that is not there', () => {
    const amt = new Amt({ wireless: null });
    expect(amt.perform(0, { type: 'setInterface', which: 'wireless', settings: { enabled: true } })).toBe(
      2501,
    );
  });

  it('a host that may not switch AMT', () => {
    const amt = new Amt({ hostMayChangeEnabled: false });
    expect(amt.perform(0, { type: 'setEnabled', enabled: false, by: 'host' })).toBe(0x10);
    expect(amt.perform(0, { type: 'setEnabled', enabled: false, by: 'menu' })).toBe(0);
  });
});

describe('what a command makes of it', () => {
  it('client control mode and back', () => {
    const amt = new Amt(UNPROVISIONED);
    amt.perform(0, { type: 'setDnsSuffix', dnsSuffix: 'corp.test' });
    amt.perform(0, { type: 'setup', ha1: HA1 });
    expect(amt.state).toMatchObject({ provisioningMode: 1, provisioningState: 2, controlMode: 1 });
    expect(amt.state.dnsSuffix).toBe('corp.test');
    expect([...amt.accounts()]).toEqual([['admin', HA1]]);
    amt.perform(0, { type: 'unprovision', by: 'host' });
    expect(amt.state).toEqual(new Amt(UNPROVISIONED).state);
  });

  it('admin control mode, with a record of how', () => {
    const amt = new Amt(UNPROVISIONED);
    amt.perform(0, { type: 'startConfiguration' });
    amt.perform(0, { type: 'setupAdmin', ha1: HA1, atS: 77 });
    expect(amt.state.controlMode).toBe(2);
    expect(amt.state.audit).toMatchObject({ hostInitiated: true, provisioningTlsMode: 2, startedAtS: 77 });
  });

  it('a user-initiated connection', () => {
    const amt = new Amt();
    amt.perform(0, { type: 'setRemoteAccess', settings: { mpsHost: 'mps.test', network: 2 } });
    expect(amt.perform(0, { type: 'openUserInitiated' })).toBe(0);
    expect(amt.state.remoteAccess).toEqual({ network: 2, connection: 2, trigger: 0, mpsHost: 'mps.test' });
    expect(amt.perform(0, { type: 'openUserInitiated' })).toBe(0x2e);
    amt.perform(0, { type: 'closeUserInitiated' });
    expect(amt.state.remoteAccess.connection).toBe(0);
    amt.perform(0, { type: 'set', settings: { userInitiatedInterfaces: 1 } });
    expect(amt.perform(0, { type: 'openUserInitiated' })).toBe(0x10);
  });

  it('the way into the enterprise', () => {
    const amt = new Amt({ hostVpnAllowed: true });
    expect(amt.perform(0, { type: 'setEnterpriseAccess', vpn: true })).toBe(0x202);
    expect(amt.state.remoteAccess.network).toBe(1);
    expect(amt.perform(0, { type: 'setEnterpriseAccess', vpn: false })).toBe(0x200);
    expect(amt.state.remoteAccess.network).toBe(2);
  });

  it('accounts, as many as there is room for', () => {
    const amt = new Amt();
    const add = (user: string) => amt.perform(0, { type: 'setAccount', user, ha1: HA1 });
    const statuses = Array.from({ length: 17 }, (_, i) => add(`user${i}`));
    expect(statuses).toEqual([...new Array(16).fill(0), 0x17]);
    expect(add('user3')).toBe(0);
    const other = new Amt();
    other.perform(0, { type: 'setAccount', user: '__proto__', ha1: HA1 });
    expect([...other.accounts()]).toEqual([['__proto__', HA1]]);
  });
});

it('any sequence of commands keeps what is always so', () => {
  const beginnings = Object.values(BEGINNINGS);
  fc.assert(
    fc.property(fc.constantFrom(...beginnings), fc.array(arbitraryCommand), (options, commands) => {
      const amt = new Amt(options);
      const changes: AmtChange[] = [];
      amt.onChange((change) => changes.push(change));
      for (const [atMs, command] of commands.entries()) {
        const before = amt.state;
        const copy = structuredClone(before);
        const status = amt.perform(atMs, command);
        const { provisioningState, controlMode, provisioningMode, accounts, audit } = amt.state;
        expect(provisioningState === 2).toBe(controlMode !== 0);
        expect(provisioningMode).toBe(provisioningState === 2 ? 1 : 0);
        if (provisioningState !== 2) expect([accounts, audit]).toEqual([{}, null]);
        expect(before).toEqual(copy);
        expect(changes.length).toBe(before === amt.state ? 0 : 1);
        if (changes.length > 0) expect(changes.pop()).toEqual({ atMs, command, before, state: amt.state });
        if (status !== 0 && status >> 8 !== 2) expect(amt.state).toBe(before);
      }
    }),
  );
});

it('who hears of changes can stop to', () => {
  const amt = new Amt();
  let heard = 0;
  const stop = amt.onChange(() => heard++);
  amt.perform(0, { type: 'requireWatchdog', required: false });
  amt.perform(0, { type: 'requireWatchdog', required: false });
  stop();
  amt.perform(0, { type: 'requireWatchdog', required: true });
  expect(heard).toBe(1);
});

it.each([
  [{ uuid: 'unknown' }, 'uuid'],
  [{ realm: 'Digest:12' }, 'realm'],
  [{ version: '16.1' }, 'version'],
  [{ controlMode: 0 as const }, 'controlMode'],
  [{ localPassword: 'two words' }, 'localPassword'],
  [{ localPassword: 'x'.repeat(33) }, 'localPassword'],
])('nonsense is refused: %o', (options, field) => {
  expect(() => new Amt(options)).toThrow(new RegExp(`^${field} `));
});

it('the local account has a password of its own', () => {
  expect(new Amt({ localPassword: 'secret' }).localAccount()).toEqual({
    user: '$$OsAdmin',
    password: 'secret',
  });
  expect(JSON.stringify(new Amt({ ...PROVISIONED, localPassword: 'secret' }).state)).not.toContain('secret');
});
