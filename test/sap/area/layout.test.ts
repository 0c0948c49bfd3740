import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SharedArea } from '../../../sap/area/area.ts';
import { AREA_LAYOUTS, ringsOf, type SapVersion } from '../../../sap/area/layout.ts';
import { hexOf } from '../../../sap/bytes.ts';
import { SapError } from '../../../sap/errors.ts';

interface Recorded {
  readonly size: number;
  readonly control_block: string;
  readonly queue_sizes: Record<string, number>;
  readonly queue_offsets: Record<string, number>;
  readonly nonzero_dwords: Record<string, string>;
}
const RECORDED = JSON.parse(
  readFileSync(new URL('../../data/traces/shared-memory.json', import.meta.url), 'utf8'),
) as Record<'v3' | 'v4', Recorded>;

const MEMORIES = [
  ['ArrayBuffer', (size: number): ArrayBufferLike => new ArrayBuffer(size)],
  ['SharedArrayBuffer', (size: number): ArrayBufferLike => new SharedArrayBuffer(size)],
] as const;

function areaOf(version: SapVersion): SharedArea {
  const area = new SharedArea(new ArrayBuffer(AREA_LAYOUTS[version].size), AREA_LAYOUTS[version]);
  area.initialise();
  return area;
}

describe.each([3, 4] as const)('version %i', (version) => {
  const layout = AREA_LAYOUTS[version];
  const recorded = RECORDED[`v${version}`];

  test('has the sizes and offsets that were recorded', () => {
    expect(layout.size).toBe(recorded.size);
    expect(layout.used).toBe(version === 3 ? 137412 : 167940);
    for (const ring of ringsOf(layout)) {
      expect(ring.at, ring.name).toBe(recorded.queue_offsets[ring.name]);
      expect(ring.size, ring.name).toBe(recorded.queue_sizes[ring.name]);
    }
  });

  test.each(MEMORIES)('initialises %s to the recorded bytes, all others zero', (_, make) => {
    const memory = make(layout.size);
    new Uint8Array(memory).fill(0xa5);
    const area = new SharedArea(memory, layout);
    area.initialise();
    expect(hexOf(area.bytes.subarray(0, 64))).toBe(recorded.control_block);
    const found: Record<string, string> = {};
    for (let at = 0; at < layout.size; at += 4) {
      const word = hexOf(area.bytes.subarray(at, at + 4));
      if (word !== '00000000') found[at] = word;
    }
    expect(found).toEqual(recorded.nonzero_dwords);
  });

  test.each(MEMORIES)('the firmware adopts a good area of %s', (_, make) => {
    const memory = make(layout.size);
    new SharedArea(memory, layout).initialise();
    const adopted = SharedArea.adopt(memory);
    expect(adopted).toBeInstanceOf(SharedArea);
    expect((adopted as SharedArea).layout).toBe(layout);
  });

  test.each([
    ['sap_id', 0, 'SAP_ERR_AREA_ID'],
    ['size of the control block', 4, 'SAP_ERR_AREA_CONTROL'],
    ['h2m-notif size', 20, 'SAP_ERR_AREA_CONTROL'],
    ['h2m-data size', 32, 'SAP_ERR_AREA_CONTROL'],
    ['m2h-notif size', 48, 'SAP_ERR_AREA_CONTROL'],
    ['m2h-data size', 60, 'SAP_ERR_AREA_CONTROL'],
    ['trailer', layout.trailerAt, 'SAP_ERR_AREA_ID'],
  ] as const)('the firmware refuses a wrong %s', (_, at, code) => {
    const area = areaOf(version);
    area.bytes[at]! ^= 1;
    const adopted = SharedArea.adopt(area.bytes.buffer);
    expect(adopted).toBeInstanceOf(SapError);
    expect(adopted).toMatchObject({ code, fault: 'host', offset: at });
  });
});

test('the firmware refuses an area of another size', () => {
  for (const size of [0, 4096, AREA_LAYOUTS[3].used, AREA_LAYOUTS[3].size + 4096, AREA_LAYOUTS[4].size - 4]) {
    expect(SharedArea.adopt(new ArrayBuffer(size))).toMatchObject({
      code: 'SAP_ERR_AREA_SIZE',
      fault: 'host',
      available: size,
    });
  }
});

test('memory that is too small for the layout is misuse', () => {
  expect(() => new SharedArea(new ArrayBuffer(100), AREA_LAYOUTS[3])).toThrow(SapError);
});
