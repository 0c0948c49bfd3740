import { FRAME_DEFECTS } from './defects/frames.ts';
import { checkDefects } from './support/check-defects.ts';

checkDefects(FRAME_DEFECTS);
