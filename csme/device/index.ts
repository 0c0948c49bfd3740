/**
 * The emulated MEI as a device file: `/dev/mei0`, served from user space through CUSE, for programs that know nothing
 * of this one.
 *
 *     const server = await serveMeiDevice({ name: 'mei0' });
 *     // any MEI client now works on /dev/mei0
 *     await server.close();
 *
 * Needs the addon, the kernel's module cuse, and the right to open /dev/cuse.
 */
export { DEVICE_ERRORS, DeviceError, type DeviceErrorCode, type DeviceErrorDetails } from './errors.ts';
export { type MeiServer, type MeiServerOptions, serveMeiDevice } from './serve.ts';
export { CuseSession, type SessionInput, type SessionOutput } from './session.ts';
