/** An initramfs: an archive in cpio's "newc" format, which the kernel unpacks into its first root file system. */

export interface ArchiveEntry {
  readonly path: string;
  /** Absent: a directory. */
  readonly bytes?: Uint8Array;
}

const DIRECTORY = 0o040755;
const EXECUTABLE = 0o100755;

/** Directories must come before what lies in them. Source of the format: Documentation/driver-api/early-userspace/buffer-format.rst. */
export function cpioArchive(entries: readonly ArchiveEntry[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const [index, { path, bytes }] of [...entries, { path: 'TRAILER!!!' }].entries()) {
    const trailer = index === entries.length;
    const mode = trailer ? 0 : bytes === undefined ? DIRECTORY : EXECUTABLE;
    const name = Buffer.from(`${path}\0`);
    const size = bytes?.length ?? 0;
    // magic, inode, mode, uid, gid, links, mtime, file size, device, device of a device node, name size, checksum
    const fields = [trailer ? 0 : index + 1, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name.length, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
    parts.push(padded(Buffer.concat([Buffer.from(header), name])));
    if (bytes !== undefined) parts.push(padded(bytes));
  }
  return Buffer.concat(parts);
}

function padded(bytes: Uint8Array): Uint8Array {
  const surplus = bytes.length % 4;
  return surplus === 0 ? bytes : Buffer.concat([bytes, new Uint8Array(4 - surplus)]);
}
