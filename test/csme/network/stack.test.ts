import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type NetworkStackOptions,
  type NetworkStackStatistics,
  openNetworkStack,
} from '../../../csme/network/index.ts';
import { namespaceProblem, nativeProblem } from '../../../native/index.ts';
import { CREDENTIALS } from './support.ts';

/** CSME's thread makes its namespace itself, which root may. */
const problem =
  nativeProblem() ??
  namespaceProblem() ??
  (process.getuid?.() === 0 ? undefined : 'not root') ??
  (spawnSync('curl', ['--version']).error ? 'no curl' : undefined);

const PAGE = new Uint8Array(1_000_000).map((_, i) => Math.imul(i, 2654435761) >>> 24);
const OPTIONS = {
  mac: 0x02_00_5e_10_00_20,
  ipv4: 0xc0000214,
  prefixLength: 24,
  credentials: CREDENTIALS,
  pages: new Map([['/page.bin', PAGE]]),
};
const ORIGIN = 'http://192.0.2.20:16992';

const workers: Worker[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
});

interface Report {
  readonly statistics: NetworkStackStatistics;
  readonly etherTypes: readonly number[];
  readonly interfaces: readonly string[];
}

interface Done {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A stack and a remote machine that hear each other. `room`: frames under way to the remote at the same time. */
function connected(room: number) {
  return joined<Report>('stack-thread.mjs', { room });
}

/** A thread with a stack in it, and a remote machine. */
async function joined<R>(file: string, input: object) {
  const { port1, port2 } = new MessageChannel();
  const csme = thread(file, { air: port1, options: OPTIONS, ...input }, [port1]);
  expect(await next(csme)).toBe('ready');
  const remote = thread('remote-thread.mjs', { air: port2, address: '192.0.2.100/24' }, [port2]);
  expect(await next(remote)).toBe('ready');
  return {
    csme: async (ask: string, more = {}) => {
      csme.postMessage({ ask, ...more });
      return (await next(csme)) as R;
    },
    remote: async (command: string, ...args: string[]) => {
      remote.postMessage({ command, args });
      return (await next(remote)) as Done;
    },
  };
}

function thread(file: string, workerData: object, transferList: readonly object[], env?: NodeJS.ProcessEnv) {
  const worker = new Worker(new URL(`./${file}`, import.meta.url), {
    workerData,
    transferList: transferList as never,
    ...(env && { env }),
  });
  workers.push(worker);
  return worker;
}

async function next(worker: Worker): Promise<unknown> {
  return (await once(worker, 'message'))[0];
}

const curl = ['-sS', '--digest', '-u', `${CREDENTIALS.user}:${CREDENTIALS.password}`];

describe.skipIf(problem)('CSME’s network stack', () => {
  it('serves a page of 1 MB to curl on another machine', async () => {
    const { csme, remote } = await connected(1000);
    const { status, stdout, stderr } = await remote('curl', ...curl, `${ORIGIN}/page.bin`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(hash(Buffer.from(stdout, 'latin1'))).toBe(hash(PAGE));
    const { statistics } = await csme('report');
    expect(statistics.web).toMatchObject({ requests: 2, challenged: 1 });
    expect(statistics.sentBytes).toBeGreaterThan(PAGE.length);
    expect(statistics.receivedFrames).toBeGreaterThan(10);
    expect(statistics.held).toBe(0);
  });

  it('loses nothing when there is room for two frames only', async () => {
    const { csme, remote } = await connected(2);
    const { status, stdout } = await remote('curl', ...curl, `${ORIGIN}/page.bin`);
    expect(status).toBe(0);
    expect(hash(Buffer.from(stdout, 'latin1'))).toBe(hash(PAGE));
    expect((await csme('report')).statistics.held).toBeGreaterThan(0);
  });

  it('answers for its address with its own hardware address, and is quiet otherwise', async () => {
    const { csme, remote } = await connected(100);
    expect((await remote('curl', '-sS', `${ORIGIN}/logon.htm`)).stdout).toContain('Log On');
    const { stdout } = await remote('ip', 'neigh', 'show', '192.0.2.20');
    expect(stdout).toContain('lladdr 02:00:5e:10:00:20');
    const { etherTypes } = await csme('report');
    // IPv4 and ARP, no IPv6.
    expect([...etherTypes].sort()).toEqual([0x0800, 0x0806]);
  });

  it('lies in a namespace of its own', async () => {
    const { csme } = await connected(100);
    expect((await csme('report')).interfaces).toEqual(expect.arrayContaining(['lo', 'amt0']));
    expect(readFileSync('/proc/net/dev', 'utf8')).not.toContain('amt0');
  });

  it('can be closed, and opened again in the same thread', async () => {
    const { csme, remote } = await connected(100);
    const { interfaces } = await csme('reopen');
    expect(interfaces).toContain('amt0');
    expect((await remote('curl', '-sS', `${ORIGIN}/logon.htm`)).stdout).toContain('Log On');
    expect((await csme('close')).interfaces).not.toContain('amt0');
  });

  it('refuses frames that no Ethernet has', async () => {
    const { csme } = await connected(100);
    for (const length of [0, 13, 1519, 65_536]) await csme('receive', { frame: new Uint8Array(length) });
    const { statistics } = await csme('receive', { frame: new Uint8Array(60) });
    expect(statistics).toMatchObject({ receivedBadSize: 4, receivedFrames: 1, receivedBytes: 60 });
  });

  it('says which program is missing', async () => {
    const { port1 } = new MessageChannel();
    const data = { air: port1, room: 1, options: OPTIONS };
    const worker = thread('stack-thread.mjs', data, [port1], { PATH: '/nowhere' });
    expect(await next(worker)).toEqual({
      code: 'NETWORK_ERR_PROGRAM',
      message: expect.stringContaining('apt-get install iproute2'),
    });
  });

  it('says what ip refused', async () => {
    const { port1 } = new MessageChannel();
    const options = { ...OPTIONS, gateway: 0x0a000001 };
    const worker = thread('stack-thread.mjs', { air: port1, room: 1, options }, [port1]);
    expect(await next(worker)).toMatchObject({
      code: 'NETWORK_ERR_SETUP',
      message: expect.stringContaining('gateway'),
    });
  });
});

describe.skipIf(problem)('CSME’s network stack behind SAP', () => {
  interface Joined {
    readonly sent: { readonly radio: number; readonly ring: number };
    readonly statistics: NetworkStackStatistics;
    readonly dropped: number;
    readonly learnt: readonly unknown[];
  }

  it.each([
    ['host', 'ring'],
    ['csme', 'radio'],
  ] as const)('is reached when the %s owns the card, by the %s', async (owner, way) => {
    const { csme, remote } = await joined<Joined>('joined-thread.mjs', { owner });
    const { status, stdout } = await remote('curl', ...curl, `${ORIGIN}/page.bin`);
    expect(status).toBe(0);
    expect(hash(Buffer.from(stdout, 'latin1'))).toBe(hash(PAGE));
    const { sent } = await csme('report');
    expect(sent[way]).toBeGreaterThan(PAGE.length / 1500);
    expect(sent.ring === 0 || sent.radio === 0).toBe(true);
    await csme('close');
  });

  it('learns the address of the host from who wants the web service, and a new one as well', async () => {
    const { csme, remote } = await joined<Joined>('joined-thread.mjs', { owner: 'host', follow: true });
    const curlAt = async (address: string) => {
      // The host answers for the address that both have: here it is a neighbour that is known.
      await remote('ip', 'neigh', 'add', address, 'lladdr', '02:00:5e:10:00:20', 'dev', 'air0');
      return (await remote('curl', '-sS', `http://${address}:16992/logon.htm`)).stdout;
    };
    expect((await csme('report')).learnt).toEqual([]);
    expect(await curlAt('192.0.2.20')).toContain('Log On');
    expect(await curlAt('192.0.2.21')).toContain('Log On');
    const { learnt, sent } = await csme('report');
    expect(learnt).toEqual([{ mac: 0x02_00_5e_10_00_20, ipv4: 0xc0000214 }]);
    expect(sent.ring).toBeGreaterThan(0);
    await csme('close');
  });
});

describe('options of the network stack', () => {
  const wrong: readonly (readonly [string, Partial<NetworkStackOptions>, string])[] = [
    ['no credentials', { credentials: undefined as never }, 'NETWORK_ERR_CREDENTIALS'],
    ['an empty password', { credentials: { user: 'admin', password: '' } }, 'NETWORK_ERR_CREDENTIALS'],
    ['a group address', { mac: 0x01_00_5e_00_00_01 }, 'NETWORK_ERR_OPTION'],
    ['a longer mac', { mac: 2 ** 48 }, 'NETWORK_ERR_OPTION'],
    ['a negative address', { ipv4: -1 }, 'NETWORK_ERR_OPTION'],
    ['a fraction', { gateway: 0.5 }, 'NETWORK_ERR_OPTION'],
    ['a prefix of IPv6', { prefixLength: 64 }, 'NETWORK_ERR_OPTION'],
  ];

  it.each(wrong)('refuses %s before it changes anything', async (_, options, code) => {
    const before = readFileSync('/proc/self/net/dev', 'utf8').match(/\w+(?=:)/g);
    await expect(openNetworkStack({ ...OPTIONS, send: () => true, ...options })).rejects.toMatchObject({
      code,
    });
    expect(readFileSync('/proc/thread-self/net/dev', 'utf8').match(/\w+(?=:)/g)).toEqual(before);
  });
});

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
