import { afterEach, describe, expect, it } from 'vitest';
import { type MkhiClient, openMkhi } from '../../amt/mkhi.ts';
import { Amt } from '../../csme/amt/index.ts';
import { answering, MKHI_GUID, mkhiClient } from '../../csme/mei/index.ts';
import { MeiDriver, settled } from '../transport/mei/support/driver.ts';

let client: MkhiClient;
let driver: MeiDriver;

async function open(answer?: Uint8Array): Promise<MkhiClient> {
  const real = mkhiClient(new Amt());
  driver = new MeiDriver({ clients: [answer === undefined ? real : answering(real, () => answer)] });
  client = await openMkhi('/dev/mei0', { calls: driver });
  return client;
}

afterEach(async () => {
  await client.close();
  await settled();
  expect([driver.descriptors, driver.watches]).toEqual([0, 0]);
});

describe('the client of MKHI', () => {
  it('asks the emulated firmware', async () => {
    const mkhi = await open();
    expect(mkhiClient(new Amt()).guid).toBe(MKHI_GUID);
    const { code, recovery, factory } = await mkhi.ask('GET_FW_VERSION');
    expect(code).toMatchObject({ major: 16, minor: 1, hotfix: 25, build: 2049 });
    expect([recovery, factory]).toEqual([code, code]);
  });

  it('a refusal has its result', async () => {
    const refused = (await open()).ask('GET_IMAGE_FW_VERSION', { partitionId: 0x1234 });
    await expect(refused).rejects.toMatchObject({ name: 'MkhiError', code: 'MKHI_ERR_REFUSED' });
  });

  it('an empty and a wrong answer are told apart', async () => {
    const empty = (await open(new Uint8Array(0))).ask('GET_FW_VERSION');
    await expect(empty).rejects.toMatchObject({ code: 'MKHI_ERR_EMPTY', command: 'GET_FW_VERSION' });
    await client.close();
    const wrong = (await open(Uint8Array.of(0xff, 0x8a, 0, 0))).ask('GET_FW_VERSION');
    await expect(wrong).rejects.toThrow('It is command 0x8a of group 0xff.');
  });
});
