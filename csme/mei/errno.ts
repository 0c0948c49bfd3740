/** Error numbers, as Linux numbers them, of the calls on a MEI device. */
export { EAGAIN, EBUSY, EFAULT, EFBIG, EINVAL, ENODEV } from '../../sap/index.ts';

export const EINTR = 4;
export const EBADF = 9;
export const EMFILE = 24;
export const ENOTTY = 25;
export const EPROTO = 71;
export const EMSGSIZE = 90;
export const EOPNOTSUPP = 95;
