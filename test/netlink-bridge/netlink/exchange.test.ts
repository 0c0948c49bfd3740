import { constants } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributeIds, concat, encodeAttributes } from '../../../netlink-bridge/netlink/attributes.ts';
import { VENDOR_MEANINGS } from '../../../netlink-bridge/netlink/errors.ts';
import { type Ending, Exchange, type NetlinkRequest } from '../../../netlink-bridge/netlink/exchange.ts';
import {
  encodeMessage,
  NLM_F_ACK,
  NLM_F_ACK_TLVS,
  NLM_F_CAPPED,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  NLMSG_OVERRUN,
  splitMessages,
} from '../../../netlink-bridge/netlink/message.ts';
import { hexOf } from '../../../sap/index.ts';

const PORT = 0x12345;
const FAMILY = 28;
const NLMSGERR = attributeIds('', { MSG: 1, OFFS: 2, MISS_TYPE: 5 });

const ONE: NetlinkRequest = { what: 'ONE', type: FAMILY, payload: Uint8Array.of(1, 2, 3, 4) };
const LISTING: NetlinkRequest = { ...ONE, what: 'LISTING', dump: true };

type Said = { type: number; flags?: number; sequence: number; port?: number; payload?: Uint8Array };
const said = ({ type, flags = 0, sequence, port = PORT, payload = new Uint8Array(0) }: Said) =>
  encodeMessage({ type, flags, sequence, port, payload });
const number = (value: number) => new Uint8Array(Int32Array.of(value).buffer);
/** An error as the kernel makes it for a socket with NETLINK_CAP_ACK: the number, and the header of the request. */
const error = (sequence: number, errno: number, words: Uint8Array = new Uint8Array(0)) =>
  said({
    type: NLMSG_ERROR,
    sequence,
    flags: NLM_F_CAPPED | (words.length > 0 ? NLM_F_ACK_TLVS : 0),
    payload: concat([number(-errno), new Uint8Array(16), words]),
  });
const answer = (sequence: number, byte: number, flags = 0) =>
  said({ type: FAMILY, sequence, flags, payload: Uint8Array.of(byte) });
const done = (sequence: number, errno = 0, flags = 0) =>
  said({ type: NLMSG_DONE, sequence, flags, payload: number(-errno) });

const bytesOf = (ending: Ending | undefined) =>
  ending && 'answers' in ending ? ending.answers.map(({ payload }) => hexOf(payload)).join(' ') : undefined;
const errorOf = (ending: Ending | undefined) => (ending && 'error' in ending ? ending.error : undefined);

describe('a request', () => {
  it('has the header of netlink', () => {
    const { bytes } = new Exchange(PORT).begin(ONE);
    expect(hexOf(bytes)).toBe('14000000' + '1c00' + '0500' + '01000000' + '45230100' + '01020304');
    expect(splitMessages(bytes)[0]!.flags).toBe(NLM_F_REQUEST | NLM_F_ACK);
    expect(splitMessages(new Exchange(PORT).begin(LISTING).bytes)[0]!.flags).toBe(NLM_F_REQUEST | NLM_F_DUMP);
  });

  it('ends with its acknowledgement, and not with its answer', () => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(ONE);
    expect(exchange.receive(answer(sequence, 7))).toEqual([]);
    const [ending] = exchange.receive(error(sequence, 0));
    expect(bytesOf(ending)).toBe('07');
    expect(exchange.receive(error(sequence, 0))).toEqual([]);
  });

  it('gets what is for it: by number, and by port', () => {
    const exchange = new Exchange(PORT);
    const [a, b] = [exchange.begin(ONE).sequence, exchange.begin(ONE).sequence];
    exchange.receive(
      concat([answer(b, 2), answer(a, 1), said({ type: FAMILY, sequence: a, port: PORT + 1 })]),
    );
    expect(exchange.receive(said({ type: NLMSG_ERROR, sequence: a, port: 0, payload: number(0) }))).toEqual(
      [],
    );
    const endings = exchange.receive(concat([error(b, 0), error(a, 0)]));
    expect(endings.map(bytesOf)).toEqual(['02', '01']);
  });

  it('that is forgotten gets nothing', () => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(ONE);
    exchange.forget(sequence);
    expect(exchange.receive(error(sequence, 0))).toEqual([]);
  });

  it('is refused with a name and words', () => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(ONE);
    const words = encodeAttributes([
      [NLMSGERR.MSG, 'Bad value'],
      [NLMSGERR.OFFS, 20],
    ]);
    const found = errorOf(exchange.receive(error(sequence, constants.errno.EINVAL, words))[0])!;
    expect([found.code, found.errnoName, found.extended]).toEqual([
      'BRIDGE_ERR_KERNEL',
      'EINVAL',
      'Bad value, about byte 20 of the request',
    ]);
    expect(found.message).toBe('The kernel refused. ONE: EINVAL (Bad value, about byte 20 of the request).');
  });

  it('is refused by a kernel that repeats all of it before the words', () => {
    const exchange = new Exchange(PORT);
    const { sequence, bytes } = exchange.begin(ONE);
    const payload = concat([number(-22), bytes, encodeAttributes([[NLMSGERR.MSG, 'No']])]);
    const [ending] = exchange.receive(said({ type: NLMSG_ERROR, sequence, flags: NLM_F_ACK_TLVS, payload }));
    expect(errorOf(ending)?.extended).toBe('No');
  });

  it('names an attribute that is missing', () => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(ONE);
    const [ending] = exchange.receive(error(sequence, 22, encodeAttributes([[NLMSGERR.MISS_TYPE, 3]])));
    expect(errorOf(ending)?.extended).toBe('attribute 3 is missing');
  });

  it.each([
    ['EPERM', 'BRIDGE_ERR_PERMISSION'],
    ['ENODEV', 'BRIDGE_ERR_ABSENT'],
    ['EOPNOTSUPP', 'BRIDGE_ERR_UNSUPPORTED'],
    ['ETIMEDOUT', 'BRIDGE_ERR_TIMEOUT'],
    ['ENOENT', 'BRIDGE_ERR_KERNEL'],
    ['EBUSY', 'BRIDGE_ERR_KERNEL'],
  ] as const)('%s is %s', (name, code) => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(ONE);
    const found = errorOf(exchange.receive(error(sequence, constants.errno[name]))[0])!;
    expect([found.code, found.errno]).toEqual([code, constants.errno[name]]);
  });

  it.each(['EOPNOTSUPP', 'ENOENT', 'ENOTTY'] as const)(
    'of a vendor: %s means that there is no iwlmei',
    (name) => {
      const exchange = new Exchange(PORT);
      const { sequence } = exchange.begin({ ...ONE, meanings: VENDOR_MEANINGS });
      const found = errorOf(exchange.receive(error(sequence, constants.errno[name]))[0])!;
      expect([found.code, found.errno]).toEqual(['BRIDGE_ERR_UNSUPPORTED', constants.errno[name]]);
      expect(found.message).toContain('CONFIG_IWLMEI');
    },
  );

  it('keeps an error number that has no name', () => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(ONE);
    expect(errorOf(exchange.receive(error(sequence, 524))[0])?.errno).toBe(524);
  });

  it.each([-1, 4096, 0x7fff_ffff])('an error number %i is none', (errno) => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(ONE);
    expect(errorOf(exchange.receive(error(sequence, errno))[0])?.code).toBe('BRIDGE_ERR_FORMAT');
  });

  it('ends when answers were lost', () => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(ONE);
    expect(errorOf(exchange.receive(said({ type: NLMSG_OVERRUN, sequence }))[0])?.code).toBe(
      'BRIDGE_ERR_FORMAT',
    );
  });
});

