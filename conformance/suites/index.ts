/** All scenarios, in the order in which they are played: what takes long comes last. */
import type { Scenario, SuiteName } from '../scenario.ts';
import { BELLS } from './bells.ts';
import { EXCHANGES } from './exchanges.ts';
import { HOSTILE_DATA } from './hostile-data.ts';
import { HOSTILE_MEMORY } from './hostile-memory.ts';
import { HOSTILE_MESSAGES } from './hostile-messages.ts';
import { LIFECYCLE } from './lifecycle.ts';
import { OWNERSHIP } from './ownership.ts';
import { PROTECTION } from './protection.ts';
import { RINGS } from './rings.ts';
import { RX } from './rx.ts';
import { SETTINGS } from './settings.ts';
import { SLOW } from './slow.ts';
import { STARTUP } from './startup.ts';

const SUITE_SCENARIOS: Readonly<Record<SuiteName, readonly Scenario[]>> = {
  startup: STARTUP,
  settings: SETTINGS,
  ownership: OWNERSHIP,
  protection: PROTECTION,
  exchanges: EXCHANGES,
  bells: BELLS,
  rings: RINGS,
  hostile: [...HOSTILE_MESSAGES, ...HOSTILE_MEMORY, ...HOSTILE_DATA],
  rx: RX,
  lifecycle: LIFECYCLE,
  slow: SLOW,
};

export const SCENARIOS: readonly Scenario[] = Object.values(SUITE_SCENARIOS).flat();

export function scenariosOf(suites: readonly SuiteName[]): readonly Scenario[] {
  return SCENARIOS.filter(({ suite }) => suites.includes(suite));
}
