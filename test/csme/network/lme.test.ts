/** AMT's web service behind LME, reached as programs of the host reach it: a session of APF, HTTP over its channels. */
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { AMT, IPS } from '@device-management-toolkit/wsman-messages';
import { afterEach, describe, expect, it } from 'vitest';
import { openTunnel, type Tunnel } from '../../../amt/index.ts';
import { answerChallenge, secretOf } from '../../../amt/web/index.ts';
import { Amt, DISABLED, LOCAL_USER, UNPROVISIONED } from '../../../csme/amt/index.ts';
import { standardClients } from '../../../csme/mei/index.ts';
import { serveLme } from '../../../csme/network/index.ts';
import { MeiDriver, settled } from '../../transport/mei/support/driver.ts';
import { type Answer, askBy, CREDENTIALS } from './support.ts';

const PATH = '/dev/mei0';
const PAGE = new Uint8Array(1_000_000).map((_, i) => Math.imul(i, 2654435761) >>> 24);

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A machine with this AMT: its MEI device, and LME on it. */
function machine(amt: Amt) {
  const driver = new MeiDriver({ clients: standardClients(amt) });
  const lme = serveLme(
    amt,
    {
      addClient: (client) => driver.happen({ type: 'addClient', client }),
      removeClient: (guid) => driver.happen({ type: 'removeClient', guid }),
      turn: (task) => {
        task();
        setImmediate(() => driver.advance(0));
      },
    },
    new Map([['/page.bin', PAGE]]),
  );
  closing.push(() => lme.close());
  const open = async (): Promise<Tunnel> => {
    const tunnel = await openTunnel(PATH, { calls: driver });
    closing.push(() => tunnel.close());
    return tunnel;
  };
  return { driver, lme, open };
}

interface Asked {
  readonly user?: string;
  readonly password?: string;
  readonly path?: string;
  readonly body?: string;
}

function send(
  stream: Duplex,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<Answer> {
  const all = { ...headers, connection: 'close', 'content-length': String(body.length) };
  return askBy({ createConnection: () => stream, method, path, headers: all }, body);
}

/** Resolves when the other side has ended the connection, one way or the other. */
function ended(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    stream.on('error', () => resolve());
    stream.on('end', resolve).resume();
  });
}

/** Asks on connections of its own, and answers the challenge. */
async function once(tunnel: Tunnel, amt: Amt, asked: Asked, port = 16992): Promise<Answer> {
  const method = asked.body === undefined ? 'GET' : 'POST';
  const path = asked.path ?? '/wsman';
  const challenge = (await send(await tunnel.connect(port), method, path)).headers['www-authenticate'] ?? '';
  const { user = LOCAL_USER, password = amt.localAccount().password } = asked;
  const credentials = { user, password };
  const authorization = answerChallenge(challenge, { credentials, method, uri: path, count: 1 });
  return send(await tunnel.connect(port), method, path, { authorization }, asked.body);
}

