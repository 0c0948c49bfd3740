import { OWNERSHIP_DEFECTS } from './defects/ownership.ts';
import { checkDefects } from './support/check-defects.ts';

checkDefects(OWNERSHIP_DEFECTS);
