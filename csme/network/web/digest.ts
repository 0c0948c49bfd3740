/**
 * The server's end of HTTP Digest as AMT asks for it: MD5, qop="auth", a realm of its own; and without qop for clients of RFC 2069.
 *
 * Passwords are not known here: accounts have the hash over each that every digest begins with.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { type DigestFields, parseAuthorization, responseOf } from '../../../amt/web/index.ts';
import { NonceBook, type NonceOptions } from './nonces.ts';

/** What is to be done with a request. */
type Judgement =
  | { readonly verdict: 'granted'; readonly user: string }
  /** 401 with this `WWW-Authenticate`. */
  | { readonly verdict: 'challenged'; readonly challenge: string }
  /** 400: the header is no Digest header. */
  | { readonly verdict: 'malformed'; readonly problem: string };

/** Who may log on: user, and H(A1) of RFC 7616 in hex. */
export type Accounts = ReadonlyMap<string, string>;

export class DigestGuard {
  readonly #realm: string;
  readonly #nonces: NonceBook;
  /** For users that are not there: their digests take as long as others. */
  readonly #nobody = randomBytes(16).toString('hex');

  constructor(realm: string, options: NonceOptions) {
    this.#realm = realm;
    this.#nonces = new NonceBook(options);
  }

  /** `target` is the request's target as it stands in the request line. */
  judge(method: string, target: string, header: string | undefined, accounts: Accounts): Judgement {
    if (header === undefined) return this.#challenge(false);
    const fields = parseAuthorization(header);
    if (fields === 'other') return this.#challenge(false);
    if ('problem' in fields) return { verdict: 'malformed', problem: fields.problem };
    if (fields.uri !== target)
      return { verdict: 'malformed', problem: 'uri is not the target of the request.' };
    if (!this.#knows(method, fields, accounts)) return this.#challenge(false);
    // Who gets here has the password, so a nonce that is no good is stale and not an attempt to guess.
    const count = fields.qop === undefined ? undefined : Number.parseInt(fields.nc, 16);
    return this.#nonces.spend(fields.nonce, count)
      ? { verdict: 'granted', user: fields.username }
      : this.#challenge(true);
  }

  #knows(method: string, fields: DigestFields, accounts: Accounts): boolean {
    if (fields.realm !== this.#realm) return false;
    if (fields.algorithm !== undefined && fields.algorithm.toLowerCase() !== 'md5') return false;
    if (fields.qop !== undefined && fields.qop !== 'auth') return false;
    // A header's characters are bytes.
    const secret = accounts.get(Buffer.from(fields.username, 'latin1').toString());
    const good = Buffer.from(responseOf(secret ?? this.#nobody, method, fields), 'latin1');
    const right = timingSafeEqual(good, Buffer.from(fields.response, 'latin1'));
    return right && secret !== undefined;
  }

  /** Spaces and quotes are AMT's. */
  #challenge(stale: boolean): Judgement {
    const challenge = `Digest realm="${this.#realm}", nonce="${this.#nonces.issue()}",stale="${stale}",qop="auth"`;
    return { verdict: 'challenged', challenge };
  }
}
