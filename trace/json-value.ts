/** What is asked of JSON values before anyone walks through them. */
import type { JsonValue } from './event.ts';

export type Members = { [name: string]: JsonValue };

/** Deeper values than this are refused: printing them would overflow the stack. */
export const MAX_DEPTH = 32;

export function isObject(value: JsonValue): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function tooDeep(value: Members | JsonValue[], levels: number): boolean {
  if (levels === 0) return true;
  for (const key in value) {
    const inner = (value as Members)[key];
    if (typeof inner === 'object' && inner !== null && tooDeep(inner, levels - 1)) return true;
  }
  return false;
}
