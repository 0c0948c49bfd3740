import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { amtFilters, Csme, profile } from '../../csme/index.ts';
import { Host } from '../../ownership/index.ts';
import { compileFilter, openRxPath } from '../../rx/index.ts';
import { hexOf } from '../../sap/index.ts';
import { memoryPair, run, VirtualClock } from '../../transport/index.ts';
import { ipv4Frame, pattern } from './support/frames.ts';
import { enterNamespace, Inbox, ip, makePair, NO_VETH, Sender } from './support/veth.ts';

const HOST_PORT = 40_123;
const FLOOD = 2000;
/** Every so manieth frame is the host's own. */
const OWN_EVERY = 20;

describe.skipIf(NO_VETH !== undefined)('a flood of frames for CSME, which does not read', () => {
  beforeAll(enterNamespace);

  it("leaves the host's own traffic alone, counts what is lost, and is over when CSME reads again", async () => {
    makePair('near', 'far');
    ip('addr add 10.9.0.1/24 dev near');
    ip('link set near address 02:00:00:00:00:01');
    const own = createSocket('udp4').bind(HOST_PORT, '10.9.0.1');
    await once(own, 'listening');
    const ownGot = new Inbox<string>();
    own.on('message', (message) => ownGot.put(hexOf(message)));

    const { clock, host, runner, csmeGot } = connected();
    const seen = new Inbox<void>();
    const path = openRxPath({
      interface: 'near',
      receive: (frame, start, end) => {
        seen.put();
        return host.receive(clock.now(), frame, start, end);
      },
      batch: (deliver) => runner.turn(() => host.burst(deliver)),
      ringFull: () => host.framesDropped,
    });
    const sender = new Sender('far');

    // The clock stands still: the door bell rings, and CSME does not hear it.
    for (let n = 0; n < FLOOD; n++) {
      sender.send(n % OWN_EVERY === 0 ? forHost(n) : forCsme(n));
      await seen.next();
    }
    const wanted = FLOOD - FLOOD / OWN_EVERY;
    const during = path.statistics();
    expect(during).toMatchObject({ seen: FLOOD, droppedByKernel: 0, unusable: 0 });
    // As many as fit, each with a header of 8 bytes, into a ring that keeps one byte free.
    expect(during.forCsme).toBe(Math.floor((48_256 - 1) / (8 + forCsme(0).length)));
    expect(during.forCsme + during.droppedRingFull).toBe(wanted);
    expect(during.consumed).toBe(during.forCsme);
    for (let n = 0; n < FLOOD; n += OWN_EVERY) expect(await ownGot.next()).toBe(hexOf(payload(n)));
    expect(csmeGot).toEqual([]);

    // CSME reads: what lay in the ring is whole and in order, and so is what comes from now on.
    clock.advanceTo(clock.now() + 1000);
    expect(csmeGot.length).toBe(during.forCsme);
    for (let n = FLOOD; n < FLOOD + 100; n++) {
      sender.send(forCsme(n));
      await seen.next();
      clock.advanceTo(clock.now() + 200);
    }
    const sent = Array.from({ length: FLOOD + 100 }, (_, n) => n).filter(
      (n) => n % OWN_EVERY !== 0 || n >= FLOOD,
    );
    const expected = [...sent.slice(0, during.forCsme), ...sent.slice(wanted)];
    expect(csmeGot).toEqual(expected.map((n) => hexOf(forCsme(n))));
    expect(path.statistics()).toMatchObject({
      forCsme: during.forCsme + 100,
      droppedRingFull: during.droppedRingFull,
      droppedByKernel: 0,
    });
    path.close();
    sender.close();
    own.close();
    runner.stop();
  });
});

/** A host and a CSME with AMT's filters, joined, on a clock that a test turns. */
function connected() {
  const clock = new VirtualClock();
  const pair = memoryPair({ clock });
  const host = new Host({ compileFilter });
  const csmeGot: string[] = [];
  run(new Csme({ profile: profile({ filters: amtFilters() }) }), pair.csme, clock, {
    on: (output) => {
      if (output.type === 'frame') csmeGot.push(hexOf(output.bytes));
    },
  });
  const runner = run(host, pair.host, clock);
  void runner.call('register', {}).catch(() => {});
  void runner.call('set_netdev', { dev: 'near' }).catch(() => {});
  pair.plug();
  clock.advanceTo(clock.now() + 1000);
  return { clock, host, runner, csmeGot };
}

const payload = (n: number) => pattern(60 + (n % 7)).map((byte) => byte ^ n);
const forCsme = (n: number) => ipv4Frame({ protocol: 6, id: n, payload: pattern(60) });
const forHost = (n: number) => ipv4Frame({ protocol: 17, to: HOST_PORT, payload: payload(n) });
