import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnswer, requestXml, type WsmanRequest } from '../../../amt/wsman/index.ts';
import { readEnvelope } from '../../../csme/network/index.ts';
import { answered, bytes, FAULT, SETUP } from './answers.ts';

describe('a request', () => {
  it('is what AMT reads', () => {
    const read = readEnvelope(bytes(requestXml({ className: 'AMT_GeneralSettings' }, 'uuid:1', 30_000)));
    expect(read).toMatchObject({
      action: 'http://schemas.xmlsoap.org/ws/2004/09/transfer/Get',
      to: '/wsman',
      messageId: 'uuid:1',
      resourceUri: 'http://intel.com/wbem/wscim/1/amt-schema/1/AMT_GeneralSettings',
      operationTimeout: 'PT30S',
    });
  });

  it('carries its input, whatever is in it', () => {
    const hash = fc.string({ unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(hash, (text) => {
        const xml = requestXml(
          { ...SETUP, input: { NetAdminPassEncryptionType: 2, NetworkAdminPassword: text } },
          'a',
          1,
        );
        const read = readEnvelope(bytes(xml));
        if ('fault' in read) throw new Error(read.text);
        expect(read.action).toBe(
          'http://intel.com/wbem/wscim/1/ips-schema/1/IPS_HostBasedSetupService/Setup',
        );
        expect(read.body).toMatchObject({
          children: [{ text: '2' }, { text: text.trim() }],
        });
      }),
    );
  });
});

describe('an answer', () => {
  const GET: WsmanRequest = { className: 'IPS_HostBasedSetupService' };

  it('gives the values, and arrays of them', () => {
    const xml = answered(GET, 'uuid:7', { AllowedControlModes: ['2', '1'], CurrentControlMode: '0' });
    expect(readAnswer(bytes(xml), GET, 'uuid:7')).toEqual({
      values: new Map([
        ['AllowedControlModes', ['2', '1']],
        ['CurrentControlMode', ['0']],
      ]),
    });
  });

  it('gives the output of a method', () => {
    const xml = answered(SETUP, '1', { ReturnValue: '0' });
    expect(readAnswer(bytes(xml), SETUP, '1')).toEqual({ values: new Map([['ReturnValue', ['0']]]) });
  });

  it('gives a fault in its own words', () => {
    expect(readAnswer(bytes(FAULT), GET, '1')).toEqual({
      fault: { code: 'DestinationUnreachable', reason: 'No route can be determined.' },
    });
  });

  it.each([
    ['an answer to another request', answered(SETUP, '2', {}), 'The answer is one to another request.'],
    ['another class', answered(GET, '1', {}), 'The answer has no Setup_OUTPUT.'],
    ['no envelope', '<html/>', 'The answer is no SOAP envelope.'],
    [
      'an empty body',
      '<a:Envelope xmlns:a="http://www.w3.org/2003/05/soap-envelope"><a:Body/></a:Envelope>',
      'The answer has nothing in its body.',
    ],
    ['nothing', '', expect.stringContaining('not well-formed')],
  ])('is none: %s', (_, xml, problem) => {
    expect(readAnswer(bytes(xml), SETUP, '1')).toEqual({ problem });
  });

  it('never makes the reader throw, and what it gives is bounded', () => {
    const good = answered(SETUP, '1', { ReturnValue: '0' });
    fc.assert(
      fc.property(
        fc.nat(good.length),
        fc.nat(40),
        fc.string({ unit: 'binary', maxLength: 20 }),
        (at, cut, put) => {
          const read = readAnswer(bytes(good.slice(0, at) + put + good.slice(at + cut)), SETUP, '1');
          if ('fault' in read) expect(read.fault.reason.length).toBeLessThanOrEqual(200);
        },
      ),
      { numRuns: 500 },
    );
  });
});
