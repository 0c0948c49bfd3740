/**
 * The MEI device: what the kernel's /dev/mei0 is to a program, with an emulated firmware behind it.
 *
 * `MeiDevice` takes the calls of programs and answers them as the kernel's driver does; ME clients (`MeClient`) are the
 * features of the firmware that programs talk to. No I/O, no clock: `sapwood/csme/device` serves it as a device file.
 * docs/mei-device.md has the whole of it.
 */

export * from './client.ts';
export * from './clients/index.ts';
export * from './contract.ts';
export { type HandleView, MeiDevice, type MeiDeviceOptions, type MeiView } from './device.ts';
export * from './errno.ts';
export {
  IOCTL_MEI_CONNECT_CLIENT,
  IOCTL_MEI_CONNECT_CLIENT_VTAG,
  IOCTL_MEI_NOTIFY_GET,
  IOCTL_MEI_NOTIFY_SET,
} from './ioctl.ts';
export { Watchdog, type WatchdogEvent, type WatchdogPhase } from './watchdog.ts';
