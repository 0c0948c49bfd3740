/** Generators for the Rx filter: filter sets and frames that have values in common, so that rules are met and just missed. */
import fc from 'fast-check';
import { decodeOobFilters, OOB_FILTERS_LEN, type OobFilters } from '../../sap/index.ts';

/** A filter set: rules over few values with random flags, or any 156 bytes. */
export function anyFilters(): fc.Arbitrary<OobFilters> {
  const bytes = fc.oneof({ weight: 8, arbitrary: filterBytes() }, exactly(OOB_FILTERS_LEN));
  return bytes.map((raw) => decodeOobFilters(raw) as OobFilters);
}

/** A frame of any kind that the filter tells apart, cut off anywhere or whole, or any bytes. */
export function anyFrame(): fc.Arbitrary<Uint8Array> {
  const whole = fc
    .tuple(address(), address(), tag(), fc.oneof(ipv4(), arp(), other()))
    .map((parts) => joined(...parts));
  const cut = fc.tuple(whole, fc.nat(80)).map(([frame, length]) => frame.slice(0, length));
  return fc.oneof(
    { weight: 6, arbitrary: whole },
    { weight: 2, arbitrary: cut },
    fc.uint8Array({ maxLength: 80 }),
  );
}

const PORTS = [0, 67, 68, 623, 0x0244, 16992, 16993, 5900, 0x6042, 0xffff];
const ADDRESSES = [0, 0xc000020a, 0xc000020b, 0x0a0002c0, 0xffffffff];
const GROUPS = [
  '01005e0000fb',
  '01005e7ffffa',
  '3333000000fb',
  'ffffffffffff',
  '02005e005310',
  '01005e0000fa',
];

function filterBytes(): fc.Arbitrary<Uint8Array> {
  const flex = fc.tuple(word16(PORTS), word16(PORTS), mostly(0x02, 0x3f), byte());
  const eth = fc.tuple(address(), mostly(0x04, 0x07));
  return fc
    .tuple(
      fc.array(flex, { minLength: 14, maxLength: 14 }),
      mostly(0x01, 0x03),
      exactly(19),
      fc.array(eth, { minLength: 5, maxLength: 5 }),
      byte(),
      word32(ADDRESSES),
      mostly(0x15, 0x3f),
      exactly(11),
    )
    .map((parts) => joined(...parts.flat(2)));
}

function ipv4(): fc.Arbitrary<Uint8Array> {
  const first = fc.oneof(fc.constant(Uint8Array.of(0x45)), byte());
  const protocol = fc.oneof(
    fc.constantFrom(1, 6, 17, 58).map((n) => Uint8Array.of(n)),
    byte(),
  );
  return fc
    .tuple(first, exactly(8), protocol, exactly(6), word32(ADDRESSES), fc.uint8Array({ maxLength: 8 }), l4())
    .map(([ihl, a, p, b, dst, options, payload]) => {
      const padded = ihl[0]! > 0x45 ? options : new Uint8Array(0);
      return joined(Uint8Array.of(8, 0), ihl, a, p, b, dst, padded, payload);
    });
}

function l4(): fc.Arbitrary<Uint8Array> {
  const ports = fc.tuple(word16(PORTS), word16(PORTS), fc.uint8Array({ minLength: 2, maxLength: 8 }));
  const icmp = fc.tuple(fc.constantFrom(0, 8), fc.constantFrom(0, 1), exactly(6));
  return fc.oneof(
    ports.map((parts) => joined(...parts)),
    icmp.map(([type, code, rest]) => joined(Uint8Array.of(type, code), rest)),
  );
}

function arp(): fc.Arbitrary<Uint8Array> {
  const fixed = fc.oneof(fc.constant(Uint8Array.of(0, 1, 8, 0)), exactly(4));
  return fc
    .tuple(fixed, exactly(2), word16([1, 2, 3, 0x0101]), exactly(16), word32(ADDRESSES))
    .map((parts) => joined(Uint8Array.of(8, 6), ...parts));
}

function other(): fc.Arbitrary<Uint8Array> {
  const type = word16([0x86dd, 0x0800, 0x0806, 0x8100, 0x0807]);
  return fc.tuple(type, fc.uint8Array({ maxLength: 60 })).map((parts) => joined(...parts));
}

function tag(): fc.Arbitrary<Uint8Array> {
  const tagged = fc.tuple(word16([0x8100, 0x88a8, 0x9100]), exactly(2)).map((parts) => joined(...parts));
  return fc.oneof({ weight: 3, arbitrary: fc.constant(new Uint8Array(0)) }, tagged);
}

function address(): fc.Arbitrary<Uint8Array> {
  const known = fc.constantFrom(...GROUPS).map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
  return fc.oneof({ weight: 5, arbitrary: known }, exactly(6));
}

/** A byte in which each of the bits `likely` is nearly always set, and others of `bits` half the time. */
function mostly(likely: number, bits: number): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.nat(255), fc.nat(9), fc.oneof({ weight: 9, arbitrary: fc.constant(bits) }, fc.constant(0xff)))
    .map(([value, dice, mask]) => Uint8Array.of((value & mask) | (dice > 0 ? likely : 0)));
}

const byte = () => exactly(1);
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const word16 = (values: number[]) =>
  fc.constantFrom(...values).map((value) => Uint8Array.of(value >>> 8, value));
const word32 = (values: number[]) =>
  fc.constantFrom(...values).map((v) => Uint8Array.of(v >>> 24, v >>> 16, v >>> 8, v));

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
