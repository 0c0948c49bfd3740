/** Every defect. */

import { FRAME_DEFECTS } from './frames.ts';
import { LIFECYCLE_DEFECTS } from './lifecycle.ts';
import { OWNERSHIP_DEFECTS } from './ownership.ts';
import type { Defect } from './plant.ts';
import { SERVICE_DEFECTS } from './services.ts';
import { STARTUP_DEFECTS } from './startup.ts';
import { WIRE_DEFECTS } from './wire.ts';

export const DEFECTS: readonly Defect[] = [
  ...STARTUP_DEFECTS,
  ...OWNERSHIP_DEFECTS,
  ...SERVICE_DEFECTS,
  ...FRAME_DEFECTS,
  ...LIFECYCLE_DEFECTS,
  ...WIRE_DEFECTS,
];
