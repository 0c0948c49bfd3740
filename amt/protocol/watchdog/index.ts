/** The OS-health watchdog of AMT: its messages, the driver and the keeper of the host's side. */
export { isTimeout, WatchdogDriver } from './driver.ts';
export type * from './driver-events.ts';
export { DRIVER_TABLE } from './driver-table.ts';
export { type KeeperOptions, WatchdogKeeper } from './keeper.ts';
export type * from './keeper-events.ts';
export { KEEPER_TABLE } from './keeper-table.ts';
export * from './limits.ts';
export * from './messages.ts';
