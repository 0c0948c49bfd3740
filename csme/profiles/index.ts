/** The parts that profiles are made of, and the profile that stands when none is given. */
import { PINGS_MISSED } from '../timers.ts';
import { accessPoint } from './access-point.ts';
import { amtFilters } from './filters.ts';
import type { NvmDraft, Profile, ProfilePart } from './profile.ts';

export * from './access-point.ts';
export * from './filters.ts';
export type { NvmDraft, Profile, ProfilePart } from './profile.ts';

/** The access point of profiles in a session: WPA2-PSK on channel 36. */
export const EXAMPLE_AP = accessPoint({ ssid: 'corp', bssid: 0x02_00_5e_00_53_01, channel: 36 });

/** NVM contents with channels 1 to 13 and 36 to 48 usable. */
export const EXAMPLE_NVM: NvmDraft = {
  hwAddr: 0x02_00_5e_00_53_10,
  nHwAddrs: 1,
  radioCfg: 0,
  caps: 3,
  nvmVersion: 0x0c01,
  channels: Array.from({ length: 110 }, (_, i) => (i < 13 || (i >= 14 && i < 18) ? 0x0f : 0)),
};

/** A firmware that speaks both versions, with AMT enabled, nobody connected, the card in CSME's hands. */
export const OPERATIONAL: Profile = {
  sapVersions: [4, 3],
  amt: true,
  ap: null,
  session: false,
  owner: 'csme',
  grants: true,
  filters: amtFilters(),
  nvm: EXAMPLE_NVM,
  pldr: 'accepts',
  pingsMissed: PINGS_MISSED,
  timersMs: {},
};

/** Puts a profile together: parts over `OPERATIONAL`, later ones win; timers are merged one by one. */
export function profile(...parts: readonly ProfilePart[]): Profile {
  let result = OPERATIONAL;
  for (const part of parts) {
    result = { ...result, ...part, timersMs: { ...result.timersMs, ...part.timersMs } };
  }
  return result;
}

/** Speaks version 3 only: the larger area of version 4 is refused. */
export const SAP_3: ProfilePart = { sapVersions: [3] };
/** Speaks version 4 only. */
export const SAP_4: ProfilePart = { sapVersions: [4] };
/** AMT's use of the WLAN is not enabled: the host has the card. */
export const AMT_OFF: ProfilePart = { amt: false, owner: 'host', session: false };
/** A remote session runs over `EXAMPLE_AP`. */
export const SESSION: ProfilePart = { amt: true, ap: EXAMPLE_AP, session: true, owner: 'csme' };
/** A remote session runs over the given access point. */
export const sessionOn = (ap: Profile['ap']): ProfilePart => ({ ...SESSION, ap });
/** The host has the card when the firmware starts. */
export const HOST_OWNS: ProfilePart = { owner: 'host' };
/** Every HOST_ASKS_FOR_NIC_OWNERSHIP is refused. */
export const REFUSING: ProfilePart = { grants: false };
/** GET_NVM is not answered. */
export const WITHOUT_NVM: ProfilePart = { nvm: null };
/** GET_NVM is answered with these contents. */
export const withNvm = (nvm: NvmDraft): ProfilePart => ({ nvm });
/** CSME wants no frames. */
export const WITHOUT_FILTERS: ProfilePart = { filters: null };
/** PLDR_ACK carries status 1. */
export const REFUSES_PLDR: ProfilePart = { pldr: 'refuses' };
/** CSME never pings. */
export const WITHOUT_PINGS: ProfilePart = { timersMs: { ping: null } };

/** Profiles by the names that a command line uses. */
export const PROFILE_PARTS: Readonly<Record<string, ProfilePart>> = {
  'sap-3': SAP_3,
  'sap-4': SAP_4,
  'amt-off': AMT_OFF,
  operational: {},
  session: SESSION,
  'host-owns': HOST_OWNS,
  refusing: REFUSING,
  'without-nvm': WITHOUT_NVM,
  'without-filters': WITHOUT_FILTERS,
  'refuses-pldr': REFUSES_PLDR,
  'without-pings': WITHOUT_PINGS,
};
