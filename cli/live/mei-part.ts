/** The clients of the emulated CSME besides SAP, in its thread: as a device file for any program. */
import type { Amt } from '../../csme/amt/index.ts';
import { serveMeiDevice } from '../../csme/device/index.ts';
import { standardClients } from '../../csme/mei/index.ts';
import type { FirmwarePart, SayFromFirmware } from './firmware.ts';

/** A firmware that starts again is ready after this time. */
const READY_AFTER_MS = 1000;

/** Throws a DeviceError when there can be no such file. */
export async function openMeiPart(name: string, amt: Amt, say: SayFromFirmware): Promise<FirmwarePart> {
  const server = await serveMeiDevice({
    name,
    clients: standardClients(amt),
    onTell: (tell) => say({ type: 'mei', tell }),
    onProblem: ({ message }) => say({ type: 'problem', text: message }),
  });
  let closing = false;
  void server.closed.then(() => closing || say({ type: 'deviceGone' }));
  return {
    hear(message) {
      if (message.type === 'remove') server.remove();
      else if (message.type === 'command' && message.name === 'reset') server.reset(READY_AFTER_MS);
    },
    async close() {
      closing = true;
      await server.close();
    },
  };
}
