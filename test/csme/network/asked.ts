/** Requests of WS-Management, and what comes of them. */
import { childOf, classUri, NS, parseXml, type XmlElement } from '../../../amt/web/index.ts';
import { Amt } from '../../../csme/amt/index.ts';
import { type WsmanAnswer, WsmanService } from '../../../csme/network/index.ts';

const EN = NS.enumeration;

/** A service that is asked again and again. */
export class Asked {
  readonly amt: Amt;
  readonly #service: WsmanService;

  constructor(amt = new Amt()) {
    this.amt = amt;
    this.#service = new WsmanService(amt);
  }

  ask(request: string, isLocalAccount = false): WsmanAnswer {
    return this.#service.answer(new TextEncoder().encode(request), 1_700_000_000_000, { isLocalAccount });
  }

  /** The first element of the answer's body, which must be no fault. */
  body(request: string, isLocalAccount = false): XmlElement {
    const { status, xml } = this.ask(request, isLocalAccount);
    const body = bodyOf(xml);
    if (status !== 200) throw new Error(faultOf(xml));
    return body!;
  }

  /** Subcode and detail of the fault that is the answer. */
  fault(request: string, isLocalAccount = false): string {
    const { status, xml } = this.ask(request, isLocalAccount);
    return status === 200 ? 'none' : faultOf(xml);
  }

  /** What a method returns. */
  returned(request: string, isLocalAccount = false): string {
    return textIn(this.body(request, isLocalAccount), 'ReturnValue') ?? 'nothing';
  }
}

function bodyOf(xml: string): XmlElement | undefined {
  const root = parseXml(new TextEncoder().encode(xml));
  if ('problem' in root) throw new Error(root.problem);
  return childOf(root, `{${NS.soap}}Body`)?.children[0];
}

function faultOf(xml: string): string {
  const values = [...xml.matchAll(/<a:Value>([^<]*)</g)].map((match) => match[1]);
  const detail = /faultDetail\/(\w+)</.exec(xml)?.[1] ?? '';
  return `${values.at(-1)} ${detail}`.trim();
}

export function textIn(element: XmlElement, local: string): string | undefined {
  return element.children.find((child) => child.local === local)?.text;
}

export function itemsOf(body: XmlElement): readonly XmlElement[] {
  return body.children.find(({ local }) => local === 'Items')?.children ?? [];
}

export function request(className: string, action: string, body: string, selectors = ''): string {
  return (
    `<s:Envelope xmlns:s="${NS.soap}" xmlns:a="${NS.addressing}" xmlns:w="${NS.wsman}" xmlns:n="${EN}" ` +
    `xmlns:r="${classUri(className)}"><s:Header><a:Action>${action}</a:Action><a:To>/wsman</a:To>` +
    `<w:ResourceURI>${classUri(className)}</w:ResourceURI><a:MessageID>1</a:MessageID>${selectors}</s:Header>` +
    `<s:Body>${body}</s:Body></s:Envelope>`
  );
}

export const enumerate = (className: string, more = '') =>
  request(className, `${EN}/Enumerate`, `<n:Enumerate>${more}</n:Enumerate>`);
export const pull = (className: string, context: string, more = '') =>
  request(
    className,
    `${EN}/Pull`,
    `<n:Pull><n:EnumerationContext>${context}</n:EnumerationContext>${more}</n:Pull>`,
  );
export const put = (className: string, properties: string, selectors = '') =>
  request(className, `${NS.transfer}/Put`, `<r:${className}>${properties}</r:${className}>`, selectors);
export const invoke = (className: string, method: string, input = '') =>
  request(className, `${classUri(className)}/${method}`, `<r:${method}_INPUT>${input}</r:${method}_INPUT>`);
