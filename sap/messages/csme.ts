/** Notifications that CSME sends. */
import { array, bytes, type Infer, mac, openEnum, reserved, sapMessage, u8, u32 } from '../declare.ts';
import { PldrStatus } from './host.ts';
import { ConnectionInfo, OobFilters } from './structures.ts';

const SAP_H = 'iwlwifi/mei/sap.h';

export const CsmeFilters = sapMessage({
  name: 'SAP_MSG_NOTIF_CSME_FILTERS',
  id: 500,
  from: 'csme',
  queue: 'notif',
  doc: 'Which received frames CSME wants.',
  source: `${SAP_H}: struct iwl_sap_csme_filters`,
  fields: {
    mode: u32.doc('Not used.').unused(),
    macAddress: mac.doc('Not used.').unused(),
    reserved18: reserved(2),
    cbfilters: bytes(1728).doc('Not used.').unused(),
    oobFilters: OobFilters.doc('The filters.'),
  },
});
export type CsmeFilters = Infer<typeof CsmeFilters>;

export const AmtState = sapMessage({
  name: 'SAP_MSG_NOTIF_AMT_STATE',
  id: 502,
  from: 'csme',
  queue: 'notif',
  doc: "Whether CSME's use of the WLAN is enabled.",
  source: `${SAP_H}: struct iwl_sap_msg_dw`,
  fields: { enabled: u32.doc('Not 0: enabled.') },
});
export type AmtState = Infer<typeof AmtState>;

export const CsmeReplyToHostOwnershipReq = sapMessage({
  name: 'SAP_MSG_NOTIF_CSME_REPLY_TO_HOST_OWNERSHIP_REQ',
  id: 503,
  from: 'csme',
  queue: 'notif',
  doc: 'The answer to HOST_ASKS_FOR_NIC_OWNERSHIP.',
  source: `${SAP_H}: struct iwl_sap_msg_dw`,
  fields: { granted: u32.doc('0: refused; else the host is the owner.') },
});
export type CsmeReplyToHostOwnershipReq = Infer<typeof CsmeReplyToHostOwnershipReq>;

export const CsmeTakingOwnership = sapMessage({
  name: 'SAP_MSG_NOTIF_CSME_TAKING_OWNERSHIP',
  id: 504,
  from: 'csme',
  queue: 'notif',
  doc: 'CSME takes the card; answered with CSME_OWNERSHIP_CONFIRMED once the device is down.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type CsmeTakingOwnership = Infer<typeof CsmeTakingOwnership>;

export const TriggerIpRefresh = sapMessage({
  name: 'SAP_MSG_NOTIF_TRIGGER_IP_REFRESH',
  id: 505,
  from: 'csme',
  queue: 'notif',
  doc: 'CSME wants the host to renew its IP address; the reference ignores it.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type TriggerIpRefresh = Infer<typeof TriggerIpRefresh>;

export const CsmeCanReleaseOwnership = sapMessage({
  name: 'SAP_MSG_NOTIF_CSME_CAN_RELEASE_OWNERSHIP',
  id: 506,
  from: 'csme',
  queue: 'notif',
  doc: 'CSME offers the card; the host may ask.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type CsmeCanReleaseOwnership = Infer<typeof CsmeCanReleaseOwnership>;

export const SapNicOwner = openEnum({
  UNKNOWN: [0, 'Not used.'],
  HOST: [1, 'The host owns the card.'],
  ME: [2, 'CSME owns the card.'],
});
export const NicOwner = sapMessage({
  name: 'SAP_MSG_NOTIF_NIC_OWNER',
  id: 511,
  from: 'csme',
  queue: 'notif',
  doc: 'Who owns the card; the answer to WHO_OWNS_NIC.',
  source: `${SAP_H}: enum iwl_sap_nic_owner`,
  fields: { owner: u32.of(SapNicOwner).doc('The host is owner unless this is ME.') },
});
export type NicOwner = Infer<typeof NicOwner>;

export const ScanRequestFlags = openEnum({
  FILTERING: [0x1, 'Filtering scan.'],
  FAST: [0x2, 'Fast scan.'],
});
export const CsmeConnStatus = sapMessage({
  name: 'SAP_MSG_NOTIF_CSME_CONN_STATUS',
  id: 512,
  from: 'csme',
  queue: 'notif',
  doc: "CSME's own association, and whether a remote session must survive on it.",
  source: `${SAP_H}: struct iwl_sap_notif_conn_status`,
  fields: {
    linkProtState: u32.doc('Not 0: the link is protected.'),
    scanRequest: u32.bits(ScanRequestFlags).doc('Ignored by the reference.'),
    connectionInfo: ConnectionInfo.doc('The access point that CSME is on.'),
  },
});
export type CsmeConnStatus = Infer<typeof CsmeConnStatus>;

export const NvmCapsFlags = openEnum({
  LARI: [0x1, 'LARI.'],
  HE: [0x2, '802.11ax.'],
});
export const Nvm = sapMessage({
  name: 'SAP_MSG_NOTIF_NVM',
  id: 513,
  from: 'csme',
  queue: 'notif',
  doc: "The card's NVM as CSME read it; the answer to GET_NVM.",
  source: `${SAP_H}: struct iwl_sap_nvm`,
  fields: {
    hwAddr: mac.doc('Address in the NVM.'),
    nHwAddrs: u8.doc('Number of addresses.'),
    reserved15: reserved(1),
    radioCfg: u32.doc('Radio configuration.'),
    caps: u32.bits(NvmCapsFlags).doc('Capabilities.'),
    nvmVersion: u32.doc('Version of the NVM.'),
    channels: array(110, u32).doc('Channel flags.'),
  },
});
export type Nvm = Infer<typeof Nvm>;

export const PldrAck = sapMessage({
  name: 'SAP_MSG_NOTIF_PLDR_ACK',
  id: 518,
  from: 'csme',
  queue: 'notif',
  doc: 'The answer to PLDR.',
  source: `${SAP_H}: struct iwl_sap_pldr_ack_data`,
  fields: {
    version: u32.doc('Ignored by the reference.'),
    status: u32.of(PldrStatus).doc('0: go ahead.'),
  },
});
export type PldrAck = Infer<typeof PldrAck>;
