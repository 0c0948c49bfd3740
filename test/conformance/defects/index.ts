/** Every defect. */
import { OWNERSHIP_DEFECTS } from './ownership.ts';
import type { Defect } from './plant.ts';
import { SERVICE_DEFECTS } from './services.ts';
import { STARTUP_DEFECTS } from './startup.ts';
import { WIRE_DEFECTS } from './wire.ts';

export const DEFECTS: readonly Defect[] = [
  ...STARTUP_DEFECTS,
  ...OWNERSHIP_DEFECTS,
  ...SERVICE_DEFECTS,
  ...WIRE_DEFECTS,
];
