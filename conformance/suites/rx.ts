/** The path of frames: what the filters give to CSME, what the host keeps, what CSME sends. */
import { encodeSap, hexOf, type OobFilters, untag } from '../../sap/index.ts';
import { LLMNR, MDNS, SSDP, wantAll, wantMany, wantManyElsewhere } from '../filters.ts';
import { arp, dhcpSent, icmp, ipv6, macBytes, OTHER_IP, other, padded, tagged, tcp, udp } from '../frames.ts';
import { filters, up } from '../opening.ts';
import type { Play, Scenario } from '../scenario.ts';
import { anyOf, copy, frame, message } from '../seen.ts';
import { QUIET, SOON, type Stage } from '../stage.ts';

/** CSME alone, the host alone, or both. */
type Verdict = 'csme' | 'host' | 'both';
type Row = readonly [what: string, frame: Uint8Array, verdict: Verdict];

const PORTS: readonly Row[] = [
  ['a port of CSME over TCP', tcp(16992), 'csme'],
  ['a port of CSME, kept by the host, too', tcp(16994), 'both'],
  ['another port', tcp(443), 'host'],
  ['the port of a TCP filter over UDP', udp(16992), 'host'],
  ['the port of a UDP filter', udp(623), 'csme'],
  ['the port of a UDP filter over TCP', tcp(623), 'host'],
  ['a source port', udp(40_000, { from: 5353 }), 'both'],
  ['a filter of either protocol, over UDP', udp(7777), 'csme'],
  ['a port of CSME at another address', tcp(16992, { ip: OTHER_IP }), 'host'],
  ['a filter without address, at another address', tcp(5900, { ip: OTHER_IP }), 'csme'],
  ['a filter behind a disabled one', tcp(9999), 'host'],
  ['a disabled filter', tcp(8888), 'host'],
];
const IP: readonly Row[] = [
  ['an ARP request for CSME', arp(1), 'both'],
  ['an ARP request for another', arp(1, OTHER_IP), 'host'],
  ['an ARP reply', arp(2), 'csme'],
  ['an ARP reply of another', arp(2, OTHER_IP), 'csme'],
  ['an echo request', icmp(8), 'host'],
  ['an echo reply', icmp(0), 'csme'],
  ['an echo request with a code', icmp(8, 1), 'csme'],
  ['an ICMP message to another', icmp(0, 0, OTHER_IP), 'host'],
  ['an IPv6 frame', ipv6(), 'host'],
  ['another protocol', other(), 'host'],
];
const MULTICAST: readonly Row[] = [
  ['multicast that CSME wants, kept by the host, too', other(macBytes(MDNS)), 'both'],
  ['multicast that CSME wants alone', other(macBytes(SSDP)), 'csme'],
  ['multicast that is judged further, and has no rule', other(macBytes(LLMNR)), 'host'],
  ['multicast that is judged further, and has one', tcp(16992, { destination: macBytes(LLMNR) }), 'csme'],
  ['multicast that no filter names', other(macBytes(0x01005e010203)), 'host'],
];
const VLAN: readonly Row[] = [
  ['a tagged frame to a port of CSME', tagged(tcp(16992)), 'csme'],
  ['a frame with a provider tag', tagged(tcp(16992), 0x88a8), 'csme'],
  ['a tagged frame to another port', tagged(tcp(443)), 'host'],
  ['a frame with two tags', tagged(tagged(tcp(16992))), 'host'],
];

