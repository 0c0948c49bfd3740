/**
 * WS-Management's messages as a client writes and reads them. No I/O.
 *
 * Source: DSP0226 for the headers and faults; the form of a method's input and output as AMT's classes have it.
 */
import {
  ACTION,
  ANONYMOUS,
  childOf,
  classUri,
  element,
  escapeText,
  NS,
  parseXml,
  type XmlElement,
} from '../web/index.ts';

/** Properties of an instance, or parameters of a method: what AMT writes as several elements of a name is an array. */
export type WsmanValues = ReadonlyMap<string, readonly string[]>;

export interface WsmanRequest {
  readonly className: string;
  /** A method of the class and its input; without it the one instance is read. */
  readonly method?: string;
  readonly input?: Readonly<Record<string, string | number>>;
}

/** A fault, in AMT's words. */
export interface WsmanFault {
  /** Local name of the innermost code: `InvalidSelectors`. */
  readonly code: string;
  readonly reason: string;
}

/** What a person calls the request. */
export function requestName({ className, method }: WsmanRequest): string {
  return method === undefined ? `Get ${className}` : `${className}.${method}`;
}

/** The envelope of a request. `messageId`: comes back with its answer. */
export function requestXml(request: WsmanRequest, messageId: string, timeoutMs: number): string {
  const { className, method, input = {} } = request;
  const uri = classUri(className);
  const header = [
    element('a:Action', method === undefined ? ACTION.get : `${uri}/${method}`),
    element('a:To', '/wsman'),
    element('w:ResourceURI', uri),
    element('a:MessageID', escapeText(messageId)),
    element('a:ReplyTo', element('a:Address', ANONYMOUS)),
    element('w:OperationTimeout', `PT${Math.ceil(timeoutMs / 1000)}S`),
  ];
  const parameters = Object.entries(input).map(([name, value]) =>
    element(`r:${name}`, escapeText(String(value))),
  );
  const body = method === undefined ? '' : element(`r:${method}_INPUT xmlns:r="${uri}"`, ...parameters);
  const envelope = `s:Envelope xmlns:s="${NS.soap}" xmlns:a="${NS.addressing}" xmlns:w="${NS.wsman}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>${element(
    envelope,
    element('s:Header', ...header),
    element('s:Body', body),
  )}`;
}

/** What came back: the values, a fault, or what is wrong with it. */
export type WsmanAnswer =
  | { readonly values: WsmanValues }
  | { readonly fault: WsmanFault }
  | { readonly problem: string };

/** Reads the answer to `request`. Never throws. */
export function readAnswer(bytes: Uint8Array, request: WsmanRequest, messageId: string): WsmanAnswer {
  const root = parseXml(bytes);
  if ('problem' in root) return root;
  if (root.name !== `{${NS.soap}}Envelope`) return { problem: 'The answer is no SOAP envelope.' };
  const content = childOf(root, `{${NS.soap}}Body`)?.children[0];
  if (content === undefined) return { problem: 'The answer has nothing in its body.' };
  if (content.name === `{${NS.soap}}Fault`) return { fault: faultOf(content) };
  const header = childOf(root, `{${NS.soap}}Header`);
  const relatesTo = header && childOf(header, `{${NS.addressing}}RelatesTo`);
  if (relatesTo?.text !== messageId) return { problem: 'The answer is one to another request.' };
  const { className, method } = request;
  const wanted = method === undefined ? className : `${method}_OUTPUT`;
  if (content.name !== `{${classUri(className)}}${wanted}`)
    return { problem: `The answer has no ${wanted}.` };
  return { values: valuesOf(content) };
}

function valuesOf(content: XmlElement): WsmanValues {
  const values = new Map<string, string[]>();
  for (const { local, text } of content.children) {
    const before = values.get(local);
    if (before === undefined) values.set(local, [text]);
    else before.push(text);
  }
  return values;
}

/** Longest piece of a fault that is kept: it is for a person. */
const FAULT_TEXT_MAX = 200;

function faultOf(fault: XmlElement): WsmanFault {
  const soap = (element: XmlElement | undefined, name: string) =>
    element && childOf(element, `{${NS.soap}}${name}`);
  const code = soap(fault, 'Code');
  const value = soap(soap(code, 'Subcode'), 'Value') ?? soap(code, 'Value');
  const reason = soap(soap(fault, 'Reason'), 'Text');
  return {
    code: (value?.text.replace(/^.*:/s, '') || 'unknown').slice(0, FAULT_TEXT_MAX),
    reason: (reason?.text ?? '').slice(0, FAULT_TEXT_MAX),
  };
}
