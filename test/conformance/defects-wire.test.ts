import { WIRE_DEFECTS } from './defects/wire.ts';
import { checkDefects } from './support/check-defects.ts';

checkDefects(WIRE_DEFECTS);
