/** Fields that only AMTHI has. */
import { ansi, bytes, FieldDecl, type Writer } from '../declare.ts';

/** Bytes of the longest list of DNS suffixes: five of 64. */
const SUFFIX_LIST_BYTES = 320;
/** Names behind a count of 16 bits for all of them, each with a NUL behind it. */
export const suffixList = new FieldDecl<readonly string[]>(
  { kind: 'names', count: 2, max: SUFFIX_LIST_BYTES },
  2,
  (from) => namesOf(ansi(SUFFIX_LIST_BYTES).read(from)),
  (to, names) => ansi(SUFFIX_LIST_BYTES).write(to, listOf(to, names)),
);

/**
 * The same behind 32 bits in a place of 320 bytes. Clients disagree whether the number counts bytes or names: what is
 * in the place counts, and bytes are written.
 */
export const suffixPlace = new FieldDecl<readonly string[]>(
  { kind: 'names', count: 4, max: SUFFIX_LIST_BYTES, room: SUFFIX_LIST_BYTES },
  4 + SUFFIX_LIST_BYTES,
  (from) => {
    const count = from.uint(4);
    if (count > SUFFIX_LIST_BYTES) {
      throw from.misfit('AMT_ERR_LENGTH', `${count} bytes, at most ${SUFFIX_LIST_BYTES} can be.`);
    }
    return namesOf(String.fromCharCode(...bytes(SUFFIX_LIST_BYTES).read(from)));
  },
  (to, names) => {
    const list = listOf(to, names);
    if (list.length > SUFFIX_LIST_BYTES) throw to.unfit(`has more than ${SUFFIX_LIST_BYTES} characters`);
    to.uint(4, list.length);
    to.bytes(Uint8Array.from(list, (character) => character.charCodeAt(0)));
    to.zeros(SUFFIX_LIST_BYTES - list.length);
  },
);

/** Of one byte in rpc-go's request and of four in MeshCentral's: `behind` is how many bytes follow it. */
export const wideOrNarrowBool = (behind: number) =>
  new FieldDecl<boolean>(
    { kind: 'bool', size: 1 },
    1,
    (from) => from.uint(from.left === 4 + behind ? 4 : 1) !== 0,
    (to, value) => to.uint(1, value ? 1 : 0),
  );

function namesOf(list: string): string[] {
  return list.split('\0').filter((name) => name !== '');
}

/** The last one may go without its NUL where there is no room for it. */
function listOf(to: Writer, names: readonly string[]): string {
  if (!names.every(isName)) throw to.unfit('has a name that is empty or not Latin-1');
  const list = names.join('\0');
  return names.length > 0 && list.length < SUFFIX_LIST_BYTES ? `${list}\0` : list;
}

function isName(name: string): boolean {
  return name !== '' && [...name].every((character) => character > '\0' && character <= '\xff');
}
