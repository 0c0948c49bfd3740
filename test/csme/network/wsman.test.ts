import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Amt, PROVISIONED } from '../../../csme/amt/index.ts';
import { readEnvelope, type WsmanAnswer, WsmanService } from '../../../csme/network/index.ts';
import { AMT_CLASSES } from '../../../csme/network/wsman/classes/index.ts';

const AMT = 'http://intel.com/wbem/wscim/1/amt-schema/1/';
const WSA = 'http://schemas.xmlsoap.org/ws/2004/08/addressing';
const WSMAN = 'http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd';
const SOAP = 'http://www.w3.org/2003/05/soap-envelope';
const TRANSFER = 'http://schemas.xmlsoap.org/ws/2004/09/transfer';
const ANONYMOUS = `${WSA}/role/anonymous`;
const DETAIL = 'http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/';

const EVENTING = 'http://schemas.xmlsoap.org/ws/2004/08/eventing';
const CONNECTED = { ...PROVISIONED.remoteAccess, mpsHost: 'mps.example' };

interface Request {
  readonly resource?: string;
  readonly action?: string;
  readonly headers?: string;
  readonly messageId?: string;
}

function get({
  resource = `${AMT}AMT_GeneralSettings`,
  action = `${TRANSFER}/Get`,
  headers = '',
  messageId = '<a:MessageID>uuid:1</a:MessageID>',
}: Request = {}): string {
  return (
    `<?xml version="1.0" encoding="utf-8"?><Envelope xmlns="${SOAP}" xmlns:s="${SOAP}" xmlns:a="${WSA}" xmlns:w="${WSMAN}">` +
    `<Header><a:Action>${action}</a:Action><a:To>/wsman</a:To><w:ResourceURI>${resource}</w:ResourceURI>` +
    `${messageId}${headers}</Header><Body/></Envelope>`
  );
}

function selectors(...given: readonly (readonly [string, string])[]): string {
  const each = given.map(([name, value]) => `<w:Selector Name="${name}">${value}</w:Selector>`);
  return `<w:SelectorSet>${each.join('')}</w:SelectorSet>`;
}

function asked(request: string | Uint8Array, amt = new Amt()): WsmanAnswer {
  const bytes = typeof request === 'string' ? new TextEncoder().encode(request) : request;
  return new WsmanService(amt).answer(bytes, 0);
}

/** Code, subcode and detail of a fault. */
function faultOf({ status, xml }: WsmanAnswer): string {
  const [code, subcode] = [...xml.matchAll(/<a:Value>([^<]*)</g)].map((match) => match[1]);
  const detail = /<c:FaultDetail>([^<]*)</.exec(xml)?.[1]?.replace(DETAIL, '') ?? '';
  return [status, code, subcode, detail].filter(Boolean).join(' ');
}

function propertiesOf(xml: string): Record<string, string> {
  return Object.fromEntries(
    [...xml.matchAll(/<g:(\w+)>([^<]*)<\/g:\w+>/g)].map(([, name, value]) => [name, value]),
  );
}

