/** NetworkManager as a supplicant, and the sleep of the machine, over D-Bus. */
export { isNetworkManagerRunning } from './running.ts';
export { openSleepMonitor, type SleepMonitor, type SleepMonitorOptions } from './sleep.ts';
export { type NetworkManagerOptions, openNetworkManager } from './supplicant.ts';
