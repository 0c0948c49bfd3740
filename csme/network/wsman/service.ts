/**
 * The WS-Management service: the bytes of a request in, status and XML out. No I/O, and an answer for every input.
 *
 * Source: DSP0226; layout, prefixes and identifiers of the messages as AMT writes them.
 */
import { ANONYMOUS, element, escapeText, GET, GET_RESPONSE, NS } from '../../../amt/web/index.ts';
import type { AmtDevice } from '../device.ts';
import { AMT_CLASSES, type AmtClass, instanceXml, propertyText } from './classes.ts';
import { type Envelope, readEnvelope, type Selector } from './envelope.ts';
import { FAULTS, type Fault, faultStatus } from './faults.ts';

export interface WsmanAnswer {
  readonly status: 200 | 400 | 500;
  readonly xml: string;
}

/** A text may name what the request has, and a name may be as long as the request. */
const FAULT_TEXT_MAX = 200;
/** DSP0226 R6.2-4: in less than this a fault may not fit. */
const ENVELOPE_SIZE_MIN = 8192;

export class WsmanService {
  readonly #device: AmtDevice;
  #answers = 0;

  constructor(device: AmtDevice) {
    this.#device = device;
  }

  /** Answers one request. Never throws. */
  answer(request: Uint8Array): WsmanAnswer {
    const envelope = readEnvelope(request);
    if ('fault' in envelope) return this.#fault(envelope, undefined);
    const answered = this.#perform(envelope);
    if (typeof answered !== 'string') return this.#fault(answered, envelope.messageId);
    const limit = Number(envelope.maxEnvelopeSize ?? Number.POSITIVE_INFINITY);
    if (Buffer.byteLength(answered) > limit)
      return this.#fault({ fault: 'encodingLimit', detail: 'MaxEnvelopeSizeExceeded' }, envelope.messageId);
    return { status: 200, xml: answered };
  }

