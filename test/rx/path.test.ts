import { execFileSync } from 'node:child_process';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openRxPath, type RxPathOptions } from '../../rx/path.ts';
import { type FilterVerdict, hexOf, VERDICT_CSME, VERDICT_HOST } from '../../sap/index.ts';
import { be, checksumsAreRight, ipv4Frame, leftToCard, pattern } from './support/frames.ts';
import { enterNamespace, Inbox, ip, makePair, NO_VETH, Sender } from './support/veth.ts';

describe.skipIf(NO_VETH !== undefined)('the Rx path of a veth pair', () => {
  const open: { close(): void }[] = [];
  let pairs = 0;

  beforeAll(enterNamespace);
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
  });

  /** A path on one end of a new pair, what it received and copied, and a sender at the other end. */
  function paired(options: Partial<RxPathOptions> = {}) {
    const near = `near${pairs}`;
    const far = `far${pairs++}`;
    makePair(near, far);
    const received = new Inbox<Uint8Array>();
    const copied = new Inbox<Uint8Array>();
    const path = openRxPath({
      interface: near,
      receive: (frame, start, end) => {
        received.put(frame.slice(start, end));
        return VERDICT_CSME;
      },
      copy: (frame, start, end) => copied.put(frame.slice(start, end)),
      ...options,
    });
    const sender = new Sender(far);
    open.push(path, sender);
    return { near, far, path, sender, received, copied };
  }

  it('gives the bytes of a received frame and counts the verdicts', async () => {
    const verdicts = [VERDICT_CSME, VERDICT_HOST, 3] as const;
    const got = new Inbox<string>();
    let n = 0;
    const { path, sender } = paired({
      receive: (frame, start, end) => {
        got.put(hexOf(frame.subarray(start, end)));
        return verdicts[n++]!;
      },
      ringFull: () => 17,
    });
    for (const size of [18, 1, 1400]) {
      const frame = ipv4Frame({ protocol: 6, payload: pattern(size) });
      sender.send(frame);
      expect(await got.next()).toBe(hexOf(frame));
    }
    expect(path.statistics()).toEqual({
      seen: 3,
      forCsme: 2,
      consumed: 1,
      copied: 0,
      droppedByKernel: 0,
      droppedRingFull: 17,
      unusable: 0,
      transmitted: 0,
      txDropped: 0,
    });
  });

  it('sends frames, batched, and does not get its own back', async () => {
    const { near, path, far, received, copied } = paired();
    const arrived = new Inbox<string>();
    const other = openRxPath({
      interface: far,
      receive: (frame, start, end) => {
        arrived.put(hexOf(frame.subarray(start, end)));
        return VERDICT_HOST;
      },
    });
    open.push(other);
    // A DHCP request of CSME's own: it would be copied if it came back.
    const frames = Array.from({ length: 20 }, (_, i) =>
      ipv4Frame({ protocol: 17, from: 68, to: 67, payload: pattern(i * 70) }),
    );
    for (const frame of frames) expect(path.transmit(frame)).toBe(true);
    const around = new Uint8Array(2000).fill(0xee);
    around.set(frames[3]!, 100);
    expect(path.transmit(around, 100, 100 + frames[3]!.length)).toBe(true);
    for (const frame of [...frames, frames[3]!]) expect(await arrived.next()).toBe(hexOf(frame));

    // What the interface itself receives afterwards is the first that comes.
    const sender = new Sender(far);
    open.push(sender);
    sender.send(frames[0]!);
    expect(hexOf(await received.next())).toBe(hexOf(frames[0]!));
    expect(copied.isEmpty).toBe(true);
    expect(path.statistics()).toMatchObject({ seen: 1, copied: 0, transmitted: 21, txDropped: 0 });
    expect(ip(`-s link show ${near}`)).toMatch(/TX:.*\n\s+\d+\s+21\s/);
  });

  it('copies what the DHCP client of this machine sends, and nothing else that it sends', async () => {
    const { near, path, received, copied } = paired();
    const client = new Sender(near);
    open.push(client);
    client.send(ipv4Frame({ protocol: 17, from: 68, to: 69, payload: pattern(10) }));
    const request = ipv4Frame({ protocol: 17, from: 68, to: 67, payload: pattern(301) });
    const { frame, offload } = leftToCard(request);
    client.send(frame, offload);
    expect(hexOf(await copied.next())).toBe(hexOf(request));
    expect(received.isEmpty).toBe(true);
    expect(path.statistics()).toMatchObject({ seen: 0, copied: 1 });
  });

  it('gives a tagged frame without its tag', async () => {
    const { sender, received } = paired();
    const frame = ipv4Frame({ protocol: 6, payload: pattern(100) });
    const tagged = Uint8Array.from([...frame.subarray(0, 12), 0x81, 0, 0x20, 5, ...frame.subarray(12)]);
    sender.send(tagged);
    expect(hexOf(await received.next())).toBe(hexOf(frame));
  });

  it('gives a frame with two tags so that the second stays', async () => {
    const { sender, received } = paired();
    const frame = ipv4Frame({ protocol: 6, payload: pattern(100) });
    const [addresses, rest] = [frame.subarray(0, 12), frame.subarray(12)];
    const inner = [0x81, 0, 0x20, 5];
    sender.send(Uint8Array.from([...addresses, 0x88, 0xa8, 0x30, 6, ...inner, ...rest]));
    const given = Uint8Array.from([...addresses, 0x81, 0, 0, 0, ...inner, ...rest]);
    expect(hexOf(await received.next())).toBe(hexOf(given));
  });

  it('computes the checksum that a local sender left to its card', async () => {
    const { sender, received } = paired();
    for (const protocol of [6, 17] as const) {
      for (const size of [0, 1, 2, 999, 1400]) {
        const whole = ipv4Frame({ protocol, payload: pattern(size) });
        const { frame, offload } = leftToCard(whole);
        expect(checksumsAreRight(frame)).toBe(false);
        sender.send(frame, offload);
        expect(hexOf(await received.next())).toBe(hexOf(whole));
      }
    }
  });

  it('cuts a large TCP frame into those of the wire', async () => {
    const { path, sender, received } = paired();
    const payload = pattern(20_001);
    const large = ipv4Frame({ protocol: 6, payload, id: 0xfffe, flags: 0x99 });
    const { frame, offload } = leftToCard(large, { type: 1, size: 1448 });
    sender.send(frame, offload);
    for (let at = 0, i = 0; at < payload.length; at += 1448, i++) {
      const segment = await received.next();
      const last = at + 1448 >= payload.length;
      expect(segment.subarray(54)).toEqual(payload.subarray(at, at + 1448));
      expect(checksumsAreRight(segment)).toBe(true);
      expect(segment.subarray(18, 20)).toEqual(Uint8Array.from(be(0xfffe + i)));
      expect(segment.subarray(38, 42)).toEqual(Uint8Array.from([...be(0x1234), ...be(0x5678 + at)]));
      // CWR stays on the first, PSH and FIN on the last.
      expect(segment[47]).toBe((i === 0 ? 0x90 : 0x10) | (last ? 0x09 : 0));
    }
    expect(path.statistics()).toMatchObject({ seen: 14, forCsme: 14, unusable: 0 });
  });

  it('cuts a large UDP frame', async () => {
    const { sender, received } = paired();
    const payload = pattern(3001);
    const large = ipv4Frame({ protocol: 17, payload });
    const { frame, offload } = leftToCard(large, { type: 5, size: 1000 });
    sender.send(frame, offload);
    for (let at = 0; at < payload.length; at += 1000) {
      const part = ipv4Frame({ protocol: 17, payload: payload.subarray(at, at + 1000), id: 7 + at / 1000 });
      expect(hexOf(await received.next())).toBe(hexOf(part));
    }
  });

  it('filters in the kernel when it is told to, and later otherwise', async () => {
    const only = (length: number) =>
      // ld #pktlen; jeq #length, 0, 1; ret #-1; ret #0
      program([
        [0x80, 0, 0, 0],
        [0x15, 0, 1, length],
        [0x06, 0, 0, 0xffffffff],
        [0x06, 0, 0, 0],
      ]);
    const { path, sender, received } = paired({ filter: only(154) });
    const frames = [100, 101].map((size) => ipv4Frame({ protocol: 6, payload: pattern(size) }));
    const both = () => {
      for (const frame of frames) sender.send(frame);
    };
    both();
    expect((await received.next()).length).toBe(154);
    path.attach(only(155));
    both();
    expect((await received.next()).length).toBe(155);
    path.attach(new Uint8Array(0));
    both();
    expect((await received.next()).length).toBe(154);
    expect((await received.next()).length).toBe(155);
    expect(path.statistics()).toMatchObject({ seen: 4 });
  });

  it('counts what found no room in the ring, and goes on', async () => {
    const { path, sender, received } = paired({
      geometry: { blockSize: 4096, blockCount: 2, txFrameCount: 2 },
    });
    const frame = ipv4Frame({ protocol: 6, payload: pattern(1000) });
    for (let i = 0; i < 100; i++) sender.send(frame);
    let got = 0;
    while (got + path.statistics().droppedByKernel < 100) {
      await received.next();
      got++;
    }
    expect(got).toBeGreaterThanOrEqual(3);
    expect(path.statistics().droppedByKernel).toBeGreaterThan(0);
    sender.send(frame);
    expect(hexOf(await received.next())).toBe(hexOf(frame));
  });

  it('counts a frame that is larger than a block', async () => {
    const { path, sender, received } = paired({ geometry: { blockSize: 4096, blockCount: 4 } });
    const { frame, offload } = leftToCard(ipv4Frame({ protocol: 6, payload: pattern(8000) }), {
      type: 1,
      size: 1448,
    });
    sender.send(frame, offload);
    const small = ipv4Frame({ protocol: 6, payload: pattern(10) });
    sender.send(small);
    expect(hexOf(await received.next())).toBe(hexOf(small));
    expect(path.statistics()).toMatchObject({ seen: 1, unusable: 1 });
  });

  it('drops what it cannot send: no room, too large, no header', () => {
    const { path } = paired({ geometry: { txFrameCount: 2, txFrameSize: 2048 } });
    const frame = ipv4Frame({ protocol: 6, payload: pattern(10) });
    expect(path.transmit(new Uint8Array(13))).toBe(false);
    expect(path.transmit(new Uint8Array(2048 - 58 + 1))).toBe(false);
    expect(path.transmit(frame)).toBe(true);
    expect(path.transmit(frame)).toBe(true);
    expect(path.transmit(frame)).toBe(false);
    expect(path.statistics()).toMatchObject({ transmitted: 2, txDropped: 3 });
  });

  it('sends later what a full queue does not take, in order', async () => {
    const { near, far, path } = paired();
    execFileSync('tc', `qdisc add dev ${near} root tbf rate 20mbit burst 3000 limit 3000`.split(' '));
    const arrived = new Inbox<string>();
    open.push(
      openRxPath({
        interface: far,
        receive: (frame, start, end) => {
          arrived.put(hexOf(frame.subarray(start, end)));
          return VERDICT_HOST;
        },
      }),
    );
    const frames = Array.from({ length: 60 }, (_, id) =>
      ipv4Frame({ protocol: 6, id, payload: pattern(1000) }),
    );
    for (const frame of frames) expect(path.transmit(frame)).toBe(true);
    for (const frame of frames) expect(await arrived.next()).toBe(hexOf(frame));
    expect(path.statistics()).toMatchObject({ transmitted: 60, txDropped: 0 });
  });

  it('goes on when the interface was down', async () => {
    const { near, path, sender, received } = paired();
    const frame = ipv4Frame({ protocol: 6, payload: pattern(10) });
    ip(`link set ${near} down`);
    expect(path.transmit(frame)).toBe(true);
    await new Promise((resolve) => setImmediate(resolve));
    ip(`link set ${near} up`);
    sender.send(frame);
    expect(hexOf(await received.next())).toBe(hexOf(frame));
  });

  it('sends again when the interface was down for so long that the Tx ring filled up', async () => {
    const { near, far, path } = paired({ geometry: { txFrameCount: 2 } });
    const arrived = new Inbox<string>();
    const receive = (frame: Uint8Array, start: number, end: number): FilterVerdict => {
      arrived.put(hexOf(frame.subarray(start, end)));
      return VERDICT_HOST;
    };
    open.push(openRxPath({ interface: far, receive }));
    const frames = [0, 1, 2, 3].map((id) => ipv4Frame({ protocol: 6, id, payload: pattern(10) }));
    ip(`link set ${near} down`);
    for (const frame of frames.slice(0, 2)) {
      expect(path.transmit(frame)).toBe(true);
      await new Promise((resolve) => setImmediate(resolve));
    }
    ip(`link set ${near} up`);
    expect(path.transmit(frames[2]!)).toBe(false);
    for (const frame of frames.slice(0, 2)) expect(await arrived.next()).toBe(hexOf(frame));
    expect(path.transmit(frames[3]!)).toBe(true);
    expect(await arrived.next()).toBe(hexOf(frames[3]!));
    expect(path.statistics()).toMatchObject({ transmitted: 3, txDropped: 1 });
  });

  it('survives the end of its interface', async () => {
    const { near, path } = paired();
    ip(`link del ${near}`);
    for (let i = 0; i < 300; i++) path.transmit(ipv4Frame({ protocol: 6, payload: pattern(10) }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(path.statistics()).toMatchObject({ seen: 0, transmitted: 256, txDropped: 44 });
  });

  it('does not spin when nobody takes the frames of a batch', async () => {
    const woken = new Inbox<number>();
    let turns = 0;
    const { path, sender } = paired({ batch: () => woken.put(++turns) });
    const frame = ipv4Frame({ protocol: 6, payload: pattern(10) });
    sender.send(frame);
    await woken.next();
    // The loop polls the descriptor in each of these turns.
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    expect(turns).toBe(1);
    expect(path.statistics()).toMatchObject({ seen: 0, unusable: 1 });
  });

  it('ends in the middle of a batch', async () => {
    const closed = new Inbox<string>();
    let frames = 0;
    const { path, sender } = paired({
      batch: (deliver) => {
        deliver();
        closed.put('delivered');
      },
      receive: () => {
        if (++frames === 2) path.close();
        return VERDICT_CSME;
      },
    });
    const { frame, offload } = leftToCard(ipv4Frame({ protocol: 6, payload: pattern(9000) }), {
      type: 1,
      size: 1000,
    });
    sender.send(frame, offload);
    sender.send(frame, offload);
    await closed.next();
    expect(frames).toBe(2);
    expect(path.statistics()).toMatchObject({ seen: 2, forCsme: 2 });
    expect(path.transmit(frame)).toBe(false);
    path.attach(new Uint8Array(0));
    path.close();
  });

  it('names an interface that is not there, and one that has no Ethernet frames', () => {
    const receive = (): FilterVerdict => VERDICT_HOST;
    expect(() => openRxPath({ interface: 'none9', receive })).toThrow(/none9.*no such network interface/);
    ip('tuntap add dev tun9 mode tun');
    expect(() => openRxPath({ interface: 'tun9', receive })).toThrow(/tun9.*does not carry Ethernet/);
  });
});

function program(code: readonly (readonly [number, number, number, number])[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(code.length * 8));
  code.forEach(([op, jt, jf, k], i) => {
    bytes.setUint16(i * 8, op, true);
    bytes.setUint8(i * 8 + 2, jt);
    bytes.setUint8(i * 8 + 3, jf);
    bytes.setUint32(i * 8 + 4, k, true);
  });
  return new Uint8Array(bytes.buffer);
}
