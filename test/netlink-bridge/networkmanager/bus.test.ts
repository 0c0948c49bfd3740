/** Our D-Bus client against dbus-daemon and Python's D-Bus. */
import { createServer, type Server } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BridgeError } from '../../../netlink-bridge/errors.ts';
import { type Bus, DbusError, openBus, type Signal } from '../../../netlink-bridge/networkmanager/bus.ts';
import { openSleepMonitor } from '../../../netlink-bridge/networkmanager/index.ts';
import { type DbusValue, variant } from '../../../netlink-bridge/networkmanager/values.ts';
import { anyVariant } from './any-value.ts';
import { canHaveBus, ended, PrivateBus } from './private-bus.ts';

const NAME = 'org.sapwood.Test';

describe.skipIf(!canHaveBus())('on a bus', () => {
  let daemon: PrivateBus;
  let bus: Bus;
  let owner: string;
  const lost: BridgeError[] = [];
  beforeAll(async () => {
    daemon = new PrivateBus();
    await daemon.start();
    await daemon.peer(NAME);
  });
  afterAll(() => daemon.stop());
  beforeEach(async () => {
    bus = await openBus(daemon.address, (error) => lost.push(error));
    await bus.follow(NAME, { onOwner: (name) => (owner = name), onGone() {}, onSignal() {} });
  });
  afterEach(() => bus.close());

  const call = (member: string, signature?: string, body: DbusValue[] = [], timeoutMs = 30_000) =>
    bus.call({
      destination: owner,
      path: '/org/sapwood/Test',
      interface: NAME,
      member,
      timeoutMs,
      ...(signature === undefined ? {} : { signature, body }),
    });

  it('carries every value there and back', async () => {
    await fc.assert(
      fc.asyncProperty(anyVariant, async (value) => {
        expect(await call('Echo', 'v', [value])).toEqual([value]);
      }),
      { numRuns: 300 },
    );
  });

  it('rejects with what the service says', async () => {
    const refusal = call('Refuse');
    await expect(refusal).rejects.toBeInstanceOf(DbusError);
    await expect(refusal).rejects.toMatchObject({ errorName: `${NAME}.Refusal`, message: 'not today' });
  });

  it('rejects a value that is not of its type, and goes on', async () => {
    await expect(call('Echo', 'v', [variant('u', 'text')])).rejects.toMatchObject({
      code: 'BRIDGE_ERR_FORMAT',
    });
    expect(await call('Echo', 'v', [variant('u', 7)])).toEqual([variant('u', 7)]);
  });

  it('does not wait for ever', async () => {
    await expect(call('Silence', undefined, [], 1)).rejects.toMatchObject({ code: 'BRIDGE_ERR_TIMEOUT' });
  });

  it('ends what waits when it is closed', async () => {
    const waiting = call('Silence');
    bus.close();
    await expect(waiting).rejects.toMatchObject({ code: 'BRIDGE_ERR_CLOSED' });
    await expect(call('Echo', 'v', [variant('u', 7)])).rejects.toMatchObject({ code: 'BRIDGE_ERR_CLOSED' });
    expect(lost).toEqual([]);
  });

  it('answers the calls of others', async () => {
    bus.onCall = ({ sender, member, body }) => {
      if (member === 'Known') return { signature: 's', body: [`${sender === owner} ${body[0]}`] };
      return member === 'Refused' ? 'org.sapwood.Client.Error' : undefined;
    };
    expect(await call('CallBack', 's', ['Known'])).toEqual(['true 7']);
    expect(await call('CallBack', 's', ['Refused'])).toEqual(['org.sapwood.Client.Error']);
    expect(await call('CallBack', 's', ['Unknown'])).toEqual(['org.freedesktop.DBus.Error.UnknownMethod']);
  });

  it('follows a service that comes, goes and comes again', async () => {
    const told: string[] = [];
    let next = () => {};
    const change = () =>
      new Promise<void>((resolve) => {
        next = resolve;
      });
    const tell = (what: string) => {
      told.push(what);
      next();
    };
    await bus.follow('org.sapwood.Late', {
      onOwner: () => tell('owner'),
      onGone: () => tell('gone'),
      onSignal() {},
    });
    expect(told).toEqual([]);
    for (let round = 0; round < 2; round++) {
      const came = change();
      const peer = await daemon.peer('org.sapwood.Late');
      await came;
      const went = change();
      await ended(peer);
      await went;
    }
    expect(told).toEqual(['owner', 'gone', 'owner', 'gone']);
  });

  it('takes signals from the owner of the name only', async () => {
    const heard: Signal[] = [];
    let onHeard = () => {};
    const login = await daemon.peer('org.freedesktop.login1');
    let loginOwner = '';
    await bus.follow('org.freedesktop.login1', {
      onOwner: (name) => {
        loginOwner = name;
      },
      onGone() {},
      onSignal(signal) {
        heard.push(signal);
        onHeard();
      },
    });
    const told = new Promise<void>((resolve) => {
      onHeard = resolve;
    });
    // The same signal of somebody else first.
    await call('Sleep', 'b', [true]);
    const address = { path: '/org/sapwood/Test', interface: NAME, member: 'Sleep', signature: 'b' };
    await bus.call({ destination: loginOwner, ...address, body: [false] });
    await told;
    expect(heard.map(({ member, body }) => [member, ...body])).toEqual([['PrepareForSleep', false]]);
    await ended(login);
  });

  it('tells sleep and waking', async () => {
    const told: string[] = [];
    let onTold = () => {};
    const monitor = await openSleepMonitor({
      bus: daemon.address,
      onSleep: () => told.push('sleep'),
      onWake() {
        told.push('wake');
        onTold();
      },
    });
    const awake = new Promise<void>((resolve) => {
      onTold = resolve;
    });
    const login = await daemon.peer('org.freedesktop.login1');
    let loginOwner = '';
    await bus.follow('org.freedesktop.login1', {
      onOwner: (name) => (loginOwner = name),
      onGone() {},
      onSignal() {},
    });
    for (const start of [true, false]) {
      const address = { path: '/org/sapwood/Test', interface: NAME, member: 'Sleep', signature: 'b' };
      await bus.call({ destination: loginOwner, ...address, body: [start] });
    }
    await awake;
    monitor.close();
    await ended(login);
    expect(told).toEqual(['sleep', 'wake']);
  });

  it('tells waking when nobody else will', async () => {
    let onWake = () => {};
    const awake = new Promise<void>((resolve) => {
      onWake = resolve;
    });
    let onSleep = () => {};
    const asleep = new Promise<void>((resolve) => {
      onSleep = resolve;
    });
    const monitor = await openSleepMonitor({
      bus: daemon.address,
      onSleep: () => onSleep(),
      onWake: () => onWake(),
    });
    const login = await daemon.peer('org.freedesktop.login1');
    let loginOwner = '';
    await bus.follow('org.freedesktop.login1', {
      onOwner: (name) => (loginOwner = name),
      onGone() {},
      onSignal() {},
    });
    const address = { path: '/org/sapwood/Test', interface: NAME, member: 'Sleep', signature: 'b' };
    await bus.call({ destination: loginOwner, ...address, body: [true] });
    await asleep;
    await ended(login);
    await awake;
    monitor.close();
  });

  it('tells that the bus is gone', async () => {
    const own = new PrivateBus();
    await own.start();
    let onLost = (_: BridgeError) => {};
    const told = new Promise<BridgeError>((resolve) => {
      onLost = resolve;
    });
    const other = await openBus(own.address, (error) => onLost(error));
    await own.stop();
    expect((await told).code).toBe('BRIDGE_ERR_GONE');
    await expect(other.hello()).rejects.toMatchObject({ code: 'BRIDGE_ERR_GONE' });
  });
});

