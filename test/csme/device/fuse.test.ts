import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cuseInitOut,
  decodeFuseRequest,
  encodePollWake,
  encodeReply,
  ioctlOut,
  openOut,
  pollOut,
  writeOut,
} from '../../../csme/device/fuse.ts';
import { RequestWriter, readReply } from '../../../fuzz/cuse-requests.ts';
import { bytesOfHex, hexOf } from '../../../sap/index.ts';

const bytes = (hex: string) => bytesOfHex(hex.replaceAll(/\s/g, ''))!;

describe('requests of Linux 6.1, as its /dev/cuse gave them', () => {
  it.each([
    [
      'CUSE_INIT',
      '38000000001000000200000000000000000000000000000000000000000000008c000000000000000700000026000000 0000000001000000',
      { name: 'CUSE_INIT', opcode: 4096, unique: 2n, major: 7, minor: 38, flags: 1 },
    ],
    [
      'OPEN',
      '300000000e000000040000000000000000000000000000000000000000000000a9000000000000000280000000000000',
      { name: 'OPEN', opcode: 14, unique: 4n, flags: 0x8002 },
    ],
    [
      'IOCTL, connect with a tag',
      '5c00000027000000060000000000000000000000000000000000000000000000a9000000000000000100000000000000' +
        '000000000448 14c090de5d8dfe7f0000140000001400000000009e5a577e574e8e5700000000000103000000',
      {
        name: 'IOCTL',
        opcode: 39,
        unique: 6n,
        fh: 1n,
        flags: 0,
        number: 0xc0144804,
        outSize: 20,
        data: bytes('00009e5a577e574e8e5700000000000103000000'),
      },
    ],
    [
      'IOCTL, without an argument',
      '48000000270000000a0000000000000000000000000000000000000000000000a900000000000000010000000000000000000000015400' +
        '0000000000000000000000000000000000',
      {
        name: 'IOCTL',
        opcode: 39,
        unique: 10n,
        fh: 1n,
        flags: 0,
        number: 0x5401,
        outSize: 0,
        data: bytes(''),
      },
    ],
    [
      'WRITE',
      '5d000000100000000e0000000000000000000000000000000000000000000000a900000000000000010000000000000000000000000000' +
        '000d000000020000004641ff07e2da9ccd028000000000000040616674657220333030206869',
      {
        name: 'WRITE',
        opcode: 16,
        unique: 14n,
        fh: 1n,
        flags: 0x8002,
        data: new Uint8Array(Buffer.from('@after 300 hi')),
      },
    ],
    [
      'POLL',
      '4000000028000000100000000000000000000000000000000000000000000000a900000000000000010000000000000001000000000000' +
        '00010000001b000000',
      { name: 'POLL', opcode: 40, unique: 16n, fh: 1n, kh: 1n, flags: 1, events: 0x1b },
    ],
    [
      'READ',
      '500000000f000000140000000000000000000000000000000000000000000000a900000000000000010000000000000000000000000000' +
        '0064000000020000004641ff07e2da9ccd0280000000000000',
      { name: 'READ', opcode: 15, unique: 20n, fh: 1n, size: 100, flags: 0x8002 },
    ],
    [
      'INTERRUPT',
      '300000002400000017000000000000000000000000000000000000000000000000000000000000001600000000000000',
      { name: 'INTERRUPT', opcode: 36, unique: 23n, target: 22n },
    ],
    [
      'RELEASE',
      '40000000120000001c00000000000000000000000000000000000000000000000000000000000000010000000000000002880000000000' +
        '000000000000000000',
      { name: 'RELEASE', opcode: 18, unique: 28n, fh: 1n },
    ],
  ])('%s', (_, hex, expected) => {
    const request = decodeFuseRequest(bytes(hex));
    expect(request).toEqual(expected);
  });
});

