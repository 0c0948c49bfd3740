/** `sapwood amt activate`: set-up into client control mode by this machine, or the start of remote configuration. */
import type { Define } from '../command.ts';
import { DEVICE_OPTION } from '../mei-device.ts';
import { DRY_RUN_OPTION, PASSWORD_HELP, PASSWORD_OPTION, type SetUpOptions } from './options.ts';

export const defineActivate: Define = (amt, bind) => {
  const activate = amt
    .command('activate')
    .summary('set AMT up into client control mode')
    .description(
      'Sets AMT of this machine up into client control mode, in which it can be managed over the network by whoever knows the password of its user admin; taking over screen and keyboard needs the consent of who sits there. With --remote, AMT is told to look for a configuration server instead.',
    )
    .option(...DEVICE_OPTION)
    .option(...PASSWORD_OPTION)
    .option('--remote', 'let AMT look for a configuration server; needs no password')
    .option(...DRY_RUN_OPTION)
    .addHelpText(
      'after',
      `
${PASSWORD_HELP}
AMT wants 8 to 32 characters: a digit, a capital, a small letter and one such as !
or $, without colon, comma and double quote.

Examples:
  $ sudo sapwood amt activate --dry-run
  $ sudo sapwood amt activate
  $ sudo sapwood amt activate --password-file /root/amt-password`,
    );
  bind(activate, async (context, options: SetUpOptions) => {
    const { setUpCommand } = await import('./set-up.ts');
    return setUpCommand(context, options.remote ? 'startRemote' : 'activate', options);
  });
};
