/**
 * The whole behaviour of the host, readable in one place.
 *
 * A row says: in this phase, when this event comes and the guard holds, enter that phase and do these actions in this
 * order. The first row whose guard holds is taken. An event without a row in the current phase is ignored; for a
 * message of CSME that is a breach of the protocol, and reported (`machine.ts`).
 */
import * as act from './actions/index.ts';
import type { Effects } from './effects.ts';
import type { EventType, MachineEvent } from './events.ts';
import * as is from './guards.ts';
import type { HostState, Phase } from './state.ts';

// biome-ignore lint/suspicious/noExplicitAny: a row's functions take the event that the row is filed under
type EventOf<T> = T extends EventType ? Extract<MachineEvent, { type: T }> : any;
export type Guard<E> = (state: HostState, event: E, fx: Effects) => boolean;
export type Action<E> = (state: HostState, event: E, fx: Effects) => void;
export interface Row<E> {
  readonly when?: Guard<E>;
  readonly do: readonly Action<E>[];
  readonly to?: Phase;
}
export type Rows = { readonly [T in EventType]?: readonly Row<EventOf<T>>[] };

/** Settings are kept in every phase; a link that is up with AMT enabled sends them on as well. */
const SETTINGS: Rows = {
  country: [{ do: [act.keepCountry, act.done] }],
  power_limit: [{ do: [act.keepPowerLimit, act.done] }],
  nic_info: [{ do: [act.keepNicInfo, act.done] }],
  set_rfkill: [{ do: [act.keepRadioState, act.done] }],
  associated: [
    { when: is.ssidTooLong, do: [act.refuseAssociation, act.done] },
    { do: [act.keepAssociation, act.done] },
  ],
  disassociated: [{ do: [act.forgetAssociation, act.done] }],
  set_netdev: [{ do: [act.keepNetdev, act.answerAttached] }],
};

/** The WLAN driver comes and goes in every phase. */
const DRIVER: Rows = {
  register: [{ when: is.driverKnown, do: [act.answerBusy] }, { do: [act.driverRegisters, act.succeed] }],
  start_unregister: [{ do: [act.driverLeaves, act.done] }],
  unregister_complete: [{ do: [act.driverGone, act.done] }],
  is_connected: [{ do: [act.answerConnected] }],
};

/** A caller that waits is told in time, also while the host says goodbye or has no link any more. */
const OVERDUE: Rows = {
  ownershipReply: [{ do: [act.endOverdueWaits] }],
  nvmReply: [{ do: [act.failNvm] }],
  pldrReply: [{ when: is.pldrTryLeft, do: [act.askPldrAgain] }, { do: [act.failPldr] }],
};

/** Without a link there is nothing to arbitrate: requests succeed at once, nothing is sent. */
const UNLINKED: Rows = {
  ...SETTINGS,
  ...DRIVER,
  get_ownership: [{ do: [act.succeed] }],
  get_nvm: [{ do: [act.answerNoNvm] }],
  pldr: [{ do: [act.succeed] }],
  device_state: [{ do: [act.done] }],
  alive: [{ do: [act.done] }],
  tx_copy: [{ do: [act.done] }],
  ...OVERDUE,
};

/** An answer that nobody waits for any more is given back; a link that is up is not touched by one. */
const STRAY_AREA: Rows = { mapped: [{ do: [act.teardown] }] };

const END_LINK = [act.unblockRfkill, act.allowRoaming, act.teardown, act.failWaits, act.forgetLink] as const;
/** The link ends without a word: nobody would read it. */
const LOST: Rows = { lost: [{ do: END_LINK, to: 'absent' }] };
/** A client that appears again replaces the one before. */
const PROBED_AGAIN: Rows = { probe: [{ do: [...END_LINK, act.firstRound, act.offerArea], to: 'mapping' }] };
const BEGIN: Rows = { probe: [{ do: [act.firstRound, act.offerArea], to: 'mapping' }] };
const UNMAPPED: Rows = {
  remove: [{ do: [act.forgetLink], to: 'absent' }],
  lost: [{ do: [act.forgetLink], to: 'absent' }],
};

