/** SAP's side of the same firmware: its AMT_STATE says whether CSME uses the WLAN, and that follows from what AMT is. */
import { AMT_OFF, type Profile } from '../profiles/index.ts';
import type { Amt } from './amt.ts';
import type { AmtCommand } from './commands.ts';
import { type AmtState, usesWlan } from './state.ts';

/** The CSME to begin with: as `profile` says, but with its use of the WLAN as AMT has it. */
export function profileWith(state: AmtState, profile: Profile): Profile {
  return usesWlan(state) ? { ...profile, amt: true } : { ...profile, ...AMT_OFF };
}

/** Lets AMT_STATE follow every change of `amt`; `feed` gives commands to that CSME. Gives what ends it. */
export function followAmt(
  amt: Amt,
  feed: (command: { readonly type: 'command'; readonly name: 'enableAmt' | 'disableAmt' }) => void,
): () => void {
  return amt.onChange(({ before, state }) => {
    const on = usesWlan(state);
    if (on !== usesWlan(before)) feed({ type: 'command', name: on ? 'enableAmt' : 'disableAmt' });
  });
}

/** What switches CSME's use of the WLAN on and off for all that read `Amt`, where SAP's own commands are for SAP alone. */
export function wlanCommand(enabled: boolean): AmtCommand {
  return { type: 'setInterface', which: 'wireless', settings: { enabled } };
}
