/**
 * ME clients of a real machine, through the kernel's `/dev/meiN`: messages to and from one client at a time.
 *
 *     const amt = await openMei('/dev/mei0', { client: MEI_CLIENTS.AMTHI.guid });
 *     await amt.send(request);
 *     const answer = await amt.receive({ timeoutMs: 15_000 });
 *     await amt.close();
 */
export { askMeiClients, type MeiClientAnswer, type MeiClientReport } from './ask.ts';
export { MEI_CLIENTS, type MeiClient, type MeiClientName } from './clients.ts';
export type { MeiCalls, MeiConnection } from './connection.ts';
export {
  listMeiDevices,
  MEI_STATES,
  type MeiDevice,
  type MeiFolders,
  type MeiState,
} from './devices.ts';
export {
  MEI_ERRORS,
  MEI_FAILURES,
  type MeiCall,
  MeiError,
  type MeiErrorCode,
  type MeiErrorDetails,
} from './errors.ts';
export { MESSAGE_LENGTH_MAX, type MeiOptions, openMei } from './open.ts';
export type { Patience } from './waiters.ts';
