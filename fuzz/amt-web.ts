/**
 * Damaged `Authorization` headers and WS-Management requests for the emulated AMT web service.
 *
 * A finding is: something threw; a damaged header still proves that its sender knows the password; or the answer to a
 * request is no envelope with an instance or a fault in it, or is larger than a client must take.
 */
import { type DigestFields, parseAuthorization, responseOf, secretOf } from '../amt/web/index.ts';
import { Amt, PROVISIONED } from '../csme/amt/index.ts';
import { readEnvelope, WsmanService } from '../csme/network/index.ts';
import { DigestGuard } from '../csme/network/web/digest.ts';
import { hexOf } from '../sap/index.ts';
import { mutate } from './mutate.ts';
import { Random } from './random.ts';
import type { FuzzFinding, FuzzReport } from './report.ts';

const INPUT_MAX = 4096;
/** DSP0226 R6.2-4: an envelope of this size every client takes. */
const ANSWER_MAX = 8192;
const FINDINGS_MAX = 20;

/** Runs `iterations` inputs made from `seed`: headers and requests by turns. */
export function fuzzAmtWeb(iterations: number, seed: number): FuzzReport {
  const random = new Random(seed);
  const findings: FuzzFinding[] = [];
  const buffer = new Uint8Array(INPUT_MAX);
  const start = process.hrtime.bigint();
  let executions = 0;
  while (executions < iterations && findings.length < FINDINGS_MAX) {
    const target = executions++ % 2 === 0 ? HEADERS : REQUESTS;
    const sample = target.samples[random.below(target.samples.length)]!;
    buffer.set(sample);
    let length = mutate(buffer, sample.length, INPUT_MAX, random);
    if (random.oneIn(4)) length = splice(buffer, length, random);
    const input = buffer.subarray(0, length);
    let what: string | undefined;
    try {
      what = target.check(input);
    } catch (error) {
      what = `threw ${String(error)}`;
    }
    if (what !== undefined) findings.push({ seed, hex: hexOf(input), what });
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { target: 'amt-web', executions, seconds, findings };
}

/** Puts something that means something at a random place. */
function splice(buffer: Uint8Array, length: number, random: Random): number {
  const piece = PIECES[random.below(PIECES.length)]!;
  if (length + piece.length > INPUT_MAX) return length;
  const at = length === 0 ? 0 : random.below(length);
  buffer.copyWithin(at + piece.length, at, length);
  buffer.set(piece, at);
  return length + piece.length;
}

const PIECES = [
  ...[
    '"',
    '\\',
    ',',
    '=',
    ', uri="/wsman"',
    'qop=auth-int',
    'nc=',
    '<',
    '>',
    '&',
    '</',
    '/>',
    ']]>',
    '<![CDATA[',
  ],
  ...[
    '<!--',
    '-->',
    '<?x ',
    '&#0;',
    '&#x10ffff;',
    '&x;',
    '<!DOCTYPE a [<!ENTITY x "y">]>',
    ' xmlns:a="urn:b"',
  ],
  ...['<s:Header>', '</s:Body>', '<w:Selector Name="A">B</w:Selector>', '\ufeff', '\u{10ffff}', '\0'],
].map((text) => new TextEncoder().encode(text));

interface Target {
  readonly samples: readonly Uint8Array[];
  /** What is wrong with how the input was taken. */
  check(input: Uint8Array): string | undefined;
}

const CREDENTIALS = { user: 'admin', password: 'fuzz' };
/** Of another server: a right answer to it is told by `stale`, and the guard's own randomness decides nothing. */
const PROVEN: DigestFields = prove({
  username: CREDENTIALS.user,
  realm: PROVISIONED.realm,
  nonce: 'zicaAAAAAAAAAAAAa8tMnB1xbyLK5UFG',
  uri: '/wsman',
  algorithm: undefined,
  qop: 'auth',
  nc: '00000001',
  cnonce: 'abc"d',
});
const PROVEN_WITHOUT_QOP = prove({ ...PROVEN, qop: undefined });

function prove(fields: Omit<DigestFields, 'response'>): DigestFields {
  const secret = secretOf(fields.username, fields.realm, CREDENTIALS.password);
  return { ...fields, response: responseOf(secret, 'POST', fields) };
}

const HEADERS: Target = (() => {
  const options = { now: () => 0, lifetimeMs: 1, remembered: 1 };
  const guard = new DigestGuard(PROVISIONED.realm, options);
  const { user, password } = CREDENTIALS;
  const accounts = new Map([[user, secretOf(user, PROVISIONED.realm, password)]]);
  return {
    samples: [PROVEN, PROVEN_WITHOUT_QOP].map((fields) => Buffer.from(headerOf(fields), 'latin1')),
    check(input) {
      const header = Buffer.from(input).toString('latin1');
      const judged = guard.judge('POST', PROVEN.uri, header, accounts);
      if (judged.verdict === 'granted') return 'lets in with a nonce that is not its own';
      if (judged.verdict === 'malformed' || !judged.challenge.includes('stale="true"')) return undefined;
      const fields = parseAuthorization(header);
      if (typeof fields !== 'object' || 'problem' in fields) return 'believes what it cannot read';
      const said = saying(fields);
      return said === saying(PROVEN) || said === saying(PROVEN_WITHOUT_QOP)
        ? undefined
        : 'believes who does not know the password';
    },
  };
})();

/** What goes into the digest. */
function saying({ username, realm, nonce, uri, qop, nc, cnonce }: DigestFields): string {
  return [username, realm, nonce, uri, ...(qop === undefined ? [] : [qop, nc, cnonce])].join('\n');
}

function headerOf(fields: DigestFields): string {
  const parts = Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}="${String(value).replace(/["\\]/g, '\\$&')}"`);
  return `Digest ${parts.join(', ')}`;
}

const REQUESTS: Target = (() => {
  const service = new WsmanService(new Amt());
  const get = (name: string, more: string) =>
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ' +
    'xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd">' +
    '<s:Header><a:Action>http://schemas.xmlsoap.org/ws/2004/09/transfer/Get</a:Action><a:To>/wsman</a:To>' +
    `<w:ResourceURI>http://intel.com/wbem/wscim/1/amt-schema/1/${name}</w:ResourceURI><a:MessageID>1</a:MessageID>` +
    '<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>' +
    `<w:OperationTimeout>PT60S</w:OperationTimeout>${more}</s:Header><s:Body/></s:Envelope>`;
  const samples = [
    get('AMT_GeneralSettings', ''),
    get('AMT_GeneralSettings', '<w:MaxEnvelopeSize s:mustUnderstand="true">153600</w:MaxEnvelopeSize>'),
    get(
      'AMT_WiFiPortConfigurationService',
      '<w:SelectorSet><w:Selector Name="SystemName">Intel(r) AMT</w:Selector></w:SelectorSet>',
    ),
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body>' +
      '<i:Identify xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"/></s:Body></s:Envelope>',
  ];
  return {
    samples: samples.map((text) => new TextEncoder().encode(text)),
    check(input) {
      const { status, xml } = service.answer(input, 0);
      const bytes = new TextEncoder().encode(xml);
      if (bytes.length > ANSWER_MAX) return `gives an answer of ${bytes.length} bytes`;
      const read = readEnvelope(bytes);
      if ('fault' in read) return `gives an answer that is no envelope: ${read.text}`;
      const isFault = read.body?.name.endsWith('}Fault') ?? false;
      return isFault === (status !== 200) ? undefined : `gives ${read.body?.name} with status ${status}`;
    },
  };
})();
