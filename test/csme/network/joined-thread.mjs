/** CSME's thread with all of CSME in it, and the host: the stack is reached through the data rings, or CSME's radio. */
import { parentPort, workerData } from 'node:worker_threads';
import { amtFilters, Csme, profile, WITHOUT_PINGS } from '../../../dist/csme/index.js';
import { followHost, joinNetwork } from '../../../dist/csme/network/index.js';
import { Host } from '../../../dist/ownership/index.js';
import { memoryPair, run, systemClock } from '../../../dist/transport/index.js';

const { air, owner, options, follow = false } = workerData;
const sent = { radio: 0, ring: 0 };
const through = (way) => (frame) => {
  sent[way]++;
  air.postMessage(frame.slice());
};

const pair = memoryPair();
const filters = amtFilters(follow ? 0 : options.ipv4);
const csme = new Csme({ profile: profile(WITHOUT_PINGS, { owner, filters }) });
let joined;
const firmware = run(csme, pair.csme, systemClock, { on: (output) => joined?.hear(output) });
const feed = (input) => firmware.feed(input);
const learnt = [];
if (follow) {
  const { credentials, pages } = options;
  const onOpen = (at) => learnt.push(at);
  joined = followHost(csme, feed, {
    credentials,
    pages,
    onOpen,
    onError: (error) => learnt.push(error.message),
  });
} else {
  joined = await joinNetwork(csme, feed, { ...options, radio: through('radio') });
}

const host = new Host();
const transmit = through('ring');
const runner = run(host, pair.host, systemClock, {
  on(output) {
    if (output.type === 'transmit') transmit(output.frame);
  },
});
air.on('message', (frame) => {
  if (frame === 'took') return;
  if (!follow) joined.air(frame);
  runner.turn((nowMs) => host.receive(nowMs, frame, 0, frame.length));
});
parentPort.on('message', async ({ ask }) => {
  if (ask === 'close') await joined.close();
  parentPort.postMessage({
    sent,
    learnt,
    statistics: joined.stack?.statistics(),
    dropped: host.framesDropped,
  });
});

pair.plug();
await runner.call('register', {});
await runner.call('set_netdev', { dev: 'wlan0' });
// The filters are the last that CSME says of itself.
while (owner === 'host' && host.state.filters === null) await new Promise((resolve) => setImmediate(resolve));
parentPort.postMessage('ready');