  #perform(envelope: Envelope): string | Fault {
    if (envelope.notUnderstood !== undefined) {
      return envelope.notUnderstood === 'FragmentTransfer'
        ? { fault: 'unsupportedFeature', detail: 'FragmentLevelAccess' }
        : { fault: 'mustUnderstand', text: `The header is ${envelope.notUnderstood}.` };
    }
    if (envelope.body === IDENTIFY) return identified(this.#device);
    const problem = headerProblem(envelope);
    if (problem !== undefined) return problem;
    const amt = AMT_CLASSES.find(({ uri }) => uri === envelope.resourceUri);
    if (amt === undefined) return { fault: 'destinationUnreachable', detail: 'InvalidResourceURI' };
    if (envelope.action !== GET) return { fault: 'actionNotSupported' };
    return selectorProblem(amt, envelope.selectors, this.#device) ?? this.#got(amt, envelope);
  }

  #got(amt: AmtClass, envelope: Envelope): string {
    return document(
      { ...PREFIXES, g: amt.uri, h: NS.cimCommon, xsi: NS.instance },
      element(
        'a:Header',
        ...this.#addressed(GET_RESPONSE, envelope.messageId),
        element('c:ResourceURI', amt.uri),
      ),
      element('a:Body', instanceXml(amt, this.#device, 'g')),
    );
  }

  #fault({ fault, detail, text }: Fault, messageId: string | undefined): WsmanAnswer {
    const { code, reason, ...rest } = FAULTS[fault];
    const subcode =
      'subcode' in rest ? rest.subcode.replace('wsman:', 'c:').replace('wsa:', 'b:') : undefined;
    const xml = document(
      { ...PREFIXES, xsi: NS.instance },
      element('a:Header', ...this.#addressed(FAULT_ACTIONS[subcode?.[0] ?? 'a']!, messageId)),
      element(
        'a:Body',
        element(
          'a:Fault',
          element(
            'a:Code',
            element('a:Value', `a:${code}`),
            subcode === undefined ? '' : element('a:Subcode', element('a:Value', subcode)),
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
      element('b:Action a:mustUnderstand="true"', action),
      element('b:MessageID', `uuid:00000000-8086-8086-8086-${serial}`),
    ];
  }
}

const IDENTIFY = `{${NS.identity}}Identify`;

/** The prefixes that AMT gives. */
const PREFIXES = {
  a: NS.soap,
  b: NS.addressing,
  c: NS.wsman,
  d: NS.trust,
  e: NS.security,
  f: NS.cimBinding,
} as const;

/** By the prefix of the subcode. */
const FAULT_ACTIONS: Readonly<Record<string, string>> = {
  a: `${NS.addressing}/fault`,
  b: `${NS.addressing}/fault`,
  c: 'http://schemas.dmtf.org/wbem/wsman/1/wsman/fault',
};

const FAULT_DETAIL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/';

/** What DSP0226 §11 and DASH want to know before anything else. Only who has the password is told. */
function identified(device: AmtDevice): string {
  const version = device.version.split('.').slice(0, 3).join('.');
  return document(
    { a: NS.soap, b: NS.identity, c: NS.dash },
    '<a:Header></a:Header>',
    element(
      'a:Body',
      element(
        'b:IdentifyResponse',
        element('b:ProtocolVersion', NS.wsman),
        element('b:ProductVendor', 'Intel(r)'),
        element('b:ProductVersion', `AMT ${version}`),
        element('c:DASHVersion', '1.0.0'),
        element(
          'b:SecurityProfiles',
          element(
            'b:SecurityProfileName',
            'http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/http/digest',
          ),
        ),
      ),
    ),
  );
}

function headerProblem(envelope: Envelope): Fault | undefined {
  const { action, to, messageId, replyTo, operationTimeout, maxEnvelopeSize } = envelope;
  if (!action || !to || !messageId) return { fault: 'headerRequired' };
  if (replyTo !== undefined && replyTo !== ANONYMOUS)
    return { fault: 'unsupportedFeature', detail: 'AddressingMode' };
  if (operationTimeout !== undefined && !DURATION.test(operationTimeout))
    return { fault: 'invalidHeader', text: 'OperationTimeout is not a duration such as PT60S.' };
  if (maxEnvelopeSize === undefined) return undefined;
  if (!/^\d{1,15}$/.test(maxEnvelopeSize))
    return { fault: 'invalidHeader', text: 'MaxEnvelopeSize is not a number of bytes.' };
  return Number(maxEnvelopeSize) < ENVELOPE_SIZE_MIN
    ? { fault: 'encodingLimit', detail: 'MinimumEnvelopeLimit' }
    : undefined;
}

/** xs:duration, not negative. Every request is answered at once, so that it is one is all that matters. */
const DURATION = /^P(?=[\dT])(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d+)?S)?)?$/;

/** Each class has one instance: no selector names it as well as all of its keys do. */
function selectorProblem(
  amt: AmtClass,
  selectors: readonly Selector[],
  device: AmtDevice,
): Fault | undefined {
  const names = new Set(selectors.map(({ name }) => name));
  if (names.size < selectors.length) return { fault: 'invalidSelectors', detail: 'DuplicateSelectors' };
  for (const { name, value } of selectors) {
    // The CIM binding's selector for the namespace: AMT has one namespace, whatever it is called.
    if (name === '__cimnamespace') continue;
    if (!amt.keys.includes(name)) return { fault: 'invalidSelectors', detail: 'UnexpectedSelectors' };
    if (propertyText(amt.properties[name]!, device) !== value)
      return { fault: 'invalidSelectors', detail: 'InvalidValue' };
  }
  return undefined;
}

function document(namespaces: Readonly<Record<string, string>>, ...content: readonly string[]): string {
  const declared = Object.entries(namespaces).map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`);
  return `<?xml version="1.0" encoding="UTF-8"?>${element(`a:Envelope${declared.join('')}`, ...content)}`;
}
