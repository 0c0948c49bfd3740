/** Whether the other end of a local connection is held by a program still, as the kernel has it. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { isProgramGone } from '../../../amt/lms/gone.ts';
import { VirtualClock } from '../../../transport/index.ts';
import type { Serve } from './firmware.ts';
import { startLms } from './service.ts';

/** The program's end of a connection, and ours. */
async function connected(host: string): Promise<[Socket, Socket]> {
  const server = createServer({ allowHalfOpen: true });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const program = connect({ host, port, allowHalfOpen: true });
  const [ours] = (await once(server, 'connection')) as [Socket];
  await once(program, 'connect');
  ours.resume();
  onTestFinished(() => {
    program.destroy();
    ours.destroy();
    server.close();
  });
  return [program, ours];
}

test.each(['127.0.0.1', '::1'])(
  'a program at %s that has said its last, and one that is gone',
  async (host) => {
    const [program, ours] = await connected(host);
    const end = once(ours, 'end');
    expect(await isProgramGone(ours)).toBe(false);
    program.end();
    await end;
    expect(await isProgramGone(ours)).toBe(false);
    program.destroy();
    await once(program, 'close');
    expect(await isProgramGone(ours)).toBe(true);
  },
);

test('many at once', async () => {
  const pairs = await Promise.all(Array.from({ length: 20 }, () => connected('127.0.0.1')));
  for (const [n, [program, ours]] of pairs.entries()) {
    if (n % 2 === 0) continue;
    program.destroy();
    await once(ours, 'end');
  }
  const gone = await Promise.all(pairs.map(([, ours]) => isProgramGone(ours)));
  expect(gone).toEqual(pairs.map((_, n) => n % 2 === 1));
});

test('an address that is none of this machine', async () => {
  const place = { localAddress: '127.0.0.1', localPort: 16992 };
  expect(await isProgramGone({ ...place, remoteAddress: '192.0.2.1', remotePort: 1 })).toBe(false);
  expect(await isProgramGone({ ...place, remoteAddress: 'fe80::1', remotePort: 1 })).toBe(false);
  expect(await isProgramGone({ ...place, remoteAddress: undefined, remotePort: undefined })).toBe(false);
});

test('a program that closes after its answer, as HTTP clients do, gives its channel back at once', async () => {
  const answer: Serve = (stream) => stream.on('data', () => stream.write('answer'));
  // No time goes by: nobody waits for the firmware's silence.
  const { connect: program, firmware } = await startLms({ serve: answer, clock: new VirtualClock() });
  for (let n = 0; n < 10; n++) {
    const socket = await program();
    socket.write('question');
    expect(String(await once(socket, 'data'))).toBe('answer');
    socket.destroy();
    await firmware.until(() => firmware.open === 0);
  }
});
