/**
 * Damaged challenges and answers of AMT's web service, as the WS-Management client reads them.
 *
 *     npm run fuzz -- wsman --runs 1000000 --seed 1
 *
 * Must hold in every case: nothing throws; a challenge that is taken is answered with a header that HTTP can carry, in
 * which the same realm and nonce are read again; values of an answer are there only when it has the identifier of the
 * request, and all that is taken of an answer is no more than it has.
 */
import { authorizationFor, element, parseAuthorization, parseChallenge } from '../amt/web/index.ts';
import { readAnswer, requestXml, type WsmanRequest } from '../amt/wsman/index.ts';
import { hexOf } from '../sap/index.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';
import { type FuzzReport, fuzzCases } from './report.ts';

const INPUT_MAX = 4096;

/** An execution is one header or one document. */
export function fuzzWsman(runs: number, seed: number): FuzzReport {
  return fuzzCases('wsman', runs, seed, (random) => {
    const { samples, problemOf } = random.oneIn(2) ? CHALLENGES : ANSWERS;
    const input = damaged(samples[random.below(samples.length)]!, random);
    return { hex: () => hexOf(input), ask: () => problemOf(input) };
  });
}

function damaged(sample: Uint8Array, random: Random): Uint8Array {
  const room = new Uint8Array(INPUT_MAX);
  room.set(sample);
  let length = random.oneIn(8) ? sample.length : mutate(room, sample.length, INPUT_MAX, random);
  for (let more = random.below(3); more > 0; more--) {
    const piece = PIECES[random.below(PIECES.length)]!;
    if (length + piece.length > INPUT_MAX) break;
    const at = random.below(length + 1);
    room.copyWithin(at + piece.length, at, length);
    room.set(piece, at);
    length += piece.length;
  }
  return room.slice(0, length);
}

const bytes = (text: string) => new TextEncoder().encode(text);

const PIECES = [
  ...[
    '"',
    '\\',
    ',',
    '=',
    ' ',
    'Negotiate, ',
    'Digest ',
    ', qop=auth-int',
    ', stale=true',
    ', opaque="a\\"b"',
  ],
  ...['<', '>', '&', '</a:Body>', '<![CDATA[', ']]>', '<!--', '-->', '<?x ?>', '&#0;', '&#x10ffff;', '&x;'],
  ...['<!DOCTYPE a [<!ENTITY x "y">]>', ' xmlns:a="urn:b"', '<g:A>1</g:A>', '\ufeff', '\u{10ffff}', '\0'],
].map(bytes);

interface Target {
  readonly samples: readonly Uint8Array[];
  problemOf(input: Uint8Array): string | undefined;
}

const CREDENTIALS = { user: '$$OsAdmin', password: 'Fuzz-4711' };
/** What an HTTP header can carry. */
const CARRIED = /^[\t\x20-\x7e\x80-\xff]*$/;

const CHALLENGES: Target = {
  samples: [
    'Digest realm="Digest:0123456789ABCDEF0123456789ABCDEF", nonce="zicaAAAAAAAAAAAAa8tMnB1xbyLK5UFG",stale="false",qop="auth"',
    'Negotiate, Digest realm="a", nonce="b", algorithm=MD5, qop="auth,auth-int", opaque="c"',
    'Digest realm=a,nonce=b',
  ].map(bytes),
  problemOf(input) {
    const header = Buffer.from(input).toString('latin1');
    const challenge = parseChallenge(header);
    // What HTTP cannot carry never gets here.
    if (challenge === 'other' || 'problem' in challenge || !CARRIED.test(header)) return undefined;
    const asked = { credentials: CREDENTIALS, method: 'POST', uri: '/wsman', count: 1 };
    const written = authorizationFor(challenge, asked);
    if (!CARRIED.test(written)) return 'answers with what HTTP cannot carry';
    if (written.includes(CREDENTIALS.password)) return 'tells the password';
    const read = parseAuthorization(written);
    // The opaque comes back as it is, however long.
    if (written.length > INPUT_MAX) return undefined;
    if (read === 'other' || 'problem' in read) return `answers with what cannot be read: ${written}`;
    return read.realm === challenge.realm && read.nonce === challenge.nonce
      ? undefined
      : 'answers another challenge';
  },
};

const REQUEST: WsmanRequest = { className: 'IPS_HostBasedSetupService', method: 'Setup' };
const ID = 'uuid:00000000-8086-8086-8086-000000000001';

const ANSWERS: Target = {
  samples: [
    envelope(
      element(
        'g:Setup_OUTPUT xmlns:g="http://intel.com/wbem/wscim/1/ips-schema/1/IPS_HostBasedSetupService"',
        element('g:ReturnValue', '0'),
        element('g:ReturnValue', '1'),
      ),
    ),
    envelope(
      element(
        'a:Fault',
        element('a:Code', element('a:Value', 'a:Sender'), element('a:Subcode', element('a:Value', 'b:X'))),
        element('a:Reason', element('a:Text', 'No.')),
      ),
    ),
    // An answer that is a request.
    requestXml(REQUEST, ID, 1000),
  ].map(bytes),
  problemOf(input) {
    const answer = readAnswer(input, REQUEST, ID);
    if ('problem' in answer) return undefined;
    if ('fault' in answer) {
      const { code, reason } = answer.fault;
      return code.length + reason.length <= input.length + 'unknown'.length ? undefined : 'makes up a fault';
    }
    if (!Buffer.from(input).includes(ID)) return 'takes the answer to another request';
    let taken = 0;
    for (const [name, values] of answer.values)
      for (const value of values) taken += name.length + value.length;
    return taken <= input.length ? undefined : `takes ${taken} characters of ${input.length}`;
  },
};

function envelope(content: string): string {
  return element(
    'a:Envelope xmlns:a="http://www.w3.org/2003/05/soap-envelope" xmlns:b="http://schemas.xmlsoap.org/ws/2004/08/addressing"',
    element('a:Header', element('b:RelatesTo', ID)),
    element('a:Body', content),
  );
}
