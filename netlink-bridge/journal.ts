/**
 * What must be undone, on disk before it is done: so that a later process can undo it when this one was killed. An entry
 * has names and numbers only, never a secret.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { BridgeError } from './errors.ts';

export type JournalEntry = Readonly<Record<string, unknown>>;

export interface Journal {
  /** The entry of who was here before; undefined: nothing is to be undone. Throws BRIDGE_ERR_FORMAT. */
  read(): JournalEntry | undefined;
  /** Stands on disk when this returns, in the place of the last one. */
  write(entry: JournalEntry): void;
  clear(): void;
}

const FOLDER_MODE = 0o755;
const FILE_MODE = 0o600;

/** A journal in a file of its own, for one interface. Throws the errors of `node:fs`. */
export function fileJournal(path: string): Journal {
  return {
    read() {
      const text = textOf(path);
      if (text === undefined) return undefined;
      const entry = parsed(text);
      if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
        throw new BridgeError('BRIDGE_ERR_FORMAT', { detail: `${path} is no journal: delete it.` });
      }
      return entry as JournalEntry;
    },
    write(entry) {
      mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
      const fresh = `${path}.new`;
      const fd = openSync(fresh, 'w', FILE_MODE);
      try {
        writeSync(fd, `${JSON.stringify(entry)}\n`);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      renameSync(fresh, path);
    },
    clear() {
      rmSync(path, { force: true });
    },
  };
}

/** A journal that is gone with the process: for who needs no other. */
export function memoryJournal(): Journal {
  let entry: JournalEntry | undefined;
  return {
    read: () => entry,
    write(next) {
      entry = next;
    },
    clear() {
      entry = undefined;
    },
  };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
