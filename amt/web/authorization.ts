/**
 * The `Authorization` header of HTTP Digest, read.
 *
 * Source: RFC 7616 §3.4 and RFC 2617 §3.2.2.
 */
import { AUTHENTICATION_MAX, parameters } from './parameters.ts';

/** The fields of `Authorization: Digest …`, unquoted, as the client wrote them. */
export interface DigestFields {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  /** 32 hex digits, in lower case. */
  readonly response: string;
  readonly algorithm: string | undefined;
  /** With `qop` there are `nc` and `cnonce`; without it neither counts (RFC 2069). */
  readonly qop: string | undefined;
  /** Nonce count, 8 hex digits. */
  readonly nc: string;
  readonly cnonce: string;
}

/**
 * Reads the header. Gives its fields; `'other'` when it is of another scheme (Basic, Negotiate); or a sentence that
 * says what is wrong with it. Never throws.
 */
export function parseAuthorization(header: string): DigestFields | 'other' | { readonly problem: string } {
  if (header.length > AUTHENTICATION_MAX) return { problem: 'The Authorization header is too long.' };
  if (!/^digest(?:[ \t]|$)/i.test(header)) return 'other';
  const fields = parameters(header, 'digest'.length);
  if ('problem' in fields) return { problem: `The Authorization header ${fields.problem}` };
  for (const name of REQUIRED) {
    if (!fields.has(name)) return { problem: `The Authorization header has no ${name}.` };
  }
  const qop = fields.get('qop');
  const nc = fields.get('nc') ?? '';
  const cnonce = fields.get('cnonce') ?? '';
  const response = fields.get('response')!;
  if (!/^[0-9a-f]{32}$/i.test(response)) return { problem: 'response is not 32 hex digits.' };
  if (qop !== undefined) {
    if (!/^[0-9a-f]{8}$/i.test(nc)) return { problem: 'With qop, nc must be there and have 8 hex digits.' };
    if (cnonce === '') return { problem: 'With qop, cnonce must be there.' };
  }
  return {
    username: fields.get('username')!,
    realm: fields.get('realm')!,
    nonce: fields.get('nonce')!,
    uri: fields.get('uri')!,
    response: response.toLowerCase(),
    algorithm: fields.get('algorithm'),
    qop,
    nc,
    cnonce,
  };
}

const REQUIRED = ['username', 'realm', 'nonce', 'uri', 'response'] as const;
