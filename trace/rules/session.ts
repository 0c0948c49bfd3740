/**
 * What a trace tells of the two sides, as far as several rules ask for it: the life of a link, who is there, what CSME
 * said last. Everything here is derived from the trace alone, never from a host of ours.
 */
import type { Association } from '../../ownership/index.ts';
import type { OobFilters, SapVersion } from '../../sap/index.ts';

/** Which channels the trace has; what is not recorded cannot be missed. */
export interface Sees {
  /** Calls between the WLAN driver and the host. */
  driver: boolean;
  /** The host's use of the bus. */
  bus: boolean;
  /** Frames between the card and the air. */
  frames: boolean;
  /** Frames that the host's stack got. */
  stack: boolean;
  /** What CSME saw of the area. */
  area: boolean;
}

/** From one mapping of the area to its unmapping. */
export interface Link {
  /** `gone`: unmapped or lost. */
  phase: 'none' | 'mapped' | 'started' | 'connected' | 'gone';
  /** Of the area that was mapped, or that START named; `undefined` before. */
  version: SapVersion | undefined;
  /** CSME answered START with something that is no good answer. */
  badStartOk: boolean;
  /** `undefined`: CSME said so before START_OK, and the host may have heard it or not. */
  amt: boolean | undefined;
  /** Since when AMT is what it is. */
  amtMs: number;
  /** Whether CSME said that the host owns the card; `undefined` in a link that began before the trace. */
  owner: boolean | undefined;
  /** `undefined` in a link that began before the trace. */
  deviceUp: boolean | undefined;
  /** CSME takes the card, and the device is still up. */
  taking: boolean;
  filters: OobFilters | undefined;
  /** The removal has begun. */
  leaving: boolean;
  /** HOST_GOES_DOWN was read. */
  saidGoodbye: boolean;
  /** The trace says that the bus does not work: nothing can be signalled. */
  deaf: boolean;
}

/** What the WLAN driver said; it outlives links. `undefined`: never said. */
export interface Settings {
  mcc: number | undefined;
  powerLimits: readonly number[] | undefined;
  nic: { readonly macAddress: number; readonly nvmAddress: number } | undefined;
  radioState: number | undefined;
  association: Association | undefined;
  netdev: boolean | undefined;
  /** `leaving`: between the two halves of `unregister`. */
  driver: 'none' | 'registered' | 'leaving';
}

export function noLink(): Link {
  return {
    phase: 'none',
    version: undefined,
    badStartOk: false,
    amt: false,
    amtMs: 0,
    owner: false,
    deviceUp: false,
    taking: false,
    filters: undefined,
    leaving: false,
    saidGoodbye: false,
    deaf: false,
  };
}

export function noSettings(): Settings {
  return {
    mcc: undefined,
    powerLimits: undefined,
    nic: undefined,
    radioState: undefined,
    association: undefined,
    netdev: undefined,
    driver: 'none',
  };
}
