import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { answerChallenge } from '../../../amt/web/index.ts';
import { AMT_HTTP, type WebOptions, WebService } from '../../../csme/network/index.ts';
import { ownAmt } from '../../../csme/network/own-amt.ts';
import { CREDENTIALS, started } from './support.ts';

const SERVER = 'Intel(R) Active Management Technology 16.1.25.2049';
const PAGE = new Uint8Array(1_000_000).map((_, i) => Math.imul(i, 2654435761) >>> 24);
const pages = new Map([
  ['/page.bin', PAGE],
  ['/empty', new Uint8Array(0)],
]);

const running: WebService[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.close()));
});

async function start(options: Partial<WebOptions> = {}) {
  const all = await started({ pages, ...options });
  running.push(all.service);
  return all;
}

/** A connection by hand, and all that comes over it until the service closes it. */
async function talk(port: number, text: string): Promise<{ socket: Socket; said: Promise<string> }> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  const said = new Promise<string>((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')));
  });
  socket.write(text);
  return { socket, said };
}

describe('pages', () => {
  it('sends everybody to the page to log on', async () => {
    const { ask } = await start();
    const first = await ask('/');
    expect(first).toMatchObject({
      status: 303,
      headers: { location: '/logon.htm', server: SERVER, 'content-length': '0', 'x-frame-options': 'DENY' },
    });
    const { status, headers, body } = await ask('/logon.htm');
    expect({ status, type: headers['content-type'] }).toEqual({
      status: 200,
      type: 'text/html; charset=UTF-8',
    });
    expect(body.toString()).toContain('Intel&reg; Active Management Technology');
  });

  it.each(['/index.htm', '/page.bin', '/wsman', '/nothing', '/logon.htm/', '/../index.htm', '*'])(
    'shows %s to nobody who has not logged on',
    async (path) => {
      const { ask, service } = await start();
      const { status, headers } = await ask(path);
      expect(status).toBe(401);
      expect(headers).toMatchObject({
        server: SERVER,
        'www-authenticate': expect.stringMatching(/^Digest realm="Digest:/),
      });
      expect(service.statistics()).toEqual({
        connections: 1,
        refused: 0,
        timedOut: 0,
        requests: 1,
        challenged: 1,
      });
    },
  );

  it('shows the status of the system, escaped', async () => {
    const { logOn } = await start({ amt: ownAmt(CREDENTIALS, { hostName: '<b>' }) });
    const { status, body } = await logOn('/index.htm?x=y');
    expect(status).toBe(200);
    expect(body.toString()).toContain('&lt;b&gt;.example.test');
  });

  it('gives a page of 1 MB as it is, and its length alone', async () => {
    const { logOn } = await start();
    const { headers, body } = await logOn('/page.bin');
    expect(headers).toMatchObject({
      'content-length': '1000000',
      'content-type': 'application/octet-stream',
    });
    expect(body.equals(PAGE)).toBe(true);
    const head = await logOn('/page.bin', { method: 'HEAD' });
    expect(head).toMatchObject({
      status: 200,
      headers: { 'content-length': '1000000' },
      body: Buffer.alloc(0),
    });
    expect((await logOn('/empty')).headers['content-length']).toBe('0');
  });

  it.each([
    ['/nothing', 'GET', 404, undefined],
    ['/index.htm', 'POST', 405, 'GET, HEAD'],
    ['/page.bin', 'DELETE', 405, 'GET, HEAD'],
    ['/wsman', 'GET', 405, 'POST'],
    ['/wsman', 'PUT', 405, 'POST'],
  ])('answers %s %s with %d', async (path, method, status, allow) => {
    const { logOn } = await start();
    expect(await logOn(path, { method })).toMatchObject({ status, headers: { ...(allow && { allow }) } });
  });

  it('answers other methods without a password where none is needed', async () => {
    const { ask } = await start();
    expect(await ask('/', { method: 'POST' })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
  });

  it('keeps a connection, and one nonce for it', async () => {
    const { port } = await start();
    const { socket, said } = await talk(port, `GET /index.htm HTTP/1.1\r\nHost: x\r\n\r\n`);
    const challenge = /WWW-Authenticate: (.*)\r\n/.exec(String((await once(socket, 'data'))[0]))![1]!;
    for (const count of [1, 2, 3]) {
      const authorization = answerChallenge(challenge, {
        credentials: CREDENTIALS,
        method: 'GET',
        uri: '/index.htm',
        count,
      });
      socket.write(
        `GET /index.htm HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n${count === 3 ? 'Connection: close\r\n' : ''}\r\n`,
      );
      expect(String((await once(socket, 'data'))[0])).toContain('HTTP/1.1 200 OK');
    }
    expect((await said).match(/HTTP\/1.1 \d+/g)).toEqual([
      'HTTP/1.1 401',
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 200',
    ]);
  });

  it('says what is wrong with a header', async () => {
    const { ask } = await start();
    const { status, body } = await ask('/index.htm', {
      headers: { authorization: 'Digest username="admin"' },
    });
    expect(status).toBe(400);
    expect(body.toString()).toContain('The Authorization header has no realm.');
  });
});

describe('/wsman', () => {
  it('answers in chunks, as AMT does, and faults with 400', async () => {
    const { logOn } = await start();
    const { status, headers, body } = await logOn('/wsman', { method: 'POST', body: '<x/>' });
    expect(status).toBe(400);
    expect(headers).toMatchObject({
      'content-type': 'application/soap+xml;charset=UTF-8',
      'transfer-encoding': 'chunked',
    });
    expect(body.toString()).toContain('<a:Fault>');
  });

  it('asks before it reads', async () => {
    const { ask } = await start();
    expect((await ask('/wsman', { method: 'POST', body: '<x/>' })).status).toBe(401);
  });
});

describe('limits', () => {
  it('refuses a body that is too large, announced or not', async () => {
    const { port, ask } = await start({ limits: { bodyBytes: 1000 } });
    expect((await ask('/wsman', { method: 'POST', body: 'x'.repeat(1000) })).status).toBe(401);
    const large = await ask('/wsman', { method: 'POST', body: 'x'.repeat(1001) });
    expect(large).toMatchObject({ status: 413, headers: { connection: 'close', server: SERVER } });
    const { said } = await talk(
      port,
      `POST /wsman HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n${'x'.repeat(1024)}\r\n`,
    );
    expect(await said).toMatch(/^HTTP\/1.1 413 /);
    // Without waiting for a byte of it.
    const announced = await talk(port, 'POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n');
    expect(await announced.said).toMatch(/^HTTP\/1.1 413 /);
  });

  it('refuses headers that are too large', async () => {
    const { port } = await start({ limits: { headerBytes: 1000 } });
    const { said } = await talk(port, `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(2000)}\r\n\r\n`);
    expect(await said).toMatch(/^HTTP\/1.1 431 .*\r\nServer: Intel/);
  });

  it.each([
    ['no HTTP', 'EHLO example.test\r\n\r\n'],
    ['a length that is none', 'POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n'],
    [
      'two lengths',
      'POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ])('answers what it cannot read: %s', async (_, text) => {
    const { port } = await start();
    expect(await (await talk(port, text)).said).toMatch(/^HTTP\/1.1 400 /);
  });

  it('writes nothing into the middle of a page when what follows the request cannot be read', async () => {
    // More than the kernel takes for a client that does not read.
    const page = new Uint8Array(32 * 1024 * 1024).fill(0x2e);
    const { ask, port } = await start({ pages: new Map([['/large.bin', page]]) });
    const challenge = (await ask('/large.bin')).headers['www-authenticate'] as string;
    const request = { credentials: CREDENTIALS, method: 'GET', uri: '/large.bin', count: 1 };
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      `GET /large.bin HTTP/1.1\r\nHost: amt\r\nAuthorization: ${answerChallenge(challenge, request)}\r\n\r\n`,
    );
    await once(socket, 'readable');
    socket.write('no request\r\n\r\n');
    const parts: Buffer[] = [];
    socket.on('data', (part: Buffer) => parts.push(part));
    await once(socket, 'close');
    const said = Buffer.concat(parts).toString('latin1');
    expect(said).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(said.slice(said.indexOf('\r\n\r\n') + 4)).toMatch(/^\.+$/);
  });

  it('answers who does not say what it calls the host', async () => {
    const { port } = await start();
    const { said } = await talk(port, 'GET /logon.htm HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(await said).toMatch(/^HTTP\/1.1 200 /);
  });

  it('does not wait for ever for a request', async () => {
    const limits = { headersTimeoutMs: 50, requestTimeoutMs: 50, checkIntervalMs: 10 };
    const { port } = await start({ limits });
    const { said } = await talk(port, 'GET / HTTP/1.1\r\nHost: ');
    expect(await said).toMatch(/^HTTP\/1.1 408 /);
    const { said: saidOfBody } = await talk(
      port,
      'POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1',
    );
    expect(await saidOfBody).toMatch(/^HTTP\/1.1 408 /);
  });

  it('does not wait for ever for a client that takes nothing', async () => {
    const large = new Map([['/large', new Uint8Array(50_000_000)]]);
    const { port, ask, service } = await start({ pages: large, limits: { silenceTimeoutMs: 200 } });
    const challenge = (await ask('/large')).headers['www-authenticate']!;
    const authorization = answerChallenge(challenge, {
      credentials: CREDENTIALS,
      method: 'GET',
      uri: '/large',
      count: 1,
    });
    const { socket, said } = await talk(
      port,
      `GET /large HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n\r\n`,
    );
    await once(socket, 'data');
    socket.pause();
    await vi.waitFor(() => expect(service.statistics().timedOut).toBe(1), 20_000);
    socket.resume();
    expect((await said).length).toBeLessThan(50_000_000);
  });

  it('has only so many connections', async () => {
    const { port, service } = await start({ limits: { connections: 2 } });
    const first = await talk(port, 'GET /logon.htm HTTP/1.1\r\nHost: x\r\n\r\n');
    const second = await talk(port, 'GET /logon.htm HTTP/1.1\r\nHost: x\r\n\r\n');
    await Promise.all([once(first.socket, 'data'), once(second.socket, 'data')]);
    expect(await (await talk(port, 'GET /logon.htm HTTP/1.1\r\nHost: x\r\n\r\n')).said).toBe('');
    expect(service.statistics()).toMatchObject({ connections: 2, refused: 1 });
    first.socket.end();
    await first.said;
    const again = await talk(port, 'GET /logon.htm HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await again.said).toMatch(/^HTTP\/1.1 200 /);
    second.socket.destroy();
  });
});

describe('the service', () => {
  it('is on AMT’s port', () => {
    expect(AMT_HTTP).toBe(16992);
  });

  it('says when it cannot listen', async () => {
    const { port } = await start();
    const other = new WebService({ credentials: CREDENTIALS });
    await expect(other.listen({ host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await other.close();
  });

  it('closes its connections with it', async () => {
    const { port, service } = await start();
    const { socket, said } = await talk(port, 'GET /logon.htm HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket, 'data');
    await service.close();
    expect(await said).toContain('Log On');
  });
});
