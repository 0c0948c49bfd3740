/** The files that the doctor looks at, below a folder that stands for the root of the machine. */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';

/** The largest file that is read: the list of a kernel's modules. */
const BYTES_MAX = 4 << 20;
const CHUNK_BYTES = 65536;

export class Files {
  readonly root: string;

  constructor(root = '/') {
    this.root = root;
  }

  at(path: string): string {
    return join(this.root, path);
  }

  /** Undefined for what is no file, cannot be read, or is too long. */
  bytes(path: string): Uint8Array | undefined {
    let fd: number | undefined;
    try {
      // A pipe in its place would block.
      fd = openSync(this.at(path), constants.O_RDONLY | constants.O_NONBLOCK);
      if (!fstatSync(fd).isFile()) return undefined;
      const chunks: Uint8Array[] = [];
      for (let left = BYTES_MAX; left > 0; left -= chunks.at(-1)!.length) {
        const room = new Uint8Array(CHUNK_BYTES);
        const length = readSync(fd, room);
        if (length === 0) return Buffer.concat(chunks);
        chunks.push(room.subarray(0, length));
      }
      return undefined;
    } catch {
      return undefined;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  text(path: string): string | undefined {
    const bytes = this.bytes(path);
    return bytes && Buffer.from(bytes).toString('latin1');
  }

  /** The names in a folder, sorted; none where there is no folder. */
  names(path: string): string[] {
    try {
      return readdirSync(this.at(path)).sort();
    } catch {
      return [];
    }
  }

  exists(path: string): boolean {
    return this.#stat(path) !== undefined;
  }

  /** Whether this user may read and write it. */
  isUsable(path: string): boolean {
    try {
      accessSync(this.at(path), constants.R_OK | constants.W_OK);
      return true;
    } catch {
      return false;
    }
  }

  isSocket(path: string): boolean {
    return this.#stat(path)?.isSocket() ?? false;
  }

  /** The last part of what a link points to. */
  link(path: string): string | undefined {
    try {
      return basename(readlinkSync(this.at(path)));
    } catch {
      return undefined;
    }
  }

  #stat(path: string): Stats | undefined {
    try {
      return statSync(this.at(path));
    } catch {
      return undefined;
    }
  }
}
