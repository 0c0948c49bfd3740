/**
 * The classes of the emulated AMT: each is one declaration, from which everything is answered.
 *
 * Names, keys and values are those of Intel's AMT SDK (class reference) and of public captures.
 */
import type { AmtClass } from '../schema.ts';
import { GENERAL_CLASSES } from './general.ts';
import { INTERFACE_CLASSES } from './interfaces.ts';
import { REDIRECTION_CLASSES } from './redirection.ts';
import { REMOTE_CLASSES } from './remote.ts';
import { SETUP_CLASSES } from './setup.ts';

/** By URI. */
export const AMT_CLASSES: ReadonlyMap<string, AmtClass> = new Map(
  [GENERAL_CLASSES, SETUP_CLASSES, INTERFACE_CLASSES, REDIRECTION_CLASSES, REMOTE_CLASSES]
    .flat()
    .map((amt) => [amt.uri, amt]),
);
