import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  AREA_LAYOUTS,
  bytesOfHex,
  ethernetOf80211,
  hexOf,
  isDhcpClientFrame,
  RingReader,
  RingWriter,
  SharedArea,
  tagLength,
  untag,
  writeDhcpCopy,
} from '../../sap/index.ts';

const TRACES = new URL('../data/traces/', import.meta.url);

interface Line {
  readonly ch: string;
  readonly dir: string;
  readonly name?: string;
  readonly hex?: string;
  readonly args?: { readonly ivlen?: number; readonly frame80211?: string };
}

const RECORDINGS = readdirSync(TRACES)
  .filter((name) => name.endsWith('.jsonl'))
  .map((name) => {
    const text = readFileSync(new URL(name, TRACES), 'utf8').trim();
    return { name, lines: text.split('\n').map((line) => JSON.parse(line) as Line) };
  })
  .filter(({ lines }) => lines.some((line) => line.name === 'tx_copy'));

/** Copies of DHCP frames that a recording has, and those that its `tx_copy` calls make of us; by frame. */
function copies(lines: Line[]): { recorded: string[]; ours: string[]; calls: number } {
  const recorded: string[] = [];
  const ours: string[] = [];
  let calls = 0;
  // Before START_OK the driver sends nothing; the first notification is behind it.
  let connected = false;
  for (const line of lines) {
    if (line.ch === 'me' && line.dir === 'm2h' && line.hex!.startsWith('02000000')) connected = true;
    if (line.ch === 'bus' && line.name === 'remove') connected = false;
    if (line.ch === 'data' && line.dir === 'h2m' && line.hex!.startsWith('d107')) recorded.push(line.hex!);
    if (line.name !== 'tx_copy') continue;
    calls++;
    const frame = ethernetOf80211(bytesOfHex(line.args!.frame80211!)!, line.args!.ivlen!);
    expect(frame).toBeDefined();
    if (connected && isDhcpClientFrame(frame!, 0, frame!.length)) ours.push(hexOf(frame!));
  }
  return { recorded, ours, calls };
}

describe('frames that the host sends', () => {
  test.each(RECORDINGS)('$name: copies to CSME are the recorded ones, byte for byte', ({ lines }) => {
    const area = new SharedArea(new ArrayBuffer(AREA_LAYOUTS[3].size), AREA_LAYOUTS[3]);
    area.initialise();
    const ring = area.layout.rings.h2m.data;
    const writer = new RingWriter(area, ring);
    const reader = new RingReader(area, ring);
    const { recorded, ours } = copies(lines);
    expect(ours.length).toBe(recorded.length);
    recorded.forEach((expected, i) => {
      const seqNum = new DataView(bytesOfHex(expected)!.buffer).getUint32(4, true);
      const frame = bytesOfHex(ours[i]!)!;
      expect(writeDhcpCopy(writer, seqNum, frame, 0, frame.length)).toBeUndefined();
      reader.read((b, start, end) => expect(hexOf(b.subarray(start, end))).toBe(expected));
    });
  });

  test('the recordings hold 40 calls', () => {
    const all = RECORDINGS.map(({ lines }) => copies(lines));
    expect(all.reduce((sum, c) => sum + c.calls, 0)).toBe(40);
    expect(all.reduce((sum, c) => sum + c.recorded.length, 0)).toBeGreaterThan(10);
  });
});

describe('802.11 frames', () => {
  const HEADER = '0a1b2c3d4e5f020000000001ffffffffffff0000';
  const SNAP = 'aaaa030000000800';
  const ETHERNET = 'ffffffffffff02000000000108004500';
  const convert = (hex: string, ivLen = 0) => {
    const frame = ethernetOf80211(bytesOfHex(hex)!, ivLen);
    return frame && hexOf(frame);
  };

  test.each([
    ['data', `08010000${HEADER}${SNAP}4500`, 0],
    ['QoS data', `88010000${HEADER}0000${SNAP}4500`, 0],
    ['QoS data with HT control', `88810000${HEADER}000011223344${SNAP}4500`, 0],
    ['protected', `08410000${HEADER}0011223344556677${SNAP}4500`, 8],
  ])('%s', (_, hex, ivLen) => {
    expect(convert(hex, ivLen)).toBe(ETHERNET);
  });

  test.each([
    ['nothing', ''],
    ['a management frame', `00010000${HEADER}${SNAP}4500`],
    ['a null function frame', `48010000${HEADER}${SNAP}4500`],
    ['from the access point', `08020000${HEADER}${SNAP}4500`],
    ['four addresses', `08030000${HEADER}${SNAP}4500`],
    ['another LLC header', `08010000${HEADER}4242030000000800`],
    ['no room for LLC', `08010000${HEADER}aaaa0300000008`],
  ])('%s is none', (_, hex) => {
    expect(convert(hex)).toBeUndefined();
  });
});

describe('VLAN tags', () => {
  const ADDRESSES = '020000000001020000000002';
  const untagged = (hex: string) => hexOf(untag(bytesOfHex(hex)!));

  test('the first is taken off, if it is one', () => {
    expect(untagged(`${ADDRESSES}8100000508001122`)).toBe(`${ADDRESSES}08001122`);
    expect(untagged(`${ADDRESSES}88a8000581000006080011`)).toBe(`${ADDRESSES}81000006080011`);
    expect(untagged(`${ADDRESSES}9100000508001122`)).toBe(`${ADDRESSES}9100000508001122`);
    expect(untagged(`${ADDRESSES}81000005`)).toBe(`${ADDRESSES}81000005`);
  });

  test('a frame in a larger buffer is judged by its own end', () => {
    const buffer = bytesOfHex(`${ADDRESSES}8100000508001122`)!;
    expect(tagLength(buffer, 0, 17)).toBe(0);
    expect(tagLength(buffer, 0, 18)).toBe(4);
  });
});

test('a frame is a DHCP client only with both ports, UDP and IPv4', () => {
  const frame = (type: string, protocol: string, ports: string, ihl = '45', options = '') =>
    bytesOfHex(
      `ffffffffffff020000000001${type}${ihl}00001c000000004${'0'}${protocol}000000000000ffffffff${options}${ports}00080000`,
    )!;
  const is = (b: Uint8Array) => isDhcpClientFrame(b, 0, b.length);
  expect(is(frame('0800', '11', '00440043'))).toBe(true);
  expect(is(frame('0800', '11', '00440043', '46', '01010101'))).toBe(true);
  expect(is(frame('0800', '11', '00430044'))).toBe(false);
  expect(is(frame('0800', '06', '00440043'))).toBe(false);
  expect(is(frame('86dd', '11', '00440043'))).toBe(false);
  const whole = frame('0800', '11', '00440043');
  for (let end = 0; end < whole.length; end++) expect(isDhcpClientFrame(whole, 0, end)).toBe(false);
});
