/** What an error says of what AMT has done. */
import { MeiError, type MeiErrorCode } from '../../transport/index.ts';
import { AmthiError } from '../amthi.ts';
import { WsmanError } from '../wsman/index.ts';

/** After a request was sent. */
const LOST: ReadonlySet<MeiErrorCode> = new Set([
  'MEI_ERR_DISCONNECTED',
  'MEI_ERR_MESSAGE_LOST',
  'MEI_ERR_NO_ANSWER',
  'MEI_ERR_TIMEOUT',
]);
/** Of a firmware that begins anew, or of programs that take turns. */
const PASSING: ReadonlySet<MeiErrorCode> = new Set([
  ...LOST,
  'MEI_ERR_BUSY',
  'MEI_ERR_CONNECT_TIMEOUT',
  'MEI_ERR_NO_CLIENT',
  'MEI_ERR_NOT_READY',
]);

/** Whether AMT may have done what it was told: the error came in the place of an answer. */
export function isOpen(error: unknown): boolean {
  if (error instanceof WsmanError) return error.isOpen;
  if (error instanceof AmthiError) return error.status === undefined;
  return error instanceof MeiError && LOST.has(error.code);
}

/** Whether the same question may be answered a moment later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof MeiError) return PASSING.has(error.code);
  return isOpen(error) || (error instanceof WsmanError && error.code === 'WSMAN_ERR_CONNECT');
}
