/** /dev/rfkill: the radio switches of the machine, with the reasons of a hard block. */
export { openRfkill, type Rfkill, type RfkillCalls, type RfkillOptions } from './open.ts';
export { RFKILL_TYPES, type RfkillReason, type RfkillType } from './record.ts';
export { type RfkillEvent, type RfkillSwitch, switchOfWiphy } from './switches.ts';
