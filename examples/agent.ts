/** The agent inside another program: NetworkManager connects, the program hears how far a hand-over is. */
import { fileJournal, openNetworkManager, runAgent, STEPS, TROUBLES } from '../netlink-bridge/index.ts';

const name = 'wlan0';
const journal = fileJournal(`/run/example/${name}.json`); // what a killed process leaves to be undone
const agent = await runAgent({
  interface: name,
  openSupplicant: (onEvent) => openNetworkManager({ interface: name, journal, onEvent }),
  onNews: (news) => {
    if (news.type === 'step') console.log(`${news.step}. ${STEPS[news.step].says} ${news.detail}`);
    if (news.type === 'trouble') console.log(`${TROUBLES[news.trouble].says} ${news.detail}`);
  },
});
console.log(`at work, ${agent.phase}`);
process.once('SIGINT', () => agent.stop());
process.once('SIGTERM', () => agent.stop());
