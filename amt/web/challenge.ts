/** The other end of HTTP Digest: what a client answers to a challenge. */
import { randomBytes } from 'node:crypto';
import { type Credentials, responseOf, secretOf } from './digest.ts';

export interface DigestRequest {
  readonly credentials: Credentials;
  readonly method: string;
  /** The target of the request, as it stands in the request line. */
  readonly uri: string;
  /** How often the challenge's nonce is used with this request, from 1. */
  readonly count: number;
}

/** The `Authorization` for a request after `WWW-Authenticate: challenge`, which must be a Digest of MD5 with qop="auth". */
export function answerChallenge(challenge: string, request: DigestRequest): string {
  const { credentials, method, uri, count } = request;
  const realm = quoted(challenge, 'realm');
  const nonce = quoted(challenge, 'nonce');
  const nc = count.toString(16).padStart(8, '0');
  const cnonce = randomBytes(8).toString('hex');
  const username = credentials.user;
  const fields = { username, realm, nonce, uri, nc, cnonce, qop: 'auth', algorithm: undefined };
  const response = responseOf(secretOf(username, realm, credentials.password), method, fields);
  const parameters = [
    `username="${username.replace(/["\\]/g, '\\$&')}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${uri}"`,
    `response="${response}"`,
    `qop=auth, nc=${nc}, cnonce="${cnonce}"`,
  ];
  return `Digest ${parameters.join(', ')}`;
}

function quoted(challenge: string, name: string): string {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';
}
