/**
 * A flood of frames for CSME, with a CSME that does not read: what becomes of the host's own traffic, and of the
 * frames when CSME reads again.
 */
import { setTimeout as after } from 'node:timers/promises';
import { runSeconds } from './cpu.ts';
import { type HostTraffic, hostTraffic } from './host-traffic.ts';
import { forCsme, type Load, type Loads } from './load.ts';
import type { OurProcess } from './ours.ts';
import { HOST_END } from './pair.ts';
import { type Peer, startPeer } from './peer.ts';

export interface FloodOptions {
  readonly loads: Loads;
  readonly seconds: number;
  readonly rounds: number;
  readonly senderCpu: number;
  readonly receiverCpu: number;
}

export interface Flood {
  /** The host's own traffic, the best of the rounds. */
  readonly quiet: HostTraffic;
  /** With the flood, which nobody receives. */
  readonly flooded: HostTraffic;
  /** With the flood, which our path receives for a CSME that does not read. */
  readonly received: HostTraffic;
  /** The part of the host's CPU that our path took then; the least of the rounds. */
  readonly receiverPart: number;
  /** Frames of the last flood, all for CSME, */
  readonly sent: number;
  readonly perSecond: number;
  /** those that lay in the data ring, */
  readonly inRing: number;
  /** those that were counted as dropped, since the data ring or the packet ring was full. */
  readonly ringFull: number;
  readonly droppedByKernel: number;
  /** With CSME reading again: frames for it, and how many of them it got. */
  readonly sentLater: number;
  readonly gotLater: number;
}

/** Moves the sender's end of the pair to another namespace: nothing can be measured on the pair after it. */
export async function flood(child: OurProcess, options: FloodOptions): Promise<Flood> {
  const { rounds, receiverCpu } = options;
  const peer = await startPeer(receiverCpu);
  const quiet: HostTraffic[] = [];
  const flooded: HostTraffic[] = [];
  const received: HostTraffic[] = [];
  const parts: number[] = [];
  let end: Omit<Flood, 'quiet' | 'flooded' | 'received' | 'receiverPart'> | undefined;
  for (let round = 0; round < rounds; round++) {
    quiet.push(await hostTraffic(options.seconds));
    flooded.push((await underFlood(peer, options)).traffic);
    await child.order({ type: 'open', interface: HOST_END, preFilter: true });
    await child.order({ type: 'reading', on: false });
    const cpuBefore = runSeconds(child.pid);
    const { traffic, sent, perSecond } = await underFlood(peer, options);
    parts.push(((runSeconds(child.pid) - cpuBefore) * perSecond) / sent);
    received.push(traffic);
    end = { sent, perSecond, ...(await dropsOf(child, sent)), ...(await later(child, peer, options)) };
    await child.order({ type: 'close' });
  }
  peer.end();
  const receiverPart = Math.min(...parts);
  return { quiet: best(quiet), flooded: best(flooded), received: best(received), receiverPart, ...end! };
}

async function underFlood(peer: Peer, { loads, seconds, senderCpu }: FloodOptions) {
  const sending = peer.order({
    type: 'send',
    load: loads.wanted,
    seconds: 2 * seconds + MARGIN_S,
    cpu: senderCpu,
  });
  const traffic = await hostTraffic(seconds);
  const { sent, seconds: took } = (await sending)!;
  return { traffic, sent, perSecond: sent / took };
}

/** So much longer than the host's traffic takes the flood lasts, both ends included. */
const MARGIN_S = 0.2;
const LOOK_MS = 20;
const LOOKS = 100;

/** What our path says about the flood, once it has seen all of it. */
async function dropsOf(child: OurProcess, sent: number) {
  for (let look = 0; ; look++) {
    const { forCsme: inRing, droppedRingFull: ringFull, droppedByKernel } = await statistics(child);
    if (inRing + ringFull + droppedByKernel >= sent || look === LOOKS)
      return { inRing, ringFull, droppedByKernel };
    await after(LOOK_MS);
  }
}

/** CSME reads again, and frames come at a rate that it can take. */
async function later(child: OurProcess, peer: Peer, { loads, seconds, senderCpu }: FloodOptions) {
  const before = (await child.order({ type: 'reading', on: true }))!.delivered;
  const load: Load = loads.mixed;
  const sent = (await peer.order({ type: 'send', load, seconds, rate: 20_000, cpu: senderCpu }))!;
  const sentLater = forCsme(load, sent.sent);
  for (let look = 0; ; look++) {
    const gotLater = (await child.order({ type: 'report' }))!.delivered - before;
    if (gotLater >= sentLater || look === LOOKS) return { sentLater, gotLater };
    await after(LOOK_MS);
  }
}

async function statistics(child: OurProcess) {
  return (await child.order({ type: 'report' }))!.statistics;
}

function best(rounds: readonly HostTraffic[]): HostTraffic {
  const of = (part: keyof HostTraffic) => rounds.map((round) => round[part]);
  return {
    bytesPerSecond: Math.max(...of('bytesPerSecond')),
    echoUs: Math.min(...of('echoUs')),
    echo99Us: Math.min(...of('echo99Us')),
  };
}
