/** `sapwood mei list`: the MEI devices of this machine and the ME clients that answer on them. */
import { nativeProblem } from '../../native/index.ts';
import { askMeiClients, listMeiDevices, MeiError } from '../../transport/index.ts';
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName } from '../exit.ts';
import { noDevice } from '../mei-device.ts';
import { meiDeviceJson, meiDeviceText, type SeenDevice } from '../mei-list.ts';

interface Options {
  ask: boolean;
}

export const defineMei: Define = (program, bind) => {
  const mei = program.command('mei').summary('MEI devices of this machine').helpCommand(false);
  const list = mei
    .command('list')
    .summary('print the devices and the clients that answer')
    .description(
      'Prints the MEI devices of this machine, what sysfs says of them, and which of the known ME clients answer. Each client is connected for a moment.',
    )
    .option('--no-ask', 'connect to no client')
    .addHelpText(
      'after',
      `
Examples:
  $ sudo sapwood mei list
  $ sapwood mei list --no-ask
  $ sudo sapwood mei list --json | jq '.devices[].clients'`,
    );
  bind(list, listDevices);
};

async function listDevices(context: Context, options: Options): Promise<ExitName> {
  const devices = listMeiDevices();
  if (devices.length === 0) {
    if (context.json) await context.output.print(JSON.stringify({ devices }));
    throw noDevice();
  }
  const noAddon = nativeProblem();
  const seen: SeenDevice[] = [];
  for (const device of devices) {
    const asked = options.ask && noAddon === undefined && device.path !== undefined;
    const clients = asked ? await askMeiClients(device.path!) : undefined;
    seen.push({ device, clients });
    if (!context.json)
      for (const line of meiDeviceText(seen.at(-1)!, context.output.terminal.width))
        await context.output.print(line);
  }
  if (context.json) await context.output.print(JSON.stringify({ devices: seen.map(meiDeviceJson) }));
  if (options.ask && noAddon !== undefined) throw new CliError('environment', noAddon);
  const refused = seen.find(
    ({ clients }) => clients instanceof MeiError && clients.code === 'MEI_ERR_PERMISSION',
  );
  if (refused !== undefined) {
    throw new CliError(
      'environment',
      (refused.clients as MeiError).sentence,
      (refused.clients as MeiError).next,
    );
  }
  return 'good';
}
