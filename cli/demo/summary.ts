/** What the demo comes to: figures, and how they are said. */
import type { RxStatistics } from '../../rx/index.ts';
import type { ReplayReport } from '../../trace/index.ts';
import { sum } from '../replay-text.ts';
import { count, wrapWords } from '../words.ts';
import type { ConsoleReport } from './console.ts';
import type { Scene } from './scene.ts';
import type { Script } from './script.ts';
import type { Session } from './session.ts';
import { HAND_OVER, isBell } from './steps.ts';

export interface Summary {
  seed: number;
  ok: boolean;
  /** Why the session ended before its end. */
  failure: string | null;
  steps: { n: number; title: string; t: number }[];
  handOver: {
    /** From the request to HOST_LINK_UP. */
    ms: number | null;
    limitMs: number;
  };
  /** The remote console's session with port 16992: one page, read again and again; or why there was none. */
  remoteSession: (ConsoleReport & HostsOwnStack) | { skipped: string } | null;
  /** The packet ring of the card's interface; null without the remote session. */
  packetRing: RxStatistics | null;
  messages: { h2m: number; m2h: number };
  frames: { fromAir: number; toAir: number };
  /** `swallowed`: by the throttle of 100 ms. */
  doorBells: { host: { sent: number; swallowed: number }; csme: { sent: number } };
  problems: string[];
  recordings: {
    files: number;
    messages: number;
    compared: number;
    mismatches: number;
    failed: string[];
  } | null;
}

/** What the host's own stack, which has the same address, got of the session. */
export interface HostsOwnStack {
  /** null: it had no address, because tc is missing or refused. */
  hostSegments: number | null;
}

const LIMIT_MS = 3000;

export function summaryOf(
  scene: Scene,
  script: Script,
  failure: Error | undefined,
  meSeqNum: number,
  reports: readonly ReplayReport[] | undefined,
): Summary {
  const { session, times, begun } = script;
  const bells = session.events.filter(isBell);
  const sent = bells.filter((e) => 'dir' in e && e.dir === 'h2m').length;
  const recordings = reports && recordingsOf(reports);
  const problems = [...new Set(session.problems)];
  const complete = failure === undefined && begun.length > HAND_OVER;
  return {
    seed: scene.seed,
    ok:
      complete &&
      problems.length === 0 &&
      (recordings === undefined || (recordings.mismatches === 0 && recordings.failed.length === 0)),
    failure: failure?.message ?? null,
    steps: begun,
    handOver: { ms: between(times.asked, times.linked), limitMs: LIMIT_MS },
    remoteSession:
      script.skipped === undefined ? (script.remoteSession ?? null) : { skipped: script.skipped },
    packetRing: script.packetRing ?? null,
    messages: { h2m: countWire(session, 'h2m'), m2h: countWire(session, 'm2h') },
    frames: { fromAir: countFrames(session, 'peer0>wlan0'), toAir: countFrames(session, 'wlan0>peer0') },
    // START has the first number of the host; every door bell that is wanted has the next, sent or not.
    doorBells: {
      host: { sent, swallowed: Math.max(0, meSeqNum - 1 - sent) },
      csme: { sent: bells.length - sent },
    },
    problems,
    recordings: recordings ?? null,
  };
}

/** The summary for a person. */
export function summaryLines(s: Summary, width: number): string[] {
  const rows: [string, string][] = [];
  const { handOver, messages, doorBells, recordings } = s;
  if (s.failure !== null) rows.push(['Failed', s.failure]);
  if (handOver.ms !== null) {
    rows.push(['Hand-over', `${handOver.ms} ms from the request to the link; CSME allows ${LIMIT_MS} ms`]);
  }
  if (s.remoteSession !== null) {
    rows.push(['Session', sessionText(s.remoteSession)]);
    if ('hostSegments' in s.remoteSession) rows.push(['Consumed', consumedText(s.remoteSession)]);
  }
  if (s.packetRing !== null) rows.push(['Packet ring', ringText(s.packetRing)]);
  rows.push(['Messages', `${messages.h2m} from the host to CSME, ${messages.m2h} from CSME to the host`]);
  rows.push([
    'Door bells',
    `the host sent ${doorBells.host.sent} and swallowed ${doorBells.host.swallowed} (at most one in 100 ms), CSME sent ${doorBells.csme.sent}`,
  ]);
  rows.push(['Problems', s.problems.length === 0 ? 'none' : s.problems.join('; ')]);
  if (recordings !== null) {
    const found = recordings.mismatches === 0 ? 'no mismatch' : count(recordings.mismatches, 'mismatch');
    rows.push([
      'Recordings',
      `${recordings.files} of the real iwlmei replayed: ${recordings.messages} messages, ${recordings.compared} effects compared, ${found}`,
    ]);
  }
  return rows.flatMap(([label, text]) => labelled(label, text, width));
}

/** Columns of what a line is about. */
export const LABEL = 12;

export function labelled(label: string, text: string, width: number): string[] {
  return wrapWords(text.split(' '), width - LABEL - 2).map(
    (line, i) => `  ${(i === 0 ? label : '').padEnd(LABEL)}${line}`,
  );
}

function sessionText(session: NonNullable<Summary['remoteSession']>): string {
  if ('skipped' in session) return `not shown. ${session.skipped}`;
  const { pages, bytes, connections, silentMs } = session;
  const lived = connections === 1 ? 'lived on' : 'was broken';
  return `${lived}: ${pages} pages, ${Math.round(bytes / 1000)} kB, over ${count(connections, 'TCP connection')}; silent for ${silentMs} ms of ${LIMIT_MS} ms, no byte lost`;
}

function consumedText({ hostSegments }: HostsOwnStack): string {
  if (hostSegments === null) return "not shown: the host's own stack had no address";
  if (hostSegments === 0) return "the host's own stack, at the same address, saw nothing of the session";
  return `not kept away: the host's own stack got ${count(hostSegments, 'segment')} of the session`;
}

function ringText(ring: RxStatistics): string {
  const { seen, forCsme, consumed, transmitted } = ring;
  const dropped = `${ring.droppedByKernel} by the kernel, ${ring.droppedRingFull} for a full data ring, ${ring.txDropped} on their way out`;
  return `${count(seen, 'frame')} in, ${forCsme} by SAP to CSME, ${consumed} of those consumed; ${transmitted} out; dropped: ${dropped}`;
}

/** Whole ms between two times in seconds. */
function between(from: number | undefined, to: number | undefined): number | null {
  return from === undefined || to === undefined ? null : Math.round((to - from) * 1000);
}

function recordingsOf(reports: readonly ReplayReport[]): NonNullable<Summary['recordings']> {
  const { messages, compared, mismatches } = sum(reports);
  const failed = reports.filter((r) => r.mismatches.length > 0 || r.errors.length > 0).map((r) => r.file);
  return { files: reports.length, messages, compared, mismatches, failed };
}

/** Messages but for the door bells. */
function countWire(session: Session, dir: 'h2m' | 'm2h'): number {
  return session.events.filter(
    (e) => (e.ch === 'me' || e.ch === 'notif' || e.ch === 'data') && e.dir === dir && !isBell(e),
  ).length;
}

function countFrames(session: Session, dir: string): number {
  return session.events.filter((e) => e.ch === 'frame' && e.dir === dir).length;
}
