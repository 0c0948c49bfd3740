import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PROVISIONING, provisioningOf } from '../../../cli/doctor/amt.ts';
import { bytesOfHex } from '../../../sap/index.ts';

const ANSWER = '0101000011008004080000000000000002000000';

test('the state of an answer', () => {
  expect(provisioningOf(bytesOfHex(ANSWER)!)).toBe('provisioned');
});

test.each([
  ['cut short', ANSWER.slice(0, -2)],
  ['to another command', ANSWER.replace('11008004', '1a008004')],
  ['that is a request', ANSWER.replace('11008004', '11000004')],
  ['that refuses', ANSWER.replace('0800000000', '0800000024')],
  ['with a state that is not known', ANSWER.replace(/02000000$/, '03000000')],
])('an answer %s has none', (_, hex) => {
  expect(hex).not.toBe(ANSWER);
  expect(provisioningOf(bytesOfHex(hex)!)).toBeUndefined();
});

test('any bytes have a state or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect([undefined, ...PROVISIONING]).toContain(provisioningOf(bytes));
    }),
  );
});
