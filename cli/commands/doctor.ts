/** `sapwood doctor`: what of all this works on this machine, and what helps where it does not. */
import { Argument } from 'commander';
import type { Context, Define } from '../command.ts';
import { examine, FEATURES, type FeatureName } from '../doctor/features.ts';
import { thisMachine } from '../doctor/machine.ts';
import { examinedJson, examinedText, summaryText } from '../doctor/text.ts';
import type { ExitName } from '../exit.ts';

const NAMES = Object.keys(FEATURES) as FeatureName[];

export const defineDoctor: Define = (program, bind) => {
  const command = program
    .command('doctor')
    .summary('what works on this machine, and what is missing')
    .description(
      'Examines what each feature needs: addon, kernel, devices, rights, programs, services. It changes nothing, and connects to AMT and to the supplicant for a moment. Run it as the user, and with the rights, that the feature will have.',
    )
    .addArgument(new Argument('[feature...]', 'only these, and what they need').choices(NAMES))
    .addHelpText(
      'after',
      `
Features:
${NAMES.map((name) => `  ${name.padEnd(10)}${FEATURES[name].doc}`).join('\n')}

The exit status is 0 when all of them work, 3 when something is missing.

Examples:
  $ sudo sapwood doctor
  $ sapwood doctor sessions && sapwood demo
  $ sudo sapwood doctor agent --json | jq '.features[] | select(.works | not)'`,
    );
  bind(command, doctor);
};

async function doctor(
  { output, json }: Context,
  _: object,
  wanted: readonly FeatureName[],
): Promise<ExitName> {
  const machine = thisMachine();
  const examined = await examine(machine, wanted.length === 0 ? NAMES : wanted);
  const works = examined.every((one) => one.works);
  if (json) {
    const { kernel, nodeVersion } = machine;
    const about = { kernel: kernel.release, node: nodeVersion, works };
    await output.print(JSON.stringify({ ...about, features: examined.map(examinedJson) }));
  } else {
    for (const one of examined) {
      for (const line of examinedText(one, output.terminal)) await output.print(line);
    }
    await output.print(summaryText(examined));
  }
  return works ? 'good' : 'environment';
}
