import { describe, expect, it, vi } from 'vitest';
import { type AmthiClient, AmthiError, type AmthiErrorCode, openAmthi } from '../../amt/amthi.ts';
import { AmtError, encodeAmthiResponse, Secret } from '../../amt/protocol/index.ts';
import { Amt, CLIENT_CONTROL, DISABLED } from '../../csme/amt/index.ts';
import { AMTHI_GUID, amthiClient, answering, type MeClient } from '../../csme/mei/index.ts';
import { bytesOfHex } from '../../sap/index.ts';
import { MeiError, type MeiErrorCode } from '../../transport/index.ts';
import { MeiDriver, settled } from '../transport/mei/support/driver.ts';

const PATH = '/dev/mei0';

/** A device with these clients. */
function device(...clients: MeClient[]): MeiDriver {
  return new MeiDriver({ clients });
}

/** A firmware that answers each request with the next of these, whatever it was; with undefined, and after the last, not. */
function scripted(...answers: readonly (string | Uint8Array | undefined)[]): MeClient {
  const left = [...answers];
  const properties = {
    name: 'AMTHI',
    guid: AMTHI_GUID,
    protocolVersion: 1,
    maxMessageLength: 5120,
    maxConnections: 1,
  };
  return {
    ...properties,
    accept: (link) => ({
      onMessage() {
        const answer = left.shift();
        if (answer === undefined) return;
        link.send(typeof answer === 'string' ? bytesOfHex(answer.replaceAll(' ', ''))! : answer);
      },
    }),
  };
}

const CONTROL_MODE = '01 01 00 00 6b 00 80 04 08 00 00 00 00 00 00 00 01 00 00 00';
const amthi = (code: AmthiErrorCode) => expect.objectContaining({ name: 'AmthiError', code });
const mei = (code: MeiErrorCode) => expect.objectContaining({ name: 'MeiError', code });

async function talk(driver: MeiDriver, use: (client: AmthiClient) => Promise<void>): Promise<void> {
  const client = await openAmthi(PATH, { calls: driver });
  try {
    await use(client);
  } finally {
    await client.close();
  }
  await settled();
  expect([driver.descriptors, driver.watches, driver.device.openHandles]).toEqual([0, 0, 0]);
}

