/** What a WLAN driver, a person at the firmware and the air may do: random, and the same for the same seed. */
import {
  accessPoint,
  amtFilters,
  BEHAVIOURS,
  type Behaviour,
  behaviourByName,
  type CsmeCommand,
  EXAMPLE_AP,
  PROFILE_PARTS,
  type Profile,
  type ProfilePart,
  profile,
} from '../../../csme/index.ts';
import type { CommandName, Commands, HostState } from '../../../ownership/index.ts';
import type { Random } from '../../random.ts';

export type DriverAct =
  | { [N in CommandName]: { type: 'call'; name: N; args: Commands[N]['args'] } }[CommandName]
  /** A frame from the air. */
  | { type: 'frame'; bytes: Uint8Array };

const OTHER_AP = accessPoint({ ssid: 'café', bssid: 0x02_00_5e_00_53_66, channel: 6 });
const PARTS = Object.keys(PROFILE_PARTS);
/** The one that crashes a reference kernel is for a host of ours as harmless as the others. */
const MISBEHAVIOURS = Object.keys(BEHAVIOURS);
const DHCP_FRAME = dhcpFrame();

/** Names of the parts that a firmware is put together from. */
export function someParts(random: Random): string[] {
  return PARTS.filter(() => random.oneIn(5));
}

export function profileOf(parts: readonly string[]): Profile {
  return profile(...parts.map((name) => PROFILE_PARTS[name] as ProfilePart));
}

/** Names of one or two misbehaviours. */
export function someBehaviours(random: Random): string[] {
  const names = [0, 1].slice(random.below(2)).map(() => MISBEHAVIOURS[random.below(MISBEHAVIOURS.length)]!);
  return [...new Set(names)];
}

export function behaviour(name: string): Behaviour {
  return behaviourByName(name) ?? BEHAVIOURS[name]!();
}

/** `driver`: where the WLAN driver is, in the words of the host's state. Undefined: it does nothing now. */
export function driverAct(random: Random, driver: HostState['driver']): DriverAct | undefined {
  const flip = random.oneIn(2);
  switch (random.below(17)) {
    case 0:
      return call('register', {});
    case 1:
      return driver === 'registered' ? call('start_unregister', {}) : undefined;
    case 2:
    case 3:
      return driver === 'leaving' ? call('unregister_complete', {}) : undefined;
    case 4:
    case 5:
      return call('get_ownership', {});
    case 6:
      return call('get_nvm', {});
    case 7:
      return call('pldr', {});
    case 8:
      return call('alive', { success: flip });
    case 9:
      return call('set_rfkill', { hw: random.oneIn(2), sw: flip });
    case 10:
      return call('nic_info', {
        macAddress: flip ? 0x02_00_5e_00_53_20 : 0x02_00_5e_00_53_21,
        nvmAddress: 7,
      });
    case 11:
      return call('country', { mcc: random.below(0x10000) });
    case 12:
      return driver === 'leaving' ? undefined : call('power_limit', { limits: tenBelow(random, 100) });
    case 13:
      return driver === 'leaving' ? undefined : call('associated', someAssociation(random));
    case 14:
      return call('disassociated', {});
    case 15:
      return call('device_state', { up: flip });
    default:
      return flip ? call('set_netdev', { dev: random.oneIn(2) ? 'wlan0' : null }) : someFrame(random);
  }
}

export function firmwareCommand(random: Random): CsmeCommand {
  const plain = [
    'endSession',
    'takeOwnership',
    'takeOwnership',
    'offerOwnership',
    'grantOwnership',
    'hostTakesRegister',
    'refuseAsks',
    'grantAsks',
    'sendConnStatus',
    'ping',
    'refreshIp',
    'disableAmt',
    'enableAmt',
  ] as const;
  const type = 'command';
  switch (random.below(8)) {
    case 0:
      return { type, name: 'startSession', ap: random.oneIn(2) ? EXAMPLE_AP : OTHER_AP };
    case 1:
      return { type, name: 'setFilters', filters: random.oneIn(3) ? null : amtFilters() };
    case 2:
      if (random.oneIn(2)) return { type, name: 'sendNvm' };
      return { type, name: 'sendFrame', frame: new Uint8Array(60) };
    default:
      return { type, name: plain[random.below(plain.length)]! };
  }
}

function call<N extends CommandName>(name: N, args: Commands[N]['args']): DriverAct {
  return { type: 'call', name, args } as DriverAct;
}

function someAssociation(random: Random) {
  const { ssid, ssidLen, ...rest } = random.oneIn(2) ? EXAMPLE_AP : OTHER_AP;
  const { authMode, pairwiseCipher, channel, band, bssid } = rest;
  const bare = { ssid: ssid.slice(0, ssidLen), authMode, pairwiseCipher, channel, band, bssid };
  return random.oneIn(4) ? { ...bare, collocated: { channel: 36, bssid: 0x02_00_5e_00_53_99 } } : bare;
}

function someFrame(random: Random): DriverAct {
  if (random.oneIn(2)) return call('tx_copy', { frame: DHCP_FRAME });
  const bytes = new Uint8Array(14 + random.below(100));
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
  return { type: 'frame', bytes };
}

function tenBelow(random: Random, end: number): number[] {
  return Array.from({ length: 10 }, () => random.below(end));
}

/** Ethernet II, IPv4, UDP from port 68 to 67. */
function dhcpFrame(): Uint8Array {
  const frame = new Uint8Array(14 + 20 + 8);
  frame[12] = 0x08;
  frame[14] = 0x45;
  frame[23] = 17;
  frame[35] = 68;
  frame[37] = 67;
  return frame;
}
