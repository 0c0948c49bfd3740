/** The transports of this folder as links of the contract suite. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CsmeEvent, CsmeRequest, HostEvent, HostRequest } from '../../../transport/index.ts';
import {
  type CsmeEnd,
  connectUnixHost,
  type HostEnd,
  listenUnixCsme,
  memoryPair,
  spawnWorkerCsme,
  spawnWorkerHost,
  systemClock,
  VirtualClock,
} from '../../../transport/index.ts';
import type { Link } from '../../contract/transport.ts';
import { LocalSide, RemoteSide, turns } from './sides.ts';

export const RELAY = new URL('./relay.mjs', import.meta.url);

/** What is put around the ends; nothing when not given. */
export interface Wrap {
  readonly host?: (end: HostEnd) => HostEnd;
  readonly csme?: (end: CsmeEnd) => CsmeEnd;
}

const asIs = <E>(end: E): E => end;

export async function memoryLink(wrap: Wrap = {}): Promise<Link> {
  const pair = memoryPair({ clock: systemClock });
  return {
    host: new LocalSide<HostRequest, HostEvent>((wrap.host ?? asIs)(pair.host)),
    csme: new LocalSide<CsmeRequest, CsmeEvent>((wrap.csme ?? asIs)(pair.csme)),
    plug: async () => pair.plug(),
    unplug: async () => pair.unplug(),
    settle: () => turns(),
    dispose: async () => pair.close(),
  };
}

/** Under a virtual clock, with a latency that changes from frame to frame. */
export async function virtualLink(wrap: (clock: VirtualClock) => Wrap = () => ({})): Promise<Link> {
  const clock = new VirtualClock(1_000_000);
  let frames = 0;
  const pair = memoryPair({ clock, latencyMs: () => (frames++ * 7) % 11 });
  const { host = asIs, csme = asIs } = wrap(clock);
  const pump = () => clock.runUntilIdle();
  return {
    host: new LocalSide<HostRequest, HostEvent>(host(pair.host), pump),
    csme: new LocalSide<CsmeRequest, CsmeEvent>(csme(pair.csme), pump),
    plug: async () => pair.plug(),
    unplug: async () => pair.unplug(),
    settle: async () => pump(),
    dispose: async () => pair.close(),
  };
}

export async function workerCsmeLink(wrap: Wrap = {}): Promise<Link> {
  const end = spawnWorkerCsme(RELAY, { role: 'csme' });
  const remote = new RemoteSide<CsmeRequest, CsmeEvent>(end.worker);
  return {
    host: new LocalSide<HostRequest, HostEvent>((wrap.host ?? asIs)(end)),
    csme: remote,
    plug: () => remote.call('plug'),
    unplug: () => remote.call('unplug'),
    settle: () => settled(remote),
    dispose: () => end.terminate(),
  };
}

export async function workerHostLink(wrap: Wrap = {}): Promise<Link> {
  const end = spawnWorkerHost(RELAY, { role: 'host' });
  const remote = new RemoteSide<HostRequest, HostEvent>(end.worker);
  return {
    host: remote,
    csme: new LocalSide<CsmeRequest, CsmeEvent>((wrap.csme ?? asIs)(end)),
    plug: async () => end.plug(),
    unplug: async () => end.unplug(),
    settle: () => settled(remote),
    dispose: () => end.terminate(),
  };
}

/** Both ends in this process; the socket, the descriptors and the mappings are what two processes have. */
export async function unixLink(wrap: Wrap = {}): Promise<Link> {
  const folder = mkdtempSync(join(tmpdir(), 'sapwood-'));
  const path = join(folder, 'csme.sock');
  const csme = listenUnixCsme(path);
  const host = connectUnixHost(path, { retryMs: 1 });
  return {
    lacks: ['map answer', 'unmap', 'empty message'],
    host: new LocalSide<HostRequest, HostEvent>((wrap.host ?? asIs)(host)),
    csme: new LocalSide<CsmeRequest, CsmeEvent>((wrap.csme ?? asIs)(csme)),
    plug: async () => csme.plug(),
    unplug: async () => csme.unplug(),
    settle: () => turns(50),
    dispose: async () => {
      host.close();
      csme.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** There and back a few times: the ends' own port is served in between. */
async function settled(remote: { call(op: string): Promise<unknown> }): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await remote.call('ping');
    await turns();
  }
}
