/** What the tests of the web service share. */
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { answerChallenge } from '../../../amt/web/index.ts';
import { type WebOptions, WebService } from '../../../csme/network/index.ts';

export const CREDENTIALS = { user: 'admin', password: 'Correct-Horse-7' } as const;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Asked {
  readonly method?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
}

/** One request, over the connection that the options say. */
export function askBy(options: RequestOptions, body?: string | Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts),
        }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** A service on 127.0.0.1, and ways to ask it. */
export async function started(options: Partial<WebOptions> = {}) {
  const service = new WebService({ credentials: CREDENTIALS, ...options });
  const { port } = await service.listen({ host: '127.0.0.1', port: 0 });
  const ask = (path: string, { method = 'GET', body, headers = {} }: Asked = {}): Promise<Answer> =>
    askBy({ host: '127.0.0.1', port, path, method, headers, agent: false }, body);
  /** Asks as who has the password does: once for the challenge, and again. */
  const logOn = async (path: string, asked: Asked = {}): Promise<Answer> => {
    const method = asked.method ?? 'GET';
    const challenge = (await ask(path, { method })).headers['www-authenticate'] ?? '';
    const authorization = answerChallenge(challenge, {
      credentials: CREDENTIALS,
      method,
      uri: path,
      count: 1,
    });
    return ask(path, { ...asked, headers: { ...asked.headers, authorization } });
  };
  return { service, port, origin: `http://127.0.0.1:${port}`, ask, logOn };
}
