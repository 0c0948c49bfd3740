/**
 * Reads the SOAP envelope of a WS-Management request: the headers that count and what is in the body.
 *
 * Hostile input: the size, the depth and the numbers of selectors and elements are bounded; a document type declaration, a processing
 * instruction and an entity that XML does not define itself are refused. What is wrong comes back as a fault.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { NS } from '../../../amt/web/index.ts';
import type { Fault } from './faults.ts';

export interface Selector {
  readonly name: string;
  readonly value: string;
}

/** An element of the body; its attributes do not count. */
export interface BodyElement {
  /** `{namespace}name`. */
  readonly name: string;
  /** Its own text, without the white space around it. */
  readonly text: string;
  readonly children: readonly BodyElement[];
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
  readonly body: BodyElement | undefined;
}

/** Bytes of the largest envelope that is read. */
export const ENVELOPE_MAX = 64 * 1024;
const DEPTH_MAX = 24;
const SELECTORS_MAX = 32;
/** Elements of the body. */
const ELEMENTS_MAX = 512;
/** Longest header text that is kept: a URI, an identifier. */
const TEXT_MAX = 2048;

/** Reads UTF-8. Never throws. */
export function readEnvelope(bytes: Uint8Array): Envelope | Fault {
  if (bytes.length > ENVELOPE_MAX) return { fault: 'encodingLimit', detail: 'ServiceEnvelopeLimit' };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { fault: 'encodingLimit', detail: 'CharacterSet', text: 'The envelope is not UTF-8.' };
  }
  const reader = new Reader();
  const parser = new SaxesParser({ xmlns: true, position: false });
  parser.on('error', (error) => reader.refuse(`It is not well-formed: ${error.message}`));
  parser.on('doctype', () => reader.refuse('A document type declaration is not allowed.'));
  parser.on('processinginstruction', () => reader.refuse('A processing instruction is not allowed.'));
  parser.on('xmldecl', ({ encoding }) => reader.declared(encoding));
  parser.on('opentag', (tag) => reader.open(tag));
  parser.on('text', (part) => reader.text(part));
  parser.on('cdata', (part) => reader.text(part));
  parser.on('closetag', () => reader.close());
  try {
    parser.write(text).close();
  } catch (error) {
    // Thrown by the reader: there is no other way to make the parser stop where the fault is.
    if (error instanceof Stop) return error.fault;
    throw error;
  }
  return reader.finish();
}

/** Ends the parse. */
class Stop extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super();
    this.fault = fault;
  }
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

type Texts = Partial<
  Record<
    'action' | 'to' | 'messageId' | 'replyTo' | 'resourceUri' | 'operationTimeout' | 'maxEnvelopeSize',
    string
  >
>;

class Reader {
  /** Names of the elements that are open. */
  readonly #path: string[] = [];
  readonly #texts: Texts = {};
  readonly #selectors: Selector[] = [];
  #notUnderstood: string | undefined;
  #body: BodyElement | undefined;
  /** The elements of the body that are open, and how many there were. */
  readonly #open: { name: string; text: string; children: BodyElement[] }[] = [];
  #elements = 0;
  #hasBody = false;
  /** The text of the header that is being read, and where it goes. */
  #collected = '';
  #into: ((text: string) => void) | undefined;
  #intoDepth = 0;

  refuse(text: string): never {
    throw new Stop({ fault: 'schemaValidationError', text });
  }

