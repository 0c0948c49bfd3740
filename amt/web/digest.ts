/** The arithmetic of HTTP Digest with MD5, which both ends do: RFC 7616 §3.4. */
import { createHash } from 'node:crypto';
import type { DigestFields } from './authorization.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** H(A1): RFC 7616 §3.4.2. Everything that a server must keep of a password. */
export function secretOf(user: string, realm: string, password: string): string {
  return md5(`${user}:${realm}:${password}`);
}

/** The response of RFC 7616 §3.4.1, and of RFC 2069 where there is no qop. The fields are taken as Latin-1 text. */
export function responseOf(secret: string, method: string, fields: Omit<DigestFields, 'response'>): string {
  const request = md5(Buffer.from(`${method}:${fields.uri}`, 'latin1'));
  const middle =
    fields.qop === undefined ? fields.nonce : `${fields.nonce}:${fields.nc}:${fields.cnonce}:${fields.qop}`;
  return md5(Buffer.from(`${secret}:${middle}:${request}`, 'latin1'));
}

function md5(data: string | Uint8Array): string {
  return createHash('md5').update(data).digest('hex');
}
