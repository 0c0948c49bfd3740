/** What must hold of two processes, as far as both sides tell it. */
import { firmwareKey } from '../../../csme/index.ts';
import { initialState } from '../../../ownership/index.ts';
import { brokenWhenQuiet, freshFirmwareLike } from '../model/invariants.ts';
import { NOTHING_TOLD } from '../model/told.ts';
import { differ, differences, freshPairLike, keyOfHost, type PairState, stateOf } from '../pair/fresh.ts';
import { type Census, censusDifference, linkedCensus } from './census.ts';
import type { CsmeSnapshot, Heard, HostSnapshot, Snapshot } from './protocol.ts';

const LINK_UP_MS = 5_000;

/** Why the link is not up on both sides with nothing in flight; undefined: it is. */
export function unrest(host: HostSnapshot, csme: CsmeSnapshot): string | undefined {
  if (host.state.phase !== 'connected') return `the host is ${host.state.phase}`;
  if (csme.firmware.link !== 'up') return `CSME’s link is ${csme.firmware.link}`;
  if (csme.delayed > 0) return 'CSME holds something back';
  if (!host.ringsEmpty || !csme.ringsEmpty) return 'something in the rings is not read';
  if (host.meSent !== csme.me.last) return 'an ME message to CSME is under way';
  if (csme.meSent !== host.me.last) return 'an ME message to the host is under way';
  return undefined;
}

/** What is wrong with a link that is up, with nothing in flight. */
export function wrongWhenQuiet(host: HostSnapshot, csme: CsmeSnapshot): string | undefined {
  // What found no room was not said.
  if (host.ringFull || csme.ringFull) return undefined;
  const broken = brokenWhenQuiet(host, csme.firmware);
  return (
    (broken && `${broken.invariant}: ${broken.what}`) ??
    wrongNumbers('ME messages to CSME', csme.me) ??
    wrongNumbers('ME messages to the host', host.me) ??
    wrongNumbers('SAP messages to CSME', csme.sap, host.sapSent) ??
    wrongNumbers('SAP messages to the host', host.sap, csme.sapSent)
  );
}

/** In each life they begin anew; a bell that the throttle swallowed has a number, too. */
function wrongNumbers(what: string, heard: Heard, sent?: number): string | undefined {
  if (sent === 0 && heard.count === 0) return undefined;
  if (heard.first !== 1) return `the numbers of ${what} begin with ${heard.first}`;
  if (sent === undefined) return heard.disordered > 0 ? `the numbers of ${what} are in disorder` : undefined;
  if (heard.last === sent && heard.count === sent) return undefined;
  return `${sent} ${what} were written, ${heard.count} read, the last with number ${heard.last}`;
}

/** How it differs from a link that was never lost. `before`: both sides without one; `nowMs` of the firmware's clock. */
export function wrongComeback(
  before: PairState & { readonly nowMs: number },
  host: HostSnapshot,
  csme: CsmeSnapshot,
): string | undefined {
  const again: PairState = { host: host.state, firmware: csme.firmware };
  const fresh = freshPairLike(before, before.nowMs);
  const untilMs = fresh.nowMs + LINK_UP_MS;
  fresh.probe();
  let wrong: string | undefined = 'the fresh link does not come up';
  for (let next = fresh.nextAt(); next !== undefined && next <= untilMs; next = fresh.nextAt()) {
    fresh.pass(next - fresh.nowMs);
    if (fresh.wrong) return fresh.wrong;
    if (!fresh.isQuiet()) continue;
    wrong = differences(again, stateOf(fresh));
    if (wrong === undefined) return undefined;
  }
  return wrong;
}

/** What is left of a link that is gone. */
export function wrongWhenAlone(snapshot: Snapshot): string | undefined {
  return snapshot.side === 'host' ? wrongHost(snapshot) : wrongFirmware(snapshot);
}

function wrongHost({ state, told, waiting }: HostSnapshot): string | undefined {
  if (waiting > 0) return `${waiting} callers wait without a link`;
  if (told.rfkill !== NOTHING_TOLD.rfkill) return `without a link rfkill says ${told.rfkill}`;
  if (told.roamingForbidden) return 'without a link roaming is forbidden';
  const { settings, driver, netdev, version, mapRound } = state;
  const clean = { ...initialState(), settings, driver, netdev, version, mapRound };
  return differ('host without a link', keyOfHost(state), keyOfHost(clean));
}

function wrongFirmware({ firmware, delayed }: CsmeSnapshot): string | undefined {
  if (delayed > 0) return 'CSME holds something back for a link that is gone';
  // The version of the last area is looked at by nobody.
  const clean = { ...freshFirmwareLike(firmware), version: firmware.version };
  return differ('firmware without a link', firmwareKey(firmware), firmwareKey(clean));
}

/** What leaks. `baseline`: without a link; `linked`: a connection and an area are there now. */
export function leak(baseline: Census, now: Census, linked = false): string | undefined {
  return censusDifference(linked ? linkedCensus(baseline) : baseline, now);
}
