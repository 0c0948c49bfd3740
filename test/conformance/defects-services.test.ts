import { SERVICE_DEFECTS } from './defects/services.ts';
import { checkDefects } from './support/check-defects.ts';

checkDefects(SERVICE_DEFECTS);
