/**
 * The client's end of HTTP Digest: a challenge, read, and what answers it.
 *
 * Source: RFC 7616 §3.3 and §3.4, RFC 2617 §3.2.1.
 */
import { randomBytes } from 'node:crypto';
import { type Credentials, responseOf, secretOf } from './digest.ts';
import { AUTHENTICATION_MAX, parameters, quoted } from './parameters.ts';

/** What a `WWW-Authenticate: Digest …` asks for, unquoted: always MD5. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** Whether qop="auth" is offered; without it the answer is that of RFC 2069. */
  readonly qop: boolean;
  /** The last answer was right, but for the age of its nonce. */
  readonly stale: boolean;
}

export interface DigestRequest {
  readonly credentials: Credentials;
  readonly method: string;
  /** The target of the request, as it stands in the request line. */
  readonly uri: string;
  /** How often the challenge's nonce is used with this request, from 1. */
  readonly count: number;
}

/** Schemes without parameters may stand before. */
const DIGEST = /^(?:[ \t]*[A-Za-z][\w-]*[ \t]*,)*[ \t]*digest(?=[ \t])/i;

/** Reads one header. Gives `'other'` when it asks for another scheme, or a sentence that says what is wrong. Never throws. */
export function parseChallenge(header: string): DigestChallenge | 'other' | { readonly problem: string } {
  if (header.length > AUTHENTICATION_MAX) return { problem: 'The WWW-Authenticate header is too long.' };
  const scheme = DIGEST.exec(header);
  if (scheme === null) return 'other';
  const fields = parameters(header, scheme[0].length);
  if ('problem' in fields) return { problem: `The WWW-Authenticate header ${fields.problem}` };
  const [realm, nonce] = [fields.get('realm'), fields.get('nonce')];
  if (realm === undefined || nonce === undefined) {
    return { problem: 'The WWW-Authenticate header needs a realm and a nonce.' };
  }
  const algorithm = fields.get('algorithm') ?? 'MD5';
  if (algorithm.toLowerCase() !== 'md5')
    return { problem: 'The challenge wants another algorithm than MD5.' };
  const offered = fields
    .get('qop')
    ?.split(',')
    .map((way) => way.trim().toLowerCase());
  if (offered !== undefined && !offered.includes('auth')) {
    return { problem: 'The challenge wants another qop than auth.' };
  }
  return {
    realm,
    nonce,
    opaque: fields.get('opaque'),
    qop: offered !== undefined,
    stale: fields.get('stale')?.toLowerCase() === 'true',
  };
}

/** The `Authorization` that answers a challenge. */
export function authorizationFor(challenge: DigestChallenge, request: DigestRequest): string {
  const { realm, nonce, opaque } = challenge;
  const { credentials, method, uri } = request;
  const username = credentials.user;
  const nc = request.count.toString(16).padStart(8, '0');
  const cnonce = randomBytes(8).toString('hex');
  const qop = challenge.qop ? 'auth' : undefined;
  const fields = { username, realm, nonce, uri, nc, cnonce, qop, algorithm: undefined };
  const response = responseOf(secretOf(username, realm, credentials.password), method, fields);
  const written = [
    `username=${quoted(username)}`,
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(uri)}`,
    `response="${response}"`,
  ];
  if (qop !== undefined) written.push(`qop=${qop}, nc=${nc}, cnonce="${cnonce}"`);
  if (opaque !== undefined) written.push(`opaque=${quoted(opaque)}`);
  return `Digest ${written.join(', ')}`;
}

/** Both in one. Throws a RangeError for what is no Digest challenge. */
export function answerChallenge(header: string, request: DigestRequest): string {
  const challenge = parseChallenge(header);
  if (challenge === 'other') throw new RangeError('The challenge is not one of HTTP Digest.');
  if ('problem' in challenge) throw new RangeError(challenge.problem);
  return authorizationFor(challenge, request);
}
