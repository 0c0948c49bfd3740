/**
 * A small XML document as a tree.
 *
 * Hostile input: size, depth and number of elements are bounded; a document type declaration, a processing instruction
 * and an entity that XML does not define itself are refused.
 */
import { type SaxesAttributeNS, SaxesParser } from 'saxes';

export interface XmlElement {
  /** `{namespace}local`. */
  readonly name: string;
  readonly local: string;
  /** Its own text, without the white space around it. */
  readonly text: string;
  readonly children: readonly XmlElement[];
  /** By name, `{namespace}local`, or `local` for one without; declarations of namespaces are none. Left out: none. */
  readonly attributes?: ReadonlyMap<string, string>;
}

/** Why a document cannot be read. */
export interface XmlProblem {
  readonly problem: string;
  /** Its characters are not those of UTF-8. */
  readonly isEncoding?: true;
}

export interface XmlLimits {
  readonly bytes: number;
  readonly depth: number;
  readonly elements: number;
}

export const XML_LIMITS: XmlLimits = { bytes: 256 * 1024, depth: 24, elements: 4096 };

/** Reads UTF-8. Gives the root, or a sentence that says what is wrong. Never throws. */
export function parseXml(bytes: Uint8Array, limits: XmlLimits = XML_LIMITS): XmlElement | XmlProblem {
  if (bytes.length > limits.bytes) return { problem: `The document has more than ${limits.bytes} bytes.` };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return NOT_UTF_8;
  }
  const tree = new Tree(limits);
  const parser = new SaxesParser({ xmlns: true, position: false });
  parser.on('error', (error) => refuse(`The document is not well-formed: ${error.message.slice(0, 120)}`));
  parser.on('doctype', () => refuse('The document has a document type declaration.'));
  parser.on('processinginstruction', () => refuse('The document has a processing instruction.'));
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') throw new Stop(NOT_UTF_8);
  });
  parser.on('opentag', ({ uri, local, attributes }) => tree.open(uri, local, attributes));
  parser.on('text', (part) => tree.text(part));
  parser.on('cdata', (part) => tree.text(part));
  parser.on('closetag', () => tree.close());
  try {
    parser.write(text).close();
  } catch (error) {
    // Thrown here: there is no other way to make the parser stop where the problem is.
    if (error instanceof Stop) return error.problem;
    throw error;
  }
  return tree.root ?? { problem: 'The document is empty.' };
}

/** The first child with this name, `{namespace}local`. */
export function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name);
}

const NOT_UTF_8: XmlProblem = { problem: 'The document is not UTF-8.', isEncoding: true };

/** Ends the parse. */
class Stop extends Error {
  readonly problem: XmlProblem;

  constructor(problem: XmlProblem) {
    super(problem.problem);
    this.problem = problem;
  }
}

function refuse(problem: string): never {
  throw new Stop({ problem });
}

interface Open {
  readonly name: string;
  readonly local: string;
  text: string;
  readonly children: XmlElement[];
  readonly attributes?: ReadonlyMap<string, string>;
}

class Tree {
  readonly #limits: XmlLimits;
  readonly #open: Open[] = [];
  #elements = 0;
  root: XmlElement | undefined;

  constructor(limits: XmlLimits) {
    this.#limits = limits;
  }

  open(uri: string, local: string, attributes: Readonly<Record<string, SaxesAttributeNS>>): void {
    const { depth, elements } = this.#limits;
    if (this.#open.length >= depth) refuse(`Elements are nested more than ${depth} deep.`);
    if (++this.#elements > elements) refuse(`The document has more than ${elements} elements.`);
    const own = Object.values(attributes).filter((attribute) => attribute.uri !== NS_OF_XMLNS);
    this.#open.push({
      name: `{${uri}}${local}`,
      local,
      text: '',
      children: [],
      ...(own.length > 0 && { attributes: new Map(own.map((each) => [nameOf(each), each.value])) }),
    });
  }

  text(part: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += part;
  }

  close(): void {
    const element = this.#open.pop()!;
    const done = { ...element, text: element.text.trim() };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.root = done;
    else parent.children.push(done);
  }
}

/** Of declarations of namespaces, with and without a prefix. */
const NS_OF_XMLNS = 'http://www.w3.org/2000/xmlns/';

function nameOf({ uri, local }: SaxesAttributeNS): string {
  return uri === '' ? local : `{${uri}}${local}`;
}
