import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { namespaceProblem, spawnInNamespace } from '../../../native/index.ts';
import { isReachable } from '../../../netlink-bridge/index.ts';
import { type AttributePair, concat, encodeAttributes } from '../../../netlink-bridge/netlink/attributes.ts';
import { rtnetlinkEventOf } from '../../../netlink-bridge/rtnetlink/decode.ts';

const [NEWLINK, DELLINK, NEWADDR, DELADDR] = [16, 17, 20, 21];
const ADDRESS = { id: 1, name: 'IFA_ADDRESS' };
const LOCAL = { id: 2, name: 'IFA_LOCAL' };
const IFNAME = { id: 3, name: 'IFLA_IFNAME' };

const read = (type: number, header: readonly number[], ...pairs: AttributePair[]) =>
  rtnetlinkEventOf({
    type,
    flags: 0,
    sequence: 0,
    port: 0,
    payload: concat([Uint8Array.from(header), encodeAttributes(pairs)]),
  });

describe('addresses', () => {
  /** struct ifaddrmsg of interface 7. */
  const header = (family: number, scope: number) => [family, 24, 0, scope, 7, 0, 0, 0];

  it('of IPv4: the own end, not the other one', () => {
    const [own, other] = [Uint8Array.of(192, 0, 2, 7), Uint8Array.of(192, 0, 2, 8)];
    const event = { type: 'address', ifindex: 7, address: '192.0.2.7', scope: 0 };
    expect(read(NEWADDR, header(2, 0), [ADDRESS, other], [LOCAL, own])).toEqual({ ...event, change: 'new' });
    expect(read(DELADDR, header(2, 0), [ADDRESS, own])).toEqual({ ...event, change: 'del' });
  });

  it('of IPv6', () => {
    const bytes = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, 1);
    expect(read(NEWADDR, header(10, 253), [ADDRESS, bytes])).toEqual({
      type: 'address',
      change: 'new',
      ifindex: 7,
      address: 'fe80:0:0:0:0:ff:fe00:1',
      scope: 253,
    });
  });

  it('of nobody: other families, other messages', () => {
    expect(read(NEWADDR, header(12, 0), [ADDRESS, Uint8Array.of(1)])).toBeUndefined();
    expect(read(24, header(2, 0))).toBeUndefined();
  });

  it('that cannot be read', () => {
    expect(() => read(NEWADDR, header(2, 0))).toThrow('IFA_ADDRESS is missing.');
    expect(() => read(NEWADDR, header(2, 0), [LOCAL, Uint8Array.of(1, 2, 3)])).toThrow('has 3 bytes');
    expect(() => read(NEWADDR, header(10, 0), [ADDRESS, new Uint8Array(4)])).toThrow('has 4 bytes');
    expect(() => read(NEWADDR, [2, 24, 0, 0])).toThrow('has 4 bytes');
  });

  it('by which others reach the interface are not those of the link or the host', () => {
    expect([0, 200, 253, 254, 255].filter(isReachable)).toEqual([0, 200]);
  });
});

describe('links', () => {
  const header = (family: number, flags: number) => [
    ...[family, 0, 1, 0, 7, 0, 0, 0],
    ...new Uint8Array(Uint32Array.of(flags, 0).buffer),
  ];

  it.each([
    [0x1003, { up: true, carrier: false }],
    [0x11043, { up: true, carrier: true }],
    [0x1002, { up: false, carrier: false }],
  ])('with flags 0x%s', (flags, state) => {
    const event = { type: 'link', ifindex: 7, name: 'wlan0', ...state };
    expect(read(NEWLINK, header(0, flags), [IFNAME, 'wlan0'])).toEqual({ ...event, change: 'new' });
    expect(read(DELLINK, header(0, flags), [IFNAME, 'wlan0'])).toEqual({ ...event, change: 'del' });
  });

  it('of a bridge are no news of the interface', () => {
    expect(read(NEWLINK, header(7, 0x1003), [IFNAME, 'wlan0'])).toBeUndefined();
  });

  it('that cannot be read', () => {
    expect(() => read(NEWLINK, header(0, 1))).toThrow('IFLA_IFNAME is missing.');
    expect(() => read(NEWLINK, header(0, 1).slice(0, 15))).toThrow('has 15 bytes');
  });
});

// A process of its own in a network namespace of its own: it does something, and prints what it hears.
describe.skipIf(process.platform !== 'linux' || namespaceProblem() !== undefined)('a namespace', () => {
  it('tells of its addresses and links, in order', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rtnetlink-'));
    try {
      const program = join(folder, 'program.mjs');
      const library = new URL('../../../dist/netlink-bridge/rtnetlink/index.js', import.meta.url);
      writeFileSync(
        program,
        `import { execFileSync } from 'node:child_process';
         import { openRtnetlink } from '${library}';
         const ip = (words) => execFileSync('ip', words.split(' '));
         ip('link add one type veth peer name two');
         ip('link set two up');
         const events = [];
         const rtnetlink = await openRtnetlink({ onEvent: (event) => {
           events.push(event);
           if (event.type === 'link' && event.change === 'del' && event.name === 'one') end();
         } });
         ip('link set one addrgenmode none');
         ip('link set one up');
         ip('addr add 192.0.2.7/24 dev one');
         ip('addr add 169.254.3.4/16 dev one scope link');
         ip('addr add 2001:db8::7/64 dev one nodad');
         const { ifindex } = JSON.parse(ip('-j link show one'))[0];
         const found = { there: await rtnetlink.addresses(ifindex), nowhere: await rtnetlink.addresses(9999) };
         ip('addr del 192.0.2.7/24 dev one');
         ip('link del one');
         function end() {
           rtnetlink.close();
           const own = events.filter((event) => event.ifindex === ifindex);
           console.log(JSON.stringify({ ...found, own, ifindex }));
         }`,
      );
      const child = spawnInNamespace(process.execPath, [program], {
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: 60_000,
      });
      const { there, nowhere, own, ifindex } = JSON.parse(await text(child.stdout!));
      expect(there).toEqual(['192.0.2.7', '2001:db8:0:0:0:0:0:7']);
      expect(nowhere).toEqual([]);
      const address = (change: string, value: string, scope: number) => ({
        type: 'address',
        change,
        ifindex,
        address: value,
        scope,
      });
      expect(own.filter(({ type }: { type: string }) => type === 'address').slice(0, 4)).toEqual([
        address('new', '192.0.2.7', 0),
        address('new', '169.254.3.4', 253),
        address('new', '2001:db8:0:0:0:0:0:7', 0),
        address('del', '192.0.2.7', 0),
      ]);
      expect(own).toContainEqual({
        type: 'link',
        change: 'new',
        ifindex,
        name: 'one',
        up: true,
        carrier: true,
      });
      expect(own.at(-1)).toMatchObject({ type: 'link', change: 'del', name: 'one' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
