/** The frames of `sapwood filter`, judged as they stream in: a verdict a line, in their order. */
import {
  type CaptureError,
  CaptureReader,
  compileFilter,
  type FrameIndex,
  isCapture,
} from '../../rx/index.ts';
import type { FilterQuirks, FrameFilter, OobFilters } from '../../sap/index.ts';
import { CliError } from '../exit.ts';
import { chunksOf, nameOf } from '../input.ts';
import { linesOf, MAX_LINE } from '../lines.ts';
import type { Output } from '../output.ts';
import { LineJudge } from './line-judge.ts';
import type { FilterList } from './sets.ts';
import { type BadLine, type Tally, Verdicts } from './verdicts.ts';

interface FilterTask {
  readonly file: string;
  /** For all frames; beside a list, for lines that name no set. */
  readonly one: OobFilters | undefined;
  readonly list: FilterList | undefined;
  readonly quirks: FilterQuirks;
  /** Compare with the verdicts that the lines have. */
  readonly check: boolean;
}

/** Prints the verdicts, and says what is wrong. A file that is of no use is thrown as a `CliError`. */
export async function judgeFrames(output: Output, task: FilterTask): Promise<Tally> {
  const verdicts = new Verdicts(output, nameOf(task.file));
  const { head, chunks } = await peek(chunksOf(task.file));
  if (isCapture(head)) await judgeCapture(verdicts, chunks, filterForCapture(task));
  else if (isText(head)) await judgeLines(verdicts, chunks, task);
  else throw neither(task.file, head);
  return verdicts.tally;
}

const MAGIC_LEN = 4;

/** The first bytes, and all of them once more from the first on. */
async function peek(
  source: AsyncGenerator<Uint8Array, void, void>,
): Promise<{ head: Uint8Array; chunks: AsyncGenerator<Uint8Array, void, void> }> {
  let head = new Uint8Array(0);
  while (head.length < MAGIC_LEN) {
    const { value, done } = await source.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  async function* chunks() {
    yield head;
    yield* source;
  }
  return { head, chunks: chunks() };
}

/** JSON lines begin with no control character but white space. */
function isText(head: Uint8Array): boolean {
  return head.subarray(0, MAGIC_LEN).every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

function neither(file: string, head: Uint8Array): CliError {
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  return new CliError(
    'usage',
    `${nameOf(file)} has neither JSON lines nor a capture.`,
    isGzip
      ? 'It looks compressed: zcat FILE | sapwood filter --filters HEX --frames -'
      : 'Give JSON lines, pcap or pcapng.',
  );
}

function filterForCapture({ file, one, list, quirks, check }: FilterTask): FrameFilter {
  const name = nameOf(file);
  if (one === undefined) {
    throw new CliError(
      'usage',
      `${name} is a capture, whose frames name no filter set.`,
      'Give --filters HEX|FILE.',
    );
  }
  const option = check ? '--check' : '--configs';
  if (check || list !== undefined)
    throw new CliError('usage', `${name} is a capture; ${option} is for JSON lines.`);
  return compileFilter(one, quirks);
}

async function judgeCapture(
  verdicts: Verdicts,
  chunks: AsyncIterable<Uint8Array>,
  filter: FrameFilter,
): Promise<void> {
  const reader = new CaptureReader();
  const judge = async ({ bytes, starts, ends, count, cut, damage }: FrameIndex) => {
    for (let i = 0; i < count; i++) verdicts.add(filter(bytes, starts[i]!, ends[i]!));
    verdicts.tally.cut += cut;
    await verdicts.flush();
    return damage;
  };
  let damage: CaptureError | undefined;
  for await (const chunk of chunks) {
    damage = await judge(reader.push(chunk));
    if (damage !== undefined) break;
  }
  damage ??= await judge(reader.finish());
  if (damage === undefined) return;
  if (verdicts.tally.frames === 0)
    throw new CliError('usage', `${verdicts.file} has no frame that can be judged: ${damage.message}.`);
  verdicts.tally.bad++;
  verdicts.say(`: ${damage.message}.`);
}

/** So many bad lines before the first good one: the file holds something else. */
const HOPELESS = 10;

async function judgeLines(
  verdicts: Verdicts,
  chunks: AsyncIterable<Uint8Array>,
  task: FilterTask,
): Promise<void> {
  const judge = new LineJudge(task);
  /** Bad lines before the first good one: until then it may turn out that the file holds something else. */
  const early: BadLine[] = [];
  let number = 0;
  for await (const batch of linesOf(chunks)) {
    for (const line of batch) {
      number++;
      if (line?.trim() === '') continue;
      const judged = line === undefined ? `has more than ${MAX_LINE} characters` : judge.judge(line);
      if (typeof judged !== 'string') {
        for (const bad of early.splice(0)) verdicts.badLine(bad);
        verdicts.add(judged.verdict);
        if (task.check && judged.recorded !== undefined)
          verdicts.compare(number, judged.verdict, judged.recorded);
      } else if (verdicts.tally.frames > 0) verdicts.badLine({ number, what: judged });
      else if (early.push({ number, what: judged }) === HOPELESS) break;
    }
    await verdicts.flush();
    if (early.length === HOPELESS) break;
  }
  const [first] = early;
  if (first !== undefined) {
    const { number, what } = first;
    throw new CliError(
      'usage',
      `${verdicts.file} has no frame that can be judged: line ${number} ${what}.`,
      LINE_FORM,
    );
  }
  verdicts.sayRest();
}

const LINE_FORM =
  'A line has a frame and names its filter set, such as {"filters": 1, "frame": "0200..."}, for which --configs FILE has {"id": 1, "filters": "0000..."}.';
