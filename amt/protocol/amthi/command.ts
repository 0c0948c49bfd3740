/** What a command of AMTHI is declared with. */
import type { Fields } from '../declare.ts';

export interface AmthiCommand<Q extends Fields = Fields, R extends Fields = Fields> {
  /** The low 23 bits of the command word. */
  readonly op: number;
  /** Its high byte. */
  readonly class: number;
  readonly doc: string;
  /** Where the layout was read. */
  readonly source: string;
  /** Behind the 12 bytes of the header. */
  readonly request: Q;
  /** Behind the 16 bytes of header and status; only where the status is SUCCESS. */
  readonly response: R;
}

/** Of nearly all commands. */
const CLASS_CONFIGURATION = 0x04;
export const CLASS_STATE = 0x01;

export function amthiCommand<const Q extends Fields, const R extends Fields>(decl: {
  op: number;
  class?: number;
  doc: string;
  source: string;
  request?: Q;
  response?: R;
}): AmthiCommand<Q, R> {
  return { class: CLASS_CONFIGURATION, request: {} as Q, response: {} as R, ...decl };
}

/** The most that an answer has. Firmware may send room for all of them. */
export const VERSIONS_MAX = 50;
export const HASH_HANDLES_MAX = 33;
