/** The MEI device that a command uses. */
import { nativeProblem } from '../native/index.ts';
import { listMeiDevices } from '../transport/mei/index.ts';
import { CliError } from './exit.ts';

export const DEVICE_OPTION = ['--device <path>', 'the MEI device; that of this machine'] as const;

/**
 * The path that was given, or the device of the CSME: graphics cards and touch controllers have MEI devices too. Throws
 * the CliError of a machine that has none, or of an addon that is missing.
 */
export function deviceFor(given: string | undefined): string {
  const devices = listMeiDevices().filter(({ path }) => path !== undefined);
  const own = devices.find(({ kind }) => kind === undefined || kind === 'mei') ?? devices[0];
  const path = given ?? own?.path;
  if (path === undefined) throw noDevice();
  const missing = nativeProblem();
  if (missing !== undefined) throw new CliError('environment', missing);
  return path;
}

export function noDevice(): CliError {
  return new CliError(
    'environment',
    'this machine has no MEI device.',
    'It needs an Intel platform and the kernel module mei_me: `modprobe mei_me`, then `ls /dev/mei*`.',
  );
}
