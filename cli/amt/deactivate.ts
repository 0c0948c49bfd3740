/** `sapwood amt deactivate`: AMT as it was before it was set up, or the end of remote configuration. */
import type { Define } from '../command.ts';
import { DEVICE_OPTION } from '../mei-device.ts';
import { DRY_RUN_OPTION, PASSWORD_HELP, PASSWORD_OPTION, type SetUpOptions } from './options.ts';

export const defineDeactivate: Define = (amt, bind) => {
  const deactivate = amt
    .command('deactivate')
    .summary('end the set-up of AMT')
    .description(
      'Ends the set-up of AMT of this machine: its accounts and settings go. Client control mode needs no password; admin control mode ends only for who knows that of the user admin. With --remote, AMT stops to look for a configuration server instead.',
    )
    .option(...DEVICE_OPTION)
    .option(...PASSWORD_OPTION)
    .option('--remote', 'stop a remote configuration that is under way; needs no password')
    .option(...DRY_RUN_OPTION)
    .addHelpText(
      'after',
      `
${PASSWORD_HELP}

Examples:
  $ sudo sapwood amt deactivate --dry-run
  $ sudo sapwood amt deactivate`,
    );
  bind(deactivate, async (context, options: SetUpOptions) => {
    const { setUpCommand } = await import('./set-up.ts');
    return setUpCommand(context, options.remote ? 'stopRemote' : 'deactivate', options);
  });
};
