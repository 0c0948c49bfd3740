/**
 * The system calls that Node.js does not have: packet rings, TAP interfaces, readiness, MEI devices, network namespaces.
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
  POLLPRI,
  type Watch,
} from './addon.ts';
export type { DeviceCalls, MeiClientProperties } from './device.ts';
export { NATIVE_ERRORS, NativeError, type NativeErrorCode, type NativeErrorDetails } from './errors.ts';
export { namespaceProblem, networkNamespace, spawnInNamespace } from './namespaces.ts';
