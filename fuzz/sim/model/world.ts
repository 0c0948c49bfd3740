/**
 * Host, firmware, the channels between them and the bus as one machine whose steps are chosen from outside.
 *
 * Rules of the abstraction: either side may take its next message, or any of its commands and armed timers, at any
 * moment. A side that would write while two of its bursts are in flight waits. The bus tells the firmware of a loss at
 * once, and the host later, which may go on for as long as it likes until it learns of it.
 */
import type { Profile } from '../../../csme/index.ts';
import { Channels, NOTHING } from './channels.ts';
import type { Configuration } from './configurations.ts';
import { CSME_TIMERS, CsmePart, type CsmeStep } from './csme-part.ts';
import { HOST_EVENTS, HOST_TIMERS } from './host-events.ts';
import { HostPart, type HostStep, type Outcome } from './host-part.ts';

/** Bursts that may be in flight each way; what one step writes is a burst: a notification, or several. */
export const MOST_IN_FLIGHT = 2;

export interface Place {
  host: number;
  csme: number;
  /** Contents of the channel from the host to CSME, and of the other. */
  down: number;
  up: number;
  /** The bus lost the client, the host does not know yet: 1. */
  lost: number;
}

type Kind = 'driver' | 'host timer' | 'bus' | 'csme' | 'csme timer' | 'to csme' | 'to host' | 'vanishes';
export interface WorldEvent {
  readonly kind: Kind;
  readonly name: string;
}

/** A message that is possible but for the bound of what may be in flight. */
export const BLOCKED = Symbol('blocked');

export interface Machines {
  readonly hostStep?: HostStep;
  readonly csmeStep?: CsmeStep;
}

export class World {
  readonly channels = new Channels();
  readonly host: HostPart;
  readonly csme: CsmePart;
  readonly events: readonly WorldEvent[];
  /** Where the last step led. */
  readonly next: Place = { host: 0, csme: 0, down: 0, up: 0, lost: 0 };
  /** As the configuration says. */
  readonly hasty: boolean;
  readonly #bus: ReadonlySet<string>;
  readonly #bound: number;

  constructor(configuration: Configuration, machines: Machines = {}, bound = MOST_IN_FLIGHT) {
    this.host = new HostPart(this.channels, machines.hostStep);
    this.csme = new CsmePart(this.channels, machines.csmeStep);
    this.#bus = new Set(configuration.bus);
    this.hasty = configuration.hasty ?? false;
    this.#bound = bound;
    this.events = eventsOf(configuration);
  }

  initial(profile: Profile): Place {
    return { host: this.host.initial(), csme: this.csme.initial(profile), down: 0, up: 0, lost: 0 };
  }

  /** Lets the event happen at `p` if it can: then `next` is where that leads. */
  take(event: WorldEvent, p: Place): Outcome | undefined | typeof BLOCKED {
    switch (event.kind) {
      case 'driver':
        return HOST_EVENTS[event.name]!.enabled(this.#hostState(p)) ? this.#host(p, event.name) : undefined;
      case 'host timer':
        if (!HOST_EVENTS[event.name]!.enabled(this.#hostState(p))) return undefined;
        return this.#host(p, event.name, event.name === 'drainPoll' && p.down === NOTHING);
      case 'bus':
        return this.#busEvent(p, event.name);
      case 'csme':
        if (event.name === 'enableAmt' && !this.hasty && (p.down !== NOTHING || p.up !== NOTHING))
          return undefined;
        return this.#csme(p, event.name);
      case 'csme timer': {
        const timer = event.name.slice('timer '.length) as (typeof CSME_TIMERS)[number];
        return this.csme.nodes[p.csme]!.timers[timer] === null ? undefined : this.#csme(p, event.name);
      }
      case 'to csme':
        return this.#toCsme(p);
      case 'to host':
        return this.#toHost(p);
      case 'vanishes':
        return this.#vanishes(p);
    }
  }

  #hostState(p: Place) {
    return this.host.nodes[p.host]!.state;
  }

  #host(p: Place, name: string, drained = false): Outcome | typeof BLOCKED {
    return this.#hostDid(p, this.host.happens(p.host, name, drained), p.up);
  }

  #hostDid(p: Place, outcome: Outcome, up: number): Outcome | typeof BLOCKED {
    if (outcome.burst !== NOTHING && this.channels.bursts(p.down) >= this.#bound) return BLOCKED;
    const { next } = this;
    next.host = outcome.next;
    next.csme = p.csme;
    next.down = this.channels.push(p.down, outcome.burst);
    next.up = up;
    next.lost = p.lost;
    if (!outcome.teardown) return outcome;
    next.down = NOTHING;
    next.up = NOTHING;
    if (this.csme.nodes[p.csme]!.link === 'absent') return outcome;
    return this.#also(outcome, this.csme.happens(p.csme, 'areaGone'));
  }

  /** What the firmware does at once because of what the host did. */
  #also(outcome: Outcome, firmware: Outcome): Outcome {
    this.next.csme = firmware.next;
    return {
      ...outcome,
      notes: [...outcome.notes, ...firmware.notes.map((n) => `(${n})`)],
      wrong: outcome.wrong ?? firmware.wrong,
    };
  }

