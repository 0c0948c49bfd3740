// Prepares a take-over by NetworkManager, connects when it is told to, and waits to be killed.
// Arguments: the target as JSON, the path of the journal.
import { once } from 'node:events';
import { fileJournal, openNetworkManager } from '../../../../dist/netlink-bridge/index.js';

const [text, path] = process.argv.slice(2);
const { ssid, ...rest } = JSON.parse(text);
const target = { ...rest, ssid: Buffer.from(ssid) };
let isUp = () => {};
const up = new Promise((resolve) => {
  isUp = resolve;
});
const supplicant = await openNetworkManager({
  interface: 'wlan0',
  journal: fileJournal(path),
  onEvent({ type }) {
    if (type === 'up') isUp();
    else console.log(type);
  },
});
await up;
await supplicant.prepare(await supplicant.find(target), target);
console.log('prepared');
await once(process.stdin, 'data');
await supplicant.connect();
