/** Classes and their instances, one by one and enumerated. */
import { describe, expect, it } from 'vitest';
import type { XmlElement } from '../../../amt/web/index.ts';
import { classUri, NS } from '../../../amt/web/index.ts';
import { Amt, PROVISIONED } from '../../../csme/amt/index.ts';
import { AMT_CLASSES } from '../../../csme/network/wsman/classes/index.ts';
import { Asked, enumerate, itemsOf, pull, request, textIn } from './asked.ts';

const EN = NS.enumeration;

describe('every class', () => {
  const amt = new Amt({ remoteAccess: { ...PROVISIONED.remoteAccess, mpsHost: 'mps.example' } });
  const asked = new Asked(amt);

  it.each([...AMT_CLASSES.values()].map((each) => [each.name, each] as const))(
    '%s is enumerated, and its instances are got by their keys',
    (name, { instances, keys }) => {
      const context = textIn(asked.body(enumerate(name)), 'EnumerationContext') ?? '';
      expect(context).toMatch(/^[0-9A-F]{8}-0000-0000-0000-000000000000$/);
      const body = asked.body(pull(name, context, '<n:MaxElements>999</n:MaxElements>'));
      expect(textIn(body, 'EndOfSequence')).toBe('');
      const wanted = instances(amt.state);
      expect(itemsOf(body).map(({ name: item }) => item)).toEqual(
        wanted.map(() => `{${classUri(name)}}${name}`),
      );
      for (const [index, item] of itemsOf(body).entries()) {
        const properties = Object.entries(wanted[index]!).filter(([, value]) => value !== undefined);
        expect(new Set(item.children.map(({ local }) => local))).toEqual(
          new Set(
            properties
              .filter(([, value]) => String(value) !== '' || !Array.isArray(value))
              .map(([key]) => key),
          ),
        );
        const texts = keys.filter((key) => typeof wanted[index]![key] !== 'object');
        const selectors = texts.map((key) => `<w:Selector Name="${key}">${wanted[index]![key]}</w:Selector>`);
        const got = asked.body(
          request(name, `${NS.transfer}/Get`, '', `<w:SelectorSet>${selectors.join('')}</w:SelectorSet>`),
        );
        // The nonce of a set-up is another one each time.
        const stable = (element: XmlElement) =>
          element.children.filter(({ local }) => local !== 'ConfigurationNonce');
        expect(stable(got)).toEqual(stable(item));
      }
    },
  );
});

