import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { consumeCommands, shellText } from '../../rx/consume.ts';
import { compileBpf, formatBpf, pcapExpression, pcapOf } from '../../rx/index.ts';
import { bytesOfHex, decodeOobFilters, encodeSap, hexOf, type OobFilters } from '../../sap/index.ts';
import { MAIN } from './command.ts';
import { sapwood, sapwoodCutOff } from './run.ts';

const path = (name: string) => fileURLToPath(new URL(`../data/filters/${name}`, import.meta.url));
const CONFIGS = path('configs-public.jsonl');
const FRAMES = path('verdicts-public.jsonl');

interface Recorded {
  readonly filters: number;
  readonly family: string;
  readonly frame: string;
  readonly csme: boolean;
  readonly host: string;
}
const read = <T>(file: string): T[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
const recorded = read<Recorded>(FRAMES);
const sets = new Map(
  read<{ id: number; filters: string | null }>(CONFIGS).map(({ id, filters }) => [id, filters]),
);
const verdictOf = ({ csme, host }: { csme: boolean; host: string }) => JSON.stringify({ csme, host });
const verdictsIn = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => verdictOf(JSON.parse(line) as Recorded));

const folder = mkdtempSync(join(tmpdir(), 'sapwood-filter-'));
afterAll(() => rmSync(folder, { recursive: true }));
function written(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** "typical AMT". */
const AMT = sets.get(28)!;
const AMT_SET = decodeOobFilters(bytesOfHex(AMT)!) as OobFilters;
const frames = recorded.map(({ frame }) => bytesOfHex(frame)!);
const PCAP = written('frames.pcap', pcapOf(frames));

describe('3,000 recorded verdicts', () => {
  const both = ['filter', '--configs', CONFIGS, '--frames', FRAMES];

  test('all equal with the quirk', () => {
    const { status, stdout, stderr } = sapwood([...both, '--quirk', 'multicast-header-compare', '--check']);
    expect(verdictsIn(stdout)).toEqual(recorded.map(verdictOf));
    expect(stderr).toMatch(/^3000 frames: .*\n3000 verdicts compared, all as recorded\n$/);
    expect(status).toBe(0);
  });

  test('without it, only multicast frames differ', () => {
    const { status, stdout, stderr } = sapwood([...both, '--check']);
    const different = verdictsIn(stdout).flatMap((verdict, i) =>
      verdict === verdictOf(recorded[i]!) ? [] : [recorded[i]!],
    );
    expect(different.length).toBe(52);
    for (const { frame } of different) {
      expect(Number.parseInt(frame.slice(0, 2), 16) & 1).toBe(1);
      expect(frame.startsWith('ffffffffffff')).toBe(false);
    }
    expect(stderr.match(/but recorded is/g)).toHaveLength(5);
    expect(stderr).toContain('47 more verdicts not as recorded.\n');
    expect(stderr).toContain('3000 verdicts compared, not as recorded: 52\n');
    expect(status).toBe(1);
  });

  test('--json: the same on stdout and nothing on stderr; without --check nothing is compared', () => {
    const text = sapwood(both);
    expect(sapwood([...both, '--json'])).toEqual({ status: 0, stdout: text.stdout, stderr: '' });
    expect(text.stderr).toMatch(/^3000 frames: CSME only \d+, CSME and host \d+, host only \d+\n$/);
  });

  test('lines that hold their filter sets', () => {
    const lines = recorded.map((line) => JSON.stringify({ ...line, filters: sets.get(line.filters) }));
    const { stdout, status } = sapwood(['filter', '--frames', '-'], {}, lines.join('\r\n'));
    expect(stdout).toBe(sapwood(both).stdout);
    expect(status).toBe(0);
  });
});

describe('one filter set', () => {
  const expected = sapwood(['filter', '--json', '--filters', AMT, '--frames', FRAMES]).stdout;
  const message = encodeSap(
    {
      name: 'CSME_FILTERS',
      mode: 1,
      macAddress: 2,
      cbfilters: new Uint8Array(1728).fill(3),
      oobFilters: AMT_SET,
    },
    7,
  );

  test('wins over what the lines name', () => {
    expect(verdictsIn(expected)).toHaveLength(3000);
    const lines = recorded.map(({ frame }) => JSON.stringify({ frame }));
    const { stdout } = sapwood([
      'filter',
      '--filters',
      AMT,
      '--frames',
      written('bare.jsonl', lines.join('\n')),
    ]);
    expect(stdout).toBe(expected);
  });

  test.each([
    ['the bytes', bytesOfHex(AMT)!],
    ['hex in lines', `${AMT.match(/.{1,30}/g)!.join(' \r\n')}\n`],
    ['upper case', AMT.toUpperCase()],
    ['a whole message', message],
    ['the hex of one', `${hexOf(message)}\n`],
  ])('%s in a file', (_, content) => {
    const file = written('set', content);
    expect(sapwood(['filter', '--json', '--filters', file, '--frames', PCAP])).toEqual({
      status: 0,
      stdout: expected,
      stderr: '',
    });
  });

  test('a whole message as the argument, capture on stdin', () => {
    const result = spawnSync(
      process.execPath,
      [MAIN, 'filter', '--json', '--filters', hexOf(message), '--frames', '-'],
      { input: readFileSync(PCAP), encoding: 'utf8' },
    );
    expect([result.status, result.stderr]).toEqual([0, '']);
    expect(result.stdout).toBe(expected);
  });

  test.each([
    ['another message', (b: Uint8Array) => b.set([0xff, 0x01]), 'holds NIC_OWNER, not CSME_FILTERS'],
    ['a wrong length', (b: Uint8Array) => b.set([8, 0], 2), 'has a wrong header: '],
  ])('%s of that size', (_, change, what) => {
    const wrong = message.slice();
    change(wrong);
    const { status, stderr } = sapwood(['filter', '--filters', hexOf(wrong), '--frames', PCAP]);
    expect(stderr).toContain(`sapwood: what --filters gives is no filter set: it ${what}`);
    expect(status).toBe(2);
  });

  test('hex with a slip is not taken for a file', () => {
    const { status, stderr } = sapwood(['filter', '--filters', AMT.replace(/.$/, 'g'), '--frames', PCAP]);
    expect(stderr).toMatch(
      /^sapwood: what --filters gives is no filter set: it is not pairs of hex digits\.\nGive /,
    );
    expect(status).toBe(2);
  });

  test('a file that is far too large', () => {
    const { status, stderr } = sapwood(['filter', '--filters', PCAP, '--frames', PCAP]);
    expect(stderr).toContain(`sapwood: ${PCAP} has more than 65536 bytes.\nGive oob_filters `);
    expect(status).toBe(2);
  });

  test('other forms', () => {
    const print = (form: string, ...more: string[]) =>
      sapwood(['filter', '--filters', AMT, '--print', form, ...more]).stdout;
    const program = compileBpf(AMT_SET);
    expect(print('bpf')).toBe(formatBpf(program));
    expect(JSON.parse(print('bpf', '--json'))).toEqual({ bpf: program });
    expect(print('expression')).toBe(`${pcapExpression(AMT_SET)}\n`);
    const commands = consumeCommands('wlan0', AMT_SET);
    expect(print('tc', '--interface', 'wlan0')).toBe(shellText(commands));
    expect(JSON.parse(print('tc', '--interface', 'wlan0', '--json'))).toEqual({ tc: commands });
    expect(JSON.parse(print('rules', '--json')).rules[2]).toEqual({
      field: 'flexFilters[0]',
      flags: ['ENABLED', 'IPV4', 'TCP'],
      frames: 'TCP to port 16992 of 192.0.2.2',
      outcome: 'CSME only',
    });
  });
});

describe('lists of filter sets', () => {
  const list = (text: string) =>
    sapwood(['filter', '--configs', written('list.jsonl', text), '--frames', FRAMES]).stderr.split('\n')[0]!;
  const set = (id: unknown) => JSON.stringify({ id, filters: AMT });

  test.each([
    ['{', 'list.jsonl:1: the line is not JSON.'],
    ['[]', 'list.jsonl:1: the line is JSON, but not an object.'],
    [`${set(1)}\n\n${set(1)}`, 'list.jsonl:3: the line has the id 1 a second time.'],
    ['{"id": 1}', 'list.jsonl:1: the line has no "filters" of hex digits.'],
    ['{"id": 1, "filters": "0"}', 'list.jsonl:1: the line has no "filters" of hex digits.'],
    [
      '{"id": 1, "filters": "00"}',
      'list.jsonl:1: the line has "filters" that are no filter set: it has 1 byte, not 156 or 1904.',
    ],
  ])('%s', (text, sentence) => {
    expect(list(text)).toBe(`sapwood: ${folder}/${sentence}`);
  });
});

describe('frames', () => {
  test('a set that is none, in a line', () => {
    const lines = [
      { filters: AMT, frame: '' },
      { filters: '00', frame: '' },
      { filters: null, frame: '' },
    ];
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    const { stdout, status } = sapwood(['filter', '--frames', '-'], {}, text);
    expect(stdout.split('\n')[1]).toBe(
      '{"error": "line 2 has \\"filters\\" that are no filter set: it has 1 byte, not 156 or 1904"}',
    );
    expect(stdout.match(/"csme": false/g)).toHaveLength(2);
    expect(status).toBe(1);
  });

  test('a line that is too long', () => {
    const text = `{"frame": ""}\n{"frame": "${'0'.repeat(1 << 20)}"}\n{"frame": "${'0'.repeat(1 << 19)}"}`;
    const { stdout, status } = sapwood(['filter', '--filters', AMT, '--frames', '-'], {}, text);
    expect(stdout.split('\n')).toEqual([
      '{"csme": false, "host": "pass"}',
      '{"error": "line 2 has more than 1048576 characters"}',
      '{"csme": false, "host": "pass"}',
      '',
    ]);
    expect(status).toBe(1);
  });

  test('ten bad lines at the beginning: the file holds something else', () => {
    const text = `${'{}\n'.repeat(10)}{"frame": ""}`;
    const { stdout, stderr, status } = sapwood(['filter', '--filters', AMT, '--frames', '-'], {}, text);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^sapwood: stdin has no frame that can be judged: line 1 has no "frame" of hex digits\.\n/,
    );
    expect(status).toBe(2);
    expect(sapwood(['filter', '--filters', AMT, '--frames', '-'], {}, text.slice(3)).status).toBe(1);
  });

  test('none at all', () => {
    for (const file of ['/dev/null', written('none.pcap', pcapOf([]))]) {
      expect(sapwood(['filter', '--filters', AMT, '--frames', file])).toEqual({
        status: 0,
        stdout: '',
        stderr: '0 frames: CSME only 0, CSME and host 0, host only 0\n',
      });
    }
  });

  test('nothing to compare with', () => {
    const { stderr, status } = sapwood(
      ['filter', '--filters', AMT, '--frames', '-', '--check'],
      {},
      '{"frame": ""}',
    );
    expect(stderr).toBe('sapwood: stdin has no verdicts to compare with.\n');
    expect(status).toBe(2);
  });

  test('a compressed capture: says how to read it', () => {
    const file = written('frames.pcap.gz', gzipSync(readFileSync(PCAP)));
    const { stderr, status } = sapwood(['filter', '--filters', AMT, '--frames', file]);
    expect(stderr).toBe(
      `sapwood: ${file} has neither JSON lines nor a capture.\nIt looks compressed: zcat FILE | sapwood filter --filters HEX --frames -\n`,
    );
    expect(status).toBe(2);
  });

  test('cut by the capture: judged as they are, and said', () => {
    const file = pcapOf(frames.slice(0, 10));
    new DataView(file.buffer).setUint32(24 + 12, 1500, true);
    const { stderr, status } = sapwood(['filter', '--filters', AMT, '--frames', written('cut.pcap', file)]);
    expect(stderr).toContain('1 frame cut short by the capture; what is missing counts as not there\n');
    expect(status).toBe(0);
  });

  test('verdicts come while the capture runs', async () => {
    const child = spawn(process.execPath, [MAIN, 'filter', '--filters', AMT, '--frames', '-']);
    const capture = pcapOf(frames.slice(0, 2));
    const first = 24 + 16 + frames[0]!.length;
    let stdout = '';
    child.stdout.on('data', (text) => {
      stdout += text;
    });
    child.stdin.write(capture.subarray(0, first + 5));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(stdout.match(/\n/g)).toHaveLength(1);
    child.stdin.end(capture.subarray(first + 5));
    const status = await new Promise((resolve) => child.once('close', resolve));
    expect(stdout.match(/\n/g)).toHaveLength(2);
    expect(status).toBe(0);
  });

  test('a reader that has seen enough is no error', async () => {
    const file = written('many.pcap', pcapOf(Array.from({ length: 100 }, () => frames).flat()));
    expect(await sapwoodCutOff(['filter', '--filters', AMT, '--frames', file])).toEqual({
      status: 0,
      stderr: '',
    });
  });
});
