/** Seeded random numbers: the same seed gives the same faults on every machine. */
export interface Random {
  /** 0 ≤ x < 1. */
  next(): number;
  /** An integer, 0 ≤ x < `limit`. */
  below(limit: number): number;
}

/** Weyl sequence with a multiply-xorshift finaliser, 32 bits of state. Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 0x100000000;
  };
  return { next, below: (limit) => Math.floor(next() * limit) };
}
