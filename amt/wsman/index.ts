/** WS-Management as a program of the host speaks it to AMT. */
export { WsmanClient, type WsmanOptions } from './client.ts';
export { WSMAN_ERRORS, WsmanError, type WsmanErrorCode, type WsmanErrorDetails } from './errors.ts';
export {
  readAnswer,
  requestName,
  requestXml,
  type WsmanAnswer,
  type WsmanFault,
  type WsmanRequest,
  type WsmanValues,
} from './messages.ts';
