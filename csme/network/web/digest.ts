/**
 * The server's end of HTTP Digest as AMT asks for it: MD5, qop="auth", a realm of its own; and without qop for clients of RFC 2069.
 *
 * The password is forgotten at once: what stays is the hash over it that every digest begins with.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type Credentials,
  type DigestFields,
  parseAuthorization,
  responseOf,
  secretOf,
} from '../../../amt/web/index.ts';
import { NetworkError } from '../errors.ts';
import { NonceBook, type NonceOptions } from './nonces.ts';

/** What is to be done with a request. */
type Judgement =
  | { readonly verdict: 'granted' }
  /** 401 with this `WWW-Authenticate`. */
  | { readonly verdict: 'challenged'; readonly challenge: string }
  /** 400: the header is no Digest header. */
  | { readonly verdict: 'malformed'; readonly problem: string };

export class DigestGuard {
  readonly #realm: string;
  readonly #user: Buffer;
  readonly #secret: string;
  readonly #nonces: NonceBook;

  /** Throws NETWORK_ERR_CREDENTIALS when user or password is empty, or the user has what a header cannot carry. */
  constructor(realm: string, credentials: Credentials | undefined, options: NonceOptions) {
    const { user, password } = credentials ?? { user: '', password: '' };
    if (typeof user !== 'string' || user === '' || typeof password !== 'string' || password === '') {
      throw new NetworkError('NETWORK_ERR_CREDENTIALS');
    }
    if (/[:\p{Cc}]/u.test(user)) {
      throw new NetworkError('NETWORK_ERR_CREDENTIALS', {
        detail: 'The user may not have a colon or a control character.',
      });
    }
    this.#realm = realm;
    this.#user = Buffer.from(user);
    this.#secret = secretOf(user, realm, password);
    this.#nonces = new NonceBook(options);
  }

  /** `target` is the request's target as it stands in the request line. */
  judge(method: string, target: string, header: string | undefined): Judgement {
    if (header === undefined) return this.#challenge(false);
    const fields = parseAuthorization(header);
    if (fields === 'other') return this.#challenge(false);
    if ('problem' in fields) return { verdict: 'malformed', problem: fields.problem };
    if (fields.uri !== target)
      return { verdict: 'malformed', problem: 'uri is not the target of the request.' };
    if (!this.#knows(method, fields)) return this.#challenge(false);
    // Who gets here has the password, so a nonce that is no good is stale and not an attempt to guess.
    const count = fields.qop === undefined ? undefined : Number.parseInt(fields.nc, 16);
    return this.#nonces.spend(fields.nonce, count) ? { verdict: 'granted' } : this.#challenge(true);
  }

  #knows(method: string, fields: DigestFields): boolean {
    if (fields.realm !== this.#realm) return false;
    if (fields.algorithm !== undefined && fields.algorithm.toLowerCase() !== 'md5') return false;
    if (fields.qop !== undefined && fields.qop !== 'auth') return false;
    const good = Buffer.from(responseOf(this.#secret, method, fields), 'latin1');
    // Both are compared whatever the first gives: time must not tell which of them was wrong.
    const responses = timingSafeEqual(good, Buffer.from(fields.response, 'latin1'));
    const users = timingSafeEqual(sha256(this.#user), sha256(Buffer.from(fields.username, 'latin1')));
    return responses && users;
  }

  /** Spaces and quotes are AMT's. */
  #challenge(stale: boolean): Judgement {
    const challenge = `Digest realm="${this.#realm}", nonce="${this.#nonces.issue()}",stale="${stale}",qop="auth"`;
    return { verdict: 'challenged', challenge };
  }
}

function sha256(data: Uint8Array): Uint8Array {
  return createHash('sha256').update(data).digest();
}