describe('Get', () => {
  it('gives AMT_GeneralSettings as AMT writes it', () => {
    const { status, xml } = asked(get());
    expect(status).toBe(200);
    expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?><a:Envelope xmlns:a="[^"]+soap-envelope" /);
    expect(xml).toContain(`<b:To>${ANONYMOUS}</b:To><b:RelatesTo>uuid:1</b:RelatesTo>`);
    expect(xml).toContain(`<b:Action a:mustUnderstand="true">${TRANSFER}/GetResponse</b:Action>`);
    expect(xml).toContain('<b:MessageID>uuid:00000000-8086-8086-8086-000000000001</b:MessageID>');
    expect(xml).toContain(`<c:ResourceURI>${AMT}AMT_GeneralSettings</c:ResourceURI></a:Header>`);
    expect(propertiesOf(xml)).toMatchObject({
      AMTNetworkEnabled: '1',
      DigestRealm: PROVISIONED.realm,
      HostName: 'sapwood',
      InstanceID: 'Intel(r) AMT: General Settings',
      WsmanOnlyMode: 'false',
    });
  });

  it('gives the others, each from what the device is at that moment', () => {
    const amt = new Amt();
    const service = new WsmanService(amt);
    const read = (name: string) =>
      propertiesOf(service.answer(new TextEncoder().encode(get({ resource: AMT + name })), 0).xml);
    expect(read('AMT_SetupAndConfigurationService')).toMatchObject({
      ProvisioningMode: '1',
      ProvisioningState: '2',
      ZeroTouchConfigurationEnabled: 'true',
    });
    amt.perform(0, { type: 'unprovision', by: 'administrator' });
    amt.perform(0, { type: 'setup', ha1: '0'.repeat(32) });
    const wifi = { ...amt.state.wifi, lastConnectedSsidUnderMeControl: 'a<b&"c\u0007' };
    amt.perform(0, { type: 'set', settings: { wifi } });
    expect(read('AMT_SetupAndConfigurationService').ProvisioningMode).toBe('4');
    expect(read('AMT_WiFiPortConfigurationService')).toMatchObject({
      RequestedState: '12',
      LastConnectedSsidUnderMeControl: 'a&lt;b&amp;&quot;c\ufffd',
      localProfileSynchronizationEnabled: '1',
    });
  });

  it('writes properties in the order of their names, as AMT does', () => {
    for (const { instances, keys } of AMT_CLASSES.values()) {
      for (const instance of instances({ ...PROVISIONED, remoteAccess: CONNECTED })) {
        const names = Object.keys(instance);
        expect(names).toEqual([...names].sort());
        expect(names).toEqual(expect.arrayContaining([...keys]));
      }
    }
  });

  it.each([
    ['all of the keys', selectors(['InstanceID', 'Intel(r) AMT: General Settings']), '200'],
    ['the namespace', selectors(['__cimnamespace', 'root/cimv2']), '200'],
    ['none', selectors(), '200'],
    ['another value', selectors(['InstanceID', 'x']), '400 a:Sender c:InvalidSelectors InvalidValue'],
    ['another name', selectors(['Name', 'x']), '400 a:Sender c:InvalidSelectors UnexpectedSelectors'],
    ['a property', selectors(['HostName', 'sapwood']), '400 a:Sender c:InvalidSelectors UnexpectedSelectors'],
    ['a name twice', selectors(['A', '1'], ['A', '1']), '400 a:Sender c:InvalidSelectors DuplicateSelectors'],
    ['of Object', selectors(['constructor', 'x']), '400 a:Sender c:InvalidSelectors UnexpectedSelectors'],
    [
      'without a name',
      '<w:SelectorSet><w:Selector>x</w:Selector></w:SelectorSet>',
      '400 a:Sender c:SchemaValidationError',
    ],
  ])('judges selectors: %s', (_, headers, wanted) => {
    expect(faultOf(asked(get({ headers })))).toBe(wanted);
  });

  it('takes the keys of a service', () => {
    const resource = `${AMT}AMT_WiFiPortConfigurationService`;
    const headers = selectors(
      ['CreationClassName', 'AMT_WiFiPortConfigurationService'],
      ['Name', 'Intel(r) AMT WiFi Port Configuration Service'],
      ['SystemCreationClassName', 'CIM_ComputerSystem'],
      ['SystemName', 'Intel(r) AMT'],
    );
    expect(faultOf(asked(get({ resource, headers })))).toBe('200');
  });
});

