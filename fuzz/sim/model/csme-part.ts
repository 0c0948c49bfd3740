/** The firmware in the search: its states by number, and what each event does to them, worked out once by the real one. */
import {
  amtFilters,
  type FirmwareAction,
  type FirmwareInput,
  type FirmwareState,
  firmwareKey,
  firmwareStep,
  initialState,
  type Profile,
  TIMER_NAMES,
  type TimerName,
} from '../../../csme/index.ts';
import type { Channels } from './channels.ts';
import type { Outcome } from './host-part.ts';

export type CsmeStep = typeof firmwareStep;

const command = (name: string, more: object = {}) => ({ type: 'command', name, ...more }) as FirmwareInput;

/** What a person, the bus and the clock may do to the firmware. */
const INPUTS: Readonly<Record<string, FirmwareInput>> = {
  enableAmt: command('enableAmt'),
  disableAmt: command('disableAmt'),
  startSession: command('startSession'),
  endSession: command('endSession'),
  takeOwnership: command('takeOwnership'),
  offerOwnership: command('offerOwnership'),
  grantOwnership: command('grantOwnership'),
  hostTakesRegister: command('hostTakesRegister'),
  refuseAsks: command('refuseAsks'),
  grantAsks: command('grantAsks'),
  sendConnStatus: command('sendConnStatus'),
  ping: command('ping'),
  refreshIp: command('refreshIp'),
  sendNvm: command('sendNvm'),
  'no filters': command('setFilters', { filters: null }),
  filters: command('setFilters', { filters: amtFilters() }),
  reset: command('reset'),
  lost: { type: 'lost' },
  areaGone: { type: 'areaGone' },
  'area 3': { type: 'area', version: 3 },
  'area 4': { type: 'area', version: 4 },
  ...Object.fromEntries(
    TIMER_NAMES.map((timer) => [`timer ${timer}`, { type: 'timer', timer } as FirmwareInput]),
  ),
};
export const CSME_TIMERS: readonly TimerName[] = TIMER_NAMES;

const NEVER = 1;

export class CsmePart {
  readonly nodes: FirmwareState[] = [];
  readonly #ids = new Map<string, number>();
  readonly #outcomes: Map<string, Outcome>[] = [];
  readonly #channels: Channels;
  readonly #step: CsmeStep;

  constructor(channels: Channels, csmeStep: CsmeStep = firmwareStep) {
    this.#channels = channels;
    this.#step = csmeStep;
  }

  initial(profile: Profile): number {
    return this.idOf(initialState(profile));
  }

  happens(csme: number, name: string): Outcome {
    return this.#outcome(csme, name, () => INPUTS[name]!);
  }

  hears(csme: number, message: number): Outcome {
    const m = this.#channels.message(message);
    return this.#outcome(csme, String(message), () => {
      if (m.kind === 'sap') return { type: 'message', message: m.message };
      return { type: 'start', versions: [m.version] };
    });
  }

  idOf(state: FirmwareState): number {
    const key = firmwareKey(state);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.nodes.length;
      this.nodes.push(state);
      this.#ids.set(key, id);
    }
    return id;
  }

  #outcome(csme: number, key: string, input: () => FirmwareInput): Outcome {
    this.#outcomes[csme] ??= new Map();
    const known = this.#outcomes[csme]!.get(key);
    if (known) return known;
    const state = cloneFirmware(this.nodes[csme]!);
    const outcome = this.#run(state, input());
    this.#outcomes[csme]!.set(key, outcome);
    return outcome;
  }

  #run(state: FirmwareState, input: FirmwareInput): Outcome {
    let actions: readonly FirmwareAction[] = [];
    let wrong: string | undefined;
    try {
      actions = this.#step(state, input, 0);
    } catch (error) {
      wrong = `the firmware throws: ${error}`;
    }
    const sent: number[] = [];
    const notes: string[] = [];
    for (const action of actions) {
      if (action.type === 'send') sent.push(this.#channels.sap(action.message, 'csme'));
      else if (action.type === 'startOk') sent.push(this.#channels.start('START_OK', action.version));
      else if (action.type === 'violation')
        wrong ??= `the firmware complains: ${action.message} ${action.why}`;
      else if (action.type === 'tell') notes.push(noteOf(action));
    }
    for (const timer of TIMER_NAMES) if (state.timers[timer] !== null) state.timers[timer] = NEVER;
    wrong ??= stuck(state);
    return { next: this.idOf(state), burst: this.#channels.burst(sent), teardown: false, notes, wrong };
  }
}

/** Values inside of the state are replaced by the firmware, never changed, but for these. */
function cloneFirmware(state: FirmwareState): FirmwareState {
  return { ...state, timers: { ...state.timers }, host: { ...state.host } };
}

function noteOf(tell: Extract<FirmwareAction, { type: 'tell' }>): string {
  return [tell.name, ...Object.values(tell.args).map((v) => (typeof v === 'number' && v > 99 ? '' : v))]
    .join(' ')
    .trim();
}

/** A state of the card that only time ends has its timer armed, and the other way round. */
function stuck(s: FirmwareState): string | undefined {
  const { nic, timers, link } = s;
  if (nic === 'taking' && timers.taking === null)
    return 'the firmware waits for a confirmation without a timer';
  if (nic === 'window' && timers.window === null) return 'the window never closes';
  if (nic === 'held' && timers.hold === null) return 'the card is held for ever';
  if (nic !== 'taking' && timers.taking !== null) return 'the timer of a taking runs on';
  if (nic !== 'window' && timers.window !== null) return 'the timer of a window runs on';
  if (link !== 'up' && link !== 'asleep' && (nic === 'taking' || nic === 'window'))
    return `nic ${nic} without a link`;
  if (s.takingsOpen < 0 || s.grantsOpen < 0) return 'more confirmations than there was to confirm';
  return undefined;
}
