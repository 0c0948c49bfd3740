/**
 * Random and damaged records of /dev/rfkill, through the reader and the table of switches.
 *
 *     npm run fuzz -- rfkill --runs 1000000 --seed 1
 *
 * Must hold in every case: nothing throws and nothing is read outside of a record; what is told, put together, is what
 * the table has; a block has a reason, and CSME is named as one only where the kernel said so.
 */
import { BridgeError, type RfkillSwitch } from '../netlink-bridge/index.ts';
import { decodeRfkillRecord } from '../netlink-bridge/rfkill/record.ts';
import { type RfkillFacts, RfkillSwitches } from '../netlink-bridge/rfkill/switches.ts';
import { hexOf } from '../sap/index.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';
import { type FuzzReport, fuzzCases } from './report.ts';

const RECORDS_MAX = 20;
const RECORD_MAX = 12;
const NOT_OWNER_BIT = 2;

/** An execution is one sequence. */
export function fuzzRfkill(runs: number, seed: number): FuzzReport {
  return fuzzCases('rfkill', runs, seed, (random) => {
    const records = Array.from({ length: 1 + random.below(RECORDS_MAX) }, () => recordOf(random));
    return { hex: () => records.map(hexOf).join(' '), ask: () => problemOf(records, random) };
  });
}

/** One of a few switches, so that records meet. */
function recordOf(random: Random): Uint8Array {
  const room = new Uint8Array(RECORD_MAX);
  room.set([random.below(4), 0, 0, 0, random.below(9), random.below(4), random.below(2), random.below(2)]);
  room[8] = random.below(4);
  const length = random.oneIn(3) ? 8 : 9;
  return room.slice(0, random.oneIn(4) ? mutate(room, length, RECORD_MAX, random) : length);
}

function problemOf(records: readonly Uint8Array[], random: Random): string | undefined {
  const facts: RfkillFacts = {
    name: undefined,
    wiphy: random.oneIn(2) ? random.below(4) : undefined,
    reasonBits: random.oneIn(2) ? random.below(8) : undefined,
  };
  const switches = new RfkillSwitches(() => facts);
  const told = new Map<number, RfkillSwitch>();
  for (const bytes of records) {
    const record = decodeRfkillRecord(guarded(bytes, 0));
    const other = decodeRfkillRecord(guarded(bytes, 0xff));
    if (JSON.stringify(record) !== JSON.stringify(other)) return 'depends on bytes around it';
    if (record instanceof BridgeError) continue;
    const event = switches.take(record);
    if (event === undefined) continue;
    const { index, hard, reasons } = event.switch;
    if (event.type === 'add' ? told.has(index) : !told.has(index)) return `${event.type} of ${index}`;
    if (hard !== reasons.size > 0) return `hard is ${hard} with ${reasons.size} reasons`;
    const bits = record.reasonBits ?? facts.reasonBits ?? 0;
    const named = event.type !== 'del' && reasons.has('NOT_OWNER');
    if (named && !(bits & NOT_OWNER_BIT)) return `CSME is named as the reason with bits ${bits}`;
    if (event.type === 'del') told.delete(index);
    else told.set(index, event.switch);
  }
  const same = told.size === switches.byIndex.size;
  return same && [...told].every(([index, one]) => switches.byIndex.get(index) === one)
    ? undefined
    : `${told.size} switches were told, there are ${switches.byIndex.size}`;
}

function guarded(bytes: Uint8Array, filling: number): Uint8Array {
  const room = new Uint8Array(bytes.length + 16).fill(filling);
  room.set(bytes, 8);
  return room.subarray(8, 8 + bytes.length);
}
