/** Error numbers as Linux numbers them: what the bus answers and what the host's commands return, both as negatives. */
const NUMBERS = {
  EIO: 5,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  ENODEV: 19,
  EINVAL: 22,
  EFBIG: 27,
  ENOSPC: 28,
  ETIME: 62,
  ETIMEDOUT: 110,
} as const;

export const { EIO, EAGAIN, EACCES, EFAULT, EBUSY, ENODEV, EINVAL, EFBIG, ENOMEM, ENOSPC, ETIMEDOUT } =
  NUMBERS;

const NAMES = new Map<number, string>(Object.entries(NUMBERS).map(([name, number]) => [number, name]));

/** `ENODEV` for 19 or -19; undefined for a number that neither the bus nor the reference gives. */
export function errnoName(errno: number): string | undefined {
  return NAMES.get(Math.abs(errno));
}
