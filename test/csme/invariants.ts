/** What must hold in every state that the firmware can be in. */
import { type FirmwareState, isOperational } from '../../csme/index.ts';

const RULES: Record<string, (s: FirmwareState) => boolean> = {
  'the card is idle exactly while AMT is off': (s) => (s.nic === 'idle') === (s.amt === 'off'),
  'the window runs exactly in `window`': (s) => (s.timers.window !== null) === (s.nic === 'window'),
  'the wait for a confirmation runs exactly in `taking`': (s) =>
    (s.timers.taking !== null) === (s.nic === 'taking'),
  'the 60 s run in `held`': (s) => s.nic !== 'held' || s.timers.hold !== null,
  'the 60 s run in `held` and `taking` only': (s) =>
    s.timers.hold === null || s.nic === 'held' || s.nic === 'taking',
  'CSME pings only an awake host, and only with AMT on': (s) =>
    s.timers.ping === null || (s.link === 'up' && isOperational(s)),
  'a window needs a session': (s) => s.nic !== 'window' || s.amt === 'session',
  'a session has an access point': (s) => s.amt !== 'session' || s.ap !== null,
  'the card is taken only from somebody': (s) => s.nic !== 'taking' || s.link === 'up' || s.link === 'asleep',
  'nothing of a link outlives it': (s) =>
    s.link === 'up' ||
    s.link === 'asleep' ||
    (!s.introduced && s.grantsOpen === 0 && s.takingsOpen === 0 && s.pldr === 'none' && s.host.link === null),
  'counters are not negative': (s) => s.grantsOpen >= 0 && s.takingsOpen >= 0 && s.pingsMissed >= 0,
};

/** The rules that a state breaks. */
export function brokenInvariants(state: FirmwareState): string[] {
  return Object.keys(RULES).filter((name) => !RULES[name]?.(state));
}