export const RX: readonly Scenario[] = [
  verdicts('rx-ports', 'Ports over TCP and UDP', wantMany, PORTS),
  verdicts('rx-ip', 'ARP, ICMP, and what is no IPv4', wantMany, IP),
  verdicts('rx-multicast', 'Multicast', wantMany, MULTICAST),
  verdicts('rx-vlan', 'VLAN tags', wantMany, VLAN),
  {
    id: 'rx-before-filters',
    suite: 'rx',
    title: 'Before the first CSME_FILTERS everything stays with the host',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true });
      const from = s.log.length;
      const frames = [tcp(16992), arp(1), other(macBytes(MDNS))];
      for (const bytes of frames) yield* judged(s, 'a frame before the filters', bytes, 'host');
      yield* s.settle(QUIET);
      for (const bytes of frames) notForCsme(s, 'a frame before the filters', bytes, from);
    },
  },
  {
    id: 'rx-new-filters',
    suite: 'rx',
    title: 'New filters replace those before',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true, filters: wantMany() });
      yield* judged(s, 'a frame that the first set wants', tcp(16992), 'csme');
      yield* filters(s, wantManyElsewhere());
      const from = s.log.length;
      yield* judged(s, 'a frame that the second set does not want', tcp(16992), 'host');
      yield* judged(s, 'a frame that the second set wants', tcp(16992, { ip: OTHER_IP }), 'csme');
      notForCsme(s, 'a frame that the second set does not want', tcp(16992), from);
    },
  },
  {
    id: 'rx-amt-disabled',
    suite: 'rx',
    title: 'AMT is disabled: everything stays with the host',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true, filters: wantMany() });
      yield* judged(s, 'a frame while AMT is enabled', tcp(16992), 'csme');
      yield* s.tell({ name: 'AMT_STATE', enabled: 0 });
      const from = s.log.length;
      yield* judged(s, 'a frame while AMT is disabled', tcp(16992), 'host');
      yield* s.settle(QUIET);
      notForCsme(s, 'a frame while AMT is disabled', tcp(16992), from);
    },
  },
  {
    id: 'rx-sizes',
    suite: 'rx',
    title: 'Frames of all sizes reach CSME whole, and in their order',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true, filters: wantAll() });
      s.mark();
      const frames = [42, 60, 61, 63, 128, 1500, 1514].map((length) => padded(tcp(16992), length));
      const from = s.log.length;
      for (const bytes of frames) yield* s.receive(bytes);
      yield* s.until({ until: () => s.heard('DATA_PACKET', from) >= frames.length, withinMs: 1000 });
      const came = s.log
        .slice(from)
        .flatMap(({ message: m }) => (m?.name === 'DATA_PACKET' ? [hexOf(m.frame)] : []));
      s.check('rx.to-csme', came.length === frames.length, `${frames.length} frames`, `${came.length}`);
      const wanted = frames.map(hexOf);
      const whole = came.every((hex) => wanted.includes(hex));
      s.check('rx.bytes', whole, 'the frames as they were received', 'other bytes');
      if (whole)
        s.check(
          'rx.order',
          came.join() === wanted.slice(0, came.length).join(),
          'the order of the air',
          'another',
        );
    },
  },
  {
    id: 'rx-forward',
    suite: 'rx',
    title: 'Frames of CSME go out as they are, from 14 bytes on, in their order',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true });
      s.mark();
      const frames = [14, 15, 42, 60, 1000, 1514].map((length) => padded(tcp(443), length));
      for (const bytes of frames)
        s.csme.writeBytes(encodeSap({ name: 'DATA_PACKET', frame: bytes }, s.csme.nextSapSeq()), 'data');
      s.csme.bell();
      yield* s.read();
      for (const bytes of frames) yield* s.expect('tx.forward', frame('wlan0>peer0', bytes));
      const out = s.all({
        words: '',
        about: () => false,
        fits: ({ event }) => event.ch === 'frame' && event.dir === 'wlan0>peer0',
      });
      const order = out.map(({ event }) => (event as { bytes: Uint8Array }).bytes.length);
      s.check(
        'tx.forward',
        order.join() === frames.map((f) => f.length).join(),
        'each once, in order',
        `frames of ${order.join(', ')} bytes`,
      );
    },
  },
  {
    id: 'rx-both-ways',
    suite: 'rx',
    title: 'Frames in both directions at once',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true, filters: wantAll() });
      for (let i = 0; i < 10; i++) {
        const incoming = padded(tcp(16992, { from: 3000 + i }), 200 + i);
        const outgoing = padded(tcp(443, { from: 4000 + i }), 300 + i);
        yield* s.receive(incoming);
        s.csme.writeBytes(encodeSap({ name: 'DATA_PACKET', frame: outgoing }, s.csme.nextSapSeq()), 'data');
        s.csme.bell();
        yield* s.read();
        yield* s.expect('tx.forward', frame('wlan0>peer0', outgoing));
        yield* s.expect('rx.to-csme', copy('DATA_PACKET', incoming));
      }
    },
  },
  {
    id: 'rx-dhcp-copy',
    suite: 'rx',
    title: 'What the DHCP client sends is copied to CSME',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true });
      const { ethernet, frame80211, ivLen } = dhcpSent();
      const from = s.log.length;
      yield* s.call('tx_copy', { ivlen: ivLen, frame80211: hexOf(frame80211) });
      // The reference signals the copy with the next message only.
      yield* s.call('country', { mcc: 0x4445 });
      s.rewind(from);
      const found = yield* s.expect('tx.dhcp-copy', copy('CB_DATA_PACKET', ethernet));
      const m = found.message;
      const right =
        m?.name === 'CB_DATA_PACKET' && m.toMeFiltStatus === 0x40000000 && m.dataLen === ethernet.length;
      s.check('tx.dhcp-copy', right, 'bit 30 of to_me_filt_status, and data_len', 'other fields');
    },
  },
  {
    id: 'rx-no-other-copy',
    suite: 'rx',
    title: 'What is not DHCP is not copied',
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true });
      const { frame80211, ivLen } = dhcpSent(53);
      yield* s.call('tx_copy', { ivlen: ivLen, frame80211: hexOf(frame80211) });
      yield* s.call('country', { mcc: 0x4445 });
      yield* s.expect('settings.sent', message('COUNTRY_CODE'));
      yield* s.never('tx.dhcp-copy', message('CB_DATA_PACKET'), QUIET);
    },
  },
];

