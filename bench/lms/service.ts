/** The process with our management service, and with the firmware that it serves. Runs until its parent goes. */
import { runLms } from '../../amt/index.ts';
import { Amt } from '../../csme/amt/index.ts';
import { lmeClient } from '../../csme/mei/index.ts';
import { LmeDevice } from './device.ts';
import { FirmwareUser } from './firmware.ts';

const port = Number(process.argv[2]);
process.on('disconnect', () => process.exit());

const client = lmeClient({
  amt: new Amt(),
  ports: new Map([[port, (channel) => new FirmwareUser(channel)]]),
});
await runLms({
  path: 'in-process',
  calls: new LmeDevice(client),
  lookedAtFirst: [],
  onNews: (news) => {
    if (news.type === 'listening') process.send!('ready');
    if (news.type === 'problem') throw news.error;
  },
});
