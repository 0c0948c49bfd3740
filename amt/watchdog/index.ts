/** The watchdog of AMT on a real machine: found, opened either way, kept. */
export { ClientWatchdog, type ClientWatchdogOptions } from './client.ts';
export {
  WATCHDOG_ERRORS,
  WatchdogError,
  type WatchdogErrorCode,
  type WatchdogErrorDetails,
} from './errors.ts';
export { type FoundWatchdog, findWatchdog, type WatchdogFolders } from './find.ts';
export { type KeepOptions, keepWatchdog, type WatchdogKeeping } from './keep.ts';
export { openKernelWatchdog, type WatchdogCalls } from './kernel.ts';
export type { OpenWatchdog } from './open-watchdog.ts';
export { WatchdogSource, type WatchdogSourceOptions } from './source.ts';
