/**
 * The checks: every rule of `sapwood validate`, and a few that no trace can tell, because they are about memory, or
 * about a driver that says nothing at all.
 */
import { RULES, type RuleId } from '../trace/index.ts';

export interface Check {
  readonly title: string;
  /** Where the rule is from. */
  readonly source: string;
  readonly doc: string;
}

export const OWN_CHECKS = {
  'link.comes': {
    title: 'The driver maps the area and sends START when CSME appears',
    source: 'docs/host.md, Phases',
    doc: 'Within five seconds after the client was announced the area is there and START has come. A driver that does not start has no arbitration: the firmware keeps the card.',
  },
  'link.returns': {
    title: 'The driver comes back after a reset of the firmware',
    source: 'docs/host.md, Phases (lost, probe)',
    doc: 'When the firmware was reset everything of the link is forgotten and the start-up runs again.',
  },
  'link.stays': {
    title: 'The driver does not hang up',
    source: 'docs/transports/unix.md',
    doc: 'A connection that ends in the middle of a scenario, without being asked to, is a driver that crashed or gave up.',
  },
  'start.late-start-ok': {
    title: 'A late START_OK, or a good one behind a bad one, is taken',
    source: 'docs/host.md, Phases (started)',
    doc: 'A firmware that is busy answers START late. The host waits in the state "started", however long, and goes on with the START_OK that fits.',
  },
  'start.zeroed': {
    title: 'The rings are zero upon START',
    source: 'docs/messages.md, Shared area',
    doc: "The host zeroes the area before it fills the control block. What was in its memory before is nobody else's to read.",
  },
  'ring.untouched': {
    title: 'A ring whose pointers are damaged is not touched',
    source: 'docs/host.md, Hostile memory',
    doc: "When CSME's pointer stands outside of the ring, nothing is read or written, and the host's own pointer stays. A host that computes with such a pointer writes outside of the ring.",
  },
  'ring.from-memory': {
    title: 'The sizes in the control block are not looked at again',
    source: 'docs/host.md, Hostile memory',
    doc: 'The host works with its own layout: CSME may change ids and sizes in the control block, and nothing happens.',
  },
} as const satisfies { readonly [id: string]: Check };

type OwnCheckId = keyof typeof OWN_CHECKS;
export type CheckId = RuleId | OwnCheckId;

export const CHECKS: Readonly<Record<CheckId, Check>> = { ...RULES, ...OWN_CHECKS };
export const CHECK_IDS = Object.keys(CHECKS) as readonly CheckId[];