describe('the client of AMTHI', () => {
  it('asks the emulated firmware', async () => {
    await talk(device(amthiClient(new Amt(CLIENT_CONTROL))), async (client) => {
      expect(await client.ask('GET_CONTROL_MODE')).toEqual({ mode: 1 });
      expect(await client.ask('GET_LAN_INTERFACE_SETTINGS', { interfaceIndex: 1 })).toMatchObject({
        enabled: true,
        ipv4Address: 0xc0000202,
      });
    });
  });

  it('asks one at a time, in the order of the calls', async () => {
    await talk(device(amthiClient(new Amt())), async (client) => {
      const answers = await Promise.all([
        client.ask('GET_CONTROL_MODE'),
        client.ask('GET_PROVISIONING_STATE'),
        client.ask('GET_UUID'),
        client.ask('GET_CONTROL_MODE'),
      ]);
      const uuid = '4c4c4544-0053-4150-8057-4f4f44303030';
      expect(answers).toEqual([{ mode: 2 }, { state: 2 }, { uuid }, { mode: 2 }]);
    });
  });

  it('a refusal has its status, and the next command is asked on the same connection', async () => {
    const driver = device(amthiClient(new Amt({ wireless: null })));
    await talk(driver, async (client) => {
      const refused = client.ask('GET_LAN_INTERFACE_SETTINGS', { interfaceIndex: 1 });
      await expect(refused).rejects.toMatchObject({
        code: 'AMTHI_ERR_REFUSED',
        command: 'GET_LAN_INTERFACE_SETTINGS',
        status: 2501,
        sentence:
          'GET_LAN_INTERFACE_SETTINGS: AMT refused the command. INTERFACE_DOES_NOT_EXIST: There is no such interface.',
      });
      expect(await client.ask('GET_CONTROL_MODE')).toEqual({ mode: 2 });
    });
  });

  it('an empty message means that AMT is disabled', async () => {
    await talk(device(amthiClient(new Amt(DISABLED))), async (client) => {
      await expect(client.ask('GET_UUID')).rejects.toEqual(amthi('AMTHI_ERR_DISABLED'));
      await expect(client.ask('GET_UUID')).rejects.toThrow('Enable AMT in the BIOS');
    });
  });

  it('a wrong answer is named, and the next command connects anew', async () => {
    const late = encodeAmthiResponse({ command: 'GET_UUID', status: 1 });
    await talk(device(scripted(late, CONTROL_MODE)), async (client) => {
      const wrong = await client.ask('GET_CONTROL_MODE').catch((error: unknown) => error);
      expect(wrong).toEqual(amthi('AMTHI_ERR_ANSWER'));
      expect((wrong as AmthiError).cause).toBeInstanceOf(AmtError);
      expect((wrong as AmthiError).sentence).toContain('The command is 0x0480005c.');
      expect(await client.ask('GET_CONTROL_MODE')).toEqual({ mode: 1 });
    });
  });

  it('an answer that does not come is given up, and the next command connects anew', async () => {
    const driver = device(scripted());
    const connects = vi.spyOn(driver, 'meiConnect');
    const client = await openAmthi(PATH, { calls: driver, timeoutMs: 1 });
    await expect(client.ask('GET_CONTROL_MODE')).rejects.toEqual(amthi('AMTHI_ERR_TIMEOUT'));
    await expect(client.ask('GET_CONTROL_MODE')).rejects.toEqual(amthi('AMTHI_ERR_TIMEOUT'));
    expect(connects).toHaveBeenCalledTimes(2);
    await client.close();
    await settled();
    expect(driver.descriptors).toBe(0);
  });

  it('a firmware reset between two commands does not show', async () => {
    const driver = device(amthiClient(new Amt()));
    await talk(driver, async (client) => {
      await client.ask('GET_UUID');
      driver.happen({ type: 'reset' });
      driver.happen({ type: 'ready' });
      await settled();
      expect(await client.ask('GET_CONTROL_MODE')).toEqual({ mode: 2 });
    });
  });

  it('a firmware reset in the middle of one does, and the next is asked anew', async () => {
    const driver = device(scripted(undefined, CONTROL_MODE));
    await talk(driver, async (client) => {
      const lost = client.ask('GET_CONTROL_MODE');
      const told = expect(lost).rejects.toEqual(mei('MEI_ERR_DISCONNECTED'));
      await settled();
      driver.happen({ type: 'reset' });
      driver.happen({ type: 'ready' });
      await told;
      expect(await client.ask('GET_CONTROL_MODE')).toEqual({ mode: 1 });
    });
  });

  it('data that a command cannot carry are not sent', async () => {
    await talk(device(amthiClient(new Amt())), async (client) => {
      const secret = new Secret('x'.repeat(33));
      const asked = client.ask('SET_PROVISIONING_SERVER_OTP', { password: secret });
      await expect(asked).rejects.toThrow(new RangeError('password has more than 32 characters'));
    });
  });

  it('what is not answered when it is closed is rejected, and so is what comes later', async () => {
    const driver = device(scripted(undefined));
    const client = await openAmthi(PATH, { calls: driver });
    const asked = [client.ask('GET_UUID'), client.ask('GET_UUID')];
    const told = Promise.all(asked.map((one) => expect(one).rejects.toEqual(mei('MEI_ERR_CLOSED'))));
    await settled();
    await client.close();
    await client.close();
    await told;
    await expect(client.ask('GET_UUID')).rejects.toEqual(mei('MEI_ERR_CLOSED'));
    await settled();
    expect([driver.descriptors, driver.watches]).toEqual([0, 0]);
  });

  it('a signal ends it', async () => {
    const driver = device(scripted(undefined));
    const stop = new AbortController();
    const client = await openAmthi(PATH, { calls: driver, signal: stop.signal });
    const told = expect(client.ask('GET_UUID')).rejects.toEqual(mei('MEI_ERR_CANCELLED'));
    await settled();
    stop.abort();
    await told;
    await settled();
    expect(driver.descriptors).toBe(0);
  });

  it('says who is in the way', async () => {
    const driver = device(amthiClient(new Amt()));
    const first = await openAmthi(PATH, { calls: driver });
    await expect(openAmthi(PATH, { calls: driver })).rejects.toEqual(mei('MEI_ERR_BUSY'));
    await first.close();
    const none = device(
      answering({ ...amthiClient(new Amt()), guid: `${AMTHI_GUID.slice(0, -1)}d` }, () => undefined),
    );
    await expect(openAmthi(PATH, { calls: none })).rejects.toEqual(mei('MEI_ERR_NO_CLIENT'));
    await settled();
    expect([driver.descriptors, none.descriptors]).toEqual([0, 0]);
  });

  it('has an error for each kind of failure, and what to do', () => {
    const error = new AmthiError('AMTHI_ERR_TIMEOUT', 'GET_UUID', {
      cause: new MeiError('MEI_ERR_TIMEOUT', { path: PATH }),
    });
    expect(error.message).toBe(`${error.sentence} ${error.next}`);
  });
});