  declared(encoding: string | undefined): void {
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') {
      throw new Stop({ fault: 'encodingLimit', detail: 'CharacterSet', text: 'The envelope is not UTF-8.' });
    }
  }

  open(tag: SaxesTagNS): void {
    if (this.#into !== undefined) this.refuse('An element stands where a text is expected.');
    const path = this.#path;
    const name = `{${tag.uri}}${tag.local}`;
    if (path.length >= DEPTH_MAX) this.refuse(`Elements are nested more than ${DEPTH_MAX} deep.`);
    if (path.length === 0) this.#root(tag, name);
    else if (path.length === 1) this.#part(name);
    else if (path[1] === HEADER) this.#header(tag, name);
    else if (path[1] === BODY) this.#element(name);
    path.push(name);
  }

  text(part: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += part;
    if (this.#into === undefined) return;
    this.#collected += part;
    if (this.#collected.length > TEXT_MAX) this.refuse(`A header is longer than ${TEXT_MAX} characters.`);
  }

  close(): void {
    if (this.#into !== undefined && this.#path.length === this.#intoDepth) {
      this.#into(this.#collected.trim());
      this.#into = undefined;
    }
    const element = this.#open.pop();
    if (element !== undefined) element.text = element.text.trim();
    this.#path.pop();
  }

  finish(): Envelope | Fault {
    if (!this.#hasBody) return { fault: 'schemaValidationError', text: 'The envelope has no Body.' };
    const { action, to, messageId, replyTo, resourceUri, operationTimeout, maxEnvelopeSize } = this.#texts;
    return {
      action,
      to,
      messageId,
      replyTo,
      resourceUri,
      operationTimeout,
      maxEnvelopeSize,
      selectors: this.#selectors,
      notUnderstood: this.#notUnderstood,
      body: this.#body,
    };
  }

  #root(tag: SaxesTagNS, name: string): void {
    if (name === ENVELOPE) return;
    if (tag.local === 'Envelope') throw new Stop({ fault: 'versionMismatch' });
    this.refuse('The document is not a SOAP envelope.');
  }

  #part(name: string): void {
    if (this.#hasBody || (name !== HEADER && name !== BODY) || this.#headerSeen(name)) {
      this.refuse('An envelope has one Header and then one Body.');
    }
    this.#hasBody = name === BODY;
  }

  #sawHeader = false;
  #headerSeen(name: string): boolean {
    const again = this.#sawHeader && name === HEADER;
    this.#sawHeader ||= name === HEADER;
    return again;
  }

  #header(tag: SaxesTagNS, name: string): void {
    const path = this.#path;
    if (path.length === 2) {
      const field = TEXT_HEADERS[name];
      if (field !== undefined) this.#collect(field);
      else if (name !== SELECTOR_SET && name !== REPLY_TO && !WITHOUT_EFFECT.has(name)) {
        if (mustUnderstand(tag)) this.#notUnderstood ??= tag.local;
      }
    } else if (path.length === 3 && path[2] === REPLY_TO && name === ADDRESS) {
      this.#collect('replyTo');
    } else if (path.length === 3 && path[2] === SELECTOR_SET) {
      this.#selector(tag, name);
    }
  }

  #element(name: string): void {
    if (++this.#elements > ELEMENTS_MAX) this.refuse(`The body has more than ${ELEMENTS_MAX} elements.`);
    const element = { name, text: '', children: [] };
    const parent = this.#open.at(-1);
    if (parent !== undefined) parent.children.push(element);
    else this.#body ??= element;
    this.#open.push(element);
  }

  #collect(field: keyof Texts): void {
    if (this.#texts[field] !== undefined) this.refuse(`The header ${field} is there twice.`);
    this.#expect((text) => {
      this.#texts[field] = text;
    });
  }

  #selector(tag: SaxesTagNS, element: string): void {
    const name = tag.attributes.Name?.value;
    if (element !== SELECTOR || name === undefined || name === '') {
      this.refuse('A SelectorSet has Selector elements with a Name each.');
    }
    if (this.#selectors.length >= SELECTORS_MAX)
      this.refuse(`There are more than ${SELECTORS_MAX} selectors.`);
    this.#expect((value) => this.#selectors.push({ name, value }));
  }

  #expect(into: (text: string) => void): void {
    this.#into = into;
    this.#intoDepth = this.#path.length + 1;
    this.#collected = '';
  }
}

function mustUnderstand(tag: SaxesTagNS): boolean {
  for (const { local, uri, value } of Object.values(tag.attributes)) {
    if (local === 'mustUnderstand' && uri === NS.soap) return value.trim() === 'true' || value.trim() === '1';
  }
  return false;
}
