/** Notifications that the host sends. */
import { array, type Infer, mac, openEnum, reserved, sapMessage, u8, u16, u32 } from '../declare.ts';
import { ConnectionInfo } from './structures.ts';

const SAP_H = 'iwlwifi/mei/sap.h';

export const BandSelection = sapMessage({
  name: 'SAP_MSG_NOTIF_BAND_SELECTION',
  id: 1000,
  from: 'host',
  queue: 'notif',
  doc: 'Never sent by the reference; the payload is not published.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type BandSelection = Infer<typeof BandSelection>;

export const RadioStateFlags = openEnum({
  SW_RFKILL_DEASSERTED: [0x1, 'Software rfkill lets the radio run.'],
  HW_RFKILL_DEASSERTED: [0x2, 'Hardware rfkill lets the radio run.'],
});
export const RadioState = sapMessage({
  name: 'SAP_MSG_NOTIF_RADIO_STATE',
  id: 1001,
  from: 'host',
  queue: 'notif',
  doc: 'The rfkill state of the host; both bits: the radio is on.',
  source: `${SAP_H}: enum iwl_sap_radio_state_bitmap`,
  fields: { state: u32.bits(RadioStateFlags).doc('Which rfkills are de-asserted.') },
});
export type RadioState = Infer<typeof RadioState>;

export const NicInfo = sapMessage({
  name: 'SAP_MSG_NOTIF_NIC_INFO',
  id: 1002,
  from: 'host',
  queue: 'notif',
  doc: "The host's addresses.",
  source: `${SAP_H}: struct iwl_sap_notif_host_nic_info`,
  fields: {
    macAddress: mac.doc('Address of the interface.'),
    nvmAddress: mac.doc('Address in the NVM of the card.'),
  },
});
export type NicInfo = Infer<typeof NicInfo>;

export const HostAsksForNicOwnership = sapMessage({
  name: 'SAP_MSG_NOTIF_HOST_ASKS_FOR_NIC_OWNERSHIP',
  id: 1003,
  from: 'host',
  queue: 'notif',
  doc: 'The host wants the card; answered with CSME_REPLY_TO_HOST_OWNERSHIP_REQ.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type HostAsksForNicOwnership = Infer<typeof HostAsksForNicOwnership>;

export const HostSuspendsFlags = openEnum({
  OFFER_NIC: [0x01, 'CSME may take the card.'],
  FILTER_CONFIGURED: [0x02, 'Wake-up filters are configured.'],
  NLO_CONFIGURED: [0x04, 'Network list offload is configured.'],
  HOST_OWNS_NIC: [0x08, 'The host owns the card.'],
  LINK_PROTECTED: [0x10, 'The link is protected.'],
});
export const HostSuspends = sapMessage({
  name: 'SAP_MSG_NOTIF_HOST_SUSPENDS',
  id: 1004,
  from: 'host',
  queue: 'notif',
  doc: 'The host goes to sleep. Never sent by iwlmei 6.12.',
  source: `${SAP_H}: enum iwl_sap_notif_host_suspends_bitmap`,
  fields: { flags: u32.bits(HostSuspendsFlags).doc('What the host leaves behind.') },
});
export type HostSuspends = Infer<typeof HostSuspends>;

export const HostResumes = sapMessage({
  name: 'SAP_MSG_NOTIF_HOST_RESUMES',
  id: 1005,
  from: 'host',
  queue: 'notif',
  doc: 'The host woke up. Never sent by iwlmei 6.12.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: { initControlBlock: u32.doc('1: CSME re-initialises the control block.') },
});
export type HostResumes = Infer<typeof HostResumes>;

export const HostGoesDown = sapMessage({
  name: 'SAP_MSG_NOTIF_HOST_GOES_DOWN',
  id: 1006,
  from: 'host',
  queue: 'notif',
  doc: 'The shared area is about to go away.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type HostGoesDown = Infer<typeof HostGoesDown>;

export const CsmeOwnershipConfirmed = sapMessage({
  name: 'SAP_MSG_NOTIF_CSME_OWNERSHIP_CONFIRMED',
  id: 1007,
  from: 'host',
  queue: 'notif',
  doc: 'The host let go of the card; the answer to CSME_TAKING_OWNERSHIP.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type CsmeOwnershipConfirmed = Infer<typeof CsmeOwnershipConfirmed>;

export const CountryCode = sapMessage({
  name: 'SAP_MSG_NOTIF_COUNTRY_CODE',
  id: 1008,
  from: 'host',
  queue: 'notif',
  doc: 'The regulatory domain of the host.',
  source: `${SAP_H}: struct iwl_sap_notif_country_code`,
  fields: {
    mcc: u16.doc('Two ASCII letters, the first in the high byte; 0: not known.'),
    sourceId: u8.doc('Where the code comes from; values not published, the reference sends 0.'),
    reserved11: reserved(1),
    diffTime: u32.doc('Meaning not published; the reference sends 0.'),
  },
});
export type CountryCode = Infer<typeof CountryCode>;

export const HostLinkUp = sapMessage({
  name: 'SAP_MSG_NOTIF_HOST_LINK_UP',
  id: 1009,
  from: 'host',
  queue: 'notif',
  doc: 'The host is associated.',
  source: `${SAP_H}: struct iwl_sap_notif_host_link_up`,
  fields: {
    connectionInfo: ConnectionInfo.doc('The association.'),
    collocChannel: u8.doc('Channel of the collocated access point; 0 without one.'),
    collocBand: u8.doc('Band of the collocated access point.'),
    reserved66: reserved(2),
    collocBssid: mac.doc('BSSID of the collocated access point.'),
    reserved74: reserved(2),
  },
});
export type HostLinkUp = Infer<typeof HostLinkUp>;

export const HostLinkDownType = openEnum({
  NONE: [0, 'No statement.'],
  TEMPORARY: [1, 'The host comes back soon (roaming).'],
  LONG: [2, 'The host stays away.'],
});
export const HostLinkDown = sapMessage({
  name: 'SAP_MSG_NOTIF_HOST_LINK_DOWN',
  id: 1010,
  from: 'host',
  queue: 'notif',
  doc: 'The host lost its association.',
  source: `${SAP_H}: struct iwl_sap_notif_host_link_down`,
  fields: {
    type: u8.of(HostLinkDownType).doc('How long the host expects to stay away.'),
    reserved9: reserved(2),
    reasonValid: u8.doc('Whether `reason` carries a value.'),
    reason: u32.doc('Disconnect code; numbering not published.'),
  },
});
export type HostLinkDown = Infer<typeof HostLinkDown>;

export const WhoOwnsNic = sapMessage({
  name: 'SAP_MSG_NOTIF_WHO_OWNS_NIC',
  id: 1011,
  from: 'host',
  queue: 'notif',
  doc: 'Answered with NIC_OWNER.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type WhoOwnsNic = Infer<typeof WhoOwnsNic>;

export const WifidrDown = sapMessage({
  name: 'SAP_MSG_NOTIF_WIFIDR_DOWN',
  id: 1012,
  from: 'host',
  queue: 'notif',
  doc: 'The WLAN driver of the host unloads.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type WifidrDown = Infer<typeof WifidrDown>;

export const WifidrUp = sapMessage({
  name: 'SAP_MSG_NOTIF_WIFIDR_UP',
  id: 1013,
  from: 'host',
  queue: 'notif',
  doc: 'The WLAN driver of the host is there.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type WifidrUp = Infer<typeof WifidrUp>;

export const HostOwnershipConfirmed = sapMessage({
  name: 'SAP_MSG_NOTIF_HOST_OWNERSHIP_CONFIRMED',
  id: 1015,
  from: 'host',
  queue: 'notif',
  doc: 'The host saw that ownership was granted.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type HostOwnershipConfirmed = Infer<typeof HostOwnershipConfirmed>;

export const SarLimits = sapMessage({
  name: 'SAP_MSG_NOTIF_SAR_LIMITS',
  id: 1016,
  from: 'host',
  queue: 'notif',
  doc: 'Limits of the transmit power.',
  source: `${SAP_H}: struct iwl_sap_notif_sar_limits`,
  fields: {
    sarChainInfoTable: array(2, array(5, u16)).doc('Limit by chain (2) and band (5); unit not published.'),
  },
});
export type SarLimits = Infer<typeof SarLimits>;

export const GetNvm = sapMessage({
  name: 'SAP_MSG_NOTIF_GET_NVM',
  id: 1017,
  from: 'host',
  queue: 'notif',
  doc: 'Answered with NVM.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type GetNvm = Infer<typeof GetNvm>;

export const Pldr = sapMessage({
  name: 'SAP_MSG_NOTIF_PLDR',
  id: 1024,
  from: 'host',
  queue: 'notif',
  doc: 'The host is about to reset the product before it loads firmware; answered with PLDR_ACK.',
  source: `${SAP_H}: struct iwl_sap_pldr_data`,
  fields: { version: u32.doc('The reference sends 0.') },
});
export type Pldr = Infer<typeof Pldr>;

export const PldrStatus = openEnum({
  SUCCESS: [0, 'It worked.'],
  FAILURE: [1, 'It failed.'],
});
export const PldrEnd = sapMessage({
  name: 'SAP_MSG_NOTIF_PLDR_END',
  id: 1025,
  from: 'host',
  queue: 'notif',
  doc: 'The product reset is over.',
  source: `${SAP_H}: struct iwl_sap_pldr_end_data`,
  fields: {
    version: u32.doc('The reference sends 0.'),
    status: u32.of(PldrStatus).doc('Whether the firmware of the card reported alive.'),
  },
});
export type PldrEnd = Infer<typeof PldrEnd>;
