/**
 * The local management service: programs of this machine reach AMT's ports through the firmware's own connection, LME.
 *
 *     const lms = await runLms({ path: '/dev/mei0', onNews: console.log }); // listens as `sapwood lms` does
 *     const tunnel = await openTunnel('/dev/mei0');                         // one program, no listener
 *     const stream = await tunnel.connect(16992);
 */
export { LMS_ERRORS, LmsError, type LmsErrorCode } from './errors.ts';
export type { AmtEvent } from './events.ts';
export type { ListenFailure } from './listeners.ts';
export type { LmeNews } from './lme.ts';
export { type LmsNews, type RunLmsOptions, type RunningLms, runLms } from './run.ts';
export { formatTarget, parseTarget, type Target } from './targets.ts';
export { openTunnel, type Tunnel, type TunnelOptions } from './tunnel.ts';
