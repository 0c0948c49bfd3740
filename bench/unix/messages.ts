/** What the `unix:` bench sends. */
import { encodeMe, encodeSap } from '../../sap/index.ts';

/** A notification of usual size. */
export const NOTIFICATION = encodeSap({ name: 'COUNTRY_CODE', mcc: 0, sourceId: 0, diffTime: 0 }, 1);
/** The door bells of the two sides: the host's has the size of START, as the reference sends it. */
export const HOST_BELL = encodeMe({ name: 'CHECK_SHARED_AREA' }, 1, { size: 88 });
export const CSME_BELL = encodeMe({ name: 'CHECK_SHARED_AREA' }, 1);
