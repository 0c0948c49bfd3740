/**
 * How fast a trace is replayed: read from bytes, fed to the host, every effect compared.
 *
 * The trace is a session in which CSME pings five times a second and the host answers: two million messages of the
 * channels `me` and `notif` in a file, 230 MB, read as a stream. The anchor is what any reader of JSON lines pays: the
 * same file, split into lines, and `JSON.parse` for each.
 */
import { closeSync, createReadStream, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Replay, readTrace } from '../trace/index.ts';
import type { BenchResult } from './result.ts';

const MESSAGES = 2_000_000;
const PER_PING = 4;
const CHUNK_LINES = 1_000;
const READ = { highWaterMark: 1 << 18 };
/** Messages a second that a replay must reach. */
const TARGET_RATE = 500_000;
/** How much more memory the end of the trace may need than its first tenth, in bytes. */
const TARGET_GROWTH = 32 * 2 ** 20;

/** Measures; the first value is messages per second, the second bytes of memory. */
export async function replayBench(messages = MESSAGES): Promise<BenchResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-bench-'));
  const file = join(folder, 'session.jsonl');
  try {
    writeSession(file, messages);
    const parsed = await secondsOf(() => parseLines(createReadStream(file, READ)));
    let growth = 0;
    const replayedIn = await secondsOf(async () => {
      growth = await replayed(createReadStream(file, READ), messages);
    });
    return results(messages, messages / replayedIn, messages / parsed, growth);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function results(messages: number, rate: number, parseRate: number, growth: number): BenchResult[] {
  return [
    {
      name: `replay of ${messages.toLocaleString('en')} messages`,
      unit: 'messages/s',
      value: rate,
      anchor: 'JSON.parse of the same lines',
      anchorValue: parseRate,
      ratio: rate / TARGET_RATE,
      target: 1,
      ok: rate >= TARGET_RATE,
    },
    {
      name: 'memory that a replay gains on its way',
      unit: 'bytes',
      value: growth,
      anchor: 'allowed, whatever the length',
      anchorValue: TARGET_GROWTH,
      ratio: TARGET_GROWTH / Math.max(growth, 1),
      target: 1,
      ok: growth <= TARGET_GROWTH,
    },
  ];
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function writeSession(file: string, messages: number): void {
  const fd = openSync(file, 'w');
  for (const chunk of session(messages)) writeSync(fd, chunk);
  closeSync(fd);
}

/** Replays and gives the growth of the memory from the first tenth to the end. */
async function replayed(source: AsyncIterable<Uint8Array>, messages: number): Promise<number> {
  const replay = new Replay();
  let seen = 0;
  let early = 0;
  for await (const batch of readTrace(source)) {
    replay.push(batch);
    seen += batch.length;
    if (early === 0 && seen > messages / 10) early = settledMemory();
  }
  const report = replay.finish();
  if (report.mismatches.length > 0 || report.messages < messages) {
    throw new Error(`the generated trace does not replay: ${JSON.stringify(report).slice(0, 500)}`);
  }
  return settledMemory() - early;
}

function settledMemory(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

async function parseLines(source: AsyncIterable<Uint8Array>): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  let lines = 0;
  for await (const chunk of source) {
    const text = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = text.pop() ?? '';
    for (const line of text) if (JSON.parse(line) !== null) lines++;
  }
  if (lines === 0) throw new Error('nothing was parsed');
}

/** The trace, chunk by chunk. */
function* session(messages: number): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  const bell = '0'.repeat(160);
  const start = `01000000010000005800000000000000000000000001000804${'0'.repeat(126)}`;
  let lines = [
    '{"t": 1.0, "ch": "bus", "dir": "ctl", "name": "probe", "args": {"arg": 0}}',
    '{"t": 1.0, "ch": "bus", "dir": "drv", "name": "dma_map", "args": {"buffer_id": 1, "size": 172032, "ret": 0}}',
    '{"t": 1.0, "ch": "bus", "dir": "drv", "name": "enable", "args": {}}',
    `{"t": 1.0, "ch": "me", "dir": "h2m", "hex": "${start}"}`,
    '{"t": 1.0, "ch": "me", "dir": "m2h", "hex": "0200000001000000140000000001000804000000"}',
  ];
  const pings = Math.ceil(messages / PER_PING);
  for (let i = 1; i <= pings; i++) {
    const t = (1 + i / 5).toFixed(6);
    const soon = (1.001 + i / 5).toFixed(6);
    lines.push(
      `{"t": ${t}, "ch": "notif", "dir": "m2h", "hex": "01000000${le32(i)}"}`,
      `{"t": ${t}, "ch": "me", "dir": "m2h", "hex": "03000000${le32(i + 1)}0c000000"}`,
      `{"t": ${soon}, "ch": "me", "dir": "h2m", "hex": "03000000${le32(i + 1)}${bell}"}`,
      `{"t": ${soon}, "ch": "notif", "dir": "h2m", "hex": "02000000${le32(i)}"}`,
    );
    if (lines.length < CHUNK_LINES && i < pings) continue;
    yield encoder.encode(`${lines.join('\n')}\n`);
    lines = [];
  }
}

function le32(value: number): string {
  return [0, 8, 16, 24].map((shift) => ((value >>> shift) & 0xff).toString(16).padStart(2, '0')).join('');
}
