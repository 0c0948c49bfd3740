/** Notifications that either side sends, and the messages of the data rings. */
import { type Infer, openEnum, reserved, rest, sapMessage, u32 } from '../declare.ts';

const SAP_H = 'iwlwifi/mei/sap.h';

export const Ping = sapMessage({
  name: 'SAP_MSG_NOTIF_PING',
  id: 1,
  from: 'both',
  queue: 'notif',
  doc: 'Are you there? Answered with PONG.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type Ping = Infer<typeof Ping>;

export const Pong = sapMessage({
  name: 'SAP_MSG_NOTIF_PONG',
  id: 2,
  from: 'both',
  queue: 'notif',
  doc: 'The answer to PING.',
  source: `${SAP_H}: enum iwl_sap_msg`,
  fields: {},
});
export type Pong = Infer<typeof Pong>;

/** Destination, source and EtherType. */
export const ETH_HLEN = 14;

export const DataPacket = sapMessage({
  name: 'SAP_MSG_DATA_PACKET',
  id: 2000,
  from: 'both',
  queue: 'data',
  doc: 'A frame for CSME from the air, or from CSME to the air.',
  source: `${SAP_H}: struct iwl_sap_hdr`,
  fields: { frame: rest(ETH_HLEN).doc('Ethernet II frame without FCS.') },
});
export type DataPacket = Infer<typeof DataPacket>;

export const CbFilterStatus = openEnum({
  DHCP: [0x40000000, 'The frame is a DHCP client message that the host sends.'],
});
export const CbDataPacket = sapMessage({
  name: 'SAP_MSG_CB_DATA_PACKET',
  id: 2001,
  from: 'host',
  queue: 'data',
  doc: 'A copy of a frame that the host sends.',
  source: `${SAP_H}: struct iwl_sap_cb_data`,
  fields: {
    reserved8: reserved(28),
    toMeFiltStatus: u32.bits(CbFilterStatus).doc('Why CSME gets the copy.'),
    reserved40: reserved(4),
    dataLen: u32.doc('Length of the frame in bytes.'),
    frame: rest().doc('Ethernet II frame without FCS.'),
  },
});
export type CbDataPacket = Infer<typeof CbDataPacket>;
