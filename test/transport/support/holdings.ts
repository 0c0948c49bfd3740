/** What this process holds of the system: counted before and after. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Holdings {
  readonly descriptors: number;
  readonly sockets: number;
  /** Mappings of files without a name and of files in the temporary folder. */
  readonly mappings: number;
}

export function holdings(): Holdings {
  const links = readdirSync('/proc/self/fd').map(targetOf);
  const maps = readFileSync('/proc/self/maps', 'utf8');
  return {
    descriptors: links.length,
    sockets: links.filter((target) => target.startsWith('socket:')).length,
    mappings: maps.match(/\/memfd:sapwood|\/sapwood-|\/dev\/zero/g)?.length ?? 0,
  };
}

/** A descriptor of the folder that is read is gone by then. */
function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}