  #csme(p: Place, name: string): Outcome | typeof BLOCKED {
    return this.#csmeDid(p, this.csme.happens(p.csme, name), p.down);
  }

  #csmeDid(p: Place, outcome: Outcome, down: number): Outcome | typeof BLOCKED {
    if (outcome.burst !== NOTHING && this.channels.bursts(p.up) >= this.#bound) return BLOCKED;
    const { next } = this;
    next.host = p.host;
    next.csme = outcome.next;
    next.down = down;
    next.up = this.channels.push(p.up, outcome.burst);
    next.lost = p.lost;
    return outcome;
  }

  #toCsme(p: Place): Outcome | undefined | typeof BLOCKED {
    if (p.down === NOTHING || p.lost) return undefined;
    const id = this.channels.head(p.down);
    const { link } = this.csme.nodes[p.csme]!;
    const open =
      this.channels.message(id).kind === 'START' ? link === 'mapped' || link === 'up' : link === 'up';
    if (!open) return undefined;
    return this.#csmeDid(p, this.csme.hears(p.csme, id), this.channels.pop(p.down));
  }

  #toHost(p: Place): Outcome | undefined | typeof BLOCKED {
    if (p.up === NOTHING) return undefined;
    const id = this.channels.head(p.up);
    const { phase } = this.#hostState(p);
    const starting = this.channels.message(id).kind === 'START_OK';
    if (starting ? p.lost || (phase !== 'started' && phase !== 'connected') : phase !== 'connected')
      return undefined;
    return this.#hostDid(p, this.host.hears(p.host, id), this.channels.pop(p.up));
  }

  /** ME messages can be lost on the bus; notifications cannot, they lie in the area. */
  #vanishes(p: Place): Outcome | undefined {
    const vanishes = (channel: number) =>
      channel !== NOTHING && this.channels.message(this.channels.head(channel)).kind !== 'sap';
    const { next } = this;
    if (!vanishes(p.down) && !vanishes(p.up)) return undefined;
    Object.assign(next, p);
    if (vanishes(p.down)) next.down = this.channels.pop(p.down);
    else next.up = this.channels.pop(p.up);
    return QUIETLY;
  }

  #busEvent(p: Place, name: string): Outcome | undefined | typeof BLOCKED {
    const state = this.#hostState(p);
    switch (name) {
      case 'probe':
        if (p.lost || !HOST_EVENTS.probe!.enabled(state)) return undefined;
        if (state.phase !== 'absent' && !this.#bus.has('probeAgain')) return undefined;
        return this.#host(p, 'probe');
      case 'mapped': {
        if (p.lost || state.phase !== 'mapping' || !this.speaks(p)) return undefined;
        const firmware = this.csme.happens(p.csme, `area ${state.version}`);
        const outcome = this.#hostDid(p, this.host.happens(p.host, 'mapped'), p.up);
        return outcome === BLOCKED ? outcome : this.#also(outcome, firmware);
      }
      case 'mapRefused':
        if (p.lost || state.phase !== 'mapping') return undefined;
        return this.speaks(p) && !this.#bus.has('refuse') ? undefined : this.#host(p, 'mapRefused');
      case 'remove':
        return p.lost || !HOST_EVENTS.remove!.enabled(state) ? undefined : this.#host(p, 'remove');
      case 'host learns of the loss': {
        if (!p.lost) return undefined;
        const outcome = this.#host(p, 'lost');
        this.next.down = NOTHING;
        this.next.up = NOTHING;
        this.next.lost = 0;
        return outcome;
      }
      default: {
        // The firmware starts over, or the bus fails; to the host both are a loss.
        if (p.lost || (name === 'bus fails' && state.phase === 'absent')) return undefined;
        const outcome = this.#csme(p, name === 'bus fails' ? 'lost' : 'reset');
        this.next.lost = state.phase === 'absent' ? 0 : 1;
        return outcome;
      }
    }
  }

  speaks(p: Place): boolean {
    const { version } = this.#hostState(p);
    return this.csme.nodes[p.csme]!.profile.sapVersions.includes(version);
  }
}

const QUIETLY: Outcome = { next: 0, burst: 0, teardown: false, notes: [], wrong: undefined };

function eventsOf(c: Configuration): WorldEvent[] {
  const off = new Set(c.withoutTimers);
  const has = (word: Configuration['bus'][number]) => c.bus.includes(word);
  const bus = [
    'probe',
    'mapped',
    'mapRefused',
    ...(has('remove') ? ['remove'] : []),
    ...(has('reset') ? ['firmware resets'] : []),
    ...(has('bus') ? ['bus fails'] : []),
    ...(has('reset') || has('bus') ? ['host learns of the loss'] : []),
  ];
  const event = (kind: Kind) => (name: string) => ({ kind, name });
  return [
    event('to csme')('the host’s message'),
    event('to host')('CSME’s message'),
    ...bus.map(event('bus')),
    ...c.driver.map(event('driver')),
    ...c.csme.map(event('csme')),
    ...HOST_TIMERS.filter((t) => !off.has(t)).map(event('host timer')),
    ...CSME_TIMERS.filter((t) => !off.has(t)).map((t) => event('csme timer')(`timer ${t}`)),
    ...(has('startLost') ? [event('vanishes')('ME message')] : []),
  ];
}
