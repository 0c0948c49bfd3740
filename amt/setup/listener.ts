/** Who listens on a TCP port of this machine, as the kernel tells it. */
import { readFile } from 'node:fs/promises';

/** Addresses, as /proc writes them, whose listeners get what connects to 127.0.0.1; of the second table those of IPv6. */
const TABLES = [
  ['/proc/net/tcp', ['0100007F', '00000000']],
  ['/proc/net/tcp6', ['0000000000000000FFFF00000100007F', '00000000000000000000000000000000']],
] as const;
const LISTEN = '0A';

/** The user ids of the listeners that may get a connection to 127.0.0.1 at `port`; empty: none, or they cannot be seen. */
export async function listenersOn(port: number): Promise<readonly number[]> {
  const uids: number[] = [];
  for (const [path, addresses] of TABLES) {
    const table = await readFile(path, 'latin1').catch(() => '');
    uids.push(...listenersIn(table, addresses, port));
  }
  return uids;
}

/** From a table in the form of /proc/net/tcp. */
export function listenersIn(table: string, addresses: readonly string[], port: number): readonly number[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const uids: number[] = [];
  for (const line of table.split('\n')) {
    const [, local, , state, , , , uid] = line.trim().split(/\s+/);
    if (state !== LISTEN || uid === undefined) continue;
    if (addresses.some((address) => local === `${address}:${hexPort}`)) uids.push(Number(uid));
  }
  return uids;
}

/**
 * Whether a program of this user may be taken for a service of the system: root, this user, or a user that systems make
 * for their services and nobody logs in as (below 1000 by Linux Standard Base, and systemd's dynamic ones).
 */
export function isServiceUser(uid: number, own: number | undefined = process.geteuid?.()): boolean {
  return uid < 1000 || uid === own || (uid >= 61_184 && uid <= 65_519);
}
