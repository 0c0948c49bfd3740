/** The parts one by one: who has the card, which AP CSME is connected to, and what changes. */
import { openNl80211, openRfkill, switchOfWiphy } from '../netlink-bridge/index.ts';
import { formatMac } from '../sap/index.ts';

const nl80211 = await openNl80211({ onEvent: (event) => console.log('nl80211:', event) });
const rfkill = openRfkill({ onEvent: (event) => console.log('rfkill:', event) });
for (const { name, ifindex, wiphy } of await nl80211.interfaces()) {
  const reasons = [...(switchOfWiphy(rfkill.switches, wiphy)?.reasons ?? [])];
  console.log(name, reasons.includes('NOT_OWNER') ? 'CSME has the card' : 'the card is ours', reasons);
  const ap = await nl80211.getCsmeConnInfo(ifindex).catch((error: Error) => error);
  console.log(ap instanceof Error ? ap.message : `CSME is connected to ${formatMac(ap.bssid)}`);
}
process.once('SIGINT', () => {
  rfkill.close();
  nl80211.close();
});
