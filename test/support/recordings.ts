/** The messages of the recordings in `test/data/traces`. */
import { readdirSync, readFileSync } from 'node:fs';
import { bytesOfHex } from '../../sap/bytes.ts';

export interface Recorded {
  /** File and line. */
  readonly place: string;
  readonly ch: 'notif' | 'data' | 'me';
  readonly dir: 'h2m' | 'm2h';
  readonly bytes: Uint8Array;
}

const FOLDER = new URL('../data/traces/', import.meta.url);

/** What went through the rings. */
export function recordedMessages(): Generator<Recorded> {
  return recorded(['notif', 'data']);
}

/** What went over the MEI bus. */
export function recordedMeMessages(): Generator<Recorded> {
  return recorded(['me']);
}

function* recorded(channels: readonly string[]): Generator<Recorded> {
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'))) {
    const lines = readFileSync(new URL(file, FOLDER), 'utf8').trim().split('\n');
    for (const [index, line] of lines.entries()) {
      const event = JSON.parse(line) as { ch: Recorded['ch']; dir: Recorded['dir']; hex?: string };
      if (event.hex === undefined || !channels.includes(event.ch)) continue;
      yield {
        place: `${file}:${index + 1}`,
        ch: event.ch,
        dir: event.dir,
        bytes: bytesOfHex(event.hex)!,
      };
    }
  }
}
