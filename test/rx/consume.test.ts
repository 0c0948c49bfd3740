import { execFileSync, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeAll, describe, expect, it, test } from 'vitest';
import { compileBpf } from '../../rx/bpf.ts';
import { bytesOfBpf } from '../../rx/bpf-program.ts';
import { type Command, consumeCommands, shellText, unconsumeCommands } from '../../rx/consume.ts';
import { openRxPath } from '../../rx/path.ts';
import { FlexFilterFlags, filterFrame, hexOf, noFilters, type OobFilters } from '../../sap/index.ts';
import { ipv4Frame } from './support/frames.ts';
import { enterNamespace, Inbox, ip, makePair, NO_VETH, Sender } from './support/veth.ts';

const PORT = 623;

/** UDP datagrams to the port are consumed, or copied. */
function filtersFor(port: number, flags = 0): OobFilters {
  const { ENABLED, UDP } = FlexFilterFlags;
  const off = noFilters();
  const rule = { srcPort: 0, dstPort: port, flags: ENABLED | UDP | flags, reserved5: 0 };
  return { ...off, flexFilters: [rule, ...off.flexFilters.slice(1)] };
}

describe.skipIf(NO_VETH !== undefined || tcProblem())('a consumed frame', () => {
  const open: { close(): void }[] = [];
  let pairs = 0;

  beforeAll(enterNamespace);
  afterEach(() => {
    for (const one of open.splice(0)) one.close();
    for (; pairs > 0; pairs--) ip(`link delete near${pairs}`);
  });

  /** The host's end of a pair with the path of its frames and a UDP socket of the host, and a sender at the other end. */
  async function paired(filters: OobFilters) {
    const near = `near${++pairs}`;
    const far = `far${pairs}`;
    makePair(near, far);
    ip(`link set ${near} address 02:00:00:00:00:01`);
    ip(`addr add 10.9.0.1/24 dev ${near}`);
    const forCsme = new Inbox<string>();
    const path = openRxPath({
      interface: near,
      filter: bytesOfBpf(compileBpf(filters, { answer: 'ring' })),
      receive: (frame, start, end) => {
        forCsme.put(textOf(frame.subarray(start, end)));
        return filterFrame(filters, frame, start, end);
      },
    });
    const host = new Inbox<string>();
    const socket = await listener(PORT, host);
    const sender = new Sender(far);
    open.push(path, sender, socket);
    return { near, forCsme, host, path, sender };
  }

  it('is seen by the packet socket and not by the host', async () => {
    const filters = filtersFor(PORT);
    const { near, forCsme, host, path, sender } = await paired(filters);
    run(consumeCommands(near, filters));
    sender.send(datagram('to CSME alone'));
    expect(await forCsme.next()).toBe('to CSME alone');

    run(unconsumeCommands(near));
    sender.send(datagram('to both'));
    expect(await forCsme.next()).toBe('to both');
    // Datagrams reach a socket in their order: the one before never came.
    expect(await host.next()).toBe('to both');
    expect(path.statistics()).toMatchObject({ seen: 2, forCsme: 2, consumed: 2 });
  });

  it('is one that the filters do not copy', async () => {
    const filters = filtersFor(PORT, FlexFilterFlags.COPY);
    const { near, forCsme, host, sender } = await paired(filters);
    run(consumeCommands(near, filters));
    sender.send(datagram('to both'));
    expect(await forCsme.next()).toBe('to both');
    expect(await host.next()).toBe('to both');
  });

  it('is not one of another port, which the packet socket does not even see', async () => {
    const filters = filtersFor(PORT + 1);
    const { near, forCsme, host, path, sender } = await paired(filters);
    run(consumeCommands(near, filters));
    sender.send(datagram('to the host'));
    expect(await host.next()).toBe('to the host');
    sender.send(datagram('to CSME', PORT + 1));
    expect(await forCsme.next()).toBe('to CSME');
    expect(path.statistics()).toMatchObject({ seen: 1, consumed: 1 });
  });

  it('has no way past while its filters are replaced', async () => {
    const filters = filtersFor(PORT);
    const { near, host, path, sender } = await paired(filters);
    run(consumeCommands(near, filters));
    let sent = 0;
    for (let round = 0; round < 20; round++) {
      let isReplaced = false;
      const replaced = runWhile(consumeCommands(near, filters)).then(() => {
        isReplaced = true;
      });
      while (!isReplaced) {
        sender.send(datagram('to CSME alone'));
        sent++;
        await new Promise(setImmediate);
      }
      await replaced;
    }
    run(consumeCommands(near, undefined));
    sender.send(datagram('to the host'));
    expect(await host.next()).toBe('to the host');
    expect(sent).toBeGreaterThan(20);
    expect(path.statistics().droppedByKernel).toBe(0);
  });

  it('may have a VLAN tag', async () => {
    const filters = filtersFor(PORT);
    const { near, forCsme, host, sender } = await paired(filters);
    run(consumeCommands(near, filters));
    sender.send(tagged(datagram('to CSME alone')));
    expect(await forCsme.next()).toBe('to CSME alone');
    run(consumeCommands(near, undefined));
    sender.send(tagged(datagram('to both')));
    expect(await forCsme.next()).toBe('to both');
    expect(await host.next()).toBe('to both');
  });

  it('leaves the filters of others alone', async () => {
    const { near } = await paired(filtersFor(PORT));
    run([['tc', 'qdisc', 'add', 'dev', near, 'clsact']]);
    const other = ['pref', '9', 'handle', '1', 'protocol', 'all', 'bpf', 'bytecode', '1,6 0 0 0'];
    run([['tc', 'filter', 'add', 'dev', near, 'ingress', ...other]]);
    run(consumeCommands(near, filtersFor(PORT)));
    run(consumeCommands(near, filtersFor(PORT + 1)));
    const both = show(near);
    expect(both.match(/pref \d+ bpf chain 0 handle/g)).toHaveLength(2);
    run(unconsumeCommands(near));
    expect(show(near)).toContain('pref 9 ');
    expect(show(near)).not.toContain('pref 16992');
    expect(() => run(unconsumeCommands(near))).toThrow('not found');
  });
});