describe('a listing', () => {
  it('ends when it is done, in the order of its parts', () => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(LISTING);
    exchange.receive(concat([answer(sequence, 1), answer(sequence, 2)]));
    exchange.receive(answer(sequence, 3));
    expect(bytesOf(exchange.receive(done(sequence))[0])).toBe('01 02 03');
  });

  it('ends without a number, from old kernels', () => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(LISTING);
    expect(bytesOf(exchange.receive(said({ type: NLMSG_DONE, sequence }))[0])).toBe('');
  });

  it('that fails in the middle has failed', () => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(LISTING);
    const [ending] = exchange.receive(concat([answer(sequence, 1), done(sequence, constants.errno.ENOMEM)]));
    expect(errorOf(ending)?.errnoName).toBe('ENOMEM');
  });

  it.each(['a part', 'the end'])('that changed meanwhile says so, by %s', (where) => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(LISTING);
    const flags = (here: string) => (here === where ? NLM_F_DUMP_INTR : 0);
    const parts = [answer(sequence, 1, flags('a part')), done(sequence, 0, flags('the end'))];
    expect(exchange.receive(concat(parts))).toMatchObject([{ sequence, interrupted: true }]);
  });

  it('without an end is given up', () => {
    const exchange = new Exchange(PORT);
    const { sequence } = exchange.begin(LISTING);
    const part = said({ type: FAMILY, sequence, payload: new Uint8Array(2 ** 20) });
    const endings = Array.from({ length: 65 }, () => exchange.receive(part)).flat();
    expect(endings.map((ending) => errorOf(ending)?.message)).toEqual([
      'What was received cannot be read. LISTING: the answer has no end.',
    ]);
  });
});

describe('a datagram', () => {
  it.each([
    ['10000000', 'says that it has 0 bytes; there are 4'],
    [`0f000000${'00'.repeat(12)}`, 'says that it has 15 bytes; there are 16'],
    [`ffffffff${'00'.repeat(12)}`, 'says that it has 4294967295 bytes; there are 16'],
  ])('%s cannot be read', (hex, sentence) => {
    expect(() => splitMessages(Uint8Array.from(Buffer.from(hex, 'hex')))).toThrow(sentence);
  });

  it('gives back the messages that it was made of', () => {
    const message = fc.record({
      type: fc.nat(0xffff),
      flags: fc.nat(0xffff),
      sequence: fc.nat(0xffff_ffff),
      port: fc.nat(0xffff_ffff),
      payload: fc.uint8Array({ maxLength: 50 }),
    });
    fc.assert(
      fc.property(fc.array(message), (messages) => {
        expect(splitMessages(concat(messages.map(encodeMessage)))).toEqual(messages);
      }),
    );
  });
});
