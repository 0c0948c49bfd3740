/**
 * The WS-Management service: the bytes of a request in, status and XML out. No I/O, and an answer for every input.
 *
 * Source: DSP0226; layout, prefixes and identifiers of the messages as AMT writes them.
 */
import { ANONYMOUS, element, escapeText, NS } from '../../../amt/web/index.ts';
import type { Amt } from '../../amt/index.ts';
import { AMT_CLASSES } from './classes/index.ts';
import { type Envelope, readEnvelope } from './envelope.ts';
import { FAULTS, type Fault, faultStatus } from './faults.ts';
import { headerProblem } from './headers.ts';
import { identified } from './identify.ts';
import { Operations, type Performed } from './operations.ts';
import type { Caller } from './schema.ts';
import { document, PREFIXES } from './write.ts';

export interface WsmanAnswer {
  readonly status: 200 | 400 | 500;
  readonly xml: string;
}

/** A text may name what the request has, and a name may be as long as the request. */
const FAULT_TEXT_MAX = 200;

export class WsmanService {
  readonly #amt: Amt;
  readonly #operations: Operations;
  #answers = 0;

  constructor(amt: Amt) {
    this.#amt = amt;
    this.#operations = new Operations(amt);
  }

  /** Answers one request. `nowMs`: milliseconds since 1970. Never throws. */
  answer(request: Uint8Array, nowMs: number, caller: Caller = ADMINISTRATOR): WsmanAnswer {
    const envelope = readEnvelope(request);
    if ('fault' in envelope) return this.#fault(envelope, undefined);
    if (envelope.body?.name === IDENTIFY && envelope.notUnderstood === undefined)
      return { status: 200, xml: identified(this.#amt.state.version) };
    const performed = this.#perform(envelope, nowMs, caller);
    if ('fault' in performed) return this.#fault(performed, envelope.messageId);
    const xml = this.#performed(performed, envelope);
    const limit = Number(envelope.maxEnvelopeSize ?? Number.POSITIVE_INFINITY);
    if (Buffer.byteLength(xml) > limit)
      return this.#fault({ fault: 'encodingLimit', detail: 'MaxEnvelopeSizeExceeded' }, envelope.messageId);
    return { status: 200, xml };
  }

  #perform(envelope: Envelope, nowMs: number, caller: Caller): Performed | Fault {
    if (envelope.notUnderstood !== undefined) {
      return envelope.notUnderstood === 'FragmentTransfer'
        ? { fault: 'unsupportedFeature', detail: 'FragmentLevelAccess' }
        : { fault: 'mustUnderstand', text: `The header is ${envelope.notUnderstood}.` };
    }
    const problem = headerProblem(envelope);
    if (problem !== undefined) return problem;
    const amt = AMT_CLASSES.get(envelope.resourceUri ?? '');
    if (amt === undefined) return { fault: 'destinationUnreachable', detail: 'InvalidResourceURI' };
    return this.#operations.perform(amt, envelope, nowMs, caller);
  }

  #performed({ namespaces, body }: Performed, envelope: Envelope): string {
    return document(
      { ...PREFIXES, ...namespaces, xsi: NS.instance },
      element(
        'a:Header',
        ...this.#addressed(`${envelope.action}Response`, envelope.messageId),
        element('c:ResourceURI', escapeText(envelope.resourceUri ?? '')),
      ),
      element('a:Body', body),
    );
  }

  #fault({ fault, detail, text }: Fault, messageId: string | undefined): WsmanAnswer {
    const { code, reason, ...rest } = FAULTS[fault];
    const [family = '', name] = 'subcode' in rest ? rest.subcode.split(':') : [];
    const { prefix, uri, action } = FAMILIES[family] ?? FAMILIES.wsa!;
    const xml = document(
      { ...PREFIXES, [prefix]: uri, xsi: NS.instance },
      element('a:Header', ...this.#addressed(action, messageId)),
      element(
        'a:Body',
        element(
          'a:Fault',
          element(
            'a:Code',
            element('a:Value', `a:${code}`),
            name === undefined ? '' : element('a:Subcode', element('a:Value', `${prefix}:${name}`)),
          ),
          element('a:Reason', element('a:Text xml:lang="en-US"', reason)),
          element(
            'a:Detail',
            detail === undefined ? '' : element('c:FaultDetail', `${FAULT_DETAIL}${detail}`),
            text === undefined
              ? ''
              : element('a:Text xml:lang="en-US"', escapeText(text.slice(0, FAULT_TEXT_MAX))),
          ),
        ),
      ),
    );
    return { status: faultStatus(fault), xml };
  }

  /** The headers of every answer but that to Identify. */
  #addressed(action: string, messageId: string | undefined): readonly string[] {
    const serial = (++this.#answers).toString(16).toUpperCase().padStart(12, '0');
    return [
      element('b:To', ANONYMOUS),
      messageId === undefined ? '' : element('b:RelatesTo', escapeText(messageId)),
      element('b:Action a:mustUnderstand="true"', escapeText(action)),
      element('b:MessageID', `uuid:00000000-8086-8086-8086-${serial}`),
    ];
  }
}

const ADMINISTRATOR: Caller = { isLocalAccount: false };
const IDENTIFY = `{${NS.identity}}Identify`;

/** By what stands before the colon in the table of faults. */
const FAMILIES: Readonly<
  Record<string, { readonly prefix: string; readonly uri: string; readonly action: string }>
> = {
  wsa: { prefix: 'b', uri: NS.addressing, action: `${NS.addressing}/fault` },
  wsman: { prefix: 'c', uri: NS.wsman, action: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault' },
  wsen: { prefix: 'g', uri: NS.enumeration, action: `${NS.enumeration}/fault` },
  wxf: { prefix: 'g', uri: NS.transfer, action: `${NS.transfer}/fault` },
};

const FAULT_DETAIL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/';
