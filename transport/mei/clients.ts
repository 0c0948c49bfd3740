/** The ME clients that are known by name. The one table; `sapwood mei list` asks for each of them. */
import { SAP_GUID } from '../../sap/index.ts';

export interface MeiClient {
  readonly guid: string;
  readonly doc: string;
}

/** Source: Linux drivers/misc/mei and the drivers on its bus, Intel LMS, metee and igsc. */
export const MEI_CLIENTS = {
  AMTHI: { guid: '12f80028-b4b7-4b2d-aca8-46e0ff65814c', doc: 'AMT host interface, also called PTHI' },
  LME: { guid: '6733a4db-0476-4e7b-b3af-bcfc29bee7a7', doc: 'AMT port forwarding, for LMS' },
  WATCHDOG: { guid: '05b79a6f-4628-4d7f-899d-a91514cb32ab', doc: 'AMT agent watchdog (mei_wdt)' },
  MKHI: { guid: '8e6a6715-9abc-4043-88ef-9e39c6f63e0f', doc: 'firmware kernel host interface' },
  MKHI_FIXED: {
    guid: '55213584-9a29-4916-badf-0fb7ed682aeb',
    doc: 'firmware kernel host interface, fixed address',
  },
  HDCP: { guid: 'b638ab7e-94e2-4ea2-a552-d1c54b627f04', doc: 'content protection of displays (mei_hdcp)' },
  PAVP: { guid: 'fbf6fcf1-96cf-4e2e-a6a6-1bab8cbe36b1', doc: 'protected audio and video path (mei_pxp)' },
  WLAN: { guid: SAP_GUID, doc: 'SAP, the arbitration of the WLAN card (iwlmei)' },
  GSC_PROXY: { guid: '0f73db04-97ab-4125-b893-e904ad0d5464', doc: 'proxy of the graphics controller' },
  MCHI: { guid: 'dd17041c-09ea-4b17-a271-5b989867ec65', doc: 'manageability configuration' },
  FW_UPDATE: { guid: '309dcde8-ccb1-4062-8f78-600115a34327', doc: 'firmware update' },
  GSC_FW_UPDATE: {
    guid: '87d90ca5-3495-4559-8105-3fbfa37b8b79',
    doc: 'firmware update of the graphics controller',
  },
  HOTHAM: { guid: '082ee5a7-7c25-470a-9643-0c06f0466ea1', doc: 'firmware debugging' },
  UPID: { guid: '92136c79-5fea-4cfd-980e-23be07fa5e9f', doc: 'unique platform id' },
  PSR: { guid: 'ed6703fa-d312-4e8b-9ddd-2155bb2dee65', doc: 'platform service record' },
  GSC_MKHI: {
    guid: 'e2c2afa2-3817-4d19-9d95-06b16b588a5d',
    doc: 'kernel host interface of the graphics controller',
  },
  GSC_MKHI_FIXED: {
    guid: '46e0c1fb-a546-414f-9170-b7f46d57b4ad',
    doc: 'kernel host interface of the graphics controller, fixed address',
  },
  NFC_INFO: { guid: 'd2de1625-382d-417d-48a4-efabba8a1206', doc: 'NFC, old platforms' },
  NFC_HCI: { guid: '0bb17a78-2a8e-4c50-94d4-50266723775c', doc: 'NFC controller, old platforms' },
  IVSC_CSI: { guid: '92335fcf-3203-4472-af93-7b4453ac29da', doc: 'vision sensing controller, camera link' },
  IVSC_ACE: { guid: '5db76cf6-0a68-4ed6-9b78-0361635e2447', doc: 'vision sensing controller, engine' },
} as const satisfies Readonly<Record<string, MeiClient>>;

export type MeiClientName = keyof typeof MEI_CLIENTS;
