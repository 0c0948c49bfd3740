import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespaceProblem, native, POLLIN, spawnInNamespace } from '../../native/index.ts';
import { openRxPath } from '../../rx/path.ts';
import { VERDICT_HOST } from '../../sap/index.ts';
import { pattern } from './support/frames.ts';
import { enterNamespace, ip, makePair, NO_VETH } from './support/veth.ts';

const problem = NO_VETH ?? namespaceProblem();

describe.skipIf(problem !== undefined)('TCP through the Rx path', () => {
  const open: { close(): void }[] = [];
  let peer: ChildProcess;

  beforeAll(enterNamespace);
  afterAll(() => {
    for (const one of open) one.close();
    peer?.stdin?.end();
  });

  it('carries what two kernels say to each other, whatever they leave to their cards', async () => {
    makePair('near', 'far');
    ip('addr add 10.9.0.2/24 dev far');
    const tap = native().tapOpen('far-end');
    peer = spawnInNamespace(process.execPath, [ECHO, 'far-end', '10.9.0.1/24', '16992'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(peer.stdout!, 'data');
    ip(`link set far-end netns ${peer.pid}`);
    peer.stdin!.write('go\n');
    await once(peer.stdout!, 'data');

    let longest = 0;
    const path = openRxPath({
      interface: 'near',
      receive: (frame, start, end) => {
        longest = Math.max(longest, end - start);
        native().frameWrite(tap, frame, start, end);
        return VERDICT_HOST;
      },
    });
    const buffer = new Uint8Array(2048);
    const watch = native().watch(tap, POLLIN, () => {
      for (let n = 0; n < 64; n++) {
        const length = native().frameRead(tap, buffer, 0);
        if (length === 0) return;
        path.transmit(buffer, 0, length);
      }
    });
    open.push(watch, path, { close: () => native().close(tap) });

    const sent = pattern(8 << 20);
    const socket = connect(16_992, '10.9.0.1');
    let received = 0;
    let differs = -1;
    socket.on('data', (data) => {
      for (const byte of data) {
        if (byte !== sent[received] && differs < 0) differs = received;
        received++;
      }
    });
    socket.end(sent);
    await once(socket, 'end');
    expect({ received, differs }).toEqual({ received: sent.length, differs: -1 });
    expect(longest).toBe(1514);
    // Fewer frames than the kernels' own segments would be large ones that were not cut.
    expect(path.statistics()).toMatchObject({ unusable: 0 });
    expect(path.statistics().seen).toBeGreaterThan(sent.length / 1460);
  });
});

const ECHO = fileURLToPath(new URL('./support/echo.mjs', import.meta.url));