describe('a program of the host', () => {
  it('sets AMT up, is known to it, and brings it back', async () => {
    const amt = new Amt(UNPROVISIONED);
    const { open } = machine(amt);
    const tunnel = await open();
    const [general, setup] = [new AMT.Messages(), new IPS.Messages()];
    const { body } = await once(tunnel, amt, { body: general.GeneralSettings.Get() });
    const realm = /DigestRealm>([^<]*)</.exec(String(body))?.[1] ?? '';
    const { user, password } = CREDENTIALS;
    const ha1 = secretOf(user, realm, password);
    const done = await once(tunnel, amt, { body: setup.HostBasedSetupService.Setup(2, ha1) });
    expect(String(done.body)).toContain('<g:Setup_OUTPUT><g:ReturnValue>0</g:ReturnValue></g:Setup_OUTPUT>');
    expect(amt.state).toMatchObject({ provisioningState: 2, controlMode: 1, accounts: { admin: ha1 } });

    const index = await once(tunnel, amt, { user, password, path: '/index.htm' });
    expect([index.status, String(index.body)]).toEqual([200, expect.stringContaining('client')]);

    const unprovision = general.SetupAndConfigurationService.Unprovision(1);
    const denied = await once(tunnel, amt, { body: unprovision });
    expect([denied.status, String(denied.body)]).toEqual([400, expect.stringContaining('c:AccessDenied')]);
    const undone = await once(tunnel, amt, { user, password, body: unprovision });
    expect(String(undone.body)).toContain('<g:ReturnValue>0</g:ReturnValue>');
    expect(amt.state).toMatchObject({ provisioningState: 0, controlMode: 0, accounts: {} });
    expect((await once(tunnel, amt, { user, password, path: '/index.htm' })).status).toBe(401);
  });

  it('is served on both ports', async () => {
    const amt = new Amt();
    const tunnel = await machine(amt).open();
    for (const port of [16992, 623])
      expect((await once(tunnel, amt, { path: '/index.htm' }, port)).status).toBe(200);
  });

  it('keeps a connection over several requests', async () => {
    const amt = new Amt();
    const { lme, open } = machine(amt);
    const stream = await (await open()).connect(16992);
    const answers: string[] = [];
    const line = 'GET /logon.htm HTTP/1.1\r\nHost: localhost\r\n\r\n';
    stream.on('data', (part: Buffer) => answers.push(String(part)));
    stream.write(line + line);
    stream.write(line);
    await settled();
    expect(answers.join('').match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(lme.statistics()).toMatchObject({ connections: 1, requests: 3 });
    stream.end();
  });

  it('is answered though it speaks LME itself: chunks, no Host, and the end is the channel’s', async () => {
    const amt = new Amt();
    const tunnel = await machine(amt).open();
    const body = new AMT.Messages().GeneralSettings.Get();
    const raw = async (authorization: string) => {
      const stream = await tunnel.connect(16992);
      const length = Buffer.byteLength(body).toString(16);
      const headers = `${authorization}Connection: close\r\nTransfer-Encoding: chunked\r\n`;
      stream.write(`POST /wsman HTTP/1.1\r\n${headers}\r\n${length}\r\n${body}\r\n0\r\n\r\n`);
      return String(await buffer(stream));
    };
    const challenge = /^WWW-Authenticate: (.*)\r$/m.exec(await raw(''))?.[1] ?? '';
    const fields = { credentials: amt.localAccount(), method: 'POST', uri: '/wsman', count: 1 };
    const answer = await raw(`Authorization: ${answerChallenge(challenge, fields)}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n.*<g:DigestRealm>/s);
  });

  it('reads a page of 1 MB, equal byte for byte', async () => {
    const amt = new Amt();
    const tunnel = await machine(amt).open();
    const { status, body } = await once(tunnel, amt, { path: '/page.bin' });
    expect(status).toBe(200);
    expect(Buffer.compare(body, PAGE)).toBe(0);
  });

  it('holds the service back when it does not read, and nothing else', async () => {
    const amt = new Amt();
    const { open } = machine(amt);
    const tunnel = await open();
    const slow = await tunnel.connect(16992);
    const challenge = await send(await tunnel.connect(16992), 'GET', '/page.bin');
    const credentials = amt.localAccount();
    const authorization = answerChallenge(challenge.headers['www-authenticate'] ?? '', {
      credentials,
      method: 'GET',
      uri: '/page.bin',
      count: 1,
    });
    slow.write(`GET /page.bin HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`);
    await settled();
    expect((await once(tunnel, amt, { path: '/page.bin' })).body.length).toBe(PAGE.length);
    let got = 0;
    const whole = new Promise<void>((resolve) => {
      slow.on('data', (part: Buffer) => {
        got += part.length;
        if (got > PAGE.length) resolve();
      });
    });
    await whole;
    slow.destroy();
  });
});

describe('LME', () => {
  it('has eight channels, and serves the ninth when one is free', async () => {
    const amt = new Amt();
    const { lme, open } = machine(amt);
    const tunnel = await open();
    const streams = await Promise.all(Array.from({ length: 8 }, () => tunnel.connect(16992)));
    let ninth: Duplex | undefined;
    const coming = tunnel.connect(16992).then((stream) => {
      ninth = stream;
    });
    await settled();
    expect([ninth, lme.statistics().connections]).toEqual([undefined, 8]);
    streams[3]?.destroy();
    await coming;
    expect((await send(ninth!, 'GET', '/logon.htm')).status).toBe(200);
    for (const stream of streams) stream.destroy();
  });

  it('is for one management service at a time', async () => {
    const { open } = machine(new Amt());
    const first = await open();
    await expect(open()).rejects.toMatchObject({ code: 'MEI_ERR_BUSY' });
    await first.close();
    await (await open()).connect(16992);
  });

  it('is taken away with the service', async () => {
    const { lme, open } = machine(new Amt());
    const tunnel = await open();
    const stream = await tunnel.connect(16992);
    const over = ended(stream);
    await lme.close();
    await over;
    await expect(tunnel.connect(16992)).rejects.toThrow();
    await tunnel.close();
    await expect(open()).rejects.toMatchObject({ code: 'MEI_ERR_NO_CLIENT' });
  });

  it('begins anew after a reset of the firmware', async () => {
    const amt = new Amt();
    const { driver, open } = machine(amt);
    const before = await open();
    const stream = await before.connect(16992);
    const over = ended(stream);
    driver.happen({ type: 'reset' });
    await over;
    driver.happen({ type: 'ready' });
    expect((await once(await open(), amt, { path: '/index.htm' })).status).toBe(200);
  });

  it('is there while AMT is enabled', async () => {
    const amt = new Amt(DISABLED);
    const { open } = machine(amt);
    await expect(open()).rejects.toMatchObject({ code: 'MEI_ERR_NO_CLIENT' });
    amt.perform(0, { type: 'setEnabled', enabled: true, by: 'menu' });
    await settled();
    const stream = await (await open()).connect(16992);
    const over = ended(stream);
    amt.perform(0, { type: 'setEnabled', enabled: false, by: 'menu' });
    await over;
    await expect(open()).rejects.toMatchObject({ code: 'MEI_ERR_NO_CLIENT' });
    amt.perform(0, { type: 'setEnabled', enabled: true, by: 'menu' });
    await settled();
    await (await open()).connect(16992);
  });
});
