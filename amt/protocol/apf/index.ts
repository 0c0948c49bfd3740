/**
 * APF, AMT's port forwarding over LME (and, as far as bytes go, over CIRA): messages, their stream, and the sessions of
 * both sides, without I/O.
 */
export { type ApfSender, decodeApf, encodeApf } from './codec.ts';
export type * from './contract.ts';
export { type FirmwareOptions, FirmwareSession } from './firmware.ts';
export { type LmsOptions, LmsSession } from './lms.ts';
export * from './messages.ts';
export { ApfStream, type ApfStreamOptions } from './stream.ts';
export { APF_QUICK_TRIES, APF_TIMERS, type ApfTimerSpec } from './timers.ts';
