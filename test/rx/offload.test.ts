import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forEachWireFrame } from '../../rx/offload.ts';
import { VNET_HEADER } from '../../rx/packet-ring.ts';
import { checksumsAreRight, ipv4Frame, leftToCard, pattern } from './support/frames.ts';

/** The frames that the wire has, as they are shown; undefined: it was refused. */
function wireFrames(frame: Uint8Array, offload: Uint8Array): Uint8Array[] | undefined {
  const memory = new Uint8Array(1 + VNET_HEADER + frame.length);
  memory.set(offload, 1);
  memory.set(frame, 1 + VNET_HEADER);
  const shown: Uint8Array[] = [];
  const known = forEachWireFrame(memory, 1 + VNET_HEADER, memory.length, (b, start, end) =>
    shown.push(b.slice(start, end)),
  );
  return known ? shown : undefined;
}

const anyIpv4 = fc.record({
  protocol: fc.constantFrom<6 | 17>(6, 17),
  payload: fc.nat(6000).map(pattern),
  id: fc.nat(0xffff),
  flags: fc.nat(0xff),
});

describe('forEachWireFrame', () => {
  it('leaves a frame alone that is done', () => {
    const frame = pattern(200);
    expect(wireFrames(frame, new Uint8Array(VNET_HEADER))).toEqual([frame]);
    // VIRTIO_NET_HDR_F_DATA_VALID: the receiver need not look at the checksum.
    expect(wireFrames(frame, Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0, 0))).toEqual([frame]);
  });

  it('completes a checksum', () => {
    fc.assert(
      fc.property(anyIpv4, (options) => {
        const whole = ipv4Frame(options);
        const { frame, offload } = leftToCard(whole);
        const [shown] = wireFrames(frame, offload)!;
        expect(checksumsAreRight(shown!)).toBe(true);
        expect(shown!.subarray(0, 34)).toEqual(whole.subarray(0, 34));
      }),
    );
  });

  it('writes the checksum 0 as 0xffff', () => {
    const payload = new Uint8Array(2);
    const before = ipv4Frame({ protocol: 17, payload });
    payload.set(before.subarray(40, 42));
    const { frame, offload } = leftToCard(ipv4Frame({ protocol: 17, payload }));
    expect(wireFrames(frame, offload)![0]!.subarray(40, 42)).toEqual(Uint8Array.of(0xff, 0xff));
  });

  it('cuts a large frame into whole ones that carry its bytes', () => {
    fc.assert(
      fc.property(anyIpv4, fc.integer({ min: 1, max: 2000 }), (options, size) => {
        const { protocol, payload } = options;
        const { frame, offload } = leftToCard(ipv4Frame(options), { type: protocol === 6 ? 1 : 5, size });
        const header = protocol === 6 ? 54 : 42;
        const shown = wireFrames(frame, offload)!;
        expect(shown.length).toBe(Math.max(1, Math.ceil(payload.length / size)));
        expect(Buffer.concat(shown.map((part) => part.subarray(header)))).toEqual(Buffer.from(payload));
        for (const part of shown) expect(checksumsAreRight(part)).toBe(true);
      }),
    );
  });

  // [what, protocol, GSO type or none, what is written into the virtio_net_hdr or the frame: offset, value]
  const REFUSED: readonly [string, 6 | 17, number | undefined, 'offload' | 'frame', number, number][] = [
    ['a checksum behind the end', 6, undefined, 'offload', 7, 0x10],
    ['segments of no bytes', 6, 1, 'offload', 4, 0],
    ['TCP over IPv6', 6, 4, 'offload', 0, 1],
    ['TCP that is UDP', 17, 1, 'offload', 0, 1],
    ['UDP that is TCP', 6, 5, 'offload', 0, 1],
    ['IPv6', 6, 1, 'frame', 12, 0x86],
    ['an IP header below 20 bytes', 6, 1, 'frame', 14, 0x44],
    ['an IP header behind the end', 6, 1, 'frame', 14, 0x4f],
    ['a TCP header below 20 bytes', 6, 1, 'frame', 46, 0x40],
    ['a TCP header behind the end', 6, 1, 'frame', 46, 0xf0],
  ];
  it.each(REFUSED)('refuses %s and shows nothing', (_, protocol, type, where, at, value) => {
    const gso = type === undefined ? undefined : { type, size: 10 };
    const made = leftToCard(ipv4Frame({ protocol, payload: pattern(20) }), gso);
    made[where][at] = value;
    expect(wireFrames(made.frame, made.offload)).toBeUndefined();
  });
});
