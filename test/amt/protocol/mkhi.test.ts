import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../../../amt/protocol/declare.ts';
import {
  AmtError,
  decodeMkhiRequest,
  decodeMkhiResponse,
  encodeMkhiRequest,
  encodeMkhiResponse,
  MKHI_COMMAND_NAMES,
  MKHI_COMMANDS,
  MKHI_RESULT,
  type MkhiRequest,
  type MkhiResponse,
  mkhiResultName,
  mkhiResultSentence,
} from '../../../amt/protocol/index.ts';
import { bytesOfHex, hexOf } from '../../../sap/index.ts';
import { revealed, valuesOf } from './arbitrary.ts';

const bytes = (text: string) => bytesOfHex(text.replaceAll(' ', ''))!;
const codeOf = (value: unknown) => (value instanceof AmtError ? value.code : value);

describe.each(MKHI_COMMAND_NAMES)('%s', (command) => {
  const { request, response } = MKHI_COMMANDS[command] as { request: Fields; response: Fields };

  it('is what was encoded', () => {
    fc.assert(
      fc.property(valuesOf(request), valuesOf(response), (asked, answered) => {
        const sent = encodeMkhiRequest({ command, data: asked } as MkhiRequest);
        expect(revealed(decodeMkhiRequest(sent))).toEqual({ command, data: revealed(asked) });
        const got = encodeMkhiResponse({ command, result: 0, data: answered } as MkhiResponse);
        expect(revealed(decodeMkhiResponse(got, command))).toEqual({
          command,
          result: 0,
          data: revealed(answered),
        });
      }),
      { numRuns: 50 },
    );
  });

  it('a refusal has its result and no data', () => {
    const refused = encodeMkhiResponse({ command, result: MKHI_RESULT.NOT_SUPPORTED });
    expect(decodeMkhiResponse(refused, command)).toEqual({ command, result: 0x89 });
  });
});

describe('GET_FW_VERSION to the byte', () => {
  const code = { minor: 1, major: 16, platform: 2, build: 2049, hotfix: 25 };
  const CODE = '01 00 10 02 01 08 19 00';

  it('request', () => {
    expect(hexOf(encodeMkhiRequest({ command: 'GET_FW_VERSION' }))).toBe('ff020000');
  });

  it.each([
    ['one block, of the oldest firmware', CODE, { code }],
    ['two, of which LMS reads both', `${CODE} ${CODE}`, { code, recovery: code }],
    ['three, of which Linux reads all', `${CODE} ${CODE} ${CODE}`, { code, recovery: code, factory: code }],
  ])('%s', (_, blocks, data) => {
    const message = bytes(`ff 82 00 00 ${blocks}`);
    expect(decodeMkhiResponse(message, 'GET_FW_VERSION')).toEqual({
      command: 'GET_FW_VERSION',
      result: 0,
      data,
    });
    expect(encodeMkhiResponse({ command: 'GET_FW_VERSION', result: 0, data })).toEqual(message);
  });
});

it("Linux's message of its version", () => {
  const message = bytes('03 06 00 00 00 00 10 00 08 00 00 00 00 02 00 00 00');
  const data = { ruleId: 0x10_0000, data: Uint8Array.of(0, 0, 0, 0, 2, 0, 0, 0) };
  expect(decodeMkhiRequest(message)).toEqual({ command: 'SET_RULE', data });
  expect(encodeMkhiRequest({ command: 'SET_RULE', data })).toEqual(message);
});

describe('what is not taken', () => {
  it.each([
    ['a response to something else', 'ff 8a 00 00 00 00 00 00', 'AMT_ERR_UNEXPECTED'],
    ['of another group', '03 82 00 00 01 00 10 00 01 08 19 00', 'AMT_ERR_UNEXPECTED'],
    ['the request itself', 'ff 02 00 00', 'AMT_ERR_UNEXPECTED'],
    ['no block', 'ff 82 00 00', 'AMT_ERR_TRUNCATED'],
    ['half a block', 'ff 82 00 00 01 00 10 00 01 08 19 00 01 00', 'AMT_ERR_TRUNCATED'],
    ['half a header', 'ff 82', 'AMT_ERR_TRUNCATED'],
  ] as const)('%s', (_, message, code) => {
    expect(codeOf(decodeMkhiResponse(bytes(message), 'GET_FW_VERSION'))).toBe(code);
  });

  it.each([
    ['a command that is not known', 'ff 7f 00 00', 'AMT_ERR_UNKNOWN'],
    ['data where none are', 'ff 02 00 00 00', 'AMT_ERR_LENGTH'],
    ['a rule that ends early', '03 02 00 00 00', 'AMT_ERR_TRUNCATED'],
    ['data of a rule beyond the message', '03 06 00 00 00 00 10 00 08 00', 'AMT_ERR_TRUNCATED'],
  ] as const)('%s', (_, message, code) => {
    expect(codeOf(decodeMkhiRequest(bytes(message)))).toBe(code);
  });
});

it('a result has a name, or is shown as a number', () => {
  expect([mkhiResultName(0x89), mkhiResultName(0x7f)]).toEqual(['NOT_SUPPORTED', '0x7f']);
  expect(mkhiResultSentence(0x7f)).toBe('This result is not known.');
});
