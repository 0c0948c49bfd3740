/** `sapwood amt`: AMT of this machine, asked and set up through its MEI clients. */
import { defineActivate } from '../amt/activate.ts';
import { defineDeactivate } from '../amt/deactivate.ts';
import { defineInfo } from '../amt/info.ts';
import type { Define } from '../command.ts';

export const defineAmt: Define = (program, bind) => {
  const amt = program
    .command('amt')
    .summary("this machine's AMT: what it is, set-up and back")
    .helpCommand(false);
  defineInfo(amt, bind);
  defineActivate(amt, bind);
  defineDeactivate(amt, bind);
};
