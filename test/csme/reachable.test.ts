import { describe, expect, it } from 'vitest';
import {
  EXAMPLE_AP,
  type FirmwareInput,
  type FirmwareState,
  firmwareKey,
  firmwareStep,
  initialState,
  profile,
  TIMER_NAMES,
  WITHOUT_FILTERS,
  WITHOUT_NVM,
} from '../../csme/index.ts';
import type { SapName } from '../../sap/messages/index.ts';
import { brokenInvariants } from './invariants.ts';
import { hostMessage, linkUpTo, OTHER_AP } from './support.ts';

/** Everything that moves a machine; what only fills in knowledge of the host or is answered and forgotten is left out. */
const HEARD: SapName[] = [
  'WHO_OWNS_NIC',
  'HOST_ASKS_FOR_NIC_OWNERSHIP',
  'HOST_OWNERSHIP_CONFIRMED',
  'CSME_OWNERSHIP_CONFIRMED',
  'HOST_LINK_DOWN',
  'WIFIDR_UP',
  'WIFIDR_DOWN',
  'HOST_GOES_DOWN',
  'PONG',
];
const COMMANDS = [
  'enableAmt',
  'disableAmt',
  'endSession',
  'takeOwnership',
  'offerOwnership',
  'grantOwnership',
  'hostTakesRegister',
  'reset',
] as const;
const INPUTS: FirmwareInput[] = [
  ...HEARD.map((name) => ({ type: 'message', message: hostMessage(name) }) as const),
  ...[EXAMPLE_AP, OTHER_AP].map((ap) => ({ type: 'message', message: linkUpTo(ap) }) as const),
  ...[0, 1].map((flags) => ({ type: 'message', message: hostMessage('HOST_SUSPENDS', { flags }) }) as const),
  { type: 'message', message: hostMessage('HOST_RESUMES') },
  ...COMMANDS.map((name) => ({ type: 'command', name }) as const),
  { type: 'command', name: 'startSession', ap: EXAMPLE_AP },
  ...TIMER_NAMES.map((timer) => ({ type: 'timer', timer }) as const),
  { type: 'area', version: 4 },
  { type: 'start', versions: [4] },
  { type: 'areaGone' },
];
/** A host that leaves more grants than this unconfirmed is not followed any further. */
const GRANTS_FOLLOWED = 1;

describe('every state that the firmware can come to', () => {
  it('keeps the invariants', () => {
    const first = initialState(profile(WITHOUT_FILTERS, WITHOUT_NVM, { pingsMissed: 1 }));
    const seen = new Map<string, { from: string | undefined; by: string }>();
    seen.set(firmwareKey(first), { from: undefined, by: 'start' });
    const cards = new Set<string>();
    let frontier: FirmwareState[] = [first];
    while (frontier.length > 0) {
      const next: FirmwareState[] = [];
      for (const state of frontier) {
        cards.add(state.nic);
        if (state.grantsOpen > GRANTS_FOLLOWED) continue;
        const from = firmwareKey(state);
        for (const input of INPUTS) {
          const after = copyOf(state);
          firmwareStep(after, input, 0);
          const key = firmwareKey(after);
          if (seen.has(key)) continue;
          seen.set(key, { from, by: JSON.stringify(input).slice(0, 80) });
          const broken = brokenInvariants(after);
          if (broken.length > 0) expect.fail(`${broken.join(', ')}\n${pathTo(key, seen).join('\n')}`);
          next.push(after);
        }
      }
      frontier = next;
    }
    expect([...cards].sort()).toEqual(['csme', 'held', 'host', 'idle', 'taking', 'window']);
    expect(seen.size).toBeGreaterThan(1000);
  });
});

/** Effects replace what `host` and `ap` hold, they never change it: a copy of two levels is a whole one. */
function copyOf(state: FirmwareState): FirmwareState {
  return { ...state, timers: { ...state.timers }, host: { ...state.host } };
}

function pathTo(key: string, seen: Map<string, { from: string | undefined; by: string }>): string[] {
  const path: string[] = [];
  for (let at: string | undefined = key; at !== undefined; ) {
    const step: { from: string | undefined; by: string } | undefined = seen.get(at);
    if (step) path.unshift(step.by);
    at = step?.from;
  }
  return path;
}
