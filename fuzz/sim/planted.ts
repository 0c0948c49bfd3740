/** The defects that the tests and the documentation plant. */
import { type Configuration, SMALL } from './model/configurations.ts';
import { type Exploration, explore } from './model/explore.ts';
import type { Machines } from './model/world.ts';
import { csmeWithout, hostWithout } from './plant.ts';

export interface Defect {
  readonly what: string;
  readonly configuration: Configuration;
  readonly machines: () => Machines;
}

export const DEFECTS: readonly Defect[] = [
  {
    what: 'The host does not give up ownership on CSME_TAKING_OWNERSHIP',
    configuration: SMALL,
    machines: () => ({ hostStep: hostWithout('loseOwnership', 'connected', 'CSME_TAKING_OWNERSHIP') }),
  },
  {
    what: 'The host forgets its callers when the link is lost',
    configuration: SMALL,
    machines: () => ({ hostStep: hostWithout('failWaits', 'connected', 'lost') }),
  },
  {
    what: 'CSME takes the card without a word',
    configuration: SMALL,
    machines: () => ({ csmeStep: csmeWithout('CSME_TAKING_OWNERSHIP') }),
  },
];

export function findDefect(defect: Defect): Exploration {
  return explore(defect.configuration, { machines: defect.machines() });
}
