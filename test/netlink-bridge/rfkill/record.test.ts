import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { BridgeError } from '../../../netlink-bridge/index.ts';
import {
  decodeRfkillRecord,
  encodeSoftBlock,
  RFKILL_OPS,
  RFKILL_TYPES,
  reasonsOf,
} from '../../../netlink-bridge/rfkill/record.ts';
import { bytesOfHex, hexOf } from '../../../sap/index.ts';

const decode = (hex: string) => decodeRfkillRecord(bytesOfHex(hex)!);

describe('a record', () => {
  it('of 8 bytes does not tell reasons', () => {
    expect(decode('0000000001000000')).toEqual({
      index: 0,
      type: 'wlan',
      op: 'add',
      soft: false,
      hard: false,
      reasonBits: undefined,
    });
  });

  it('of 9 bytes does', () => {
    expect(decode('000000000102000102')).toEqual({
      index: 0,
      type: 'wlan',
      op: 'change',
      soft: false,
      hard: true,
      reasonBits: 2,
    });
  });

  it('may be longer one day, and its type one that is not known', () => {
    expect(decode('04030201090101000077')).toEqual({
      index: 0x01020304,
      type: 'type 9',
      op: 'del',
      soft: true,
      hard: false,
      reasonBits: 0,
    });
  });

  it.each([
    ['', 'with 0 bytes, it has at least 8'],
    ['00000000010200', 'with 7 bytes'],
    ['0000000001040000', 'with op 4'],
  ])('"%s" cannot be read', (hex, words) => {
    const error = decode(hex);
    expect(error).toBeInstanceOf(BridgeError);
    expect(error).toMatchObject({ code: 'BRIDGE_ERR_FORMAT' });
    expect((error as BridgeError).message).toContain(words);
  });

  test('any bytes are a record or an error, and nothing behind them counts', () => {
    const anything = fc.uint8Array({ maxLength: 12 });
    const behind = fc.uint8Array({ maxLength: 4 });
    fc.assert(
      fc.property(anything, behind, fc.nat(4), (given, more, op) => {
        if (given.length > 5) given[5] = op;
        const room = Uint8Array.of(...given, ...more);
        const read = decodeRfkillRecord(room.subarray(0, given.length));
        expect(read instanceof BridgeError).toBe(given.length < 8 || op > 3);
        if (read instanceof BridgeError) return;
        expect(read.index).toBe(new DataView(given.buffer).getUint32(0, true));
        expect(RFKILL_OPS.indexOf(read.op)).toBe(given[5]);
        expect(RFKILL_TYPES[given[4]!] ?? `type ${given[4]}`).toBe(read.type);
        expect([read.soft, read.hard]).toEqual([given[6]! > 0, given[7]! > 0]);
        expect(read.reasonBits).toBe(given[8]);
      }),
    );
  });
});

describe('a soft block', () => {
  it('is written as the kernel reads it', () => {
    expect(hexOf(encodeSoftBlock(0, 'wlan', true))).toBe('0000000001020100');
    expect(hexOf(encodeSoftBlock(0x12345678, 'bluetooth', false))).toBe('7856341202020000');
  });

  it('of a type that is not known fits any', () => {
    expect(hexOf(encodeSoftBlock(3, 'type 12', true))).toBe('0300000000020100');
  });
});

test.each([
  [false, undefined, []],
  [false, 2, []],
  [true, 1, ['SIGNAL']],
  [true, 2, ['NOT_OWNER']],
  [true, 3, ['NOT_OWNER', 'SIGNAL']],
  // What is not known is not CSME's.
  [true, undefined, ['SIGNAL']],
  [true, 0, ['SIGNAL']],
  [true, 4, ['SIGNAL']],
  [true, 6, ['NOT_OWNER', 'SIGNAL']],
] as const)('hard %s with bits %s is %j', (hard, bits, reasons) => {
  expect([...reasonsOf(hard, bits)]).toEqual(reasons);
});
