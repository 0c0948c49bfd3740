/**
 * CSME's embedded network stack: the emulated AMT web service on port 16992, and a TAP interface in a network
 * namespace of its own that carries it. docs/amt-web.md says what is emulated.
 *
 * The web service alone needs neither privileges nor the addon:
 *
 *     const service = new WebService({ credentials: { user: 'admin', password } });
 *     const { port } = await service.listen({ host: '127.0.0.1', port: 0 });
 */
export { AMT_HTTP, type Credentials } from '../../amt/web/index.ts';
export { NETWORK_ERRORS, NetworkError, type NetworkErrorCode, type NetworkErrorDetails } from './errors.ts';
export { type FollowedNetwork, type FollowOptions, followHost } from './follow.ts';
export { ip, ipProblem } from './ip.ts';
export { type JoinedNetwork, type JoinOptions, joinNetwork } from './join.ts';
export { type LmeDevice, type ServedLme, serveLme } from './lme.ts';
export { becomeRemote, type RemoteOptions } from './remote.ts';
export {
  type NetworkStack,
  type NetworkStackOptions,
  type NetworkStackStatistics,
  openNetworkStack,
} from './stack.ts';
export { WEB_LIMITS, type WebLimits } from './web/limits.ts';
export { type WebOptions, WebService, type WebStatistics } from './web/service.ts';
export { type Envelope, readEnvelope, type Selector } from './wsman/envelope.ts';
export { type WsmanAnswer, WsmanService } from './wsman/service.ts';
