import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { isServiceUser, listenersIn, listenersOn } from '../../../amt/setup/listener.ts';

describe('who listens', () => {
  it('is told by the kernel', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    try {
      expect(await listenersOn(port)).toEqual([process.geteuid!()]);
    } finally {
      server.close();
      await once(server, 'close');
    }
    expect(await listenersOn(port)).toEqual([]);
  });

  it('is read from a table', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
      '   0: 0100007F:4260 00000000:0000 0A 00000000:00000000 00:00000000 00000000   112        0 1 1',
      '   1: 0100007F:4260 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 2 1',
      '   2: 00000000:4261 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 3 1',
      '   3: 0200007F:4260 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 4 1',
      'nonsense',
      '',
    ].join('\n');
    const addresses = ['0100007F', '00000000'];
    expect(listenersIn(table, addresses, 16992)).toEqual([112]);
    expect(listenersIn(table, addresses, 16993)).toEqual([1000]);
    expect(listenersIn(table, addresses, 1)).toEqual([]);
  });
});

describe('a service', () => {
  it.each([
    [0, true],
    [112, true],
    [999, true],
    [1000, false],
    [61_183, false],
    [61_184, true],
    [65_519, true],
    [65_534, false],
    [2000, true],
  ])('runs as user %d: %s', (uid, is) => {
    expect(isServiceUser(uid, 2000)).toBe(is);
  });
});
