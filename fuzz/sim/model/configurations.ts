/** What is searched: each configuration takes a part of all that can happen, and takes that part completely. */
import { AMT_OFF, HOST_OWNS, type ProfilePart, profile, SAP_3, SESSION } from '../../../csme/index.ts';

export interface Configuration {
  readonly name: string;
  /** What it is about, for the documentation. */
  readonly about: string;
  /** Firmware to begin with; each is a start of its own. */
  readonly profiles: readonly (readonly ProfilePart[])[];
  /** What the WLAN driver has done before the search begins. */
  readonly before: readonly string[];
  readonly driver: readonly string[];
  readonly csme: readonly string[];
  /** `reset`: of the firmware; `bus`: lost by itself; `remove`: of the client; `probeAgain`: while there is one;
   * `refuse`: the area is refused at will; `startLost`: START and START_OK may vanish. */
  readonly bus: readonly ('reset' | 'bus' | 'remove' | 'probeAgain' | 'refuse' | 'startLost')[];
  /**
   * AMT is switched off and on while things are in flight. A driver that leaves in between does it silently, and its
   * WIFIDR_UP may arrive only after that: CSME cannot know, and what it knows of the driver is not checked.
   */
  readonly hasty?: boolean;
  /** Where the search gives up: all of its states are too many. */
  readonly mostStates?: number;
  /** Timers of either side that may go off; all when left out. */
  readonly withoutTimers?: readonly string[];
}

/** Two PINGs that were not answered make a silent host: one more would only make more states of the same kind. */
const FEW_PINGS: ProfilePart = { pingsMissed: 2 };
const NO_PINGS: ProfilePart = { timersMs: { ping: null } };
const QUIET: readonly ProfilePart[] = [NO_PINGS, { filters: null, nvm: null }];
const AP_KNOWN: ProfilePart = { ap: profile(SESSION).ap };

const DRIVER_COMES_AND_GOES = ['register', 'start_unregister', 'unregister_complete'] as const;

export const SMALL: Configuration = {
  name: 'small',
  about: 'who owns the card: one asker, the device up and down, taking, offering, refusing, resets',
  profiles: [QUIET],
  before: ['register'],
  driver: ['get_ownership', 'device up', 'device down'],
  csme: ['takeOwnership', 'offerOwnership', 'refuseAsks', 'grantAsks'],
  bus: ['reset'],
};

export const CONFIGURATIONS: readonly Configuration[] = [
  SMALL,
  {
    name: 'ownership',
    about:
      'who owns the card, with two askers, unasked grants, the register, AMT on and off, the driver coming and going',
    profiles: [QUIET, [...QUIET, HOST_OWNS]],
    before: [],
    driver: [...DRIVER_COMES_AND_GOES, 'get_ownership by two', 'device up', 'device down'],
    csme: [
      'takeOwnership',
      'offerOwnership',
      'grantOwnership',
      'hostTakesRegister',
      'refuseAsks',
      'grantAsks',
      'enableAmt',
      'disableAmt',
    ],
    bus: ['reset', 'bus', 'remove'],
    hasty: true,
  },
  {
    name: 'link protection',
    about:
      'sessions that start and end, the window of 3 s, associations with the right and another access point',
    profiles: [
      [...QUIET, SESSION],
      [...QUIET, AP_KNOWN, HOST_OWNS],
    ],
    before: ['register'],
    driver: [
      'get_ownership',
      'device up',
      'device down',
      'associated to AP',
      'associated elsewhere',
      'disassociated',
    ],
    csme: ['startSession', 'endSession', 'takeOwnership', 'offerOwnership', 'sendConnStatus'],
    bus: ['reset'],
  },
  {
    name: 'exchanges',
    about: 'NVM, product reset and pings, asked for at any time, with losses and removals',
    profiles: [
      [FEW_PINGS, { filters: null }],
      [FEW_PINGS, { filters: null, nvm: null, pldr: 'refuses' }],
    ],
    before: ['register'],
    driver: ['get_nvm by two', 'pldr', 'alive', 'alive not'],
    csme: ['ping', 'sendNvm', 'enableAmt', 'disableAmt'],
    bus: ['reset', 'bus', 'remove'],
  },
  {
    name: 'start and removal',
    about:
      'both sizes of the area, refusals in every round, START lost, removals, clients that appear again, AMT on and off',
    profiles: [QUIET, [...QUIET, SAP_3], [...QUIET, AMT_OFF]],
    before: [],
    driver: [...DRIVER_COMES_AND_GOES, 'get_ownership', 'device up', 'device down', 'is_connected'],
    csme: ['enableAmt', 'disableAmt', 'refreshIp'],
    bus: ['reset', 'bus', 'remove', 'probeAgain', 'refuse', 'startLost'],
    hasty: true,
  },
  {
    name: 'settings of the radio',
    about: 'country, power limits and radio state, the driver coming and going, AMT on and off, losses',
    profiles: [QUIET],
    before: [],
    driver: [...DRIVER_COMES_AND_GOES, 'rfkill on', 'rfkill off', 'country 1', 'country 2', 'power_limit'],
    csme: ['enableAmt', 'disableAmt'],
    bus: ['reset'],
  },
  {
    name: 'settings of the station',
    about: 'associations and addresses, the driver coming and going, AMT on and off, losses',
    profiles: [QUIET],
    before: [],
    driver: [
      ...DRIVER_COMES_AND_GOES,
      'associated to AP',
      'associated elsewhere',
      'disassociated',
      'nic_info',
    ],
    csme: ['enableAmt', 'disableAmt'],
    bus: ['reset'],
  },
  {
    name: 'combined',
    about:
      'sessions, ownership, associations, NVM, AMT on and off, the driver coming and going, removals and losses at once',
    profiles: [[NO_PINGS, SESSION, { filters: null }]],
    before: [],
    driver: [
      ...DRIVER_COMES_AND_GOES,
      'get_ownership',
      'device up',
      'device down',
      'associated to AP',
      'disassociated',
      'get_nvm',
    ],
    csme: ['startSession', 'endSession', 'takeOwnership', 'enableAmt', 'disableAmt'],
    bus: ['reset', 'remove'],
    hasty: true,
    mostStates: 20_000_000,
  },
];
