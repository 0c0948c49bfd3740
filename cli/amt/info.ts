/** `sapwood amt info`: what AMT says of itself, and what that means. */
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName } from '../exit.ts';
import { DEVICE_OPTION, deviceFor } from '../mei-device.ts';
import type { Output } from '../output.ts';
import type { Absence } from './absence.ts';

interface Options {
  readonly device?: string;
}

export const defineInfo: Define = (amt, bind) => {
  const info = amt
    .command('info')
    .summary('print what AMT is and in which state')
    .description(
      'Prints what AMT of this machine says of itself through its host interface: versions, provisioning and who controls it, its interfaces, remote access, the certificates that a configuration server may have; and what each state means.',
    )
    .option(...DEVICE_OPTION)
    .addHelpText(
      'after',
      `
The exit status is 3 where there is no AMT to ask: no device, no permission, AMT
absent, disabled or busy.

Examples:
  $ sudo sapwood amt info
  $ sudo sapwood amt info --json | jq -r .controlMode.name`,
    );
  bind(info, printInfo);
};

async function printInfo({ output, json }: Context, options: Options): Promise<ExitName> {
  const device = await foundDevice(output, json, options.device);
  // All of AMT's protocols take longer to load than it takes to find out that there is nobody to speak them to.
  const { printAnswers } = await import('./answers.ts');
  return printAnswers(output, json, device);
}

async function foundDevice(output: Output, json: boolean, given: string | undefined): Promise<string> {
  try {
    return deviceFor(given);
  } catch (problem) {
    if (json && problem instanceof CliError)
      await output.print(JSON.stringify(absenceJson(null, 'unknown', problem)));
    throw problem;
  }
}

/** The document of an AMT that could not be asked. */
export function absenceJson(device: string | null, amt: Absence, { message, next }: CliError): object {
  return { device, amt, error: message, next: next ?? null };
}
