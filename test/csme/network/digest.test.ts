import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerChallenge, responseOf, secretOf } from '../../../amt/web/index.ts';
import { ownAmt } from '../../../csme/network/own-amt.ts';
import { DigestGuard } from '../../../csme/network/web/digest.ts';
import { CREDENTIALS } from './support.ts';

const REALM = 'Digest:0123456789ABCDEF0123456789ABCDEF';
const LIFETIME_MS = 1000;

describe('the guard', () => {
  it('asks as AMT does', () => {
    const { challenge } = guarded();
    expect(challenge()).toMatch(
      /^Digest realm="Digest:0123456789ABCDEF0123456789ABCDEF", nonce="[A-Za-z0-9+/]{32}",stale="false",qop="auth"$/,
    );
  });

  it('lets in who knows the password, and nobody else', () => {
    const { judge, challenge, answer } = guarded();
    const asked = challenge();
    expect(judge(answer(asked))).toBe('granted');
    expect(judge(answer(challenge(), { password: 'correct-horse-7' }))).toBe('stale="false"');
    expect(judge(answer(challenge(), { user: 'Admin' }))).toBe('stale="false"');
    expect(judge(answer(challenge(), {}, 'POST'))).toBe('stale="false"');
    expect(judge('Basic YWRtaW46Q29ycmVjdC1Ib3JzZS03')).toBe('stale="false"');
  });

  it('takes each count of a nonce once, in any order that connections may bring', () => {
    const { judge, challenge, answer } = guarded();
    const asked = challenge();
    for (const count of [1, 2, 5, 4, 3]) expect(judge(answer(asked, { count }))).toBe('granted');
    for (const count of [1, 2, 3, 4, 5]) expect(judge(answer(asked, { count }))).toBe('stale="true"');
    expect(judge(answer(asked, { count: 100 }))).toBe('granted');
    // Too far behind to be told from one that was used.
    expect(judge(answer(asked, { count: 68 }))).toBe('stale="true"');
    expect(judge(answer(asked, { count: 69 }))).toBe('granted');
    expect(judge(answer(asked, { count: 69 }))).toBe('stale="true"');
    expect(judge(answer(challenge(), { count: 0 }))).toBe('stale="true"');
    // A jump past all that is remembered forgets all of it.
    const other = challenge();
    for (const count of [1, 2, 34, 33, 3]) expect(judge(answer(other, { count }))).toBe('granted');
    expect(judge(answer(other, { count: 2 }))).toBe('stale="true"');
  });

  it('takes no count twice, whatever is sent', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 80 }), fc.nat(0xffffffff)), { maxLength: 60 }),
        (counts) => {
          const { judge, challenge, answer } = guarded();
          const asked = challenge();
          const granted = counts.filter((count) => judge(answer(asked, { count })) === 'granted');
          expect(new Set(granted).size).toBe(granted.length);
          // Every count that is higher than all before it is good.
          let highest = 0;
          for (const count of counts) {
            if (count > highest) expect(granted).toContain(count);
            highest = Math.max(highest, count);
          }
        },
      ),
    );
  });

  it('calls a nonce stale that is too old, of another server or made up', () => {
    const { judge, challenge, answer, wait } = guarded();
    const asked = challenge();
    wait(LIFETIME_MS);
    expect(judge(answer(asked))).toBe('granted');
    wait(1);
    expect(judge(answer(asked, { count: 2 }))).toBe('stale="true"');
    expect(judge(answer(challenge(), { count: 2 }))).toBe('granted');
    expect(judge(answer(guarded().challenge()))).toBe('stale="true"');
    // The time of a good one, and another MAC.
    const made = challenge().replace(/..",stale/, 'AA",stale');
    expect(judge(answer(made))).toBe('stale="true"');
    // Only who knows the password learns that.
    expect(judge(answer(made, { password: 'x' }))).toBe('stale="false"');
  });

  it('forgets the oldest of many nonces, and then takes none of its age again', () => {
    const { judge, challenge, answer, wait } = guarded();
    const asked = Array.from({ length: REMEMBERED + 1 }, () => {
      wait(1);
      return challenge();
    });
    for (const nonce of asked) expect(judge(answer(nonce))).toBe('granted');
    // The first was forgotten: its count 1 must not be good again.
    expect(judge(answer(asked[0]!))).toBe('stale="true"');
    expect(judge(answer(asked[0]!, { count: 2 }))).toBe('stale="true"');
    for (const nonce of asked.slice(1)) expect(judge(answer(nonce, { count: 2 }))).toBe('granted');
  });

  it('is not moved by requests without the password', () => {
    const { judge, challenge, answer } = guarded();
    const asked = challenge();
    expect(judge(answer(asked))).toBe('granted');
    for (let i = 0; i < 10 * REMEMBERED; i++) judge(answer(challenge(), { password: 'guess' }));
    expect(judge(answer(asked, { count: 2 }))).toBe('granted');
  });

  it('lets a client without qop use a nonce once', () => {
    const { judge, challenge } = guarded();
    const header = written(challenge(), undefined);
    expect(judge(header)).toBe('granted');
    expect(judge(header)).toBe('stale="true"');
  });

  it('takes no qop that it did not offer, though its digest is right', () => {
    const { judge, challenge } = guarded();
    expect(judge(written(challenge(), 'auth'))).toBe('granted');
    expect(judge(written(challenge(), 'auth-int'))).toBe('stale="false"');
  });

  it('knows users that are not ASCII', () => {
    const user = 'Verwalter-ä"\\';
    const { judge, challenge, answer } = guarded({ user, password: 'ö' });
    const header = answer(challenge(), { user, password: 'ö' });
    expect(judge(Buffer.from(header).toString('latin1'))).toBe('granted');
  });

  it.each([
    ['another user', (h: string) => h.replace('username="admin"', 'username="root"'), 'stale="false"'],
    ['another realm', (h: string) => h.replace(/realm="[^"]*"/, 'realm="Digest:00"'), 'stale="false"'],
    ['another algorithm', (h: string) => `${h}, algorithm=SHA-256`, 'stale="false"'],
    ['MD5 by name', (h: string) => `${h}, algorithm="md5"`, 'granted'],
    ['qop of integrity', (h: string) => h.replace('qop=auth', 'qop=auth-int'), 'stale="false"'],
    ['another target', (h: string) => h.replace('uri="/"', 'uri="/x"'), 'malformed'],
    ['no response', (h: string) => h.replace(/response="[^"]*", /, ''), 'malformed'],
    ['a short response', (h: string) => h.replace(/response="[0-9a-f]/, 'response="'), 'malformed'],
    ['no nc', (h: string) => h.replace(/ nc=[0-9a-f]*,/, ''), 'malformed'],
    ['a long nc', (h: string) => h.replace(/nc=0/, 'nc=00'), 'malformed'],
    ['an empty cnonce', (h: string) => h.replace(/cnonce="[^"]*"/, 'cnonce=""'), 'malformed'],
    ['a field twice', (h: string) => `${h}, uri="/"`, 'malformed'],
    ['nothing', () => 'Digest', 'malformed'],
    ['too much', (h: string) => `${h}, x="${'y'.repeat(5000)}"`, 'malformed'],
  ])('judges %s', (_, change, verdict) => {
    const { judge, challenge, answer } = guarded();
    expect(judge(change(answer(challenge())))).toBe(verdict);
  });

  it.each([
    ['none', undefined],
    ['no user', { user: '', password: 'x' }],
    ['no password', { user: 'admin', password: '' }],
    ['a user with a colon', { user: 'a:b', password: 'x' }],
    ['a user with a line break', { user: 'a\nb', password: 'x' }],
  ])('needs credentials: %s', (_, credentials) => {
    expect(() => ownAmt(credentials)).toThrow(expect.objectContaining({ code: 'NETWORK_ERR_CREDENTIALS' }));
  });
});

/** A header by hand, with a digest that is right for its qop. */
function written(challenge: string, qop: string | undefined): string {
  const nonce = /nonce="([^"]+)"/.exec(challenge)![1]!;
  const { user: username, password } = CREDENTIALS;
  const [nc, cnonce] = ['00000001', 'c'];
  const fields = { username, realm: REALM, nonce, uri: '/', nc, cnonce, qop, algorithm: undefined };
  const response = responseOf(secretOf(username, REALM, password), 'GET', fields);
  const more = qop === undefined ? '' : `, qop=${qop}, nc=${nc}, cnonce="${cnonce}"`;
  return `Digest username="${username}", realm="${REALM}", nonce="${nonce}", uri="/", response="${response}"${more}`;
}

const REMEMBERED = 8;

function guarded(credentials: { user: string; password: string } = CREDENTIALS) {
  let nowMs = 5;
  const guard = new DigestGuard(REALM, {
    now: () => nowMs,
    lifetimeMs: LIFETIME_MS,
    remembered: REMEMBERED,
  });
  const { user, password } = credentials;
  const accounts = new Map([[user, secretOf(user, REALM, password)]]);
  const judged = (header: string | undefined) => guard.judge('GET', '/', header, accounts);
  return {
    wait: (ms: number) => {
      nowMs += ms;
    },
    challenge: () => {
      const judgement = judged(undefined);
      return judgement.verdict === 'challenged' ? judgement.challenge : '';
    },
    /** The verdict, and of a challenge whether it says that the nonce was stale. */
    judge: (header: string) => {
      const judgement = judged(header);
      return judgement.verdict === 'challenged'
        ? /stale="[a-z]+"/.exec(judgement.challenge)![0]
        : judgement.verdict;
    },
    answer: (
      challenge: string,
      given: { user?: string; password?: string; count?: number } = {},
      method = 'GET',
    ) => {
      const { count = 1, ...rest } = given;
      return answerChallenge(challenge, {
        credentials: { ...credentials, ...rest },
        method,
        uri: '/',
        count,
      });
    },
  };
}
