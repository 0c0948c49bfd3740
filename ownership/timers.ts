/** Every timer of the host, with its unit and where its length comes from. Nothing else in `ownership` knows a length. */

export interface TimerSpec {
  readonly ms: number;
  /** The timer goes off when … */
  readonly when: string;
  readonly source: string;
}

const NOTES = 'observed, iwlmei 6.12';

export const TIMERS = {
  mapRetry: {
    ms: 100,
    when: 'both sizes of the shared area were refused: the next round, or the end of the last one',
    source: `${NOTES}: rounds at 0, 104, 210 ms, failure at 317 ms`,
  },
  bellThrottle: {
    ms: 100,
    when: 'a CHECK_SHARED_AREA was sent: until then no other is, except for HOST_GOES_DOWN',
    source: `${NOTES}: 100.5-104.5 ms between door bells`,
  },
  ownershipReply: {
    ms: 500,
    when: 'HOST_ASKS_FOR_NIC_OWNERSHIP was not answered',
    source: `${NOTES}: get_ownership returns after 518 ms`,
  },
  ownershipRetry: {
    ms: 60_000,
    when: 'the device was given up or the request failed: CSME keeps it for this long, then the host asks again',
    source: `${NOTES}: 60.2-61.7 s from CSME_OWNERSHIP_CONFIRMED or a time-out to the next request`,
  },
  nvmReply: {
    ms: 2_000,
    when: 'GET_NVM was not answered',
    source: `${NOTES}: get_nvm returns after 2.01 s`,
  },
  pldrReply: {
    ms: 500,
    when: 'PLDR was not acknowledged: the next try, or the end of the last one',
    source: `${NOTES}: 505-533 ms between tries`,
  },
  deviceDown: {
    ms: 50,
    when: 'the client goes away while the device is up and it did not come down: it is reported stolen',
    source: `${NOTES}: nic_stolen 62 ms after the removal (50 polls of 1 ms)`,
  },
  drainPoll: {
    ms: 20,
    when: 'HOST_GOES_DOWN was written: CSME is given another look at the rings',
    source: `${NOTES}: up to 10 polls of 20 ms`,
  },
} as const satisfies Record<string, TimerSpec>;

export type TimerName = keyof typeof TIMERS;
export const TIMER_NAMES = Object.keys(TIMERS) as TimerName[];

/** Rounds of mapping the shared area, version 4 then 3 in each, before the client is given up. */
export const MAP_ROUNDS = 3;
/** PLDR messages before the request times out. */
export const PLDR_TRIES = 3;
/** Looks at the rings after HOST_GOES_DOWN before they are unmapped all the same. */
export const DRAIN_POLLS = 10;
