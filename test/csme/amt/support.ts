/** Commands for the emulated AMT, at random. */
import fc from 'fast-check';
import type { AmtCommand } from '../../../csme/amt/index.ts';

/** MD5 of something. */
export const HA1 = '0123456789abcdef0123456789abcdef';

const text = fc.constantFrom('', 'corp.test', 'two words', 'x'.repeat(300));
const ha1 = fc.constantFrom(HA1, 'f'.repeat(32), 'no hash');
const user = fc.constantFrom('admin', 'operator', '$$OsAdmin', '__proto__');

export const arbitraryCommand: fc.Arbitrary<AmtCommand> = fc.oneof(
  fc.record({ type: fc.constant('setup' as const), ha1 }),
  fc.record({ type: fc.constant('setupAdmin' as const), ha1, atS: fc.nat() }),
  fc.record({
    type: fc.constant('unprovision' as const),
    by: fc.constantFrom('host' as const, 'administrator' as const),
  }),
  fc.constantFrom(
    { type: 'startConfiguration' as const },
    { type: 'stopConfiguration' as const },
    { type: 'openUserInitiated' as const },
    { type: 'closeUserInitiated' as const },
    { type: 'generateRngSeed' as const },
  ),
  fc.record({
    type: fc.constant('startHostBasedConfiguration' as const),
    algorithm: fc.nat(4),
    serverHash: fc.uint8Array({ maxLength: 64 }),
    hostVpn: fc.boolean(),
    dnsSuffixes: fc.array(text, { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant('setProvisioningServerOtp' as const), otp: text }),
  fc.record({ type: fc.constant('setDnsSuffix' as const), dnsSuffix: text }),
  fc.record({ type: fc.constant('setHostFqdn' as const), fqdn: text }),
  fc.record({ type: fc.constant('setEnterpriseAccess' as const), vpn: fc.boolean() }),
  fc.record({
    type: fc.constant('setEnabled' as const),
    enabled: fc.boolean(),
    by: fc.constantFrom('host' as const, 'menu' as const),
  }),
  fc.record({ type: fc.constant('requireWatchdog' as const), required: fc.boolean() }),
  fc.record({ type: fc.constant('setAccount' as const), user, ha1 }),
  fc.record({
    type: fc.constant('set' as const),
    settings: fc.record({ hostName: text, kvmEnabled: fc.boolean(), tlsEnabled: fc.boolean() }),
  }),
  fc.record({
    type: fc.constant('setInterface' as const),
    which: fc.constantFrom('wired' as const, 'wireless' as const),
    settings: fc.record({ enabled: fc.boolean(), ipv4: fc.nat(), linkUp: fc.boolean() }),
  }),
  fc.record({
    type: fc.constant('setRemoteAccess' as const),
    settings: fc.record({ mpsHost: text, network: fc.constantFrom(0 as const, 1 as const, 2 as const) }),
  }),
);
