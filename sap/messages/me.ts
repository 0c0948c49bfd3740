/** The register of ME messages: what host and CSME send each other over the MEI bus itself. */
import { array, type Draft, type Infer, reserved, sapMessage, u8, u16, u32, u64 } from '../declare.ts';

const SAP_H = 'iwlwifi/mei/sap.h';
const len = u32.doc('Bytes of the message, its header included; no reader relies on it.');

export const MeStart = sapMessage({
  name: 'SAP_ME_MSG_START',
  id: 1,
  from: 'host',
  queue: 'me',
  doc: 'The area is mapped; answered with START_OK.',
  source: `${SAP_H}: struct iwl_sap_me_msg_start`,
  fields: {
    len,
    sharedMem: u64.doc('Address of the area; 0, because the MEI bus mapped it.'),
    initDataSeqNum: u16.doc('First sequence number of the data rings; not used, the reference sends 0x100.'),
    initNotifSeqNum: u16.doc(
      'First sequence number of the notif rings; not used, the reference sends 0x800.',
    ),
    supportedVersions: array(64, u8).doc('SAP versions, zero terminated; the reference names one.'),
  },
});

export const MeStartOk = sapMessage({
  name: 'SAP_ME_MSG_START_OK',
  id: 2,
  from: 'csme',
  queue: 'me',
  doc: 'SAP is up. Exactly 20 bytes.',
  source: `${SAP_H}: struct iwl_sap_me_msg_start_ok`,
  fields: {
    len,
    initDataSeqNum: u16.doc('Not used.').unused(),
    initNotifSeqNum: u16.doc('Not used.').unused(),
    supportedVersion: u8.doc('The version that CSME chose.'),
    reserved: reserved(3),
  },
});

export const MeCheckSharedArea = sapMessage({
  name: 'SAP_ME_MSG_CHECK_SHARED_AREA',
  id: 3,
  from: 'both',
  queue: 'me',
  doc: 'Look at the shared area. Any size from 4 bytes on.',
  source: `${SAP_H}: enum iwl_sap_me_msg_id`,
  fields: { len },
});

export const ME_MESSAGES = [MeStart, MeStartOk, MeCheckSharedArea] as const;

/** The messages as the declarations have them; `sap/me.ts` has the values that the library hands out. */
export type MeWire = WithoutId<Infer<(typeof ME_MESSAGES)[number]>>;
export type MeWireDraft = Draft<(typeof ME_MESSAGES)[number]>;
type WithoutId<M> = M extends unknown ? Omit<M, 'id'> : never;
