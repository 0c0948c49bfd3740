/**
 * The system calls that Node.js does not have: packet rings, TAP interfaces, readiness, network namespaces.
 *
 *     const problem = nativeProblem();
 *     if (problem !== undefined) return report(problem);
 *     const index = native().ifIndex('wlan0');
 */
export {
  type Native,
  native,
  nativeProblem,
  type PacketGeometry,
  type PacketSocket,
  type PacketStatistics,
  POLLERR,
  POLLIN,
  POLLOUT,
  type Watch,
} from './addon.ts';
export { NATIVE_ERRORS, NativeError, type NativeErrorCode, type NativeErrorDetails } from './errors.ts';
export { namespaceProblem, networkNamespace, spawnInNamespace } from './namespaces.ts';
