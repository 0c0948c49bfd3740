/** An emulated CSME in this process: one AMT behind AMTHI, LME and its web service, as the calls of a MEI device. */
import { Amt, type AmtOptions } from '../../../csme/amt/index.ts';
import { standardClients } from '../../../csme/mei/index.ts';
import { type ServedLme, serveLme } from '../../../csme/network/index.ts';
import { MeiDriver } from '../../transport/mei/support/driver.ts';

export const PATH = '/dev/mei0';

export interface EmulatedMachine {
  readonly amt: Amt;
  readonly calls: MeiDriver;
  readonly lme: ServedLme;
}

export function emulatedMachine(options: Partial<AmtOptions>): EmulatedMachine {
  const amt = new Amt(options);
  const calls = new MeiDriver({ clients: standardClients(amt) });
  const lme = serveLme(amt, {
    addClient: (client) => calls.happen({ type: 'addClient', client }),
    removeClient: (guid) => calls.happen({ type: 'removeClient', guid }),
    turn(task) {
      task();
      // What is sent outside of a call of the device is taken up by the next one.
      setImmediate(() => calls.advance(0));
    },
  });
  return { amt, calls, lme };
}
