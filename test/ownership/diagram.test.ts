/** docs/host.md shows what the machine's tables say. */
import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { fillSections, hostSections } from '../../ownership/diagram.ts';
import { QUIRKS, TIMER_NAMES, TRANSITIONS } from '../../ownership/index.ts';

const PAGE = readFileSync(new URL('../../docs/host.md', import.meta.url), 'utf8');
const sections = hostSections();

describe('docs/host.md', () => {
  test('is up to date', () => {
    const fresh = fillSections(PAGE, sections);
    expect(fresh === PAGE, 'docs/host.md is stale: run `npm run generate`').toBe(true);
  });

  test('has a place for every generated part', () => {
    for (const [name, text] of sections) {
      expect(PAGE).toContain(`<!-- generated: ${name} -->\n${text}\n<!-- end: ${name} -->`);
    }
  });
});

describe('the example', () => {
  const source = readFileSync(new URL('../../examples/host-memory.ts', import.meta.url), 'utf8');

  test('stands in docs/host.md as it is', () => {
    expect(PAGE).toContain(`\`\`\`ts\n${source}\`\`\``);
  });

  test('does what it says', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      await import('../../examples/host-memory.ts');
      const lines = log.mock.calls.map((words) => words.join(' '));
      expect(lines).toContain('get_ownership returned 0');
      expect(lines).toContain('told: rfkill {"blocked":true,"csmeTaking":false}');
      expect(lines).toContain('told: rfkill {"blocked":false,"csmeTaking":false}');
      expect(lines).toContain('told: roaming_forbidden {"forbidden":true}');
      expect(lines.some((line) => line.startsWith('problem'))).toBe(false);
    } finally {
      log.mockRestore();
    }
  });
});

describe('the generated parts', () => {
  test('name every guard and action', () => {
    for (const text of sections.values()) expect(text).not.toMatch(/\?`|\[\?\]/);
  });

  test('have every phase and every row', () => {
    const rows = new Set(Object.values(TRANSITIONS).flatMap((events) => Object.values(events)));
    const count = [...rows].reduce((sum, ofEvent) => sum + ofEvent.length, 0);
    const lines = sections.get('rows')!.split('\n');
    const tables = lines.filter((line) => line.startsWith('In ')).length;
    expect(lines.filter((line) => line.startsWith('|'))).toHaveLength(count + 2 * tables);
    for (const phase of Object.keys(TRANSITIONS)) {
      expect(sections.get('phases')?.includes(phase), phase).toBe(phase !== 'dead');
    }
  });

  test('have every timer and every quirk', () => {
    for (const name of TIMER_NAMES) expect(sections.get('timers')).toContain(`\`${name}\``);
    for (const name of Object.keys(QUIRKS)) expect(sections.get('quirks')).toContain(`\`${name}\``);
  });
});

describe('filling in', () => {
  const page = 'a\n<!-- generated: x -->\nold\n<!-- end: x -->\nb\n';

  test('replaces what stands between the markers, and nothing else', () => {
    expect(fillSections(page, new Map([['x', 'new $& text']]))).toBe(
      'a\n<!-- generated: x -->\nnew $& text\n<!-- end: x -->\nb\n',
    );
  });

  test('twice is once', () => {
    const once = fillSections(page, new Map([['x', 'new']]));
    expect(fillSections(once, new Map([['x', 'new']]))).toBe(once);
  });

  test('leaves a page without the markers alone', () => {
    for (const other of ['', 'no markers', '<!-- generated: x --> and no end']) {
      expect(fillSections(other, new Map([['x', 'new']]))).toBe(other);
    }
  });
});
