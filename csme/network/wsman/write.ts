/** Instances, references and whole answers as XML, with the prefixes that AMT gives. */
import { ANONYMOUS, classUri, element, escapeText, NS } from '../../../amt/web/index.ts';
import type { AmtClass, Instance, PropertyValue, Reference } from './schema.ts';

/** What every answer declares. */
export const PREFIXES = {
  a: NS.soap,
  b: NS.addressing,
  c: NS.wsman,
  d: NS.trust,
  e: NS.security,
  f: NS.cimBinding,
} as const;

/** The instance as an element, with `prefix` for the namespace of its class. */
export function instanceXml(amt: AmtClass, instance: Instance, prefix: string): string {
  return element(`${prefix}:${amt.name}`, ...propertiesXml(instance, prefix));
}

export function propertiesXml(instance: Instance, prefix: string): readonly string[] {
  return Object.entries(instance).flatMap(([name, value]) =>
    value === undefined ? [] : valuesOf(value).map((each) => element(`${prefix}:${name}`, each)),
  );
}

/** The instance's reference: what selects it. */
export function referenceTo(amt: AmtClass, instance: Instance): Reference {
  const selectors = amt.keys.map((key) => {
    const value = instance[key];
    return [key, isReference(value) ? value : String(value)] as const;
  });
  return { className: amt.name, selectors: Object.fromEntries(selectors) };
}

export function referenceXml(reference: Reference): string {
  return element('b:EndpointReference', ...referenceContent(reference));
}

/** Value of a key as a selector has it; undefined for a reference, which no text selects. */
export function keyText(instance: Instance, key: string): string | undefined {
  const value = instance[key];
  return isReference(value) ? undefined : String(value);
}

/** The answer as a whole document; it declares `namespaces`. */
export function document(
  namespaces: Readonly<Record<string, string>>,
  ...content: readonly string[]
): string {
  const declared = Object.entries(namespaces).map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`);
  return `<?xml version="1.0" encoding="UTF-8"?>${element(`a:Envelope${declared.join('')}`, ...content)}`;
}

/** The content of one element for each value. */
function valuesOf(value: PropertyValue): readonly string[] {
  if (typeof value !== 'object') return [escapeText(String(value))];
  if (isReference(value)) return [referenceContent(value).join('')];
  return value.map((each) => escapeText(String(each)));
}

function referenceContent({ className, selectors }: Reference): readonly string[] {
  const each = Object.entries(selectors).map(([name, value]) =>
    element(`c:Selector Name="${name}"`, isReference(value) ? referenceXml(value) : escapeText(value)),
  );
  return [
    element('b:Address', ANONYMOUS),
    element(
      'b:ReferenceParameters',
      element('c:ResourceURI', classUri(className)),
      element('c:SelectorSet', ...each),
    ),
  ];
}

function isReference(value: PropertyValue | undefined): value is Reference {
  return typeof value === 'object' && 'className' in value;
}
