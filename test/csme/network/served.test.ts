/** Whom the web service serves, when it does, and for how long it waits for them. */
import { duplexPair } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { AMT } from '@device-management-toolkit/wsman-messages';
import { afterEach, describe, expect, it } from 'vitest';
import { answerChallenge, secretOf } from '../../../amt/web/index.ts';
import { Amt, CLIENT_CONTROL, UNPROVISIONED } from '../../../csme/amt/index.ts';
import { WebService } from '../../../csme/network/index.ts';
import { settled } from '../../transport/mei/support/driver.ts';
import { CREDENTIALS, started } from './support.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe('a connection of a program', () => {
  const limits = { headersTimeoutMs: 50, requestTimeoutMs: 50, checkIntervalMs: 10 };

  it('is not waited for without end', async () => {
    const service = new WebService({ amt: new Amt(), limits });
    closing.push(() => service.close());
    const [theirs, ours] = duplexPair();
    service.accept(ours);
    theirs.write('GET / HTTP/1.1\r\nHost: ');
    expect(String(await buffer(theirs))).toMatch(/^HTTP\/1.1 408 /);
  });

  it('ends with the service', async () => {
    const service = new WebService({ amt: new Amt() });
    const [theirs, ours] = duplexPair();
    service.accept(ours);
    theirs.write('GET /logon.htm HTTP/1.1\r\nHost: x\r\n\r\n');
    await settled();
    await service.close();
    expect([ours.destroyed, String(theirs.read())]).toEqual([true, expect.stringContaining('200 OK')]);
  });
});

describe('over the network', () => {
  it('nobody is served before AMT is set up, nor after', async () => {
    const amt = new Amt(UNPROVISIONED);
    const { service, ask: askOver, logOn } = await started({ amt });
    closing.push(() => service.close());
    await expect(askOver('/logon.htm')).rejects.toThrow();
    const { user, password } = CREDENTIALS;
    amt.perform(0, { type: 'setup', ha1: secretOf(user, amt.state.realm, password) });
    const { status } = await logOn('/wsman', {
      method: 'POST',
      body: new AMT.Messages().SetupAndConfigurationService.Unprovision(1),
    });
    expect([status, amt.state.controlMode]).toEqual([200, 0]);
    await expect(askOver('/logon.htm')).rejects.toThrow();
  });

  it('the local account is nobody', async () => {
    const amt = new Amt({ ...CLIENT_CONTROL });
    const { service, ask: askOver } = await started({ amt });
    closing.push(() => service.close());
    const challenge = (await askOver('/index.htm')).headers['www-authenticate'] ?? '';
    const fields = { credentials: amt.localAccount(), method: 'GET', uri: '/index.htm', count: 1 };
    const authorization = answerChallenge(challenge, fields);
    expect((await askOver('/index.htm', { headers: { authorization } })).status).toBe(401);
  });
});
