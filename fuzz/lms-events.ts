/**
 * Damaged events of AMT, as the management service reads them.
 *
 *     npm run fuzz -- lms-events --runs 1000000 --seed 1
 *
 * Must hold in every case: nothing throws, what is read stands in the event and is no longer than a log line bears, and an
 * event that is not damaged says what was written into it.
 */
import { eventOf } from '../amt/lms/events.ts';
import { hexOf } from '../sap/index.ts';
import { mutate } from './mutate.ts';
import { type FuzzReport, fuzzCases } from './report.ts';

const INPUT_MAX = 2048;
const TEXT_MAX = 256;
const ARGUMENTS_MAX = 16;

/** An execution is one event. */
export function fuzzLmsEvents(runs: number, seed: number): FuzzReport {
  return fuzzCases('lms-events', runs, seed, (random) => {
    const wanted = [...Array(random.below(20)).keys()].map((n) => `${n}${'x'.repeat(random.below(20))}`);
    const sample = sampleOf(wanted);
    const room = new Uint8Array(INPUT_MAX);
    const length = Math.min(sample.length, INPUT_MAX);
    room.set(sample.subarray(0, length));
    const isDamaged = !random.oneIn(8);
    const input = room.slice(0, isDamaged ? mutate(room, length, INPUT_MAX, random) : length);
    return { hex: () => hexOf(input), ask: () => problemOf(input, isDamaged ? undefined : wanted) };
  });
}

function sampleOf(args: readonly string[]): Uint8Array {
  const items = args.map((text) => `<g:MessageArguments> ${text}</g:MessageArguments>`).join('');
  return Buffer.from(
    `<?xml version="1.0"?><a:Envelope xmlns:a="x"><a:Body><g:CIM_AlertIndication xmlns:g="y"><g:MessageID n="">iAMT0005</g:MessageID>${items}</g:CIM_AlertIndication></a:Body></a:Envelope>`,
  );
}

function problemOf(input: Uint8Array, wanted: readonly string[] | undefined): string | undefined {
  const text = Buffer.from(input).toString('utf8');
  const { messageId, arguments: args, body } = eventOf(text);
  if (body !== text) return 'the body is another';
  if (args.length > ARGUMENTS_MAX) return `${args.length} arguments`;
  for (const item of [...args, ...(messageId === undefined ? [] : [messageId])]) {
    if (item.length > TEXT_MAX) return `a text of ${item.length} characters`;
    if (!text.includes(item) || /[<>]/.test(item)) return `a text that is none of the event's: ${item}`;
  }
  if (wanted === undefined) return undefined;
  if (messageId !== 'iAMT0005') return `the number is ${messageId}`;
  const expected = wanted.slice(0, ARGUMENTS_MAX).join();
  return args.join() === expected ? undefined : `the arguments are ${args.join()}`;
}
