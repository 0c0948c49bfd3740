/**
 * Reads the SOAP envelope of a WS-Management request: the headers that count and what is in the body.
 *
 * Hostile input: besides the bounds of every document, the number of selectors and the length of headers are bounded. What
 * is wrong comes back as a fault.
 */
import { childOf, NS, parseXml, type XmlElement } from '../../../amt/web/index.ts';
import type { Fault } from './faults.ts';

export interface Selector {
  readonly name: string;
  readonly value: string;
}

/** Texts are as in the envelope, without the white space around them. */
export interface Envelope {
  readonly action: string | undefined;
  readonly to: string | undefined;
  readonly messageId: string | undefined;
  /** Address of ReplyTo. */
  readonly replyTo: string | undefined;
  readonly resourceUri: string | undefined;
  readonly operationTimeout: string | undefined;
  readonly maxEnvelopeSize: string | undefined;
  readonly selectors: readonly Selector[];
  /** Local name of a header that must be understood and is not. */
  readonly notUnderstood: string | undefined;
  /** The body's first element. */
  readonly body: XmlElement | undefined;
}

/** Bytes of the largest envelope that is read. */
export const ENVELOPE_MAX = 64 * 1024;
const LIMITS = { bytes: ENVELOPE_MAX, depth: 24, elements: 1024 };
const SELECTORS_MAX = 32;
/** Longest header text that is kept: a URI, an identifier. */
const TEXT_MAX = 2048;

/** Reads UTF-8. Never throws. */
export function readEnvelope(bytes: Uint8Array): Envelope | Fault {
  if (bytes.length > ENVELOPE_MAX) return { fault: 'encodingLimit', detail: 'ServiceEnvelopeLimit' };
  const root = parseXml(bytes, LIMITS);
  if ('problem' in root) {
    return root.isEncoding === true
      ? { fault: 'encodingLimit', detail: 'CharacterSet', text: root.problem }
      : refused(root.problem);
  }
  if (root.name !== ENVELOPE) {
    return root.local === 'Envelope'
      ? { fault: 'versionMismatch' }
      : refused('The document is not a SOAP envelope.');
  }
  const parts = root.children.map(({ name }) => name).join(' ');
  if (parts !== BODY && parts !== `${HEADER} ${BODY}`)
    return refused('An envelope has at most one Header, and then one Body.');
  const headers = headersOf(childOf(root, HEADER)?.children ?? []);
  return 'fault' in headers ? headers : { ...headers, body: childOf(root, BODY)?.children[0] };
}

/** Names of elements, as `{namespace}name`. */
const ENVELOPE = `{${NS.soap}}Envelope`;
const HEADER = `{${NS.soap}}Header`;
const BODY = `{${NS.soap}}Body`;
const REPLY_TO = `{${NS.addressing}}ReplyTo`;
const ADDRESS = `{${NS.addressing}}Address`;
const SELECTOR_SET = `{${NS.wsman}}SelectorSet`;
const SELECTOR = `{${NS.wsman}}Selector`;

/** Headers whose text is the value. */
const TEXT_HEADERS: Readonly<Record<string, keyof Texts>> = {
  [`{${NS.addressing}}Action`]: 'action',
  [`{${NS.addressing}}To`]: 'to',
  [`{${NS.addressing}}MessageID`]: 'messageId',
  [`{${NS.wsman}}ResourceURI`]: 'resourceUri',
  [`{${NS.wsman}}OperationTimeout`]: 'operationTimeout',
  [`{${NS.wsman}}MaxEnvelopeSize`]: 'maxEnvelopeSize',
};

/** Headers that need no answer of their own: understood, and without effect here. */
const WITHOUT_EFFECT = new Set([
  `{${NS.addressing}}From`,
  `{${NS.addressing}}FaultTo`,
  `{${NS.addressing}}RelatesTo`,
  `{${NS.wsman}}Locale`,
]);

type Headers = Omit<Envelope, 'body'>;
type Texts = Omit<Headers, 'selectors' | 'notUnderstood'>;

function headersOf(elements: readonly XmlElement[]): Headers | Fault {
  const texts: { -readonly [K in keyof Texts]: Texts[K] } = { ...NO_TEXTS };
  const selectors: Selector[] = [];
  let notUnderstood: string | undefined;
  for (const element of elements) {
    const field = TEXT_HEADERS[element.name] ?? (element.name === REPLY_TO ? 'replyTo' : undefined);
    if (field !== undefined) {
      if (texts[field] !== undefined) return refused(`The header ${field} is there twice.`);
      const text = textOf(field === 'replyTo' ? childOf(element, ADDRESS) : element);
      if (typeof text === 'object') return text;
      texts[field] = text;
    } else if (element.name === SELECTOR_SET) {
      const problem = addSelectors(selectors, element);
      if (problem !== undefined) return problem;
    } else if (!WITHOUT_EFFECT.has(element.name) && mustUnderstand(element)) {
      notUnderstood ??= element.local;
    }
  }
  return { ...texts, selectors, notUnderstood };
}

const NO_TEXTS: Texts = {
  action: undefined,
  to: undefined,
  messageId: undefined,
  replyTo: undefined,
  resourceUri: undefined,
  operationTimeout: undefined,
  maxEnvelopeSize: undefined,
};

function addSelectors(selectors: Selector[], set: XmlElement): Fault | undefined {
  for (const element of set.children) {
    const name = element.attributes?.get('Name') ?? '';
    if (element.name !== SELECTOR || name === '')
      return refused('A SelectorSet has Selector elements with a Name each.');
    const value = textOf(element);
    if (typeof value === 'object') return value;
    if (selectors.push({ name, value: value ?? '' }) > SELECTORS_MAX)
      return refused(`There are more than ${SELECTORS_MAX} selectors.`);
  }
  return undefined;
}

function textOf(element: XmlElement | undefined): string | undefined | Fault {
  if (element === undefined) return undefined;
  if (element.children.length > 0) return refused('An element stands where a text is expected.');
  if (element.text.length > TEXT_MAX) return refused(`A header is longer than ${TEXT_MAX} characters.`);
  return element.text;
}

function mustUnderstand({ attributes }: XmlElement): boolean {
  const value = attributes?.get(`{${NS.soap}}mustUnderstand`)?.trim();
  return value === 'true' || value === '1';
}

function refused(text: string): Fault {
  return { fault: 'schemaValidationError', text };
}
