/**
 * The whole behaviour of the agent, readable in one place.
 *
 * A row says: in this phase, when this event comes and the guard holds, enter that phase and do these actions in this
 * order. The first row whose guard holds is taken; an event without a row changes nothing but the facts (`facts.ts`),
 * which are kept before a row is looked for.
 */
import * as act from './actions.ts';
import type { Effects } from './effects.ts';
import * as is from './guards.ts';
import type { EventOf, EventType } from './machine-events.ts';
import type { AgentState, Phase } from './state.ts';

export interface Row<E> {
  readonly when?: (state: AgentState, event: E, fx: Effects) => boolean;
  readonly do: readonly ((state: AgentState, event: E, fx: Effects) => void)[];
  readonly to?: Phase;
}
export type Rows = { readonly [T in EventType]?: readonly Row<EventOf<T>>[] };

/** CSME's hold of the card begins a take-over. */
const BEGIN = [
  { when: is.csmeHolds, do: [act.begin, act.askConnInfo], to: 'learning' },
  { do: [], to: 'idle' },
] as const;
const INCOMPLETE = { when: is.incomplete, do: [], to: 'absent' } as const;
const UNSUPPORTED = { when: is.unsupported, do: [], to: 'off' } as const;
/** Nothing is limited any more: what was only noted meanwhile comes first. */
const ENDED = [
  { when: is.stopping, do: [act.tellStopped], to: 'stopped' },
  { when: is.asleep, do: [], to: 'asleep' },
] as const;
const ENDED_WITH_SUPPLICANT = [...ENDED, { do: [act.reportSupplicantGone], to: 'absent' }] as const;
const BEGIN_IF_COMPLETE = [INCOMPLETE, ...BEGIN] as const;
const READY = [INCOMPLETE, UNSUPPORTED, ...BEGIN] as const;

const STOP = [{ do: [act.tellStopped], to: 'stopped' }] as const;

/** Nothing is limited: whatever happens, there is nothing to put back. */
const UNLIMITED: Rows = {
  stop: STOP,
  sleep: [{ do: [], to: 'asleep' }],
  interface: [{ when: is.interfaceGone, do: [act.reportInterfaceGone], to: 'absent' }],
  supplicantGone: [{ do: [act.reportSupplicantGone], to: 'absent' }],
};

/** The supplicant is limited: that is put back before anything else. */
const LIMITED: Rows = {
  stop: [{ do: [act.restore], to: 'restoring' }],
  sleep: [{ do: [act.reportAsleep, act.restore], to: 'restoring' }],
  interface: [{ when: is.interfaceGone, do: [act.reportInterfaceGone, act.restore], to: 'restoring' }],
  supplicantGone: [{ do: [act.reportSupplicantGone], to: 'absent' }],
};

const SWITCHED_OFF = { when: is.radioOff, do: [act.reportRadioOff, act.restore], to: 'restoring' } as const;

/** Prepared, and CSME has the card: as soon as the radio is free, whoever saw to that, the connection is made. */
const PREPARED: Rows = {
  ...LIMITED,
  radio: [
    SWITCHED_OFF,
    { when: is.radioFree, do: [act.openWindow, act.tellFree, act.connect], to: 'connecting' },
  ],
};

/** CSME gave the card away: it may take it back at any moment. */
const GRANTED: Rows = {
  ...LIMITED,
  radio: [
    SWITCHED_OFF,
    {
      when: is.csmeHolds,
      do: [act.reportStolen, act.armOwnershipRetry, act.restore],
      to: 'restoring',
    },
  ],
};

/** The take-over failed, and asking again at once would fail again. */
const GIVE_UP = [act.armOwnershipRetry, act.restore] as const;
const LOST = [act.reportConnectionLost, ...GIVE_UP] as const;
const ATTEMPT_FAILED = [
  {
    when: is.apRejects,
    do: [act.reportRejected, act.distrustProfile, ...GIVE_UP],
    to: 'restoring',
  },
  { when: is.addressFailed, do: [act.reportNoAddress, ...GIVE_UP], to: 'restoring' },
] as const;
const WRONG_ACCESS_POINT = {
  when: is.wrongAccessPoint,
  do: [act.reportWrongBssid, ...GIVE_UP],
  to: 'restoring',
} as const;
const TAKEN_MEANWHILE = [{ when: is.csmeHolds, do: [act.armOwnershipRetry] }] as const;