describe('enumerations', () => {
  const SOFTWARE = 'CIM_SoftwareIdentity';
  const count = 11;

  it('are pulled piece by piece', () => {
    const asked = new Asked();
    const context = textIn(asked.body(enumerate(SOFTWARE)), 'EnumerationContext')!;
    const names: (string | undefined)[] = [];
    for (let pulls = 0; ; pulls++) {
      const body = asked.body(pull(SOFTWARE, context, '<n:MaxElements>4</n:MaxElements>'));
      names.push(...itemsOf(body).map((item) => textIn(item, 'InstanceID')));
      if (textIn(body, 'EndOfSequence') !== undefined) {
        expect([pulls, textIn(body, 'EnumerationContext')]).toEqual([2, undefined]);
        break;
      }
      expect(textIn(body, 'EnumerationContext')).toBe(context);
    }
    expect([names.length, new Set(names).size]).toEqual([count, count]);
    expect(asked.fault(pull(SOFTWARE, context))).toBe('g:InvalidEnumerationContext');
  });

  it('give one item where nothing else is wished, and no more characters than the client takes', () => {
    const asked = new Asked();
    const context = textIn(asked.body(enumerate(SOFTWARE)), 'EnumerationContext')!;
    expect(itemsOf(asked.body(pull(SOFTWARE, context)))).toHaveLength(1);
    const limited = (characters: number) =>
      pull(
        SOFTWARE,
        context,
        `<n:MaxElements>9</n:MaxElements><n:MaxCharacters>${characters}</n:MaxCharacters>`,
      );
    expect(asked.fault(limited(10))).toBe('c:EncodingLimit MaxEnvelopeSizeExceeded');
    const items = itemsOf(asked.body(limited(400)));
    expect(items.length).toBeGreaterThan(0);
    expect(items.length).toBeLessThan(4);
  });

  it('are of what was there when they began', () => {
    const asked = new Asked();
    const context = textIn(asked.body(enumerate('AMT_GeneralSettings')), 'EnumerationContext')!;
    asked.amt.perform(0, { type: 'set', settings: { hostName: 'other' } });
    const [item] = itemsOf(asked.body(pull('AMT_GeneralSettings', context)));
    expect(textIn(item!, 'HostName')).toBe('sapwood');
  });

  it('come at once where the client likes that', () => {
    const asked = new Asked();
    const optimized = (most: number) =>
      enumerate(SOFTWARE, `<w:OptimizeEnumeration/><w:MaxElements>${most}</w:MaxElements>`);
    const all = asked.body(optimized(50));
    expect([itemsOf(all).length, textIn(all, 'EnumerationContext')]).toEqual([count, '']);
    const some = asked.body(optimized(3));
    const context = textIn(some, 'EnumerationContext')!;
    const rest = asked.body(pull(SOFTWARE, context, '<n:MaxElements>50</n:MaxElements>'));
    expect([itemsOf(some).length, itemsOf(rest).length]).toEqual([3, count - 3]);
  });

  it('give references', () => {
    const asked = new Asked();
    const mode = (name: string) =>
      enumerate(
        'AMT_TLSSettingData',
        `<w:EnumerationMode>${name}</w:EnumerationMode><w:OptimizeEnumeration/><w:MaxElements>9</w:MaxElements>`,
      );
    const [reference] = itemsOf(asked.body(mode('EnumerateEPR')));
    expect(JSON.stringify(reference)).toContain('Intel(r) AMT 802.3 TLS Settings');
    const [both] = itemsOf(asked.body(mode('EnumerateObjectAndEPR')));
    expect(both?.children.map(({ local }) => local)).toEqual(['AMT_TLSSettingData', 'EndpointReference']);
    expect(asked.fault(mode('Whatever'))).toBe('c:UnsupportedFeature EnumerationMode');
  });

  it('are bounded: the oldest goes first', () => {
    const asked = new Asked();
    const contexts = Array.from(
      { length: 17 },
      () => textIn(asked.body(enumerate(SOFTWARE)), 'EnumerationContext')!,
    );
    expect(asked.fault(pull(SOFTWARE, contexts[0]!))).toBe('g:InvalidEnumerationContext');
    expect(asked.fault(pull(SOFTWARE, contexts[1]!))).toBe('none');
  });

  it('are released', () => {
    const asked = new Asked();
    const context = textIn(asked.body(enumerate(SOFTWARE)), 'EnumerationContext')!;
    const release = request(
      SOFTWARE,
      `${EN}/Release`,
      `<n:Release><n:EnumerationContext>${context}</n:EnumerationContext></n:Release>`,
    );
    expect([asked.fault(release), asked.fault(release), asked.fault(pull(SOFTWARE, context))]).toEqual([
      'none',
      'g:InvalidEnumerationContext',
      'g:InvalidEnumerationContext',
    ]);
  });

  it.each([
    [
      'of another class',
      (context: string) => pull('AMT_GeneralSettings', context),
      'g:InvalidEnumerationContext',
    ],
    ['of nobody', () => pull(SOFTWARE, 'x'), 'g:InvalidEnumerationContext'],
    [
      'no items',
      (c: string) => pull(SOFTWARE, c, '<n:MaxElements>0</n:MaxElements>'),
      'c:SchemaValidationError',
    ],
    ['no body', () => request(SOFTWARE, `${EN}/Pull`, ''), 'c:SchemaValidationError'],
    ['another body', () => request(SOFTWARE, `${EN}/Enumerate`, '<n:Pull/>'), 'c:SchemaValidationError'],
    ['no release', () => request(SOFTWARE, `${EN}/Release`, ''), 'c:SchemaValidationError'],
    ['a filter', () => enumerate(SOFTWARE, '<w:Filter>x</w:Filter>'), 'g:FilteringNotSupported'],
  ])('refuse %s', (_, make, wanted) => {
    const asked = new Asked();
    const context = textIn(asked.body(enumerate(SOFTWARE)), 'EnumerationContext')!;
    expect(asked.fault(make(context))).toBe(wanted);
  });
});
