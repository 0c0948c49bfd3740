// An agent in a process of its own, which can be killed: agent.mjs INTERFACE wpa|networkmanager JOURNAL OPTIONS. What it tells
// comes as JSON, a line each; `begins` first.
import { writeSync } from 'node:fs';
import {
  fileJournal,
  openNetworkManager,
  openWpaSupplicant,
  runAgent,
} from '../../../../dist/netlink-bridge/index.js';

const [name, kind, journalPath, options] = process.argv.slice(2);
// Written when this returns, so that it is there also when the next thing is the end.
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);
const log = Object.fromEntries(
  ['debug', 'info', 'warn', 'error'].map((level) => [
    level,
    (fields, message) => say({ type: 'log', level, message, ...fields }),
  ]),
);
const open = { wpa: openWpaSupplicant, networkmanager: openNetworkManager }[kind];
const { killAt, ...agentOptions } = JSON.parse(options);
say({ type: 'begins' });
const running = await runAgent({
  ...agentOptions,
  interface: name,
  log,
  onNews(news) {
    say(news);
    if (news.type === 'step' && news.step === killAt) process.kill(process.pid, 'SIGKILL');
  },
  openSupplicant: (onEvent) =>
    open({
      interface: name,
      journal: fileJournal(journalPath),
      log,
      onEvent: (event) => {
        say({ ...event, type: `supplicant-${event.type}` });
        onEvent(event);
      },
      onProblem: ({ message }) => say({ type: 'problem', message }),
    }),
});
process.on('SIGUSR1', () => running.sleep());
process.on('SIGUSR2', () => running.wake());
process.once('SIGTERM', () => void running.stop().then(() => process.exit(0)));
