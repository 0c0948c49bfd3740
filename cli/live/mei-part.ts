/** The clients of the emulated CSME besides SAP, in its thread: as a device file for any program. */
import type { Amt } from '../../csme/amt/index.ts';
import { serveMeiDevice } from '../../csme/device/index.ts';
import { standardClients } from '../../csme/mei/index.ts';
import { serveLme } from '../../csme/network/index.ts';
import type { FirmwarePart, SayFromFirmware } from './firmware.ts';

/** A firmware that starts again is ready after this time. */
const READY_AFTER_MS = 1000;

/** Throws a DeviceError when there can be no such file. */
export async function openMeiPart(name: string, amt: Amt, say: SayFromFirmware): Promise<FirmwarePart> {
  const server = await serveMeiDevice({
    name,
    clients: standardClients(amt, { onWatchdog: (event) => say({ type: 'watchdog', event }) }),
    onTell: (tell) => say({ type: 'mei', tell }),
    onProblem: ({ message }) => say({ type: 'problem', text: message }),
  });
  const lme = serveLme(amt, server);
  // What clients want to say of a change that was not made through the device goes out.
  const forget = amt.onChange(() => server.turn(() => {}));
  let gone = false;
  let closing = false;
  void server.closed.then(() => {
    gone = true;
    if (!closing) say({ type: 'deviceGone' });
  });
  return {
    act: (task) => (gone ? task() : server.turn(task)),
    hear(message) {
      if (message.type === 'remove') server.remove();
      else if (message.type === 'command' && message.name === 'reset') server.reset(READY_AFTER_MS);
    },
    async close() {
      closing = true;
      forget();
      await lme.close();
      await server.close();
    },
  };
}