export const TRANSITIONS: { readonly [P in Phase]: Rows } = {
  absent: {
    ...UNLINKED,
    ...STRAY_AREA,
    ...BEGIN,
  },

  mapping: {
    ...UNLINKED,
    ...UNMAPPED,
    ...BEGIN,
    mapped: [{ do: [act.start], to: 'started' }],
    mapRefused: [
      { when: is.olderVersionLeft, do: [act.olderVersion, act.offerArea] },
      { do: [act.armMapRetry], to: 'mapRetry' },
    ],
  },

  mapRetry: {
    ...UNLINKED,
    ...STRAY_AREA,
    ...UNMAPPED,
    ...BEGIN,
    mapRetry: [
      { when: is.roundLeft, do: [act.nextRound, act.offerArea], to: 'mapping' },
      { do: [], to: 'failed' },
    ],
  },

  failed: {
    ...UNLINKED,
    ...STRAY_AREA,
    ...UNMAPPED,
  },

  started: {
    ...UNLINKED,
    ...LOST,
    ...PROBED_AGAIN,
    remove: [{ do: END_LINK, to: 'absent' }],
    START_OK: [{ when: is.ourVersion, do: [act.readRings], to: 'connected' }, { do: [act.reportVersion] }],
    restart: [{ do: [act.restart] }],
  },

  connected: {
    ...SETTINGS,
    ...DRIVER,
    ...OVERDUE,
    ...PROBED_AGAIN,
    START_OK: [{ when: is.ourVersion, do: [] }, { do: [act.reportVersion] }],
    restart: [{ do: [act.restart] }],
    remove: [
      { when: is.deviceInUse, do: [act.armDeviceDown], to: 'stopping' },
      { do: [act.sayGoodbye], to: 'draining' },
    ],
    lost: [
      { when: is.sayingGoodbyeInVain, do: [act.sayGoodbye], to: 'draining' },
      { do: END_LINK, to: 'absent' },
    ],

    AMT_STATE: [
      {
        when: is.switchingOn,
        do: [act.amtOn, act.sendDriverUp, act.tellConnected, act.sendInitialConfiguration],
      },
      { when: is.switchingOff, do: [act.amtOff, act.unblockRfkill, act.allowRoaming, act.forgetProtection] },
      { do: [] },
    ],
    NIC_OWNER: [
      { when: is.ownerAsBefore, do: [] },
      { when: is.hostNamedOwner, do: [act.becomeOwner, act.tellProtection, act.grantWaitsUnlessAsleep] },
      { do: [act.loseOwnership, act.allowRoaming, act.tellProtection] },
    ],
    CSME_REPLY_TO_HOST_OWNERSHIP_REQ: [
      {
        when: is.granted,
        do: [
          act.becomeOwner,
          act.confirmHostOwnership,
          act.unblockRfkill,
          act.forbidRoamingIfProtected,
          act.grantWaits,
        ],
      },
      { do: [act.refuseWaitsUnlessAsleep] },
    ],
    CSME_TAKING_OWNERSHIP: [
      {
        when: is.deviceInUse,
        do: [act.loseOwnership, act.allowRoaming, act.confirmLater, act.blockRfkillCsmeTaking],
      },
      {
        do: [act.loseOwnership, act.allowRoaming, act.tellProtection, act.confirmCsmeOwnership, act.armRetry],
      },
    ],
    CSME_CAN_RELEASE_OWNERSHIP: [{ when: is.driverRegistered, do: [act.askOwnership] }, { do: [] }],
    CSME_CONN_STATUS: [
      { when: is.statusUnusable, do: [act.reportSsidLength] },
      { when: is.driverAbsent, do: [act.keepConnStatusForLater] },
      { when: is.owner, do: [act.keepConnStatus, act.tellConnStatus, act.tellRoaming] },
      { do: [act.keepConnStatus, act.tellConnStatus, act.tellRfkillFromStatus] },
    ],
    CSME_FILTERS: [{ do: [act.keepFilters] }],
    NVM: [{ do: [act.keepNvm, act.answerNvm] }],
    PLDR_ACK: [
      { when: is.pldrAccepted, do: [act.activatePldr, act.succeedPldr] },
      { do: [act.deactivatePldr] },
    ],
    PING: [{ do: [act.pong] }],
    PONG: [{ do: [] }],
    TRIGGER_IP_REFRESH: [{ do: [] }],

    get_ownership: [{ when: is.amtOffOrOwner, do: [act.succeed] }, { do: [act.askOwnershipAndWait] }],
    ownershipRetry: [{ when: is.amtOffOrOwner, do: [] }, { do: [act.askOwnershipAndWait] }],
    get_nvm: [{ do: [act.askNvm] }],
    pldr: [
      { when: is.amtOff, do: [act.succeed] },
      { when: is.pldrPending, do: [act.answerBusy] },
      { do: [act.askPldr] },
    ],
    alive: [{ when: is.pldrActive, do: [act.endPldr, act.done] }, { do: [act.done] }],
    device_state: [
      {
        when: is.cameDownForCsme,
        do: [act.keepDeviceState, act.confirmCsmeOwnership, act.armRetry, act.done],
      },
      { do: [act.keepDeviceState, act.done] },
    ],

    country: [{ do: [act.keepCountry, act.sendCountry, act.done] }],
    power_limit: [{ do: [act.keepPowerLimit, act.sendPowerLimit, act.done] }],
    nic_info: [{ do: [act.keepNicInfo, act.sendNicInfo, act.done] }],
    set_rfkill: [{ do: [act.keepRadioState, act.sendRadioState, act.done] }],
    associated: [
      { when: is.ssidTooLong, do: [act.refuseAssociation, act.done] },
      { do: [act.keepAssociation, act.sendLinkUp, act.done] },
    ],
    disassociated: [{ do: [act.forgetAssociation, act.sendLinkDown, act.done] }],
    tx_copy: [{ do: [act.done] }],
  },

  stopping: {
    ...UNLINKED,
    ...LOST,
    ...PROBED_AGAIN,
    device_state: [
      { when: is.goingDown, do: [act.keepDeviceState, act.done, act.sayGoodbye], to: 'draining' },
      { do: [act.done] },
    ],
    deviceDown: [{ do: [act.tellStolen, act.sayGoodbye], to: 'draining' }],
  },

  draining: {
    ...UNLINKED,
    ...LOST,
    ...PROBED_AGAIN,
    drainPoll: [{ when: is.drainedOrGivenUp, do: END_LINK, to: 'absent' }, { do: [act.armDrainPoll] }],
  },

  dead: {},
};
