/** nl80211: interfaces, radios, connections, Intel's vendor commands, and what the kernel tells of them. */
export type { AttributePair, AttributeValue } from '../netlink/attributes.ts';
export {
  type CsmeConnInfo,
  decodeCsmeConnInfo,
  decodeRoamingForbidden,
  encodeCsmeConnInfo,
  encodeRoamingForbidden,
  INTEL_COMMANDS,
  INTEL_OUI,
  ROAMING_FORBIDDEN_EVENT,
  type RoamingForbidden,
  targetOf,
} from './intel.ts';
export { type Nl80211, type Nl80211Options, openNl80211 } from './open.ts';
export type {
  Nl80211Event,
  Regulatory,
  RegulatoryRule,
  VendorCommand,
  Wiphy,
  WlanFrequency,
  WlanInterface,
  WlanLink,
} from './types.ts';
