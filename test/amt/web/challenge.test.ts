import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  answerChallenge,
  authorizationFor,
  type DigestChallenge,
  parseAuthorization,
  parseChallenge,
  responseOf,
  secretOf,
} from '../../../amt/web/index.ts';

const REALM = 'Digest:0123456789ABCDEF0123456789ABCDEF';
const CREDENTIALS = { user: 'admin', password: 'Correct-Horse-7' } as const;
const ASKED = { credentials: CREDENTIALS, method: 'POST', uri: '/wsman', count: 1 } as const;

describe('a challenge', () => {
  it('is read as AMT writes it', () => {
    expect(parseChallenge(`Digest realm="${REALM}", nonce="zicaAAAA",stale="false",qop="auth"`)).toEqual({
      realm: REALM,
      nonce: 'zicaAAAA',
      opaque: undefined,
      qop: true,
      stale: false,
    });
  });

  it.each([
    ['Digest realm=a,nonce=b', { realm: 'a', nonce: 'b', qop: false }],
    ['DIGEST nonce="b", realm="a", qop="auth-int,auth", opaque="x\\"y"', { qop: true, opaque: 'x"y' }],
    ['Negotiate, Digest realm="a", nonce="b", algorithm=md5, stale=TRUE', { realm: 'a', stale: true }],
    ['Digest realm="", nonce=""', { realm: '', nonce: '' }],
  ])('%s', (header, wanted) => {
    expect(parseChallenge(header)).toMatchObject(wanted);
  });

  it.each([
    ['Basic realm="a"', 'other'],
    ['Negotiate', 'other'],
    ['', 'other'],
    ['Digest realm="a"', { problem: 'The WWW-Authenticate header needs a realm and a nonce.' }],
    ['Digest realm="a" nonce="b"', { problem: 'The WWW-Authenticate header cannot be read at character 6.' }],
    ['Digest realm=a, realm=b, nonce=c', { problem: 'The WWW-Authenticate header has realm twice.' }],
    [
      'Digest realm=a, nonce=b, algorithm=SHA-256',
      { problem: 'The challenge wants another algorithm than MD5.' },
    ],
    ['Digest realm=a, nonce=b, qop=auth-int', { problem: 'The challenge wants another qop than auth.' }],
    [`Digest realm="${'a'.repeat(4096)}", nonce=b`, { problem: 'The WWW-Authenticate header is too long.' }],
  ])('%s is none', (header, wanted) => {
    expect(parseChallenge(header)).toEqual(wanted);
    expect(() => answerChallenge(header, ASKED)).toThrow(RangeError);
  });

  it('never makes the reader throw, and what it gives is bounded', () => {
    const piece = fc.oneof(
      fc.constantFrom('Digest ', 'realm=', 'nonce=', 'qop="', '"', '\\', ',', '=', 'stale=true', ' ', 'a'),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const header = `Digest ${pieces.join('')}`;
        const read = parseChallenge(header);
        if (read === 'other' || 'problem' in read) return;
        expect(read.realm.length + read.nonce.length).toBeLessThan(header.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('an answer', () => {
  it('says what was asked and proves the password, whatever the challenge has', () => {
    const text = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
      maxLength: 40,
    });
    const challenges: fc.Arbitrary<DigestChallenge> = fc.record({
      realm: text,
      nonce: text,
      opaque: fc.option(text, { nil: undefined }),
      qop: fc.boolean(),
      stale: fc.boolean(),
    });
    fc.assert(
      fc.property(challenges, text, fc.integer({ min: 1, max: 0xffffffff }), (challenge, user, count) => {
        const credentials = { user, password: CREDENTIALS.password };
        const written = authorizationFor(challenge, { ...ASKED, credentials, count });
        const read = parseAuthorization(written);
        if (read === 'other' || 'problem' in read) throw new Error(`cannot be read: ${written}`);
        expect(read).toMatchObject({ username: user, realm: challenge.realm, nonce: challenge.nonce });
        expect(read.qop).toBe(challenge.qop ? 'auth' : undefined);
        if (challenge.qop) expect(Number.parseInt(read.nc, 16)).toBe(count);
        const secret = secretOf(user, challenge.realm, CREDENTIALS.password);
        expect(read.response).toBe(responseOf(secret, 'POST', read));
        expect(written).not.toContain(CREDENTIALS.password);
      }),
    );
  });

  it('gives the opaque back', () => {
    expect(answerChallenge('Digest realm="a", nonce="b", opaque="c\\\\d"', ASKED)).toContain(
      'opaque="c\\\\d"',
    );
  });
});
