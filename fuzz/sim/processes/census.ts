/** What a process holds of the system: its descriptors by kind, and the memory that it shares. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface Census {
  /** By kind: `socket`, `memfd`, `pipe`, …; the path of a file. */
  readonly descriptors: Readonly<Record<string, number>>;
  /** Shared mappings by the name of what is mapped. */
  readonly mappings: Readonly<Record<string, number>>;
}

export function census(): Census {
  const links = readdirSync('/proc/self/fd').map((fd) => linkOf(`/proc/self/fd/${fd}`));
  const kinds = links.filter((link) => link !== undefined).map(kindOf);
  const shared = readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .map((line) => line.match(/^\S+ ...s \S+ \S+ \S+\s*(.*)$/)?.[1])
    .filter((name) => name !== undefined);
  return { descriptors: countOf(kinds), mappings: countOf(shared) };
}

/** What is there more (+) or less (-) than before; undefined when it is the same. */
export function censusDifference(before: Census, now: Census): string | undefined {
  const found = (['descriptors', 'mappings'] as const).flatMap((part) => {
    const names = [...new Set([...Object.keys(before[part]), ...Object.keys(now[part])])].sort();
    return names.flatMap((name) => {
      const more = (now[part][name] ?? 0) - (before[part][name] ?? 0);
      return more === 0 ? [] : [`${more > 0 ? '+' : ''}${more} ${part} of ${name}`];
    });
  });
  return found.length > 0 ? found.join(', ') : undefined;
}

/** With so many sockets more that are watched; the event loop has a descriptor of its own for each. */
function withSockets({ descriptors, mappings }: Census, more: number): Census {
  return { descriptors: { ...descriptors, socket: (descriptors.socket ?? 0) + 2 * more }, mappings };
}

/** The census of a firmware that has its socket: what goes with acknowledgements is open as well. */
export function listeningCensus(loaded: Census): Census {
  const { descriptors, mappings } = withSockets(loaded, 1);
  return { descriptors: { ...descriptors, [NOTHING]: (descriptors[NOTHING] ?? 0) + 1 }, mappings };
}

/** The census of a side that is linked: one connection and one area more. */
export function linkedCensus(baseline: Census): Census {
  const { descriptors, mappings } = withSockets(baseline, 1);
  return { descriptors, mappings: { ...mappings, [AREA]: (mappings[AREA] ?? 0) + 1 } };
}

const NOTHING = '/dev/null';
const AREA = '/memfd:sapwood (deleted)';

/** Undefined: it is closed by now, as that of the folder that was read. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function kindOf(link: string): string {
  return (
    link
      .match(/^(?:\/(memfd)|(socket|pipe)):/)
      ?.slice(1)
      .find(Boolean) ?? link
  );
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
