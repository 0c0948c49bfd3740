import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAuthorization } from '../../../amt/web/index.ts';
import { WsmanClient, WsmanError, type WsmanOptions } from '../../../amt/wsman/index.ts';
import { answered, FAULT, SETUP } from './answers.ts';

const CREDENTIALS = { user: '$$OsAdmin', password: 'Correct-Horse-7' } as const;
const CHALLENGE = 'WWW-Authenticate: Digest realm="Digest:A1", nonce="n1",stale="false",qop="auth"';

/** One exchange as the server sees it. */
interface Seen {
  readonly authorization: string | undefined;
  readonly body: string;
}

const open: { server?: Server; sockets: Set<Socket> } = { sockets: new Set() };
afterEach(() => {
  open.server?.close();
  for (const socket of open.sockets) socket.destroy();
  open.sockets.clear();
});

/** A server that answers each connection's request with what `answer` writes, and a client of it. */
async function served(
  answer: (seen: Seen, socket: Socket, count: number) => string,
  more: Partial<WsmanOptions> = {},
) {
  const seen: Seen[] = [];
  const server = createServer((socket) => {
    open.sockets.add(socket);
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (part) => {
      text += part.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (end < 0 || text.length < end + 4 + length) return;
      const one = { authorization: /^authorization: (.*)\r$/im.exec(text)?.[1], body: text.slice(end + 4) };
      seen.push(one);
      socket.write(answer(one, socket, seen.length));
    });
  });
  open.server = server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = new WsmanClient({
    credentials: CREDENTIALS,
    connect: async () => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    },
    ...more,
  });
  return { client, seen };
}

function http(status: string, body: string, ...headers: string[]): string {
  return [`HTTP/1.1 ${status}`, `Content-Length: ${Buffer.byteLength(body)}`, ...headers, '', body].join(
    '\r\n',
  );
}

const unauthorized = (stale = false, nonce = 'n1') =>
  http('401 Unauthorized', 'no', CHALLENGE.replace('false', String(stale)).replace('n1', nonce));

/** Answers who has logged on as AMT does. */
function settings({ authorization, body }: Seen): string {
  if (authorization === undefined) return unauthorized();
  const id = /<a:MessageID>(.*?)</.exec(body)![1]!;
  const values = { DigestRealm: 'Digest:A1', ReturnValue: '0' };
  const method = /Setup_INPUT/.test(body);
  return http('200 OK', answered(method ? SETUP : { className: 'AMT_GeneralSettings' }, id, values));
}

