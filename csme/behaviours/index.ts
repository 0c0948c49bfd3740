/** All misbehaviours, and their names for command lines. */
import { damagedPointers, damagedSapId, damagedSizes } from './area.ts';
import type { Behaviour } from './behaviour.ts';
import {
  lengthBeyondRing,
  longMessages,
  shortFrames,
  shortMessages,
  staleSeqNums,
  tooBig,
  unknownTypes,
  wrongDataType,
} from './messages.ts';
import { grantsAndRefuses, grantsUnasked, refusesOwnership, takesDuringAssociation } from './ownership.ts';
import { amtStateFirst, wrongStartOkSize, wrongVersion } from './start.ts';
import {
  deaf,
  duplicateReplies,
  emptyBells,
  late,
  never,
  neverAcksPldr,
  silent,
  withoutBells,
} from './timing.ts';

export * from './area.ts';
export type { Behaviour, BehaviourContext } from './behaviour.ts';
export * from './messages.ts';
export * from './ownership.ts';
export * from './start.ts';
export * from './timing.ts';

const LARGEST = 0xffff;

/** What stands behind the colon of a name, as a number from 0 to 65535, NaN for anything else; or what is usual. */
function number(text: string | undefined, usual: number): number {
  if (text === undefined) return usual;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value <= LARGEST ? value : Number.NaN;
}

/** By name: how to make it from what may stand behind a colon. */
export const BEHAVIOURS: Readonly<Record<string, (argument?: string) => Behaviour>> = {
  late: (ms) => late(number(ms, 50)),
  silent: () => silent,
  never: (message) => never(message ?? 'START_OK'),
  'never-acks-pldr': () => neverAcksPldr,
  'without-bells': () => withoutBells,
  'empty-bells': () => emptyBells,
  'duplicate-replies': () => duplicateReplies,
  deaf: () => deaf,
  'wrong-version': (version) => wrongVersion(number(version, 2)),
  'wrong-start-ok-size': (size) => wrongStartOkSize(number(size, 19)),
  'amt-state-first': () => amtStateFirst,
  'short-messages': (message) => shortMessages(message),
  'long-messages': (extra) => longMessages(number(extra, 4)),
  'unknown-types': () => unknownTypes,
  'too-big': () => tooBig,
  'length-beyond-ring': (times) => lengthBeyondRing(number(times, 1)),
  'wrong-data-type': () => wrongDataType,
  'stale-seq-nums': () => staleSeqNums,
  'damaged-wr': (bells) =>
    damagedPointers({ ring: 'm2h-notif', pointer: 'wr', to: 'past', bells: number(bells, 1) }),
  'damaged-rd': (bells) =>
    damagedPointers({ ring: 'h2m-notif', pointer: 'rd', to: 'past', bells: number(bells, 1) }),
  'damaged-sap-id': () => damagedSapId,
  'damaged-sizes': () => damagedSizes,
  'refuses-ownership': () => refusesOwnership,
  'grants-unasked': () => grantsUnasked,
  'grants-and-refuses': () => grantsAndRefuses,
  'takes-during-association': () => takesDuringAssociation,
  /** Made only by its whole name: it crashes the reference kernel. */
  'short-frames:crashes-the-reference-kernel': () => shortFrames({ crashesTheReferenceKernel: true }),
};

/**
 * The misbehaviour that a text like `late:50` names; undefined when there is none, or its argument is no number from
 * 0 to 65535.
 */
export function behaviourByName(text: string): Behaviour | undefined {
  if (Object.hasOwn(BEHAVIOURS, text)) return BEHAVIOURS[text]?.();
  const colon = text.indexOf(':');
  const name = text.slice(0, colon);
  if (colon < 0 || !Object.hasOwn(BEHAVIOURS, name)) return undefined;
  const behaviour = BEHAVIOURS[name]?.(text.slice(colon + 1));
  return behaviour?.doc.includes('NaN') ? undefined : behaviour;
}
