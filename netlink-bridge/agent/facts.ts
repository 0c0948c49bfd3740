/** What is so: kept in every phase, before the transition table is asked. Nothing else writes these fields. */
import type { MachineEvent } from './machine-events.ts';
import type { AgentState, Radio } from './state.ts';

export function keepFacts(s: AgentState, e: MachineEvent): void {
  switch (e.type) {
    case 'interface':
      if (e.present && !s.interfacePresent) s.unsupported = false;
      s.interfacePresent = e.present;
      return;
    case 'radio':
      s.radio = radioOf(e);
      return;
    case 'roaming':
      s.roamingForbidden = e.forbidden ?? null;
      return;
    case 'address':
      s.address = e.address;
      return;
    case 'sleep':
      s.asleep = true;
      return;
    case 'wake':
      s.asleep = false;
      return;
    case 'stop':
      s.stopping = true;
      return;
    case 'supplicantUp':
      s.supplicantUp = true;
      // Its user may have changed the profile and started it again.
      s.rejected = null;
      return;
    case 'supplicantGone':
      s.supplicantUp = false;
      s.limited = false;
      return;
    case 'lifted':
    case 'restored':
      s.limited = false;
      return;
    case 'distrust':
      s.rejected = null;
      return;
  }
}

/** Who switched the radio off wants it off, whoever owns the card. */
function radioOf(e: { soft: boolean; signal: boolean; notOwner: boolean }): Radio {
  if (e.soft || e.signal) return 'off';
  return e.notOwner ? 'held' : 'free';
}
