import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineJudge } from '../../cli/filter/line-judge.ts';
import { filterFrame, hexOf, noFilters, type OobFilters } from '../../sap/index.ts';

/** All ARP and ICMP to CSME, the host keeps ARP requests. */
function wanted(): OobFilters {
  const filters = noFilters();
  filters.ipv4Filter.flags = 0x1d;
  return filters;
}

const quirks = {};
const list = new Map<string | number, OobFilters | undefined>([
  [0, undefined],
  [1, wanted()],
  ['two', noFilters()],
]);

test('any line gives a verdict or the end of a sentence', () => {
  const judge = new LineJudge({ one: undefined, list, quirks });
  const member = fc.oneof(fc.constantFrom('', '00', '0', 'zz', 0, 1, 'two', null, true), fc.jsonValue());
  const line = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ frame: member, filters: member, csme: member, host: member }, { requiredKeys: [] })
      .map((members) => JSON.stringify(members)),
  );
  fc.assert(
    fc.property(line, (text) => {
      const judged = judge.judge(text);
      if (typeof judged === 'string') expect(judged).toMatch(/^(is|has|names) .*[^.]$/s);
      else expect([0, 1, 3]).toContain(judged.verdict);
    }),
  );
});

test('the verdicts are those of the plain interpreter, whatever was in the buffer before', () => {
  const judge = new LineJudge({ one: undefined, list, quirks });
  const request = (rest: Uint8Array) =>
    Uint8Array.of(2, ...new Uint8Array(11), 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, ...rest);
  const arp = fc.uint8Array({ minLength: 17, maxLength: 22 }).map(request);
  const frame = fc.oneof(arp, fc.uint8Array(), fc.constant(new Uint8Array(66_000)));
  const seen = new Set<number>();
  fc.assert(
    fc.property(fc.constantFrom(0, 1, 'two'), frame, (filters, bytes) => {
      const judged = judge.judge(JSON.stringify({ filters, frame: hexOf(bytes) }));
      const verdict = filterFrame(list.get(filters), bytes, 0, bytes.length);
      seen.add(verdict);
      expect(judged).toEqual({ verdict, recorded: undefined });
    }),
    // One of those that CSME gets, which a hundred at random may do without.
    { examples: [[1, request(new Uint8Array(20))]] },
  );
  expect(seen).toEqual(new Set([0, 1]));
});

test('sets that stand in lines are compiled again when there were very many', () => {
  const judge = new LineJudge({ one: undefined, list: undefined, quirks });
  const line = (i: number) => {
    const set = `0000${(i + 1).toString(16).padStart(4, '0')}12`.padEnd(312, '0');
    const tcp = `020000000001020000000002080045000028000100004006${'00'.repeat(10)}c000${(i + 1).toString(16).padStart(4, '0')}${'00'.repeat(16)}`;
    return JSON.stringify({ filters: set, frame: tcp });
  };
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 2500; i++) expect(judge.judge(line(i))).toEqual({ verdict: 3, recorded: undefined });
  }
});

test.each(['0g', 'g0', '00 0', '0\u0130', '\u0661\u0662', '0x', '\u00e00'])('no hex: %j', (frame) => {
  const judge = new LineJudge({ one: noFilters(), list: undefined, quirks });
  expect(judge.judge(JSON.stringify({ frame }))).toMatch(
    /^has a "frame" whose character [12] is no hex digit$|^has a "frame" whose character 3 /,
  );
});
