import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  childOf,
  element,
  escapeText,
  parseXml,
  XML_LIMITS,
  type XmlElement,
} from '../../../amt/web/index.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('a document', () => {
  it('is read with its namespaces', () => {
    const read = parseXml(
      bytes(
        '<?xml version="1.0" encoding="UTF-8"?><a:x xmlns:a="urn:a"> <b xmlns="urn:b"> 1 &amp;<![CDATA[<2]]> </b> </a:x>',
      ),
    ) as XmlElement;
    expect(read.name).toBe('{urn:a}x');
    expect(childOf(read, '{urn:b}b')).toEqual({ name: '{urn:b}b', local: 'b', text: '1 &<2', children: [] });
    expect(childOf(read, '{urn:a}b')).toBeUndefined();
  });

  it.each([
    ['', 'well-formed'],
    ['<a>', 'well-formed'],
    ['<a/><b/>', 'well-formed'],
    ['<a>&x;</a>', 'well-formed'],
    ['<a><b:c/></a>', 'well-formed'],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'document type declaration'],
    ['<?do it?><a/>', 'processing instruction'],
    ['<?xml version="1.0" encoding="latin1"?><a/>', 'UTF-8'],
    [`${'<a>'.repeat(25)}${'</a>'.repeat(25)}`, 'more than 24 deep'],
    [`<a>${'<b/>'.repeat(XML_LIMITS.elements)}</a>`, 'more than 4096 elements'],
    [`<a>${'x'.repeat(XML_LIMITS.bytes)}</a>`, 'more than 262144 bytes'],
  ])('is refused: %.40s', (text, problem) => {
    expect(parseXml(bytes(text))).toMatchObject({ problem: expect.stringContaining(problem) });
  });

  it('is refused when it is not UTF-8', () => {
    expect(parseXml(Uint8Array.of(0x3c, 0x61, 0xff, 0x2f, 0x3e))).toEqual({
      problem: 'The document is not UTF-8.',
      isEncoding: true,
    });
  });

  it('has the attributes of its elements, by namespace', () => {
    const read = parseXml(bytes('<a xmlns="urn:a" xmlns:b="urn:b" c="1" b:c=" &lt; " __proto__="x"/>'));
    expect([...((read as XmlElement).attributes ?? [])]).toEqual([
      ['c', '1'],
      ['{urn:b}c', ' < '],
      ['__proto__', 'x'],
    ]);
  });

  it('is taken up to its limits', () => {
    expect(parseXml(bytes(`${'<a>'.repeat(24)}${'</a>'.repeat(24)}`))).toHaveProperty('local', 'a');
    expect(parseXml(bytes(`<a>${'<b/>'.repeat(XML_LIMITS.elements - 1)}</a>`))).toHaveProperty(
      'children.length',
      XML_LIMITS.elements - 1,
    );
  });

  it('comes back as it was written', () => {
    const name = fc.constantFrom('a', 'b', 'long-name');
    // What XML carries as it is; the reader takes away white space at the ends.
    const text = fc.string({ unit: 'grapheme-ascii' }).map((all) => all.trim());
    const { tree } = fc.letrec<{ tree: XmlElement }>((tie) => ({
      tree: fc.record({
        name: fc.constant(''),
        local: name,
        text,
        children: fc.oneof({ depthSize: 'small' }, fc.constant([]), fc.array(tie('tree'), { maxLength: 4 })),
      }),
    }));
    const write = ({ local, text: own, children }: XmlElement): string =>
      element(local, escapeText(own), ...children.map(write));
    const named = (one: XmlElement): XmlElement => ({
      ...one,
      name: `{}${one.local}`,
      children: one.children.map(named),
    });
    fc.assert(
      fc.property(tree, (wanted) => {
        expect(parseXml(bytes(write(wanted)), { ...XML_LIMITS, depth: 100 })).toEqual(named(wanted));
      }),
    );
  });

  it('never makes the reader throw', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '<a>',
        '</a>',
        '<',
        '>',
        '&',
        '&#0;',
        '<![CDATA[',
        ']]>',
        '<!--',
        '-->',
        '<?',
        '\0',
        'xmlns:',
      ),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        parseXml(bytes(pieces.join('')));
      }),
      { numRuns: 300 },
    );
  });
});
