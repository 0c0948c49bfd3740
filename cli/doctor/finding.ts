/** What the doctor says of one thing that a feature needs. */
import { BRIDGE_ERRORS, type BridgeError } from '../../netlink-bridge/index.ts';

/**
 * `missing` counts: the feature does not work. `optional` is missing too, but something else does its work or only a part
 * of the feature needs it.
 */
export type FindingState = 'good' | 'missing' | 'optional';

export interface Finding {
  readonly name: string;
  readonly state: FindingState;
  /** What is there, or what is not: a phrase. */
  readonly detail: string;
  /** What to do about it: sentences. Every finding that is not good has it. */
  readonly remedy: string | undefined;
}

export function good(name: string, detail: string): Finding {
  return { name, state: 'good', detail, remedy: undefined };
}

export function missing(name: string, detail: string, remedy: string): Finding {
  return { name, state: 'missing', detail, remedy };
}

export function optional(name: string, detail: string, remedy: string): Finding {
  return { name, state: 'optional', detail, remedy };
}

/** A sentence that says what is wrong and behind it what helps, as this project's errors are written, in its two parts. */
export function missingAs(name: string, sentences: string): Finding {
  const [, what, cure] = /^(.+?[.?!:])\s+(.+)$/s.exec(sentences) ?? [undefined, sentences, sentences];
  return missing(name, what!.replace(/[.:]$/, ''), cure!);
}

/** The same of an error of the bridge: what it is about, or where that is all it says, what kind of error it is. */
export function missingBecause(name: string, { code, message }: BridgeError): Finding {
  const kind = BRIDGE_ERRORS[code];
  const own = message.slice(kind.length + 1);
  const [, what, cure] = /^(.+?)\. (.+)$/s.exec(own) ?? [];
  return what === undefined ? missing(name, kind.slice(0, -1), own) : missing(name, what, cure!);
}