describe('headers', () => {
  const sender = (subcode: string) => `400 a:Sender ${subcode}`;
  it.each<[string, Request, string]>([
    [
      'an unknown resource',
      { resource: `${AMT}AMT_Nothing` },
      sender('b:DestinationUnreachable InvalidResourceURI'),
    ],
    ['no resource', { resource: '' }, sender('b:DestinationUnreachable InvalidResourceURI')],
    ['Create', { action: `${TRANSFER}/Create` }, sender('b:ActionNotSupported')],
    ['Delete', { action: `${TRANSFER}/Delete` }, sender('b:ActionNotSupported')],
    ['Subscribe', { action: `${EVENTING}/Subscribe` }, sender('b:ActionNotSupported')],
    ['a method', { action: `${AMT}AMT_GeneralSettings/Do` }, sender('b:ActionNotSupported')],
    ['no action', { action: '' }, sender('b:MessageInformationHeaderRequired')],
    ['no MessageID', { messageId: '' }, sender('b:MessageInformationHeaderRequired')],
    ['a header twice', { headers: '<a:To>x</a:To>' }, sender('c:SchemaValidationError')],
    [
      'an element in a text',
      { headers: '<w:OperationTimeout><x/></w:OperationTimeout>' },
      sender('c:SchemaValidationError'),
    ],
    ['an answer to the anonymous', { headers: replyTo(ANONYMOUS) }, '200'],
    [
      'an answer to others',
      { headers: replyTo('http://192.0.2.1/') },
      sender('c:UnsupportedFeature AddressingMode'),
    ],
    ['a timeout', { headers: '<w:OperationTimeout>PT60.000S</w:OperationTimeout>' }, '200'],
    [
      'no timeout',
      { headers: '<w:OperationTimeout>60</w:OperationTimeout>' },
      sender('b:InvalidMessageInformationHeader'),
    ],
    [
      'half a timeout',
      { headers: '<w:OperationTimeout>P1DT</w:OperationTimeout>' },
      sender('b:InvalidMessageInformationHeader'),
    ],
    ['room', { headers: maxSize('153600') }, '200'],
    ['too little room', { headers: maxSize('8191') }, sender('c:EncodingLimit MinimumEnvelopeLimit')],
    ['no number of room', { headers: maxSize('-1') }, sender('b:InvalidMessageInformationHeader')],
    ['a locale', { headers: '<w:Locale s:mustUnderstand="true" xml:lang="en-US"/>' }, '200'],
    ['an unknown header', { headers: '<x xmlns="urn:x">y</x>' }, '200'],
    ['one to understand', { headers: '<x xmlns="urn:x" s:mustUnderstand="1">y</x>' }, '500 a:MustUnderstand'],
    ['one that need not be', { headers: '<x xmlns="urn:x" s:mustUnderstand="0">y</x>' }, '200'],
    [
      'a fragment',
      { headers: '<w:FragmentTransfer s:mustUnderstand="true">HostName</w:FragmentTransfer>' },
      sender('c:UnsupportedFeature FragmentLevelAccess'),
    ],
  ])('judges %s', (_, request, wanted) => {
    expect(faultOf(asked(get(request)))).toBe(wanted);
  });

  it('refuses an answer that is larger than the client takes', () => {
    const amt = new Amt({ hostName: 'x'.repeat(9000) });
    expect(faultOf(asked(get({ headers: maxSize('8192') }), amt))).toBe(
      sender('c:EncodingLimit MaxEnvelopeSizeExceeded'),
    );
    expect(faultOf(asked(get({ headers: maxSize('20000') }), amt))).toBe('200');
  });

  it('relates an answer to its request, whatever the request is called', () => {
    const messageId = '<a:MessageID> &lt;]]&gt;<![CDATA[<&]]> </a:MessageID>';
    for (const request of [get({ messageId }), get({ messageId, action: 'x' })]) {
      expect(asked(request).xml).toContain('<b:RelatesTo>&lt;]]&gt;&lt;&amp;</b:RelatesTo>');
    }
  });

  function replyTo(address: string): string {
    return `<a:ReplyTo><a:Address>${address}</a:Address></a:ReplyTo>`;
  }

  function maxSize(bytes: string): string {
    return `<w:MaxEnvelopeSize s:mustUnderstand="true">${bytes}</w:MaxEnvelopeSize>`;
  }
});

describe('Identify', () => {
  it('says what it is', () => {
    const { status, xml } = asked(
      `<s:Envelope xmlns:s="${SOAP}" xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"><s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>`,
    );
    expect(status).toBe(200);
    expect(xml).toContain(`<b:ProtocolVersion>${WSMAN}</b:ProtocolVersion>`);
    expect(xml).toContain('<b:ProductVendor>Intel(r)</b:ProductVendor>');
    expect(xml).toContain('<b:ProductVersion>AMT 16.1.25</b:ProductVersion>');
  });
});

