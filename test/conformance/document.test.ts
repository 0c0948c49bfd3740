import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import {
  type CheckFinding,
  jsonDocument,
  junitDocument,
  Results,
  SCENARIOS,
} from '../../conformance/index.ts';

const [scenario] = SCENARIOS;

function resultsOf(seen: string, reason = ''): Results {
  const finding: CheckFinding = {
    check: 'own.ask',
    scenario: scenario!.id,
    t: 1.5,
    expected: 'a & b',
    seen,
    excerpt: [{ t: 1.5, ch: 'note', text: seen }],
  };
  const results = new Results();
  results.add(
    { scenario: scenario!, status: 'failed', findings: [finding], tookMs: 12 },
    new Map([['own.ask', 2]]),
  );
  results.add({ scenario: scenario!, status: 'not run', reason, findings: [], tookMs: 0 }, new Map());
  return results;
}

interface Read {
  readonly names: string[];
  readonly messages: string[];
}

function readXml(xml: string): Read {
  const read: Read = { names: [], messages: [] };
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    read.names.push(name);
    if (typeof attributes.message === 'string') read.messages.push(attributes.message);
  });
  parser.write(xml).close();
  return read;
}

test('JUnit has a case for each scenario, a failure for each finding, and why something was not run', () => {
  const { names, messages } = readXml(junitDocument(resultsOf('<nothing>', 'no "helper"')));
  expect(names).toEqual(['testsuites', 'testsuite', 'testcase', 'failure', 'testcase', 'skipped']);
  expect(messages).toEqual(['expected a & b; seen: <nothing>', 'no "helper"']);
});

test('any text makes good XML, and reads back but for what XML cannot have', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const [message = ''] = readXml(junitDocument(resultsOf(text))).messages;
      const kept = message.slice('expected a & b; seen: '.length);
      expect(kept.length).toBe(text.length);
      for (let i = 0; i < text.length; i++) {
        if (kept[i] === text[i] || kept[i] === '\ufffd') continue;
        // White space in an attribute is a space.
        expect([kept[i], /\s/.test(text[i]!)]).toEqual([' ', true]);
      }
    }),
  );
});

test('the document says what was asked, found and not run', () => {
  const document = JSON.parse(JSON.stringify(jsonDocument(resultsOf('none', 'why')))) as {
    checks: { id: string; status: string; asked: number; findings: { excerpt: { text: string }[] }[] }[];
    scenarios: { status: string; reason?: string }[];
  };
  const check = document.checks.find(({ id }) => id === 'own.ask');
  expect(check).toMatchObject({ status: 'failed', asked: 2, findings: [{ excerpt: [{ text: 'none' }] }] });
  expect(document.scenarios).toMatchObject([{ status: 'failed' }, { status: 'not run', reason: 'why' }]);
});
