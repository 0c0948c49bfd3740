/** `sapwood amt info`: what AMT says of itself, and what that means. */
import { type AmtInfo, openAmthi, readAmtInfo } from '../../amt/index.ts';
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName } from '../exit.ts';
import { DEVICE_OPTION, deviceFor } from '../mei-device.ts';
import { type Absence, absenceOf } from './absence.ts';
import { infoJson, infoText } from './info-text.ts';

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
  const asked = await ask(options.device);
  if (json) await output.print(JSON.stringify(infoJson(asked)));
  if ('problem' in asked) throw asked.problem;
  if (!json)
    for (const line of infoText(asked.device, asked.info, output.terminal.width)) await output.print(line);
  return 'good';
}

/** What there is to print; of an AMT that cannot be asked, what is known of it and what the command ends with. */
export type Asked =
  | { readonly device: string; readonly info: AmtInfo }
  | { readonly device: string | null; readonly amt: Absence; readonly problem: CliError };

async function ask(given: string | undefined): Promise<Asked> {
  let device: string | null = null;
  try {
    device = deviceFor(given);
    const client = await openAmthi(device);
    try {
      return { device, info: await readAmtInfo(client) };
    } finally {
      await client.close();
    }
  } catch (error) {
    if (error instanceof CliError) return { device, amt: 'unknown', problem: error };
    const absence = absenceOf(error);
    if (absence === undefined) throw error;
    return { device, ...absence };
  }
}
