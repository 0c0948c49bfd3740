/** The management service: what programs of this machine see of it. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { runLms } from '../../../amt/index.ts';
import { MEI_CLIENTS, VirtualClock } from '../../../transport/index.ts';
import { settled } from '../../transport/mei/support/driver.ts';
import { echoLine, PATH, type Serve, TestFirmware } from './firmware.ts';
import { freePort, startLms } from './service.ts';

const end = (socket: Socket) => new Promise((resolve) => socket.on('close', resolve));
const knock = (port: number, host = '127.0.0.1') => once(connect({ host, port }), 'connect');

describe('a local program', () => {
  test('reaches the port that the firmware asked for, over IPv4 and IPv6', async () => {
    const { ports } = await startLms({ serve: echoLine });
    for (const host of ['127.0.0.1', '::1']) {
      const socket = connect({ host, port: ports[0]! });
      socket.end('hello\n');
      expect((await buffer(socket)).toString()).toBe('hello\n');
    }
  });

  test('gets every byte, both ways', async () => {
    const { connect } = await startLms({ serve: echoLine });
    const sent = Buffer.from(Array.from({ length: 1 << 20 }, (_, n) => 32 + (n % 95)));
    sent[sent.length - 1] = 10;
    const socket = await connect();
    socket.end(sent);
    expect((await buffer(socket)).equals(sent)).toBe(true);
  });

  test('that has said all it has still gets its answer', async () => {
    const answerLater: Serve = (stream) => {
      stream.once('data', () => setImmediate(() => stream.end('late')));
    };
    const { connect } = await startLms({ serve: answerLater });
    const socket = await connect();
    socket.end('question');
    expect((await buffer(socket)).toString()).toBe('late');
  });

  test('that vanishes frees its channel, whether it closes or resets', async () => {
    const { firmware, connect } = await startLms();
    const sockets = [await connect(), await connect(), await connect()];
    await firmware.until(() => firmware.open === 3);
    sockets[0]!.resetAndDestroy();
    await firmware.until(() => firmware.open === 2);
    sockets[1]!.write('something');
    await once(sockets[1]!, 'readable');
    sockets[1]!.resetAndDestroy();
    await firmware.until(() => firmware.open === 1);
    // It never asked anything.
    sockets[2]!.end();
    await firmware.until(() => firmware.open === 0);
  });

  test('is reset when AMT does not take it', async () => {
    const { connect, next } = await startLms({ deny: 2 });
    const socket = await connect();
    const error = once(socket, 'error');
    socket.resume();
    expect(await error).toMatchObject([{ code: 'ECONNRESET' }]);
    expect((await next('refused')).reason).toMatch(/firmware/i);
  });

  test('that does not read does not slow the others', async () => {
    const pour: Serve = (stream) => {
      const more = () => void (stream.writable && stream.write(new Uint8Array(8_192), more));
      stream.once('data', (first: Uint8Array) => {
        if (first[0] === 'p'.charCodeAt(0)) return more();
        stream.write(first);
        stream.end();
      });
    };
    const { connect, firmware } = await startLms({ serve: pour });
    const slow = await connect();
    slow.pause();
    slow.write('pour');
    for (let n = 0; n < 50; n++) {
      const quick = await connect();
      quick.end(`quick ${n}`);
      expect((await buffer(quick)).toString()).toBe(`quick ${n}`);
    }
    expect(firmware.mostOpen).toBeGreaterThan(1);
    // What it has not read waits in the firmware, not here.
    let bytes = 0;
    slow.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes > 12_000_000) slow.destroy();
    });
    slow.resume();
    await end(slow);
    expect(bytes).toBeGreaterThan(12_000_000);
  });
});

/** At a time, as the session has it when nothing else is said. */
const SERVED = 8;
const WAITING = 1024;

describe('a thousand local programs at once', () => {
  test('are all served, eight at a time', { timeout: 60_000 }, async () => {
    const { connect, firmware } = await startLms({ serve: echoLine });
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => connect()));
    await firmware.until(() => firmware.open === SERVED);
    const answers = await Promise.all(
      sockets.map(async (socket, n) => {
        const answer = buffer(socket);
        socket.end(`program ${n}\n`);
        return (await answer).toString();
      }),
    );
    expect(answers).toEqual(Array.from({ length: 1_000 }, (_, n) => `program ${n}\n`));
    expect(firmware.mostOpen).toBe(SERVED);
    expect(firmware.open).toBe(0);
  });

  test('beyond those that can wait are refused, and told so', { timeout: 60_000 }, async () => {
    const { connect, firmware, next, news } = await startLms();
    const sockets = await Promise.all(Array.from({ length: SERVED + WAITING + 3 }, () => connect()));
    for (let n = 0; n < 3; n++) expect((await next('refused')).reason).toMatch(/wait/);
    await firmware.until(() => firmware.open === SERVED);
    expect(news.filter(({ type }) => type === 'refused')).toHaveLength(3);
    for (const socket of sockets) socket.destroy();
    await firmware.until(() => firmware.open === 0);
  });
});

