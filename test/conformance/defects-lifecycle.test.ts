import { LIFECYCLE_DEFECTS } from './defects/lifecycle.ts';
import { checkDefects } from './support/check-defects.ts';

checkDefects(LIFECYCLE_DEFECTS);
