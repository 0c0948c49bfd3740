/**
 * The emulated AMT: one state, and the commands that change it. AMTHI, WS-Management, the watchdog's client and SAP
 * read the same value, so what is done by one way is seen by all. No I/O, no clock.
 */
export { Amt, type AmtChange, type AmtOptions } from './amt.ts';
export type { AmtCommand } from './commands.ts';
export * from './profiles.ts';
export * from './sap.ts';
export * from './state.ts';
export * from './versions.ts';
