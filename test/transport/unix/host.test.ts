import { existsSync, ftruncateSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Csme } from '../../../csme/index.ts';
import { native, nativeProblem } from '../../../native/index.ts';
import { Host } from '../../../ownership/index.ts';
import { AREA_LAYOUTS, EFAULT, ENODEV } from '../../../sap/index.ts';
import {
  connectUnixHost,
  faulty,
  type HostEnd,
  type HostEvent,
  listenUnixCsme,
  openTransport,
  recorded,
  run,
  systemClock,
  type TransportError,
  type UnixHostOptions,
  VirtualClock,
} from '../../../transport/index.ts';
import { encodeAnnouncement, encodeFrame } from '../../../transport/unix/framing.ts';
import { UnixListener } from '../../../transport/unix/listener.ts';
import { me } from '../../contract/transport.ts';
import { holdings } from '../support/holdings.ts';
import { RawPeer, until } from '../support/raw-peer.ts';
import { turns } from '../support/sides.ts';

const V4 = AREA_LAYOUTS[4];
const ACK = new Uint8Array(4);

describe.skipIf(nativeProblem() !== undefined)('unix:, the host end', () => {
  let folder: string;
  let path: string;
  let clock: VirtualClock;
  let host: HostEnd | undefined;
  let listener: UnixListener | undefined;
  let arrived: RawPeer[];
  let events: HostEvent[];
  let problems: TransportError[];
  let before: ReturnType<typeof holdings>;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sapwood-'));
    path = join(folder, 'csme.sock');
    clock = new VirtualClock();
    arrived = [];
    events = [];
    problems = [];
    before = holdings();
  });

  afterEach(async () => {
    host?.close();
    host = undefined;
    listener?.close();
    listener = undefined;
    await turns(10);
    expect(holdings()).toEqual(before);
    rmSync(folder, { recursive: true });
  });

  /** The firmware's place, with nobody but the test in it. */
  function listen(): void {
    listener = new UnixListener(path);
    listener.listen((fd) => arrived.push(new RawPeer(fd)));
  }

  function connect(options: UnixHostOptions = {}): HostEnd {
    const end = connectUnixHost(path, { clock, onProblem: (error) => problems.push(error), ...options });
    end.onEvent = (event) => events.push(event);
    clock.runDue();
    host = end;
    return end;
  }

  async function accepted(): Promise<RawPeer> {
    await until(() => arrived.length > 0);
    return arrived.shift()!;
  }

  /** Maps, and takes the announcement: the firmware's mapping of the area. */
  async function map(end: HostEnd, csme: RawPeer): Promise<ArrayBuffer> {
    end.perform({ type: 'map', size: V4.size });
    expect(await csme.read()).toEqual(encodeAnnouncement(V4.size, 0n));
    csme.write(ACK);
    return native().memoryMap(csme.received.at(-1)!, 0, V4.size);
  }

  const types = () => events.map(({ type }) => type);
  const codes = () => problems.map(({ code }) => code);

  it('is probed when it is connected, and announces memory that the handler of `mapped` has filled', async () => {
    listen();
    const end = connect();
    end.onEvent = (event) => {
      events.push(event);
      if (event.type === 'mapped') new Uint8Array(event.memory).fill(0x5a);
      if (event.type === 'mapped') end.perform({ type: 'enable' });
      if (event.type === 'mapped') end.perform({ type: 'me', bytes: me(1) });
    };
    const csme = await accepted();
    await until(() => events.length === 1);
    const memory = await map(end, csme);
    expect(new Uint8Array(memory).every((byte) => byte === 0x5a)).toBe(true);
    // The message behind the announcement comes when that was acknowledged.
    expect(await csme.read()).toEqual(encodeFrame(me(1)));
    expect(types()).toEqual(['probe', 'mapped']);
    native().memoryUnmap(memory);
    csme.close();
  });

  it('closes what comes with an acknowledgement, also with one that nobody waits for', async () => {
    listen();
    const end = connect();
    const csme = await accepted();
    end.perform({ type: 'enable' });
    for (let i = 1; i <= 20; i++) {
      end.perform({ type: 'me', bytes: me(i) });
      expect(await csme.read()).toEqual(encodeFrame(me(i)));
      csme.write(ACK, csme.fd);
    }
    csme.write(ACK, csme.fd);
    await until(() => problems.length > 0);
    expect(codes()).toEqual(['TRANSPORT_ERR_ACK']);
    csme.close();
  });

  it('announces memory that nobody can make shorter', async () => {
    listen();
    const end = connect();
    const csme = await accepted();
    const memory = await map(end, csme);
    for (const size of [0, V4.size + 4096]) {
      expect(() => ftruncateSync(csme.received[0]!, size)).toThrow('EPERM');
    }
    native().memoryUnmap(memory);
    csme.close();
  });

  it('answers a map as its own bus would', async () => {
    listen();
    const end = connect({ mapAnswer: (size) => (size === V4.size ? EFAULT : 0) });
    const csme = await accepted();
    end.perform({ type: 'map', size: V4.size });
    await until(() => events.length === 2);
    end.perform({ type: 'map', size: AREA_LAYOUTS[3].size });
    expect(await csme.read()).toEqual(encodeAnnouncement(AREA_LAYOUTS[3].size, 0n));
    expect(events.slice(1)).toMatchObject([{ type: 'mapRefused', errno: EFAULT }, { type: 'mapped' }]);
    csme.close();
  });

  it('gives the memory back upon unmap, and announces other memory after it', async () => {
    listen();
    const end = connect();
    const csme = await accepted();
    const first = await map(end, csme);
    await until(() => events.length === 2);
    end.perform({ type: 'unmap' });
    await turns(2);
    const [, mapped] = events as Extract<HostEvent, { type: 'mapped' }>[];
    expect(mapped?.memory.byteLength).toBe(0);
    const second = await map(end, csme);
    new Uint8Array(second)[0] = 1;
    expect(new Uint8Array(first)[0]).toBe(0);
    for (const memory of [first, second]) native().memoryUnmap(memory);
    csme.close();
  });

  it('acknowledges, also while the client is not enabled', async () => {
    listen();
    const end = connect();
    const csme = await accepted();
    csme.write(encodeFrame(me(1)));
    expect(await csme.read()).toEqual(ACK);
    end.perform({ type: 'enable' });
    csme.write(encodeFrame(me(2)));
    expect(await csme.read()).toEqual(ACK);
    await until(() => events.length === 2);
    expect(events).toEqual([{ type: 'probe' }, { type: 'me', bytes: me(2) }]);
    csme.close();
  });

  it('has lost the firmware when that closes, and is probed when it is back', async () => {
    listen();
    const end = connect({ retryMs: 200 });
    const memory = await map(end, await until(() => arrived.length > 0).then(() => arrived[0]!));
    arrived.shift()!.close();
    listener?.close();
    await until(() => events.length === 3);
    expect(types()).toEqual(['probe', 'mapped', 'lost']);
    expect(end.perform({ type: 'map', size: V4.size })).toBe(-ENODEV);
    await turns(2);
    expect((events[1] as Extract<HostEvent, { type: 'mapped' }>).memory.byteLength).toBe(0);
    // Nobody is there for a while: that is told once.
    clock.advanceBy(1000);
    expect(codes()).toEqual(['TRANSPORT_ERR_CLOSED', 'TRANSPORT_ERR_NOBODY']);
    listen();
    clock.advanceBy(200);
    const csme = await accepted();
    expect(types()).toEqual(['probe', 'mapped', 'lost', 'probe']);
    native().memoryUnmap(memory);
    csme.close();
  });

  it('waits for a firmware that comes later', async () => {
    connect();
    expect(problems[0]).toMatchObject({ code: 'TRANSPORT_ERR_NOBODY', syscall: 'connect' });
    listen();
    clock.advanceBy(1000);
    const csme = await accepted();
    expect(types()).toEqual(['probe']);
    csme.close();
  });

  it.each<[string, (csme: RawPeer) => void, TransportError['code']]>([
    ['acknowledges what it was not sent', (csme) => csme.write(ACK), 'TRANSPORT_ERR_ACK'],
    ['sends a wrong length', (csme) => csme.write(Uint8Array.of(0, 1, 0, 0)), 'TRANSPORT_ERR_FRAME_SIZE'],
    [
      'announces an area',
      (csme) => {
        const fd = native().memoryCreate(4096);
        csme.write(encodeAnnouncement(4096, 0n), fd);
        native().close(fd);
      },
      'TRANSPORT_ERR_DESCRIPTOR',
    ],
    [
      'sends half a message and closes',
      (csme) => {
        csme.write(encodeFrame(me(1)).subarray(0, 9));
        csme.close();
      },
      'TRANSPORT_ERR_FRAME_CUT',
    ],
  ])('drops a firmware that %s, and comes again', async (_, misbehave, code) => {
    listen();
    const end = connect();
    const csme = await accepted();
    const memory = await map(end, csme);
    await turns(5);
    misbehave(csme);
    await until(() => events.at(-1)?.type === 'lost');
    expect(codes()).toEqual([code]);
    clock.advanceBy(1000);
    const next = await accepted();
    expect(types()).toEqual(['probe', 'mapped', 'lost', 'probe']);
    native().memoryUnmap(memory);
    if (code !== 'TRANSPORT_ERR_FRAME_CUT') csme.close();
    next.close();
  });

  it('does not wait for ever for an acknowledgement', async () => {
    listen();
    const end = connect();
    const csme = await accepted();
    end.perform({ type: 'map', size: V4.size });
    await csme.read();
    clock.advanceBy(10_000);
    await until(() => events.at(-1)?.type === 'lost');
    expect(codes()).toEqual(['TRANSPORT_ERR_ACK_TIMEOUT']);
    csme.close();
  });

  it('takes nothing along when it is closed while its area has not been announced', async () => {
    listen();
    const end = connect();
    const csme = await accepted();
    end.perform({ type: 'map', size: V4.size });
    end.perform({ type: 'unmap' });
    end.perform({ type: 'map', size: V4.size });
    await until(() => events.length > 1);
    end.close();
    csme.close();
  });

  it('closes from inside of each handler', async () => {
    for (const type of ['probe', 'mapped', 'me', 'lost'] as const) {
      listen();
      const end = connectUnixHost(path, { clock });
      end.onEvent = (event) => {
        if (event.type === 'probe') end.perform({ type: 'map', size: V4.size });
        if (event.type === 'mapped') end.perform({ type: 'enable' });
        if (event.type === type) end.close();
        events.push(event);
      };
      clock.runDue();
      const csme = await accepted();
      if (type === 'me') csme.write(encodeFrame(me(1)));
      if (type === 'lost') csme.close();
      await until(() => events.at(-1)?.type === type);
      events.length = 0;
      if (type !== 'lost') csme.close();
      listener?.close();
      await turns(5);
    }
  });

  it('opens by name', () => {
    const csme = openTransport(`unix:[role=csme]${path}`, { clock });
    expect(csme).toMatchObject({ host: undefined, csme: { side: 'csme', name: `unix:${path}` } });
    const other = openTransport(`unix:${path}`, { clock });
    expect(other).toMatchObject({ csme: undefined, host: { side: 'host' } });
    other.close();
    csme.close();
    const byRole = openTransport(`unix:${path}`, { clock, role: 'csme' });
    expect(byRole.csme?.side).toBe('csme');
    byRole.close();
    expect(existsSync(path)).toBe(false);
    expect(() => openTransport(`unix:[role=both]${path}`)).toThrow('role=both');
    expect(() => openTransport('unix:')).toThrow(expect.objectContaining({ code: 'TRANSPORT_ERR_PATH' }));
  });

  /** The machines and the wrappers, which must not touch memory that is gone. */
  describe('with both machines', () => {
    type Wrap = <E>(end: E) => E;
    const wraps: Record<string, Wrap> = {
      plain: (end) => end,
      recorded: (end) => recorded(end as never, () => {}, systemClock) as never,
      'faulty, recorded': (end) =>
        faulty(recorded(end as never, () => {}, systemClock) as never, 1, {
          clock: systemClock,
          rates: {},
        }) as never,
    };

    it.each(Object.entries(wraps))('%s: firmware resets, hosts that go and come', async (_, wrap) => {
      const errors: unknown[] = [];
      const onError = (error: unknown) => errors.push(error);
      const end = listenUnixCsme(path);
      const firmware = run(new Csme(), wrap(end), systemClock, { onError });
      end.plug();
      for (let round = 0; round < 3; round++) {
        const machine = new Host();
        const runner = run(machine, wrap(connectUnixHost(path, { retryMs: 1 })), systemClock, { onError });
        await until(() => machine.state.phase === 'connected' && machine.state.amtEnabled);
        end.unplug();
        await until(() => machine.state.phase !== 'connected');
        end.plug();
        await until(() => machine.state.phase === 'connected' && machine.state.amtEnabled);
        if (round === 1) {
          // In order: HOST_GOES_DOWN, the rings are drained, the area is given up.
          runner.feed({ type: 'remove' });
          await until(() => machine.state.phase === 'absent');
        }
        runner.stop();
      }
      firmware.stop();
      await turns(10);
      expect(errors).toEqual([]);
    });

    it('may be looked at when they were stopped: nobody told them that the area is gone', async () => {
      const machines = { host: new Host(), csme: new Csme() };
      const end = listenUnixCsme(path);
      const firmware = run(machines.csme, end, systemClock);
      end.plug();
      const driver = run(machines.host, connectUnixHost(path), systemClock);
      await until(() => machines.host.state.amtEnabled);
      firmware.stop();
      driver.stop();
      await turns(10);
      expect(machines.csme.frameRoom()).toBeGreaterThan(0);
      const frame = new Uint8Array(64).fill(0xff);
      expect(() => machines.host.receive(systemClock.now(), frame, 0, 64)).not.toThrow();
    });
  });
});