test('the commands are words, and lines for a shell', () => {
  expect(shellText([...consumeCommands('wlan0', undefined), ...unconsumeCommands("it's")])).toBe(
    `tc qdisc replace dev wlan0 clsact
tc filter replace dev wlan0 ingress pref 16992 handle 1 protocol all bpf bytecode '1,6 0 0 4294967295' direct-action
tc filter delete dev 'it'\\''s' ingress pref 16992
`,
  );
});

function datagram(text: string, port = PORT): Uint8Array {
  return ipv4Frame({ protocol: 17, to: port, payload: new TextEncoder().encode(text) });
}

/** With a tag of VLAN 0, which says only how urgent the frame is: the host takes it as its own. */
function tagged(frame: Uint8Array): Uint8Array {
  return Uint8Array.from([...frame.subarray(0, 12), 0x81, 0, 0xa0, 0, ...frame.subarray(12)]);
}

/** What a datagram says; other frames in hex. */
function textOf(frame: Uint8Array): string {
  return frame[23] === 17 ? new TextDecoder().decode(frame.subarray(42)) : hexOf(frame);
}

async function listener(port: number, inbox: Inbox<string>): Promise<Socket> {
  const socket = createSocket('udp4', (message) => inbox.put(`${message}`));
  socket.bind(port, '0.0.0.0');
  await once(socket, 'listening');
  return socket;
}

function run(commands: readonly Command[]): void {
  for (const [program, ...args] of commands) execFileSync(program!, args, { stdio: 'pipe' });
}

async function runWhile(commands: readonly Command[]): Promise<void> {
  for (const [program, ...args] of commands) {
    const [status] = await once(spawn(program!, args, { stdio: 'inherit' }), 'exit');
    expect(status).toBe(0);
  }
}

function show(interfaceName: string): string {
  return execFileSync('tc', ['filter', 'show', 'dev', interfaceName, 'ingress'], { encoding: 'utf8' });
}

function tcProblem(): boolean {
  try {
    execFileSync('tc', ['-Version'], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
}
