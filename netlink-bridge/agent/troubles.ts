/** Every way in which a take-over leaves the ten steps. */

export interface TroubleSpec {
  /** `info`: nothing is wrong, or somebody wanted it so. */
  readonly level: 'info' | 'warn';
  /** What happened and what the agent does about it. */
  readonly says: string;
}

export const TROUBLES = {
  'no-conn-info': {
    level: 'info',
    says: 'CSME has not said which access point it is on: asked again soon.',
  },
  unsupported: {
    level: 'warn',
    says: "This kernel or card has none of Intel's commands for CSME: nothing is done until the interface comes anew.",
  },
  'unusable-ap': {
    level: 'warn',
    says: "CSME's access point is on no channel that can be looked for: the card stays with CSME.",
  },
  'conn-info-failed': {
    level: 'warn',
    says: "CSME's access point could not be asked for: tried again later.",
  },
  'no-credentials': {
    level: 'warn',
    says: "No profile has credentials for CSME's access point: the card stays with CSME.",
  },
  distrusted: {
    level: 'info',
    says: 'The access point rejected this profile a short time ago: the card stays with CSME.',
  },
  'dry-run': { level: 'info', says: 'In a dry run nothing is changed: the take-over would go on here.' },
  'find-failed': { level: 'warn', says: 'The profiles could not be read: tried again later.' },
  'prepare-failed': {
    level: 'warn',
    says: 'The supplicant could not be prepared: all is put back and tried again later.',
  },
  'another-ap': {
    level: 'info',
    says: 'CSME moved to another access point meanwhile: all is put back and begun again.',
  },
  'another-profile': {
    level: 'info',
    says: 'Another profile has the credentials now: all is put back and begun again.',
  },
  'not-granted': {
    level: 'info',
    says: 'CSME did not answer the request in time: asked again later, the supplicant stays prepared.',
  },
  refused: {
    level: 'info',
    says: 'CSME keeps the card: asked again later, the supplicant stays prepared.',
  },
  'ask-failed': {
    level: 'warn',
    says: 'The card could not be asked for: asked again later, the supplicant stays prepared.',
  },
  'still-blocked': {
    level: 'warn',
    says: 'The request succeeded and the radio stays blocked: asked again later, the supplicant stays prepared.',
  },
  'window-missed': {
    level: 'warn',
    says: 'The connection did not stand in time: CSME may take the card back.',
  },
  stolen: {
    level: 'warn',
    says: 'CSME took the card back: all is put back, and the card asked for later.',
  },
  'ap-gone': {
    level: 'warn',
    says: 'The access point is not on the air: all is put back, the supplicant connects as it likes.',
  },
  rejected: {
    level: 'warn',
    says: 'The access point rejects the profile: all is put back, the supplicant connects as it likes.',
  },
  'no-address': {
    level: 'warn',
    says: 'The network gives no address: all is put back, the supplicant connects as it likes.',
  },
  'connect-failed': {
    level: 'warn',
    says: 'The connection failed: all is put back, the supplicant connects as it likes.',
  },
  'wrong-bssid': {
    level: 'warn',
    says: 'The supplicant connected to another access point: all is put back.',
  },
  'connection-lost': {
    level: 'warn',
    says: 'The connection was lost and did not come back: all is put back, the supplicant connects as it likes.',
  },
  'roaming-unheard': {
    level: 'info',
    says: 'The driver did not say whether roaming is forbidden, or its word was lost: the limits are lifted.',
  },
  'supplicant-gone': {
    level: 'warn',
    says: 'The supplicant is gone: begun again when it is back.',
  },
  'interface-gone': { level: 'warn', says: 'The interface is gone: begun again when it is back.' },
  'radio-off': { level: 'info', says: 'The radio was switched off: all is put back.' },
  asleep: { level: 'info', says: 'The machine goes to sleep: all is put back, and begun again on waking.' },
  'lift-failed': { level: 'warn', says: 'The limits could not be lifted: all is put back instead.' },
  'restore-failed': { level: 'warn', says: 'The supplicant could not be put back: tried again.' },
  abandoned: {
    level: 'warn',
    says: 'The supplicant could not be put back before the end: the next start does it from the journal.',
  },
} as const satisfies Record<string, TroubleSpec>;

export type TroubleName = keyof typeof TROUBLES;