describe('an address', () => {
  it.each([
    ['unix:path=/nonexistent/bus', 'BRIDGE_ERR_ABSENT'],
    ['unix:abstract=sapwood-nobody', 'BRIDGE_ERR_ABSENT'],
    ['tcp:host=127.0.0.1,port=1', 'BRIDGE_ERR_OPTION'],
    ['unix:path=%zz', 'BRIDGE_ERR_OPTION'],
    ['', 'BRIDGE_ERR_OPTION'],
  ])('%s: %s', async (address, code) => {
    await expect(openBus(address, () => {})).rejects.toMatchObject({ code });
  });
});

describe('somebody who is no bus', () => {
  let server: Server;
  let path: string;
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  /** Accepts, answers the authentication, then says this. */
  async function serve(bytes: Uint8Array): Promise<void> {
    path = `\0sapwood-test-${process.pid}-${Math.random()}`;
    server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write('OK 0123456789abcdef0123456789abcdef\r\n');
        socket.once('data', () => socket.end(bytes));
      });
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
  }

  it('ends with an error, whatever it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        await serve(bytes);
        await expect(openBus(`unix:abstract=${path.slice(1)}`, () => {})).rejects.toBeInstanceOf(BridgeError);
        await new Promise((resolve) => server.close(resolve));
      }),
      { numRuns: 100 },
    );
    await serve(new Uint8Array());
  });

  it('does not make room for a message of 4 GB', async () => {
    const header = Buffer.from([0x6c, 2, 0, 1, 0xff, 0xff, 0xff, 0x7f, 1, 0, 0, 0, 0, 0, 0, 0]);
    await serve(header);
    await expect(openBus(`unix:abstract=${path.slice(1)}`, () => {})).rejects.toThrow(/bytes/);
  });
});
