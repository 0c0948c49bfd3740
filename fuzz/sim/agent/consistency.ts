/** In which phases an agent may be, given what it heard: whatever happens must be answered at once. */
import { type Phase, TIMERS } from '../../../netlink-bridge/agent/index.ts';

/** What the judge knows of what was heard and said. */
export interface Heard {
  readonly interfacePresent: boolean;
  readonly supplicantUp: boolean;
  readonly radio: 'free' | 'held' | 'off' | undefined;
  readonly asleep: boolean;
  readonly stopping: boolean;
  readonly address: boolean;
  /** The last that was heard of roaming, if that was since the phase is `held` or `interrupted`. */
  readonly roaming: boolean | undefined;
  readonly rightBssid: boolean;
  readonly lastStep: number;
  readonly phase: Phase;
  /** For how long it has been connecting or without an address; interrupted; held without a word about roaming. */
  readonly windowMs: number;
  readonly interruptedMs: number;
  readonly unheardMs: number;
}

const PUTTING_BACK: readonly Phase[] = ['lifting', 'restoring'];
const LOOKING: readonly Phase[] = ['learning', 'matching', 'paused'];
const BEFORE: readonly Phase[] = ['confirming', 'waiting', 'rechecking', 'asking', 'releasing'];
const BEHIND: readonly Phase[] = ['connecting', 'addressing', 'held', 'interrupted'];

/** What does not fit, if anything. */
export function inconsistent(h: Heard): string | undefined {
  const { phase } = h;
  const only = (when: boolean, phases: readonly Phase[], what: string) =>
    when && !phases.includes(phase) ? `${what}, in phase ${phase}` : undefined;
  const never = (when: boolean, phases: readonly Phase[], what: string) =>
    when && phases.includes(phase) ? `${what}, in phase ${phase}` : undefined;
  return (
    only(h.stopping, [...PUTTING_BACK, 'stopped'], 'stopped') ??
    only(h.asleep, [...PUTTING_BACK, 'asleep', 'stopped'], 'asleep') ??
    only(!h.supplicantUp, ['absent', 'asleep', 'stopped'], 'no supplicant') ??
    only(!h.interfacePresent, [...PUTTING_BACK, 'absent', 'asleep', 'stopped'], 'no interface') ??
    never(h.interfacePresent && h.supplicantUp, ['absent'], 'all is there') ??
    never(h.radio === 'off', [...LOOKING, 'preparing', ...BEFORE, ...BEHIND], 'radio off') ??
    never(h.radio === 'held', ['idle', ...BEHIND], 'CSME has the card') ??
    never(h.radio === 'free', [...LOOKING, ...BEFORE], 'radio free') ??
    never(!h.rightBssid, BEHIND, 'connected to something else') ??
    never(h.roaming === false, ['held', 'interrupted'], 'the session is over') ??
    never(h.address && h.lastStep < 10, ['held'], 'an address, and step 10 is not told') ??
    never(h.windowMs > TIMERS.window.ms, ['connecting', 'addressing'], 'the window is over') ??
    never(h.interruptedMs > TIMERS.reconnect.ms, ['interrupted'], 'disconnected for long') ??
    never(h.unheardMs > TIMERS.session.ms, ['held', 'interrupted'], 'roaming never heard')
  );
}
