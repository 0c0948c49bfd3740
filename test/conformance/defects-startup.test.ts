import { STARTUP_DEFECTS } from './defects/startup.ts';
import { checkDefects } from './support/check-defects.ts';

checkDefects(STARTUP_DEFECTS);
