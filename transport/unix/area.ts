/** The shared area of a connection: announced by the other side, or made here. */
import { fstatSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { native } from '../../native/index.ts';
import { TransportError } from '../errors.ts';
import { errnoOf } from './failure.ts';

/** A device or file of more is announced by mistake; a real area has 172,032 bytes. */
const AREA_SIZE_MAX = 1 << 30;

/** Maps what was announced. The descriptor is closed in any case. */
export function mapAnnounced(size: number, offset: bigint, descriptor: number): ArrayBuffer | TransportError {
  try {
    return problemOf(size, offset, descriptor) ?? native().memoryMap(descriptor, Number(offset), size);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === undefined) throw cause;
    return new TransportError('TRANSPORT_ERR_AREA', {
      detail: `mmap: ${getSystemErrorName(-errno)}. It must be open for reading and writing.`,
      errno,
      syscall: 'mmap',
      cause,
    });
  } finally {
    native().close(descriptor);
  }
}

/** Memory of our own, and the descriptor that the other side maps it by. */
export function createArea(size: number): { memory: ArrayBuffer; descriptor: number } {
  const descriptor = native().memoryCreate(size);
  try {
    return { memory: native().memoryMap(descriptor, 0, size), descriptor };
  } catch (error) {
    native().close(descriptor);
    throw error;
  }
}

/**
 * Takes memory away when everybody has been told: a handler may be at work with it now, or be told right after it; both
 * are over when the event loop comes round.
 */
export function retire(memory: ArrayBuffer): void {
  setImmediate(() => native().memoryUnmap(memory));
}

/** The same when an end is closed, which nobody is told: who looks at the memory once more finds zeroes. */
export function abandon(memory: ArrayBuffer): void {
  native().memoryBlank(memory);
}

function problemOf(size: number, offset: bigint, descriptor: number): TransportError | undefined {
  const wrong = (detail: string) => new TransportError('TRANSPORT_ERR_AREA', { detail });
  if (size === 0 || size > AREA_SIZE_MAX) {
    return wrong(`Its size is ${size}; it must be from 1 to ${AREA_SIZE_MAX} bytes.`);
  }
  if (offset % 4n !== 0n) return wrong(`Its offset is ${offset}, not a multiple of 4.`);
  const { isFile, isDevice, kind, length } = fileBehind(descriptor);
  if (!isFile && !isDevice)
    return wrong(`The descriptor is that of ${kind}; it must be a file's or a device's.`);
  const end = offset + BigInt(size);
  if (isFile && end > length) {
    return wrong(`It ends at byte ${end} of a file of ${length} bytes.`);
  }
  if (end > BigInt(Number.MAX_SAFE_INTEGER))
    return wrong(`It ends at byte ${end}, farther than can be mapped.`);
  return undefined;
}

interface FileBehind {
  readonly isFile: boolean;
  /** A device says itself what can be mapped. */
  readonly isDevice: boolean;
  readonly kind: string;
  readonly length: bigint;
}

function fileBehind(descriptor: number): FileBehind {
  const stat = fstatSync(descriptor, { bigint: true });
  const kinds: readonly [boolean, string][] = [
    [stat.isDirectory(), 'a directory'],
    [stat.isFIFO(), 'a pipe'],
    [stat.isSocket(), 'a socket'],
    [stat.isBlockDevice(), 'a disk'],
  ];
  const kind = kinds.find(([is]) => is)?.[1] ?? 'something else';
  return { isFile: stat.isFile(), isDevice: stat.isCharacterDevice(), kind, length: stat.size };
}
