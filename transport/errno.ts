/** The error numbers of the bus, as Linux numbers them; `perform` returns them negative. */
export const EIO = 5;
export const EAGAIN = 11;
export const EFAULT = 14;
export const EBUSY = 16;
export const ENODEV = 19;
export const EINVAL = 22;
export const EFBIG = 27;

const NAMES: Readonly<Record<number, string>> = {
  [EIO]: 'EIO',
  [EAGAIN]: 'EAGAIN',
  [EFAULT]: 'EFAULT',
  [EBUSY]: 'EBUSY',
  [ENODEV]: 'ENODEV',
  [EINVAL]: 'EINVAL',
  [EFBIG]: 'EFBIG',
};

/** `ENODEV` for 19 or -19; the number itself when it is none of the bus. */
export function errnoName(errno: number): string {
  return NAMES[Math.abs(errno)] ?? `errno ${Math.abs(errno)}`;
}
