/** The error numbers that the host's commands return, negative, as the reference does. */
export const EACCES = 13;
export const EBUSY = 16;
export const ENODEV = 19;
export const EINVAL = 22;
export const ENOSPC = 28;
export const ETIMEDOUT = 110;