describe('the service', () => {
  test('survives a reset of the firmware', async () => {
    const clock = new VirtualClock();
    const { firmware, connect, next, ports } = await startLms({ serve: echoLine, clock });
    const socket = await connect();
    await next('opened');
    const over = end(socket);
    socket.on('end', () => socket.end());
    socket.resume();
    firmware.driver.happen({ type: 'reset' });
    await over;
    expect((await next('waiting')).retryAfterMs).toBe(1_000);
    await expect(knock(ports[0]!)).rejects.toThrow(/ECONNREFUSED/);
    firmware.driver.happen({ type: 'ready' });
    clock.advanceBy(1_000);
    await next('listening');
    const again = await connect();
    again.end('again\n');
    expect((await buffer(again)).toString()).toBe('again\n');
  });

  test('waits for AMT, slowly in the end', async () => {
    const clock = new VirtualClock();
    const firmware = new TestFirmware({ ports: [await freePort()], serve: echoLine });
    const { guid } = MEI_CLIENTS.LME;
    firmware.driver.happen({ type: 'removeClient', guid });
    const waits: number[] = [];
    let listening = (): void => {};
    const up = new Promise<void>((resolve) => {
      listening = resolve;
    });
    const lms = await runLms({
      path: PATH,
      calls: firmware.driver,
      clock,
      lookedAtFirst: [],
      onNews: (news) => {
        if (news.type === 'waiting') waits.push(news.retryAfterMs);
        if (news.type === 'listening') listening();
      },
    });
    while (waits.at(-1) !== 60_000) {
      clock.advanceBy(waits.at(-1)!);
      await settled();
    }
    expect(waits).toEqual([...Array(34).fill(1_000), 60_000]);
    firmware.driver.happen({ type: 'addClient', client: firmware.client() });
    clock.advanceBy(60_000);
    await up;
    await lms.stop();
  });

  test('says goodbye when it is stopped, and what was sent still arrives', async () => {
    const { firmware, lms, connect, next } = await startLms();
    const socket = await connect();
    await next('opened');
    socket.write('x'.repeat(50_000));
    await once(socket, 'readable');
    const rest = buffer(socket);
    socket.on('end', () => socket.end());
    await lms.stop();
    expect((await rest).length).toBeGreaterThan(0);
    const goodbye = firmware.outputs.find(({ type }) => type === 'disconnect');
    expect(goodbye).toMatchObject({ why: expect.stringMatching(/application|11/i) });
    expect(firmware.driver.descriptors).toBe(0);
    await lms.stop();
  });

  test('is refused where another one listens, before the firmware is asked', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '0.0.0.0');
    await once(other, 'listening');
    const { driver } = new TestFirmware({ ports: [port] });
    driver.failNext = { call: 'open', errno: 1 };
    const run = runLms({ path: PATH, calls: driver, onNews: () => {}, lookedAtFirst: [port] });
    await expect(run).rejects.toMatchObject({ name: 'LmsError', code: 'LMS_ERR_PORT_TAKEN' });
    expect(driver.failNext).toBeDefined();
    other.close();
  });

  test("is refused where another one has AMT's connection", async () => {
    const { firmware } = await startLms();
    const run = runLms({ path: PATH, calls: firmware.driver, onNews: () => {}, lookedAtFirst: [] });
    await expect(run).rejects.toMatchObject({ code: 'MEI_ERR_BUSY' });
  });

  test('serves the other ports when one of them is taken', async () => {
    const ports = [await freePort(), await freePort()];
    const other = createServer().listen(ports[0], '127.0.0.1');
    await once(other, 'listening');
    const { next, connect } = await startLms({ ports, lookedAtFirst: [], isUp: false, serve: echoLine });
    expect(await next('notListening')).toMatchObject({ port: ports[0], code: 'EADDRINUSE' });
    await next('listening');
    const socket = await connect(ports[1]);
    socket.end('the other\n');
    expect((await buffer(socket)).toString()).toBe('the other\n');
    other.close();
  });

  test('closes a port that the firmware cancels', async () => {
    const { firmware, next, ports } = await startLms();
    firmware.feed({ type: 'cancel', address: '', port: ports[0]! });
    expect((await next('notListeningAnyMore')).port).toBe(ports[0]);
    await expect(knock(ports[0]!)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('listens on loopback addresses only, and to programs at one', async () => {
    const { ports, news } = await startLms();
    const others = Object.values(networkInterfaces()).flatMap((addresses = []) =>
      addresses.filter(({ family, internal }) => family === 'IPv4' && !internal),
    );
    for (const { address } of others) {
      await expect(knock(ports[0]!, address)).rejects.toThrow(/ECONNREFUSED/);
      const socket = connect({ host: '127.0.0.1', port: ports[0]!, localAddress: address });
      socket.on('error', () => {});
      await end(socket.resume());
    }
    expect(news.filter(({ type }) => type === 'accepted')).toEqual([]);
    for (const host of ['127.0.0.2', '127.1.2.3']) {
      await expect(knock(ports[0]!, host)).rejects.toThrow(/ECONNREFUSED/);
    }
  });
});
