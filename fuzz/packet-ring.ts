/**
 * Fuzzes the reader of the packet ring and the cut of large frames: blocks with damaged headers, counts and offsets.
 *
 * Must hold in every case: nothing throws; the block is handed back; every frame lies in its block, and no more
 * frames come than fit; nothing outside of the shown frames is written; and what lies around the block has no
 * influence, so that nothing there was read.
 */
import { forEachWireFrame } from '../rx/offload.ts';
import { NO_BLOCK, RxRing, VNET_HEADER } from '../rx/packet-ring.ts';
import { hexOf } from '../sap/index.ts';
import { FIRST_FRAME, FRAME_BYTES, type PacketFrame, writeBlock } from './packet-blocks.ts';
import { Random } from './random.ts';
import type { FuzzFinding, FuzzReport } from './report.ts';

const BLOCK_SIZE = 4096;
const BLOCK_STATUS = 8;
/** The block under test lies between two others. */
const BLOCK_COUNT = 3;
const AT = BLOCK_SIZE;
/** TPACKET3_HDRLEN: no frame is nearer to the one before it. */
const FRAME_MIN = 68 + VNET_HEADER;
const FRAMES_MAX = Math.floor(BLOCK_SIZE / FRAME_MIN);
const FINDINGS_MAX = 20;

/** Case `n` has the seed `seed + n`: `fuzzPacketRing(1, finding.seed)` repeats a finding. */
export function fuzzPacketRing(iterations: number, seed: number): FuzzReport {
  const one = new Side(0x00);
  const other = new Side(0xff);
  const findings: FuzzFinding[] = [];
  const from = process.hrtime.bigint();
  let executions = 0;
  for (; executions < iterations && findings.length < FINDINGS_MAX; executions++) {
    const caseSeed = (seed + executions) >>> 0;
    const block = damagedBlock(new Random(Math.imul(caseSeed, 0x9e3779b1)));
    const what = one.read(block) ?? other.read(block) ?? difference(one, other);
    if (what !== undefined) findings.push({ seed: caseSeed, hex: hexOf(block), what });
  }
  const seconds = Number(process.hrtime.bigint() - from) / 1e9;
  return { target: 'packet-ring', executions, seconds, findings };
}

/** A ring whose other blocks are full of one value. */
class Side {
  readonly memory = new Uint8Array(BLOCK_SIZE * BLOCK_COUNT);
  /** Bounds of every shown frame, relative to the block. */
  readonly shown: number[] = [];
  readonly #around: number;

  constructor(around: number) {
    this.#around = around;
  }

