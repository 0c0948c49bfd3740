/**
 * Whether the program at the other end of a local TCP connection is gone, or has only said its last. A FIN is the same for
 * both; but a socket that no process has any more has no inode in the kernel's table of connections.
 */
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** One reading of the table is for all who ask before it begins. */
let nextTable: Promise<string> | undefined;
let lastTable: Promise<unknown> = Promise.resolve();

/**
 * Resolves to true when nobody has the other end, which must be on this machine, any more; to false where it is open, or
 * where that is not known. Never rejects.
 */
export async function isProgramGone({
  remoteAddress,
  remotePort,
  localAddress,
  localPort,
}: Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>): Promise<boolean> {
  const [its, ours] = [placeOf(remoteAddress, remotePort), placeOf(localAddress, localPort)];
  if (its === undefined || ours === undefined) return false;
  const table = await readTable();
  const at = table.indexOf(` ${its} ${ours} `);
  if (at < 0) return false;
  const [, , , , , , , , inode] = table.slice(at + 1, table.indexOf('\n', at)).split(/\s+/);
  return inode === '0';
}

/** As the table has it, on this machine: `0100007F:4260`. */
function placeOf(address: string | undefined, port: number | undefined): string | undefined {
  if (address === undefined || port === undefined) return undefined;
  const octets = address.replace(/^::ffff:/i, '').split('.');
  const bytes = octets.length === 4 ? octets.map(Number) : address === '::1' ? LOOPBACK_6 : undefined;
  if (bytes === undefined) return undefined;
  const words = new Uint32Array(Uint8Array.from(bytes).buffer);
  const hex = Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
  return `${hex}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}

function readTable(): Promise<string> {
  nextTable ??= lastTable.then(async () => {
    lastTable = nextTable!;
    nextTable = undefined;
    const tables = await Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => '')));
    return tables.join('');
  });
  return nextTable;
}

const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
const LOOPBACK_6 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
