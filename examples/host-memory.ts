/** A host and an emulated CSME in one thread: CSME holds the card for a remote session, the host asks for it. */
import { Csme, profile, SESSION } from '../csme/index.ts';
import { Host, type HostOutput } from '../ownership/index.ts';
import { memoryPair, run, VirtualClock } from '../transport/index.ts';

const clock = new VirtualClock(); // where time is real: systemClock
const bus = memoryPair({ clock });
run(new Csme({ profile: profile(SESSION) }), bus.csme, clock);
const host = run(new Host(), bus.host, clock, { on: report });

host.call('register', {});
bus.plug();
clock.advanceBy(1000);

const answer = host.call('get_ownership', {});
clock.advanceBy(1000);
console.log('get_ownership returned', (await answer).ret);

function report(output: HostOutput): void {
  if (output.type === 'tell') console.log('told:', output.name, JSON.stringify(output.args));
  if (output.type === 'problem') console.log('problem:', output.error.message);
}