describe('a request', () => {
  it('logs on and gives the values', async () => {
    const { client, seen } = await served(settings);
    const values = await client.get('AMT_GeneralSettings');
    expect(values.get('DigestRealm')).toEqual(['Digest:A1']);
    // Nothing is told before the other side has asked who we are.
    expect(seen.map(({ authorization, body }) => [authorization === undefined, body === ''])).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  it('uses a nonce again, with the next count', async () => {
    const { client, seen } = await served(settings);
    await client.get('AMT_GeneralSettings');
    await client.invoke('IPS_HostBasedSetupService', 'Setup', { NetAdminPassEncryptionType: 2 });
    const counts = seen.map(({ authorization }) => parseAuthorization(authorization ?? ''));
    expect(counts).toEqual([
      'other',
      expect.objectContaining({ nc: '00000001', nonce: 'n1' }),
      expect.objectContaining({ nc: '00000002', nonce: 'n1' }),
    ]);
  });

  it('takes a new nonce when the old one is stale', async () => {
    const { client, seen } = await served((one, _, count) =>
      count === 2 ? unauthorized(true, 'n2') : settings(one),
    );
    await client.get('AMT_GeneralSettings');
    expect(parseAuthorization(seen[2]!.authorization!)).toMatchObject({ nonce: 'n2', nc: '00000001' });
  });

  it('takes a new nonce when one that was good is refused', async () => {
    const { client, seen } = await served((one, _, count) =>
      count === 3 ? unauthorized(false, 'n2') : settings(one),
    );
    await client.get('AMT_GeneralSettings');
    await client.get('AMT_GeneralSettings');
    expect(seen).toHaveLength(4);
    expect(parseAuthorization(seen[3]!.authorization!)).toMatchObject({ nonce: 'n2', nc: '00000001' });
  });

  it('goes over anything that carries bytes', async () => {
    const { client } = await served(settings, {
      connect: async () => {
        const { port } = open.server!.address() as { port: number };
        const socket = connect(port, '127.0.0.1');
        await once(socket, 'connect');
        return Duplex.from({ readable: socket, writable: socket });
      },
    });
    expect((await client.get('AMT_GeneralSettings')).get('ReturnValue')).toEqual(['0']);
  });
});

describe('what goes wrong', () => {
  const failing = async (...given: Parameters<typeof served>): Promise<WsmanError> => {
    const { client } = await served(...given);
    const error = await client.get('AMT_GeneralSettings').then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof WsmanError)) throw new Error(`is no WsmanError: ${String(error)}`);
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(CREDENTIALS.password);
    return error;
  };
  const loggedOn = (then: (seen: Seen, socket: Socket) => string) => (seen: Seen, socket: Socket) =>
    seen.authorization === undefined ? unauthorized() : then(seen, socket);

  it('is a wrong password, told once', async () => {
    let asked = 0;
    const error = await failing(() => {
      asked++;
      return unauthorized();
    });
    expect(error.message).toBe('Get AMT_GeneralSettings: AMT refused user or password.');
    expect(asked).toBe(2);
  });

  it('is a fault', async () => {
    const error = await failing(loggedOn(() => http('400 Bad Request', FAULT)));
    expect(error.code).toBe('WSMAN_ERR_FAULT');
    expect(error.details.fault).toBe('DestinationUnreachable');
  });

  const long = 'x'.repeat(300 * 1024);
  it.each<[string, string, string | RegExp]>([
    ['a status', http('503 Busy', ''), 'WSMAN_ERR_HTTP'],
    ['a body that is no XML', http('200 OK', 'hello'), 'WSMAN_ERR_ANSWER'],
    ['a body that is too long', http('200 OK', long), 'WSMAN_ERR_ANSWER'],
    ['headers that are too long', http('200 OK', '', `X: ${long}`), 'WSMAN_ERR_ANSWER'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n', 'WSMAN_ERR_ANSWER'],
    ['a redirection', http('302 Found', '', 'Location: http://192.0.2.1/'), 'WSMAN_ERR_HTTP'],
  ])('is %s', async (_, answer, code) => {
    expect((await failing(loggedOn(() => answer))).code).toBe(code);
  });

  it('is an end in the middle of an answer', async () => {
    const error = await failing(
      loggedOn((_seen, socket) => {
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello');
        return '';
      }),
    );
    expect(error.code).toBe('WSMAN_ERR_LOST');
    expect(error.isOpen).toBe(true);
  });

  it('is an end before any answer', async () => {
    const error = await failing((_seen, socket) => {
      socket.destroy();
      return '';
    });
    expect(error.code).toBe('WSMAN_ERR_LOST');
  });

  it.each([
    ['no password asked for', http('200 OK', '<a/>'), 'It did not ask for a password.'],
    ['Basic', http('401 No', '', 'WWW-Authenticate: Basic realm="a"'), 'It does not offer HTTP Digest.'],
    [
      'a challenge without a nonce',
      http('401 No', '', 'WWW-Authenticate: Digest realm="a"'),
      'a realm and a nonce',
    ],
    ['only stale nonces', unauthorized(true), 'It calls every nonce stale.'],
  ])('is %s', async (_, answer, detail) => {
    const error = await failing(() => answer);
    expect(error.code).toBe('WSMAN_ERR_ANSWER');
    expect(error.message).toContain(detail);
  });

  it('is silence, for so long', async () => {
    const error = await failing(() => '', { timeoutMs: 20 });
    expect(error.code).toBe('WSMAN_ERR_TIMEOUT');
  });

  it('is a connection that never comes, or comes too late', async () => {
    let arrive = (_: Duplex) => {};
    const connecting = new Promise<Duplex>((resolve) => {
      arrive = resolve;
    });
    const error = await failing(settings, { timeoutMs: 20, connect: () => connecting });
    expect(error.code).toBe('WSMAN_ERR_TIMEOUT');
    const late = new PassThrough();
    arrive(late);
    await once(late, 'close');
  });

  it('is an answer that never ends, byte by byte', async () => {
    const error = await failing(
      loggedOn((_seen, socket) => {
        const more = () => {
          if (!socket.destroyed) socket.write('1\r\nx\r\n', () => setImmediate(more));
        };
        setImmediate(more);
        return 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
      }),
      { timeoutMs: 50 },
    );
    expect(error.code).toMatch(/WSMAN_ERR_(TIMEOUT|ANSWER)/);
  });

  it('is that there is nobody', async () => {
    const error = await failing(settings, { connect: () => Promise.reject(new Error('nobody listens.')) });
    expect(error.message).toBe(
      "Get AMT_GeneralSettings: AMT's web service cannot be reached. nobody listens.",
    );
  });

  it('is the end that the caller wants', async () => {
    const { client } = await served(() => '', { signal: AbortSignal.abort(new Error('enough')) });
    await expect(client.get('AMT_GeneralSettings')).rejects.toThrow('enough');
  });
});
