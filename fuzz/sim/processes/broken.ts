/** What must hold and does not, and waiting that has an end. */

export class Broken extends Error {}

/** What must come comes within this time, however busy the machine is. */
export const PATIENCE_MS = 30_000;

/** Rejects with Broken when it takes too long. */
export async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Broken(`${what} takes more than ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Looks until `look` is content. Throws Broken with what it last said when that takes too long, or too many looks. */
export async function until<T>(look: () => Promise<T | string>, most = Number.POSITIVE_INFINITY): Promise<T> {
  const from = performance.now();
  for (let looks = 1; ; looks++) {
    const found = await look();
    if (typeof found !== 'string') return found;
    if (performance.now() - from > PATIENCE_MS || looks >= most)
      throw new Broken(`${found}, and it stays so`);
    await pause(LOOK_EVERY_MS);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const LOOK_EVERY_MS = 3;