function verdicts(id: string, title: string, set: () => OobFilters, rows: readonly Row[]): Scenario {
  return {
    id,
    suite: 'rx',
    title: `${title}: who gets the frame`,
    needs: ['control'],
    *play(s) {
      yield* up(s, { netdev: true, filters: set() });
      const from = s.log.length;
      for (const [what, bytes, verdict] of rows) yield* judged(s, what, bytes, verdict);
      yield* s.settle(QUIET);
      for (const [what, bytes, verdict] of rows) {
        if (verdict === 'host') notForCsme(s, what, bytes, from);
      }
    },
  };
}

/** The frame arrives; CSME and the stack get it, or not, as the verdict says. */
function* judged(s: Stage, what: string, bytes: Uint8Array, verdict: Verdict): Play {
  yield* s.receive(bytes);
  if (verdict !== 'host') yield* reachesCsme(s, what, bytes);
  const inStack = anyOf('', frame('wlan0>stack', bytes), frame('wlan0>stack', untag(bytes)));
  const kept = yield* s.await(inStack, verdict === 'csme' ? 0 : SOON);
  const stack = verdict === 'csme' ? "is not for the host's stack" : "stays with the host's stack";
  s.check(
    'rx.host-keeps',
    (kept !== undefined) === (verdict !== 'csme'),
    `${what} ${stack}`,
    kept ? 'it is there' : 'it is not there',
  );
}

function* reachesCsme(s: Stage, what: string, bytes: Uint8Array): Play {
  const found = yield* s.await(copy('DATA_PACKET', untag(bytes)));
  const instead = s.all(message('DATA_PACKET')).find(({ taken }) => !taken);
  if (found === undefined && instead !== undefined) {
    s.check('rx.bytes', false, `${what}: its bytes for CSME`, 'other bytes');
    return;
  }
  const multicast = (bytes[0]! & 1) === 1 && bytes[0] !== 0xff;
  s.check(
    multicast ? 'rx.multicast' : 'rx.to-csme',
    found !== undefined,
    `${what} goes to CSME`,
    'it does not',
  );
}

/** Asked when the throttle has passed: a copy may come as late as that. */
function notForCsme(s: Stage, what: string, bytes: Uint8Array, from: number): void {
  const wanted = copy('DATA_PACKET', untag(bytes));
  const came = s.log.slice(from).some((seen) => wanted.fits(seen));
  s.check('rx.not-to-csme', !came, `${what} does not go to CSME`, 'it does');
}
