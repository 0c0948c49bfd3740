/** The way to a state, as a ladder: the WLAN driver and the bus on the left, the host, CSME with its people on the right. */
import { NOTHING } from './channels.ts';
import type { Outcome } from './host-part.ts';
import { placeOf } from './explore.ts';
import type { StateStore } from './store.ts';
import { BLOCKED, type Place, type World, type WorldEvent } from './world.ts';

const WIDTH = 60;

export function drawPath(
  world: World,
  store: StateStore,
  end: number,
  last: number | undefined,
): { steps: string[]; ladder: string } {
  const events: WorldEvent[] = last === undefined ? [] : [world.events[last]!];
  let state = end;
  for (; store.parent(state) !== state; state = store.parent(state)) events.unshift(world.events[store.event(state)]!);
  const p: Place = { host: 0, csme: 0, down: 0, up: 0, lost: 0 };
  placeOf(store, state, p);
  const lines = [`    ${'host'.padEnd(WIDTH - 2)}CSME`];
  const steps: string[] = [];
  for (const [i, event] of events.entries()) {
    const head = headline(world, p, event);
    const outcome = world.take(event, p);
    if (outcome === undefined || outcome === BLOCKED) throw new Error(`the way does not lead on: ${event.name}`);
    steps.push(head);
    lines.push(...drawn(world, event, head, outcome).map((row, j) => `${j === 0 ? String(i + 1).padStart(3) : '   '} ${row}`));
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
  const atHost = event.kind === 'driver' || event.kind === 'host timer' || event.kind === 'to host' || event.kind === 'bus';
  const writes = outcome.burst === NOTHING ? [] : world.channels.list(outcome.burst).map((id) => world.channels.headline(id));
  const rows = [row(event, head)];
  for (const note of outcome.notes) rows.push(atHost ? `│   ${note}`.padEnd(WIDTH) + '│' : `│${note.padStart(WIDTH - 4)}   │`);
  for (const name of writes) {
    rows.push(atHost ? `│   writes ${name}`.padEnd(WIDTH) + '│' : `│${`writes ${name}`.padStart(WIDTH - 4)}   │`);
  }
  return rows;
}

function row(event: WorldEvent, head: string): string {
  const room = WIDTH - 1;
  switch (event.kind) {
    case 'to csme':
      return `│${`── ${head} `.padEnd(room - 1, '─')}▶│`;
    case 'to host':
      return `│◀${` ${head} ──`.padStart(room - 1, '─')}│`;
    case 'driver':
      return `│ ${head}()`.padEnd(WIDTH) + '│';
    case 'host timer':
      return `│ timer ${head}`.padEnd(WIDTH) + '│';
    case 'csme':
    case 'csme timer':
      return `│${`${head} `.padStart(room)}│`;
    case 'bus':
      return `│${` bus: ${head} `.padStart(Math.floor((room + head.length + 7) / 2), '┄').padEnd(room, '┄')}│`;
    case 'vanishes':
      return `│${' lost on its way '.padStart(38, '┄').padEnd(room, '┄')}│`;
  }
}
