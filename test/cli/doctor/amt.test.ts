import { afterEach, expect, test } from 'vitest';
import { askAmt } from '../../../cli/doctor/amt.ts';
import { Amt, type AmtOptions, DISABLED, UNPROVISIONED } from '../../../csme/amt/index.ts';
import { amthiClient, answering } from '../../../csme/mei/index.ts';
import { MeiDriver, settled } from '../../transport/mei/support/driver.ts';

let driver: MeiDriver;
afterEach(async () => {
  await settled();
  expect([driver.descriptors, driver.watches]).toEqual([0, 0]);
});

test.each([
  ['provisioned', {}],
  ['being provisioned', { ...UNPROVISIONED, provisioningState: 1 }],
  ['not provisioned', UNPROVISIONED],
  ['disabled', DISABLED],
] satisfies [string, Partial<AmtOptions>][])('AMT is %s', async (state, options) => {
  driver = new MeiDriver({ clients: [amthiClient(new Amt(options))] });
  expect(await askAmt('/dev/mei0', driver)).toBe(state);
});

test.each([
  ['another answer', '010100005c008004040000000000000000', 'AMTHI_ERR_ANSWER'],
  ['a refusal', '01010000110080040400000001000000', 'AMTHI_ERR_REFUSED'],
])('%s is an error with a remedy', async (_, answer, code) => {
  const client = amthiClient(new Amt());
  const bytes = new Uint8Array(Buffer.from(answer, 'hex'));
  driver = new MeiDriver({ clients: [answering(client, () => bytes)] });
  expect(await askAmt('/dev/mei0', driver)).toMatchObject({ code, next: expect.any(String) });
});

test('without AMT the error is that of the device', async () => {
  driver = new MeiDriver({ clients: [] });
  expect(await askAmt('/dev/mei0', driver)).toMatchObject({ code: 'MEI_ERR_NO_CLIENT' });
});
