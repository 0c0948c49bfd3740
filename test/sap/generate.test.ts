import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  array,
  mac,
  reserved,
  rest,
  sapMessage,
  struct,
  u8,
  u16,
  u16be,
  u32,
  u64,
} from '../../sap/declare.ts';
import { generateCodec, pascal } from '../../sap/walk/codec.ts';
import { generatedSources, SAP_REGISTER } from '../../sap/walk/registers.ts';

describe('what is generated is up to date', () => {
  it.each([...generatedSources()])('%s', (path, text) => {
    const found = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    expect(found === text, `${path} is stale: run \`npm run generate\``).toBe(true);
  });
});

it('the same register gives the same text', () => {
  expect(generateCodec(SAP_REGISTER)).toBe(generateCodec(SAP_REGISTER));
});

it('no code is made at run time', () => {
  for (const [path, text] of generatedSources()) {
    if (path.endsWith('.ts')) expect(text).not.toMatch(/\beval\b|new Function/);
  }
});

it('another register with another header can be generated for', () => {
  const Hello = sapMessage({
    name: 'OTHER_HELLO',
    id: 0x0102,
    from: 'host',
    queue: 'notif',
    doc: 'A message of another protocol.',
    source: 'this test',
    fields: {
      n: u8.doc('A name that the writer uses itself.'),
      pad: reserved(3),
      words: array(40, u16),
      at: struct('place', { x: u16be, who: mac, grid: array(2, struct('cell', { v: u32 })) }),
      big: u64,
      data: rest(),
    },
  });
  const text = generateCodec({
    title: 'The codec of a test',
    messages: [Hello],
    from: './other.ts',
    list: 'OTHER',
    messageType: 'OtherMessage',
    draftType: 'OtherDraft',
    header: { size: 6, id: { at: 4, bytes: 2 }, seqNum: { at: 0, bytes: 4 }, idInValue: true },
  });
  expect(text).toContain("import { type OtherDraft, type OtherMessage, OTHER } from './other.ts';");
  expect(text).toContain('function readOtherHello(b: Uint8Array, o: number, e: number)');
  expect(text).toContain('out[o + 4] = 0x02;\n  out[o + 5] = 0x01;');
  expect(text).toContain('const nField = d.n;');
  expect(text).toMatch(/`at\.grid\[\$\{j\}\]\.v`/);
  expect(text).toMatch(/case 258:\n {6}return e - o < 114 \?/);
});

it('names become functions', () => {
  expect(pascal('CSME_CONN_STATUS')).toBe('CsmeConnStatus');
  expect(pascal('PING')).toBe('Ping');
});
