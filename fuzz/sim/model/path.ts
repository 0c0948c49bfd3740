/** The way to a state, as a ladder: the WLAN driver and the bus on the left, the host, CSME with its people on the right. */
import { NOTHING } from './channels.ts';
import { placeOf } from './explore.ts';
import type { Outcome } from './host-part.ts';
import type { StateStore } from './store.ts';
import { BLOCKED, type Place, type World, type WorldEvent } from './world.ts';

/** Columns of the whole, and between the two lines. */
const WIDTH = 76;
const ROOM = WIDTH - 6;

export function drawPath(
  world: World,
  store: StateStore,
  end: number,
  last: number | undefined,
): { steps: string[]; ladder: string } {
  const events: WorldEvent[] = last === undefined ? [] : [world.events[last]!];
  let state = end;
  for (; store.parent(state) !== state; state = store.parent(state))
    events.unshift(world.events[store.event(state)]!);
  const p: Place = { host: 0, csme: 0, down: 0, up: 0, lost: 0 };
  placeOf(store, state, p);
  const lines = [`    host${'CSME'.padStart(ROOM - 2)}`];
  const steps: string[] = [];
  for (const [i, event] of events.entries()) {
    const head = headline(world, p, event);
    const outcome = world.take(event, p);
    if (outcome === undefined || outcome === BLOCKED)
      throw new Error(`the way does not lead on: ${event.name}`);
    steps.push(head);
    lines.push(
      ...drawn(world, event, head, outcome).map(
        (row, j) => `${j === 0 ? String(i + 1).padStart(3) : '   '} ${row}`,
      ),
    );
    Object.assign(p, world.next);
  }
  return { steps, ladder: lines.join('\n') };
}

function headline(world: World, p: Place, event: WorldEvent): string {
  if (event.kind === 'to csme') return world.channels.headline(world.channels.head(p.down));
  if (event.kind === 'to host') return world.channels.headline(world.channels.head(p.up));
  return event.name;
}

function drawn(world: World, event: WorldEvent, head: string, outcome: Outcome): string[] {
  const atHost =
    event.kind === 'driver' ||
    event.kind === 'host timer' ||
    event.kind === 'to host' ||
    event.kind === 'bus';
  const writes =
    outcome.burst === NOTHING
      ? []
      : world.channels.list(outcome.burst).map((id) => world.channels.headline(id));
  const says = [...outcome.notes, ...writes.map((name) => `writes ${name}`)].map((text) =>
    cut(text, ROOM - 8),
  );
  return [
    row(event, cut(head, ROOM - 8)),
    ...says.map((text) => (atHost ? `│${`   ${text}`.padEnd(ROOM)}│` : `│${`${text}   `.padStart(ROOM)}│`)),
  ];
}

function cut(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

function row(event: WorldEvent, head: string): string {
  switch (event.kind) {
    case 'to csme':
      return `│${`── ${head} `.padEnd(ROOM - 1, '─')}▶│`;
    case 'to host':
      return `│◀${` ${head} ──`.padStart(ROOM - 1, '─')}│`;
    case 'driver':
      return `│${` ${head}()`.padEnd(ROOM)}│`;
    case 'host timer':
      return `│${` timer ${head}`.padEnd(ROOM)}│`;
    case 'csme':
    case 'csme timer':
      return `│${`${head} `.padStart(ROOM)}│`;
    case 'bus':
      return `│${between(` bus: ${head} `)}│`;
    case 'vanishes':
      return `│${between(' lost on its way ')}│`;
  }
}

function between(text: string): string {
  return text.padStart(Math.floor((ROOM + text.length) / 2), '┄').padEnd(ROOM, '┄');
}
