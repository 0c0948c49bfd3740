/** `sapwood emulate --transport cuse:/dev/mei0`: the emulated MEI as a device file, until it is interrupted. */
import { DeviceError, type MeiServer, serveMeiDevice } from '../../csme/device/index.ts';
import type { MeiTell } from '../../csme/mei/index.ts';
import { errnoName } from '../../sap/index.ts';
import type { Context } from '../command.ts';
import { CliError, type ExitName } from '../exit.ts';
import { hearTyped, quoted } from '../live/typed.ts';
import { untilInterrupted } from '../live/until.ts';

/** The name of the file of `cuse:/dev/NAME`; undefined for another transport. */
export function deviceOf(transport: string): string | undefined {
  return /^cuse:\/dev\/([^/]+)$/.exec(transport)?.[1];
}

/** What can be typed, with what it is. */
export const DEVICE_COMMANDS: Readonly<Record<string, string>> = {
  reset: 'the firmware starts again: every connection ends',
  remove: 'hot removal: every call fails, and the file goes',
};

/** A firmware that starts again is ready after this time. */
const READY_AFTER_MS = 1000;

export async function emulateDevice({ output }: Context, name: string): Promise<ExitName> {
  const server = await open(name, (tell) => output.say(`MEI: ${tellText(tell)}.`));
  output.say(`MEI clients are served at ${server.path}.`);
  const interrupted = untilInterrupted();
  const typed = hearTyped((word) => {
    if (word === 'reset') server.reset(READY_AFTER_MS);
    else if (word === 'remove') server.remove();
    else
      output.say(`${quoted(word)} is no command; there are ${Object.keys(DEVICE_COMMANDS).join(' and ')}.`);
  });
  const wanted = await Promise.race([interrupted.signal, server.closed]);
  interrupted.cancel();
  typed.close();
  await server.close();
  if (wanted === undefined) output.say(`${server.path} is gone.`);
  return 'good';
}

async function open(name: string, onTell: (tell: MeiTell) => void): Promise<MeiServer> {
  try {
    return await serveMeiDevice({
      name,
      onTell,
      onProblem: ({ message }) => process.stderr.write(`${message}\n`),
    });
  } catch (error) {
    if (error instanceof DeviceError) throw new CliError('environment', error.message);
    throw error;
  }
}

function tellText(tell: MeiTell): string {
  switch (tell.name) {
    case 'connected':
      return `a program is connected to ${tell.client}${tell.vtag === 0 ? '' : `, tag ${tell.vtag}`}`;
    case 'refused':
      return `${tell.client} refuses a program: ${errnoName(tell.errno) ?? tell.errno}`;
    case 'disconnected':
      return `a program is not connected to ${tell.client} any more (${tell.by})`;
    case 'state':
      return `the device is ${tell.state}`;
  }
}
