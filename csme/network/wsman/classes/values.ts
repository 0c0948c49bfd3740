/** Values of properties that Put sends, read as what they must be. */
import type { Change } from '../schema.ts';

/** What is sent for `name`, read by `read`; `otherwise` when nothing is; undefined when it is not what it must be. */
export function sent<T>(
  change: Change,
  name: string,
  read: (text: string) => T | undefined,
  otherwise: T,
): T | undefined {
  const texts = change.values(name);
  if (texts === undefined) return otherwise;
  return texts.length === 1 ? read(texts[0]!) : undefined;
}

export function boolean(text: string): boolean | undefined {
  return BOOLEANS.get(text);
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** One of these numbers. */
export function oneOf<const N extends number>(
  ...numbers: readonly N[]
): (text: string | undefined) => N | undefined {
  return (text) => numbers.find((number) => String(number) === text);
}

/** A label or name of DNS, or nothing. */
export function hostName(text: string): string | undefined {
  return /^[A-Za-z0-9.-]{0,255}$/.test(text) ? text : undefined;
}

/** AMT's statuses as ReturnValue of methods (PT_STATUS). */
export const RETURN = { SUCCESS: 0, INVALID_PARAMETER: 36 } as const;