export const TRANSITIONS: { readonly [P in Phase]: Rows } = {
  absent: {
    interface: BEGIN_IF_COMPLETE,
    supplicantUp: READY,
    sleep: [{ do: [], to: 'asleep' }],
    stop: STOP,
  },

  off: { ...UNLIMITED },

  idle: {
    ...UNLIMITED,
    radio: BEGIN,
  },

  learning: {
    ...UNLIMITED,
    radio: [
      { when: is.csmeHolds, do: [] },
      { do: [], to: 'idle' },
    ],
    connInfo: [{ do: [act.keepTarget, act.find], to: 'matching' }],
    noConnInfo: [
      { when: is.nothingKnown, do: [act.reportNoConnInfo, act.armLookSoon], to: 'paused' },
      { when: is.noSuchCommand, do: [act.reportUnsupported, act.noteUnsupported], to: 'off' },
      { when: is.channelUnusable, do: [act.reportUnusableAp, act.armLookAgain], to: 'paused' },
      { do: [act.reportConnInfoFailed, act.armLookAgain], to: 'paused' },
    ],
  },

  matching: {
    ...UNLIMITED,
    radio: [
      { when: is.csmeHolds, do: [] },
      { do: [], to: 'idle' },
    ],
    found: [
      { when: is.noProfile, do: [act.reportNoCredentials, act.armLookAgain], to: 'paused' },
      { when: is.profileRejected, do: [act.reportDistrusted, act.armLookAgain], to: 'paused' },
      { when: is.dryRun, do: [act.keepProfile, act.reportDryRun, act.armLookAgain], to: 'paused' },
      { do: [act.keepProfile, act.prepare], to: 'preparing' },
    ],
    supplicantFailed: [{ do: [act.reportFindFailed, act.armLookAgain], to: 'paused' }],
  },

  paused: {
    ...UNLIMITED,
    radio: [
      { when: is.csmeHolds, do: [act.askConnInfo], to: 'learning' },
      { do: [], to: 'idle' },
    ],
    lookSoon: [{ do: [act.askConnInfo], to: 'learning' }],
    lookAgain: [{ do: [act.askConnInfo], to: 'learning' }],
  },

  preparing: {
    ...LIMITED,
    // A radio that is free meanwhile waits for the preparation: the supplicant alone would scan everywhere.
    radio: [SWITCHED_OFF],
    prepared: [
      {
        when: is.radioFree,
        do: [act.tellPrepared, act.openWindow, act.tellFree, act.connect],
        to: 'connecting',
      },
      { do: [act.tellPrepared, act.askConnInfo], to: 'confirming' },
    ],
    supplicantFailed: [{ do: [act.reportPrepareFailed, act.armLookAgain, act.restore], to: 'restoring' }],
  },

  confirming: {
    ...PREPARED,
    connInfo: [
      { when: is.sameAccessPointButTooEarly, do: [], to: 'waiting' },
      { when: is.sameAccessPoint, do: [act.askOwnership], to: 'asking' },
      { do: [act.reportAnotherAp, act.restore], to: 'restoring' },
    ],
    noConnInfo: [{ do: [act.reportConnInfoFailed, act.armLookAgain, act.restore], to: 'restoring' }],
  },

  waiting: {
    ...PREPARED,
    ownershipRetry: [{ do: [act.find], to: 'rechecking' }],
  },

  // Somebody may have deleted the profile since.
  rechecking: {
    ...PREPARED,
    found: [
      { when: is.sameProfile, do: [act.askConnInfo], to: 'confirming' },
      {
        when: is.noProfile,
        do: [act.reportNoCredentials, act.armLookAgain, act.restore],
        to: 'restoring',
      },
      { do: [act.reportAnotherProfile, act.restore], to: 'restoring' },
    ],
    supplicantFailed: [{ do: [act.reportFindFailed, act.armLookAgain, act.restore], to: 'restoring' }],
  },

  asking: {
    ...PREPARED,
    owned: [{ do: [act.openWindow, act.tellGranted], to: 'releasing' }],
    notOwned: [
      { when: is.timedOut, do: [act.reportNotGranted, act.armOwnershipRetry], to: 'waiting' },
      { when: is.csmeRefused, do: [act.reportRefused, act.armOwnershipRetry], to: 'waiting' },
      {
        when: is.noSuchCommand,
        do: [act.reportUnsupported, act.noteUnsupported, act.restore],
        to: 'restoring',
      },
      { do: [act.reportAskFailed, act.armOwnershipRetry], to: 'waiting' },
    ],
  },

  releasing: {
    ...PREPARED,
    window: [{ do: [act.reportStillBlocked, act.armOwnershipRetry], to: 'waiting' }],
  },

  connecting: {
    ...GRANTED,
    supplicantFailed: [{ do: [act.reportConnectFailed, ...GIVE_UP], to: 'restoring' }],
    connected: [
      WRONG_ACCESS_POINT,
      {
        when: is.addressKnownAndSessionOver,
        do: [act.tellConnected, act.tellAddress, act.lift],
        to: 'lifting',
      },
      {
        when: is.addressKnown,
        do: [act.tellConnected, act.tellAddress, act.timeSession],
        to: 'held',
      },
      { do: [act.tellConnected], to: 'addressing' },
    ],
    attemptFailed: [
      ...ATTEMPT_FAILED,
      { when: is.connectTryLeft, do: [act.connectAgain] },
      { when: is.apGone, do: [act.reportApGone, ...GIVE_UP], to: 'restoring' },
      { do: [act.reportConnectFailed, ...GIVE_UP], to: 'restoring' },
    ],
    window: [{ do: [act.reportWindowMissed, ...GIVE_UP], to: 'restoring' }],
  },

  addressing: {
    ...GRANTED,
    stop: [{ do: [act.lift], to: 'lifting' }],
    address: [
      { when: is.addressKnownAndSessionOver, do: [act.tellAddress, act.lift], to: 'lifting' },
      { when: is.addressKnown, do: [act.tellAddress, act.timeSession], to: 'held' },
    ],
    connected: [WRONG_ACCESS_POINT],
    disconnected: [
      { when: is.connectTryLeft, do: [act.connectAgain], to: 'connecting' },
      { do: LOST, to: 'restoring' },
    ],
    attemptFailed: [...ATTEMPT_FAILED, { do: [act.reportConnectFailed, ...GIVE_UP], to: 'restoring' }],
    // The best that can be done for the session is to stay connected: CSME may not be as strict.
    window: [
      { when: is.sessionOver, do: [act.reportWindowMissed, act.lift], to: 'lifting' },
      { do: [act.reportWindowMissed, act.timeSession], to: 'held' },
    ],
  },

  held: {
    ...GRANTED,
    // The session goes on behind the agent's end.
    stop: [{ do: [act.lift], to: 'lifting' }],
    address: [{ when: is.addressKnown, do: [act.tellAddress] }],
    roaming: [{ when: is.sessionOver, do: [act.lift], to: 'lifting' }, { do: [act.timeSession] }],
    session: [{ do: [act.reportRoamingUnheard, act.lift], to: 'lifting' }],
    connected: [WRONG_ACCESS_POINT],
    disconnected: [{ do: [act.armReconnect], to: 'interrupted' }],
    attemptFailed: [...ATTEMPT_FAILED, { do: [act.reportConnectFailed, ...GIVE_UP], to: 'restoring' }],
  },

  interrupted: {
    ...GRANTED,
    roaming: [{ when: is.sessionOver, do: [act.restore], to: 'restoring' }, { do: [act.timeSession] }],
    session: [{ do: [act.reportRoamingUnheard, act.restore], to: 'restoring' }],
    connected: [WRONG_ACCESS_POINT, { do: [], to: 'held' }],
    attemptFailed: ATTEMPT_FAILED,
    reconnect: [{ do: LOST, to: 'restoring' }],
  },

  lifting: {
    radio: TAKEN_MEANWHILE,
    lifted: [...ENDED, ...BEGIN_IF_COMPLETE],
    supplicantFailed: [{ do: [act.reportLiftFailed, act.restore], to: 'restoring' }],
    supplicantGone: ENDED_WITH_SUPPLICANT,
  },

  restoring: {
    stop: [{ when: is.betweenRestoreTries, do: [act.restore] }, { do: [act.countTriesAnew] }],
    restored: [
      ...ENDED,
      INCOMPLETE,
      UNSUPPORTED,
      { when: is.csmeHoldsAndPause, do: [], to: 'paused' },
      ...BEGIN,
    ],
    supplicantFailed: [
      { when: is.noRestoreTryLeft, do: [act.reportAbandoned, act.tellStopped], to: 'stopped' },
      { do: [act.reportRestoreFailed, act.armRestoreRetry] },
    ],
    restoreRetry: [{ do: [act.restoreAgain] }],
    supplicantGone: ENDED_WITH_SUPPLICANT,
  },

  asleep: {
    wake: READY,
    stop: STOP,
  },

  stopped: {},
};
