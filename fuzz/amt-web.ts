/**
 * Damaged `Authorization` headers and WS-Management requests for the emulated AMT web service.
 *
 * A finding is: something threw; a damaged header still proves that its sender knows the password; the answer to a
 * request is no envelope with an instance or a fault in it, or is larger than a client must take; or AMT is in a state
 * afterwards that it cannot have, or was changed by the local account.
 */
import {
  ACTION,
  ANONYMOUS,
  classUri,
  type DigestFields,
  NS,
  parseAuthorization,
  responseOf,
  secretOf,
} from '../amt/web/index.ts';
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
  const encode = (text: string) => new TextEncoder().encode(text);
  const envelope = (name: string, action: string, more: string, body: string) =>
    `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="${NS.soap}" xmlns:a="${NS.addressing}" ` +
    `xmlns:w="${NS.wsman}" xmlns:n="${NS.enumeration}" xmlns:r="${classUri(name)}"><s:Header>` +
    `<a:Action>${action}</a:Action><a:To>/wsman</a:To><w:ResourceURI>${classUri(name)}</w:ResourceURI>` +
    `<a:MessageID>1</a:MessageID><a:ReplyTo><a:Address>${ANONYMOUS}</a:Address></a:ReplyTo>` +
    `<w:OperationTimeout>PT60S</w:OperationTimeout>${more}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
  const get = (name: string, more: string) => envelope(name, ACTION.get, more, '');
  const put = (name: string, body: string) =>
    envelope(name, ACTION.put, '', `<r:${name}>${body}</r:${name}>`);
  const invoke = (name: string, method: string, input: string) =>
    envelope(name, `${classUri(name)}/${method}`, '', `<r:${method}_INPUT>${input}</r:${method}_INPUT>`);
  const software = 'CIM_SoftwareIdentity';
  const enumerate = (more: string) =>
    envelope(software, ACTION.enumerate, '', `<n:Enumerate>${more}</n:Enumerate>`);
  const begun = encode(enumerate(''));
  const samples = [
    get('AMT_GeneralSettings', ''),
    get('AMT_GeneralSettings', '<w:MaxEnvelopeSize s:mustUnderstand="true">153600</w:MaxEnvelopeSize>'),
    get(
      'AMT_WiFiPortConfigurationService',
      '<w:SelectorSet><w:Selector Name="SystemName">Intel(r) AMT</w:Selector></w:SelectorSet>',
    ),
    put('AMT_GeneralSettings', '<r:HostName>a</r:HostName><r:SharedFQDN>true</r:SharedFQDN>'),
    put('AMT_RedirectionService', '<r:ListenerEnabled>true</r:ListenerEnabled>'),
    enumerate('<w:OptimizeEnumeration/><w:MaxElements>5</w:MaxElements>'),
    enumerate('<w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>'),
    envelope(
      software,
      ACTION.pull,
      '',
      '<n:Pull><n:EnumerationContext>01000000-0000-0000-0000-000000000000</n:EnumerationContext>' +
        '<n:MaxElements>7</n:MaxElements><n:MaxCharacters>900</n:MaxCharacters></n:Pull>',
    ),
    invoke(
      'IPS_HostBasedSetupService',
      'Setup',
      '<r:NetAdminPassEncryptionType>2</r:NetAdminPassEncryptionType>' +
        `<r:NetworkAdminPassword>${'0a'.repeat(16)}</r:NetworkAdminPassword>`,
    ),
    invoke('AMT_SetupAndConfigurationService', 'Unprovision', '<r:ProvisioningMode>1</r:ProvisioningMode>'),
    invoke('AMT_RedirectionService', 'RequestStateChange', '<r:RequestedState>32771</r:RequestedState>'),
    `<s:Envelope xmlns:s="${NS.soap}"><s:Header/><s:Body><i:Identify xmlns:i="${NS.identity}"/></s:Body></s:Envelope>`,
  ];
  /** What is wrong with how this AMT takes the input. */
  const judged = (amt: Amt, input: Uint8Array, isLocalAccount: boolean): string | undefined => {
    const service = new WsmanService(amt);
    // There is something to be pulled.
    service.answer(begun, 0);
    const { status, xml } = service.answer(input, 0, { isLocalAccount });
    const bytes = encode(xml);
    if (bytes.length > ANSWER_MAX) return `gives an answer of ${bytes.length} bytes`;
    const read = readEnvelope(bytes);
    if ('fault' in read) return `gives an answer that is no envelope: ${read.text}`;
    const isFault = read.body?.name.endsWith('}Fault') ?? false;
    return isFault === (status !== 200) ? undefined : `gives ${read.body?.name} with status ${status}`;
  };
  return {
    samples: samples.map(encode),
    check(input) {
      const own = new Amt();
      const wrong = judged(own, input, false);
      if (wrong !== undefined) return wrong;
      // Throws for a state that AMT cannot have.
      const after = new Amt(own.state);
      const { state } = after;
      if (judged(after, input, true) !== undefined) return 'answers the local account otherwise';
      return after.state === state || state.provisioningState === 0
        ? undefined
        : 'lets the local account change it';
    },
  };
})();
