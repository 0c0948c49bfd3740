/** The filter sets that `sapwood filter` is given: as hex, as a file, or as a list that lines refer to. */
import { existsSync } from 'node:fs';
import {
  bytesOfHex,
  CsmeFilters,
  decodeOobFilters,
  decodeSap,
  OOB_FILTERS_LEN,
  type OobFilters,
  SAP_HEADER_LEN,
  SapError,
} from '../../sap/index.ts';
import { CliError } from '../exit.ts';
import { contentOf, nameOf } from '../input.ts';
import { count } from '../words.ts';

const MESSAGE_LEN = SAP_HEADER_LEN + CsmeFilters.payload;
/** The hex of a message with every digit on a line of its own is less. */
const FILE_MAX = 1 << 16;
const LIST_MAX = 1 << 28;

/** What is known by an id; undefined: no CSME_FILTERS was received. */
export type FilterList = ReadonlyMap<string | number, OobFilters | undefined>;

/** The set that `--filters` gives: hex, or a file with the hex or the bytes. What is none is thrown as a `CliError`. */
export async function givenSet(hexOrFile: string): Promise<OobFilters> {
  const isFile = hexOrFile === '-' || existsSync(hexOrFile);
  const literal = isFile ? undefined : bytesOfText(hexOrFile);
  if (!isFile && literal === undefined && hexOrFile.length > NAME_MAX) {
    throw new CliError(
      'usage',
      `what --filters gives is no filter set: it is not pairs of hex digits.`,
      FORMS,
    );
  }
  const set = setOf(literal ?? setInFile(hexOrFile, await contentOf(hexOrFile, FILE_MAX, FORMS)));
  if (typeof set !== 'string') return set;
  const what = literal === undefined ? nameOf(hexOrFile) : 'what --filters gives';
  throw new CliError('usage', `${what} is no filter set: it ${set}.`, FORMS);
}

/** Of a file: what is longer can only be meant as hex. */
const NAME_MAX = 255;

const FORMS = `Give oob_filters (${OOB_FILTERS_LEN} bytes) or a whole CSME_FILTERS message (${MESSAGE_LEN} bytes) as hex, or a file with one of them.`;

/** Hex in a file may be broken into lines; anything else is taken as the bytes themselves. */
function setInFile(file: string, content: Uint8Array): Uint8Array {
  if (content.length === OOB_FILTERS_LEN || content.length === MESSAGE_LEN) return content;
  const bytes = bytesOfText(Buffer.from(content).toString('latin1'));
  if (bytes !== undefined) return bytes;
  const isList = content[0] === '{'.charCodeAt(0);
  throw new CliError(
    'usage',
    `${nameOf(file)} is no filter set: it has ${content.length} bytes, and not all of them are hex digits.`,
    isList ? 'It looks like a list of filter sets: give it with --configs.' : FORMS,
  );
}

function bytesOfText(text: string): Uint8Array | undefined {
  return bytesOfHex(text.replace(/\s+/g, ''));
}

/** The set in these bytes, or what is wrong with them, as the end of a sentence. */
export function setOf(bytes: Uint8Array): OobFilters | string {
  if (bytes.length === MESSAGE_LEN) {
    const message = decodeSap(bytes, 0, bytes.length, 'csme');
    if (message instanceof SapError) return `has a wrong header: ${open(message.message)}`;
    if (message.name !== 'CSME_FILTERS') return `holds ${message.name}, not CSME_FILTERS`;
    return message.oobFilters;
  }
  const set = decodeOobFilters(bytes);
  return set instanceof SapError
    ? `has ${count(bytes.length, 'byte')}, not ${OOB_FILTERS_LEN} or ${MESSAGE_LEN}`
    : set;
}

const open = (sentence: string) => sentence.replace(/\.$/, '');

/** The list of `--configs`: a line `{"id", "filters": hex or null}` for each set. */
export async function listedSets(file: string): Promise<FilterList> {
  const list = new Map<string | number, OobFilters | undefined>();
  const text = Buffer.from(await contentOf(file, LIST_MAX, LIST_FORM)).toString();
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const wrong = addLine(list, line);
    if (wrong !== undefined) {
      throw new CliError('usage', `${nameOf(file)}:${i + 1}: the line ${wrong}.`, LIST_FORM);
    }
  }
  return list;
}

const LIST_FORM =
  'A list has one filter set a line, such as {"id": 1, "filters": "00004260..."}; null: none.';

function addLine(list: Map<string | number, OobFilters | undefined>, line: string): string | undefined {
  const entry = objectOf(line);
  if (typeof entry === 'string') return entry;
  const { id, filters } = entry;
  if (typeof id !== 'number' && typeof id !== 'string') return 'has no "id"';
  if (list.has(id)) return `has the id ${JSON.stringify(id)} a second time`;
  if (filters === null) {
    list.set(id, undefined);
    return undefined;
  }
  const bytes = typeof filters === 'string' ? bytesOfHex(filters) : undefined;
  if (bytes === undefined) return 'has no "filters" of hex digits';
  const set = setOf(bytes);
  if (typeof set === 'string') return `has "filters" that are no filter set: it ${set}`;
  list.set(id, set);
  return undefined;
}

/** The members of a line of JSON, or what is wrong with it, as the end of a sentence. */
export function objectOf(line: string): Readonly<Record<string, unknown>> | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'is not JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'is JSON, but not an object';
  return value as Record<string, unknown>;
}
