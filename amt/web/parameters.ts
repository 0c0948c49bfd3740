/**
 * The `name=value` list that follows the scheme in the headers of HTTP authentication, in both directions.
 *
 * Source: RFC 9110 §11.4 and §5.6 for the list, tokens and strings.
 */

/** Longest header of authentication that is read at all. */
export const AUTHENTICATION_MAX = 4096;

/** One `name=value` and what follows it: the value a token, or a string whose quoted pairs may be any character. */
const PARAMETER =
  /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]+))[ \t]*(?:(,)|$)/y;
/** Empty elements of a list are allowed. */
const NOTHING = /[ \t]*(?:,|$)/y;

/** The values by name in lower case, unquoted; or what is wrong, in words that follow "the header". */
export function parameters(
  header: string,
  from: number,
): ReadonlyMap<string, string> | { readonly problem: string } {
  const fields = new Map<string, string>();
  for (let at = from; at < header.length; ) {
    NOTHING.lastIndex = at;
    if (NOTHING.test(header)) {
      at = NOTHING.lastIndex;
      continue;
    }
    PARAMETER.lastIndex = at;
    const match = PARAMETER.exec(header);
    if (match === null) return { problem: `cannot be read at character ${at}.` };
    at = PARAMETER.lastIndex;
    const name = match[1]!.toLowerCase();
    if (fields.has(name)) return { problem: `has ${name} twice.` };
    fields.set(name, match[2] === undefined ? match[3]! : match[2].replace(/\\(.)/g, '$1'));
  }
  return fields;
}

/** A string as it stands in quotes. */
export function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
