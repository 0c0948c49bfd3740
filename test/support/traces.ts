/** The recordings of the real driver, as events. */
import { readdirSync, readFileSync } from 'node:fs';
import { type TraceEvent, TraceParser } from '../../trace/index.ts';

const FOLDER = new URL('../data/traces/', import.meta.url);

/** File names of all recordings, without their ending. */
export const RECORDINGS: readonly string[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => name.slice(0, -'.jsonl'.length))
  .sort();

/** What the shipped recordings name as the driver. */
export const DRIVER = 'iwlmei 6.12';

export function recordingText(name: string): string {
  return readFileSync(new URL(`${name}.jsonl`, FOLDER), 'utf8');
}

export function recording(name: string): TraceEvent[] {
  return parse(recordingText(name), `${name}.jsonl`);
}

export function parse(text: string, file = 'trace'): TraceEvent[] {
  const events: TraceEvent[] = [];
  const parser = new TraceParser((event) => events.push(event), { file });
  parser.push(new TextEncoder().encode(text));
  parser.finish();
  return events;
}

/** The same recording, of a driver that is not known. */
export function anonymous(events: readonly TraceEvent[]): TraceEvent[] {
  return events.map((event) => {
    if (event.ch !== 'note' || event.driver === undefined) return event;
    const { driver: _, ...note } = event;
    return { ...note, driver: 'some other driver' };
  });
}

/** Whether the event is something that the host did, and that a replay therefore compares. */
export function isEffect(event: TraceEvent): boolean {
  switch (event.ch) {
    case 'me':
    case 'notif':
    case 'data':
      return event.dir === 'h2m';
    case 'frame':
      return event.dir === 'wlan0>peer0';
    case 'wifi-op':
      return true;
    case 'wifi-cmd':
      return event.dir === 'drv>wifi';
    case 'bus':
      return event.dir === 'drv';
    default:
      return false;
  }
}