describe('replies that Linux 6.1 took', () => {
  it.each([
    [
      'the device',
      encodeReply(2n, 0, cuseInitOut({ minor: 38, maxRead: 131072, maxWrite: 131072, name: 'mei0' })),
      `650000000000000002000000000000000700000026000000000000000000000000000200000002000000000000000000${'00'.repeat(40)}` +
        '4445564e414d453d6d65693000',
    ],
    [
      'a handle',
      encodeReply(4n, 0, openOut(1n)),
      '2000000000000000040000000000000001000000000000000000000000000000',
    ],
    [
      'an ioctl that gives 8 bytes',
      encodeReply(6n, 0, ioctlOut(), bytes('0010000002000000')),
      '28000000000000000600000000000000000000000000000000000000000000000010000002000000',
    ],
    ['ENOTTY', encodeReply(10n, 25), '10000000e7ffffff0a00000000000000'],
    [
      '13 bytes written',
      encodeReply(14n, 0, writeOut(13)),
      '18000000000000000e000000000000000d00000000000000',
    ],
    ['events', encodeReply(18n, 0, pollOut(0x41)), '180000000000000012000000000000004100000000000000'],
    ['bytes read', encodeReply(20n, 0, bytes('6869')), '120000000000000014000000000000006869'],
    ['a wake-up', encodePollWake(1n), '180000000100000000000000000000000100000000000000'],
  ])('%s', (_, encoded, hex) => {
    expect(hexOf(encoded)).toBe(hex);
  });

  it('an error has nothing behind it', () => {
    expect(encodeReply(1n, 5, bytes('0102'))).toHaveLength(16);
  });
});

describe('what is no request', () => {
  const good = () => new RequestWriter().write(1n, bytes('010203'));
  const header = { opcode: 16, unique: 2n };

  it.each([0, 1, 39])('%i bytes are no header', (length) => {
    expect(decodeFuseRequest(good().slice(0, length))).toMatchObject({ header: undefined });
  });

  it.each([40, 79, 82])('a write of %i bytes that says it has 83', (length) => {
    expect(decodeFuseRequest(good().slice(0, length))).toMatchObject({ header });
  });

  it('a part that is missing, whatever the header says', () => {
    const request = good().slice(0, 79);
    request[0] = 79;
    expect(decodeFuseRequest(request)).toEqual({
      problem: 'opcode 16 has 39 bytes, at least 40 are needed',
      header,
    });
  });

  it.each([2, 4, 0xff])('data whose length is said to be %i', (size) => {
    const request = good();
    request[56] = size;
    expect(decodeFuseRequest(request)).toMatchObject({
      problem: `WRITE says ${size} bytes of data, 3 are there`,
    });
  });

  it('the number 0, which a reply cannot have', () => {
    const request = good();
    request[8] = 0;
    expect(decodeFuseRequest(request)).toMatchObject({ header: undefined });
  });

  it('an opcode that is not known is a request, of which nothing is known', () => {
    expect(decodeFuseRequest(new RequestWriter().other(999, 5))).toEqual({
      name: 'UNKNOWN',
      opcode: 999,
      unique: 2n,
    });
  });
});

describe('properties', () => {
  it('any bytes are a request or a problem', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (input) => {
        const request = decodeFuseRequest(input);
        expect('problem' in request || 'name' in request).toBe(true);
      }),
    );
  });

  it('what is around a request makes no difference', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        fc.uint8Array({ maxLength: 64 }),
        (fh, data) => {
          const request = new RequestWriter().write(fh, data, 7);
          const room = new Uint8Array(request.length + 20).fill(0xee);
          room.set(request, 10);
          const part = room.subarray(10, 10 + request.length);
          expect(decodeFuseRequest(part)).toEqual({ ...header(16), name: 'WRITE', fh, data, flags: 7 });
        },
      ),
    );
  });

  it('a reply says its length, its number and its errno', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }),
        fc.integer({ min: 0, max: 511 }),
        fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 3 }),
        (unique, errno, parts) => {
          const body = errno === 0 ? Uint8Array.from(parts.flatMap((part) => [...part])) : new Uint8Array(0);
          expect(readReply(encodeReply(unique, errno, ...parts))).toEqual({ unique, errno, body });
        },
      ),
    );
  });
});

function header(opcode: number) {
  return { opcode, unique: 2n };
}
