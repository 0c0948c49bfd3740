/**
 * What can be done to the emulated AMT, whoever does it: a program over AMTHI, an administrator over WS-Management, the
 * firmware's own menu.
 */
import type { AmtInterface, AmtRemoteAccess, AmtSettings } from './state.ts';

export type AmtCommand =
  /** Host-based set-up: into client control mode, with MD5 of `admin:realm:password` in lower-case hex. */
  | { readonly type: 'setup'; readonly ha1: string }
  /** Set-up by a configuration server: into admin control mode. `atS`: seconds since 1970, for the record of it. */
  | { readonly type: 'setupAdmin'; readonly ha1: string; readonly atS: number }
  /** `host`: a program of the host over AMTHI or as the local account; that cannot end admin control mode. */
  | { readonly type: 'unprovision'; readonly by: 'host' | 'administrator' }
  /** AMT looks for a configuration server. */
  | { readonly type: 'startConfiguration' }
  | { readonly type: 'stopConfiguration' }
  /** The same with a server that a program of the host has named by its certificate. */
  | {
      readonly type: 'startHostBasedConfiguration';
      readonly algorithm: number;
      readonly serverHash: Uint8Array;
      readonly hostVpn: boolean;
      readonly dnsSuffixes: readonly string[];
    }
  | { readonly type: 'setProvisioningServerOtp'; readonly otp: string }
  | { readonly type: 'setDnsSuffix'; readonly dnsSuffix: string }
  | { readonly type: 'setHostFqdn'; readonly fqdn: string }
  /** What the host's software says of its way into the enterprise's network. */
  | { readonly type: 'setEnterpriseAccess'; readonly vpn: boolean }
  | { readonly type: 'openUserInitiated' }
  | { readonly type: 'closeUserInitiated' }
  | { readonly type: 'generateRngSeed' }
  /** `host`: a program of the host, which may not always. */
  | { readonly type: 'setEnabled'; readonly enabled: boolean; readonly by: 'host' | 'menu' }
  | { readonly type: 'requireWatchdog'; readonly required: boolean }
  | { readonly type: 'setAccount'; readonly user: string; readonly ha1: string }
  | { readonly type: 'set'; readonly settings: Partial<AmtSettings> }
  | {
      readonly type: 'setInterface';
      readonly which: 'wired' | 'wireless';
      readonly settings: Partial<AmtInterface>;
    }
  /** An administrator configures it, or AMT is carried to another network. */
  | { readonly type: 'setRemoteAccess'; readonly settings: Partial<AmtRemoteAccess> };