  read(block: Uint8Array): string | undefined {
    const { memory, shown } = this;
    memory.fill(this.#around);
    memory.set(block, AT);
    shown.length = 0;
    const ring = new RxRing(memory.buffer, { blockSize: BLOCK_SIZE, blockCount: BLOCK_COUNT });
    // The block before the one under test: handed over and empty.
    writeBlock(memory, 0, BLOCK_SIZE, []);
    let frames = 0;
    let what: string | undefined;
    let writableFrom = AT + FIRST_FRAME;
    const before = memory.slice();
    try {
      ring.readBlock(() => frames++);
      const read = ring.readBlock((bytes, start, end) => {
        if (++frames > FRAMES_MAX) throw new Error(`more than ${FRAMES_MAX} frames in a block`);
        if (start < AT + FIRST_FRAME + FRAME_MIN || end > AT + BLOCK_SIZE || start > end)
          what ??= `frame at ${start}..${end}`;
        // Bytes between two frames stay as they are, whatever is done to the frames.
        what ??= changed(memory, before, writableFrom, start);
        writableFrom = end;
        forEachWireFrame(bytes, start, end, (_, from, to) => {
          if (from < start || to > end || from > to) what ??= `segment ${from}..${to} of ${start}..${end}`;
          shown.push(from - AT, to - AT, from < to ? memory[from]! : 0, from < to ? memory[to - 1]! : 0);
          if (shown.length > 4 * BLOCK_SIZE) throw new Error('more segments than bytes');
        });
      });
      what ??=
        changed(memory, before, writableFrom, memory.length) ?? changed(memory, before, BLOCK_SIZE, AT + 8);
      if (read === NO_BLOCK) what ??= 'the block was not read';
    } catch (error) {
      return `thrown: ${error instanceof Error ? error.stack : error}`;
    }
    if (memory[AT + BLOCK_STATUS] !== 0) what ??= 'the block was not handed back';
    return what;
  }
}

function changed(now: Uint8Array, before: Uint8Array, from: number, to: number): string | undefined {
  if (from >= to || Buffer.compare(now.subarray(from, to), before.subarray(from, to)) === 0) return undefined;
  const at = now.findIndex((byte, i) => i >= from && byte !== before[i]);
  return `byte ${at} was written`;
}

function difference(one: Side, other: Side): string | undefined {
  if (one.shown.length !== other.shown.length) return 'bytes around the block decide how many frames it has';
  const at = one.shown.findIndex((value, i) => value !== other.shown[i]);
  return at < 0 ? undefined : `bytes around the block change frame ${at >> 2}`;
}

/** A block as the kernel writes it, with up to four of its fields changed. */
function damagedBlock(random: Random): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE);
  const frames = Array.from({ length: random.below(12) }, () => anyFrame(random));
  writeBlock(block, 0, BLOCK_SIZE, frames);
  const words = new Uint32Array(block.buffer);
  const halves = new Uint16Array(block.buffer);
  for (let damages = random.below(5); damages > 0; damages--) {
    const header = headerOf(random, words);
    switch (random.below(8)) {
      case 0:
        words[3] = anyNumber(random);
        break;
      case 1:
        words[4] = anyNumber(random);
        break;
      case 2:
      case 3:
        words[header >> 2] = anyNumber(random);
        break;
      case 4:
        words[(header + (random.oneIn(2) ? 12 : 16)) >> 2] = anyNumber(random);
        break;
      case 5:
        halves[(header + 24) >> 1] = anyNumber(random);
        break;
      default:
        block[header + random.below(FRAME_BYTES + 60)] = random.u32();
    }
  }
  // Handed over in any case.
  words[2] = 1;
  return block;
}

/** Where one of the first frames has its header. */
function headerOf(random: Random, words: Uint32Array): number {
  let at = FIRST_FRAME;
  for (let i = random.below(4); i > 0; i--) {
    const next = at + words[at >> 2]!;
    if (next + FRAME_BYTES > BLOCK_SIZE - 60 || next === at || (next & 3) !== 0) break;
    at = next;
  }
  return at;
}

/** Near the limits more often than not. */
function anyNumber(random: Random): number {
  switch (random.below(6)) {
    case 0:
      return random.below(16);
    case 1:
      return BLOCK_SIZE - random.below(200);
    case 2:
      return FRAME_MIN - 8 + random.below(16);
    case 3:
      return -random.below(200) >>> 0;
    case 4:
      return random.below(BLOCK_SIZE) & ~7;
    default:
      return random.u32();
  }
}

function anyFrame(random: Random): PacketFrame {
  const bytes = new Uint8Array(random.below(random.oneIn(3) ? 1500 : 90));
  for (let i = 0; i < Math.min(bytes.length, 80); i++) bytes[i] = random.u32();
  if (!random.oneIn(4)) {
    put(bytes, 12, 0x08, 0x00, 0x40 | (random.oneIn(3) ? random.below(16) : 5));
    put(bytes, 23, random.oneIn(2) ? 6 : 17);
    put(bytes, 46, random.oneIn(3) ? random.u32() : 0x50);
  }
  const offload = new Uint8Array(VNET_HEADER);
  if (random.oneIn(2)) {
    const fields = new Uint16Array(offload.buffer);
    offload[0] = random.below(4);
    offload[1] = [0, 0, 1, 5, 0x81, 4, 3][random.below(7)]!;
    fields[2] = random.oneIn(4) ? random.u32() : random.below(600);
    fields[3] = random.oneIn(4) ? random.u32() : 34;
    fields[4] = random.oneIn(4) ? random.u32() : random.oneIn(2) ? 16 : 6;
  }
  return { bytes, packetType: random.below(5), offload, ...(random.oneIn(10) && { length: random.u32() }) };
}

/** As many of the values as there is room for. */
function put(bytes: Uint8Array, at: number, ...values: number[]): void {
  values.forEach((value, i) => {
    if (at + i < bytes.length) bytes[at + i] = value;
  });
}
