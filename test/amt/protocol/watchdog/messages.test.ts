import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AmtChange,
  AmtError,
  decodeFromFirmware,
  decodeFromHost,
  decodeStateAnswer,
  encodeStateAnswer,
  encodeWatchdog,
  isNotRequired,
  WATCHDOG_MESSAGES,
  type WatchdogMessage,
} from '../../../../amt/protocol/index.ts';
import { hexOf } from '../../../../sap/index.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const ZEROS = ' 00'.repeat(17);
const decode = (message: WatchdogMessage, bytes: Uint8Array) =>
  WATCHDOG_MESSAGES[message.name].from === 'host' ? decodeFromHost(bytes) : decodeFromFirmware(bytes);

/** As the specification writes them down. */
const EXAMPLES: readonly (readonly [WatchdogMessage, string])[] = [
  [{ name: 'START', timeoutS: 120 }, `02 15 13 10 78 00${ZEROS}`],
  [{ name: 'START', timeoutS: 300 }, `02 15 13 10 2c 01${ZEROS}`],
  [{ name: 'START', timeoutS: 240 }, `02 15 13 10 f0 00${ZEROS}`],
  [{ name: 'START_RESPONSE', status: 0, wdstate: 0 }, '02 04 83 10 00 00'],
  [{ name: 'START_RESPONSE', status: 0, wdstate: 1 }, '02 04 83 10 00 01'],
  [{ name: 'STOP' }, '02 02 14 10'],
  [{ name: 'IS_CHANGE_TO_AMT_ENABLED' }, '05 02 51 10'],
  [{ name: 'SET_AMT_OPERATIONAL_STATE', state: 1 }, '05 03 53 10 01'],
  [{ name: 'SET_AMT_OPERATIONAL_STATE', state: 0 }, '05 03 53 10 00'],
];

describe('worked examples', () => {
  it.each(EXAMPLES)('%o', (message, hex) => {
    expect(hexOf(encodeWatchdog(message))).toBe(hex.replaceAll(' ', ''));
    expect(decode(message, bytesOf(hex))).toEqual(message);
  });

  it('the answers about AMT have no header', () => {
    const flags = AmtChange.CHANGE_ENABLED | AmtChange.OPERATIONAL | AmtChange.NEW_INTERFACE;
    expect(encodeStateAnswer('IS_CHANGE_TO_AMT_ENABLED', { flags })).toEqual(Uint8Array.of(0x83));
    expect(decodeStateAnswer('IS_CHANGE_TO_AMT_ENABLED', Uint8Array.of(0x83))).toEqual({ flags: 0x83 });
    expect(encodeStateAnswer('SET_AMT_OPERATIONAL_STATE', { status: 1 })).toEqual(
      bytesOf('00 00 00 00 01 00 00 00'),
    );
    expect(decodeStateAnswer('SET_AMT_OPERATIONAL_STATE', bytesOf('05 07 53 10 00 00 00 00'))).toEqual({
      status: 0,
    });
  });
});

describe('bad input', () => {
  it.each([
    ['no byte', '', 'AMT_ERR_TRUNCATED'],
    ['less than a header', '02 02 14', 'AMT_ERR_TRUNCATED'],
    ['another version', '02 02 14 11', 'AMT_ERR_HEADER'],
    ['another command', '03 02 14 10', 'AMT_ERR_HEADER'],
    ['another subcommand', '02 02 15 10', 'AMT_ERR_UNKNOWN'],
    ['a message of the firmware', '02 04 83 10 00 00', 'AMT_ERR_UNKNOWN'],
    ['a START of 5 bytes', '02 03 13 10 78', 'AMT_ERR_TRUNCATED'],
    ['a START with another count', `02 14 13 10 78 00${ZEROS}`, 'AMT_ERR_LENGTH'],
    ['a START that is too short', '02 15 13 10 78 00 00 00', 'AMT_ERR_LENGTH'],
    ['a START that is short and says so', '02 06 13 10 78 00 00 00', 'AMT_ERR_TRUNCATED'],
    ['a START that is too long and says so', `02 16 13 10 78 00${ZEROS} 00`, 'AMT_ERR_LENGTH'],
  ])('of the host: %s', (_, hex, code) => {
    expect(decodeFromHost(bytesOf(hex))).toMatchObject({ code, details: { fault: 'host' } });
  });

  it.each([
    ['3 bytes', '02 04 83', 'AMT_ERR_TRUNCATED'],
    ['a response without its state', '02 03 83 10 00', 'AMT_ERR_TRUNCATED'],
    ['another version', '02 04 83 20 00 00', 'AMT_ERR_HEADER'],
    ['another command', '05 04 83 10 00 00', 'AMT_ERR_HEADER'],
    ['another subcommand', '02 04 84 10 00 00', 'AMT_ERR_UNKNOWN'],
    ['a message of the host', '02 02 14 10', 'AMT_ERR_UNKNOWN'],
  ])('of the firmware: %s', (_, hex, code) => {
    expect(decodeFromFirmware(bytesOf(hex))).toMatchObject({ code, details: { fault: 'firmware' } });
  });

  it('a response is taken with more behind it, a wrong count, and bits that nobody knows, as Linux takes it', () => {
    const message = decodeFromFirmware(bytesOf('02 ff 83 10 07 fe 01 02 03'));
    expect(message).toEqual({ name: 'START_RESPONSE', status: 7, wdstate: 0xfe });
    expect(isNotRequired(message as never)).toBe(false);
    expect(isNotRequired({ name: 'START_RESPONSE', status: 0, wdstate: 0xff })).toBe(true);
  });

  it('a timeout that the field does not carry is our own mistake', () => {
    expect(() => encodeWatchdog({ name: 'START', timeoutS: 65_536 })).toThrow(
      'timeoutS is no number of 2 bytes',
    );
  });
});

const byte = fc.nat(255);
const anyMessage: fc.Arbitrary<WatchdogMessage> = fc.oneof(
  fc.record({ name: fc.constant('START' as const), timeoutS: fc.nat(0xffff) }),
  fc.record({ name: fc.constant('START_RESPONSE' as const), status: byte, wdstate: byte }),
  fc.record({ name: fc.constantFrom('STOP' as const, 'IS_CHANGE_TO_AMT_ENABLED' as const) }),
  fc.record({ name: fc.constant('SET_AMT_OPERATIONAL_STATE' as const), state: byte }),
);

it('every message comes back as it was', () => {
  fc.assert(
    fc.property(anyMessage, (message) => {
      expect(decode(message, encodeWatchdog(message))).toEqual(message);
    }),
  );
});

it('bytes are a message or an error, and of a message cut short nothing is left', () => {
  const near = fc
    .tuple(anyMessage, fc.nat(30), fc.uint8Array({ maxLength: 3 }))
    .map(([message, length, more]) => {
      const bytes = encodeWatchdog(message);
      return Uint8Array.of(...bytes.subarray(0, length), ...more);
    });
  fc.assert(
    fc.property(fc.oneof(near, fc.uint8Array({ maxLength: 40 })), (bytes) => {
      for (const decoded of [decodeFromHost(bytes), decodeFromFirmware(bytes)]) {
        if (decoded instanceof AmtError) continue;
        const again = encodeWatchdog(decoded);
        // Reserved bytes are not kept, nor is what stands behind a response and its count.
        expect(decode(decoded, again)).toEqual(decoded);
        if (WATCHDOG_MESSAGES[decoded.name].from === 'host') expect(bytes.length).toBe(again.length);
      }
    }),
  );
});
