/** CSME's thread with all of CSME in it, and the host: the stack is reached through the data rings, or CSME's radio. */
import { parentPort, workerData } from 'node:worker_threads';
import { amtFilters, Csme, profile, WITHOUT_PINGS } from '../../../dist/csme/index.js';
import { joinNetwork } from '../../../dist/csme/network/index.js';
import { Host } from '../../../dist/ownership/index.js';
import { memoryPair, run, systemClock } from '../../../dist/transport/index.js';

const { air, owner, options } = workerData;
const sent = { radio: 0, ring: 0 };
const through = (way) => (frame) => {
  sent[way]++;
  air.postMessage(frame.slice());
};

const pair = memoryPair();
const filters = amtFilters(options.ipv4);
const csme = new Csme({ profile: profile(WITHOUT_PINGS, { owner, filters }) });
let joined;
const firmware = run(csme, pair.csme, systemClock, { on: (output) => joined?.hear(output) });
joined = await joinNetwork(csme, (input) => firmware.feed(input), { ...options, radio: through('radio') });

const host = new Host();
const transmit = through('ring');
const runner = run(host, pair.host, systemClock, {
  on(output) {
    if (output.type === 'transmit') transmit(output.frame);
  },
});
air.on('message', (frame) => {
  if (frame === 'took') return;
  joined.air(frame);
  runner.turn((nowMs) => host.receive(nowMs, frame, 0, frame.length));
});
parentPort.on('message', async ({ ask }) => {
  if (ask === 'close') await joined.close();
  parentPort.postMessage({ sent, statistics: joined.stack.statistics(), dropped: host.framesDropped });
});

pair.plug();
await runner.call('register', {});
await runner.call('set_netdev', { dev: 'wlan0' });
// The filters are the last that CSME says of itself.
while (owner === 'host' && host.state.filters === null) await new Promise((resolve) => setImmediate(resolve));
parentPort.postMessage('ready');