describe('an envelope that is none', () => {
  const body = '<s:Body/>';
  const enveloped = (content: string) => `<s:Envelope xmlns:s="${SOAP}">${content}</s:Envelope>`;
  it.each<[string, string | Uint8Array, string]>([
    ['nothing', '', '400 a:Sender c:SchemaValidationError'],
    ['no XML', 'GET / HTTP/1.0', '400 a:Sender c:SchemaValidationError'],
    ['XML of something else', '<a/>', '400 a:Sender c:SchemaValidationError'],
    ['SOAP 1.1', '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"/>', '500 a:VersionMismatch'],
    ['no body', enveloped('<s:Header/>'), '400 a:Sender c:SchemaValidationError'],
    ['two bodies', enveloped(body + body), '400 a:Sender c:SchemaValidationError'],
    ['two headers', enveloped(`<s:Header/><s:Header/>${body}`), '400 a:Sender c:SchemaValidationError'],
    ['a header behind', enveloped(`${body}<s:Header/>`), '400 a:Sender c:SchemaValidationError'],
    ['a prefix that is none', enveloped('<x:Body/>'), '400 a:Sender c:SchemaValidationError'],
    ['more behind', `${enveloped(body)}<x/>`, '400 a:Sender c:SchemaValidationError'],
    ['an open end', enveloped(body).slice(0, -1), '400 a:Sender c:SchemaValidationError'],
    ['a DTD', `<!DOCTYPE x [<!ENTITY e "x">]>${enveloped(body)}`, '400 a:Sender c:SchemaValidationError'],
    ['an entity', enveloped('<s:Header>&e;</s:Header><s:Body/>'), '400 a:Sender c:SchemaValidationError'],
    ['an instruction', `<?x y?>${enveloped(body)}`, '400 a:Sender c:SchemaValidationError'],
    [
      'depth',
      enveloped(`<s:Body>${'<x>'.repeat(30)}${'</x>'.repeat(30)}</s:Body>`),
      '400 a:Sender c:SchemaValidationError',
    ],
    [
      'a long header',
      get({ messageId: `<a:MessageID>${'x'.repeat(3000)}</a:MessageID>` }),
      '400 a:Sender c:SchemaValidationError',
    ],
    [
      'many selectors',
      get({ headers: selectors(...Array(33).fill(['a', 'b'])) }),
      '400 a:Sender c:SchemaValidationError',
    ],
    [
      'another encoding',
      `<?xml version="1.0" encoding="ISO-8859-1"?>${enveloped(body)}`,
      '400 a:Sender c:EncodingLimit CharacterSet',
    ],
    [
      'UTF-16',
      Buffer.from(`\ufeff${enveloped(body)}`, 'utf16le'),
      '400 a:Sender c:EncodingLimit CharacterSet',
    ],
    [
      'size',
      enveloped(`<s:Body>${' '.repeat(70_000)}</s:Body>`),
      '400 a:Sender c:EncodingLimit ServiceEnvelopeLimit',
    ],
  ])('gets a fault: %s', (_, request, wanted) => {
    expect(faultOf(asked(request))).toBe(wanted);
  });

  it('gets a small answer, however long its names are', () => {
    const prefix = 'p'.repeat(60_000);
    expect(asked(enveloped(`<${prefix}:x/>`)).xml.length).toBeLessThan(8192);
    const header = `<${prefix} s:mustUnderstand="1"/>`;
    expect(asked(enveloped(`<s:Header>${header}</s:Header><s:Body/>`)).xml.length).toBeLessThan(8192);
  });

  it('gets an answer that is an envelope itself, and small', () => {
    const service = new WsmanService(new Amt());
    const base = new TextEncoder().encode(get({ headers: selectors(['InstanceID', 'x']) }));
    const piece = fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      ']]>',
      '<![CDATA[',
      '<!--',
      '&#x0;',
      '&lt;',
      ' xmlns="',
      '</',
      '/>',
      '\0',
      '\u{10ffff}',
      'é',
    );
    const damage = fc.record({
      at: fc.nat(base.length),
      cut: fc.nat(40),
      put: fc.oneof(
        fc.uint8Array({ maxLength: 8 }),
        piece.map((text) => new TextEncoder().encode(text)),
      ),
    });
    const damaged = fc
      .array(damage, { maxLength: 4 })
      .map((damages) =>
        damages.reduce<Uint8Array>(
          (bytes, { at, cut, put }) => Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]),
          base,
        ),
      );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (request) => {
        const { status, xml } = service.answer(request, 0);
        expect([200, 400, 500]).toContain(status);
        expect(xml.length).toBeLessThan(8192);
        const read = readEnvelope(new TextEncoder().encode(xml));
        expect(read).toHaveProperty(
          'body.name',
          expect.stringMatching(status === 200 ? /AMT_GeneralSettings$/ : /Fault$/),
        );
      }),
      { numRuns: 3000 },
    );
  });
});
