/** The option `--quirk`. */
import { InvalidArgumentError } from 'commander';
import { QUIRKS, type QuirkName } from '../ownership/index.ts';

export const QUIRK_NAMES = Object.keys(QUIRKS) as readonly QuirkName[];

/** Names separated by commas, behind those given before; throws for commander. */
export function quirkNames(text: string, before: readonly QuirkName[] = []): readonly QuirkName[] {
  const names = text.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !Object.hasOwn(QUIRKS, name));
  if (wrong !== undefined) {
    throw new InvalidArgumentError(`There is no quirk "${wrong}"; sapwood replay --help lists them.`);
  }
  return [...new Set([...before, ...(names as QuirkName[])])];
}
