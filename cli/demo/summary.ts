/** What the demo comes to: figures, and how they are said. */
import { ME_MSG } from '../../sap/index.ts';
import type { ReplayReport, TraceEvent } from '../../trace/index.ts';
import { count, sum, wrapWords } from '../replay-text.ts';
import type { Scene } from './scene.ts';
import type { Script, Times } from './script.ts';
import type { Session } from './session.ts';
import { HAND_OVER } from './steps.ts';

export interface Summary {
  seed: number;
  ok: boolean;
  /** Why the session ended before its end. */
  failure: string | null;
  steps: { n: number; title: string; t: number }[];
  handOver: {
    /** From the request to HOST_LINK_UP. */
    ms: number | null;
    /** From CSME's release to the next answer on its TCP connection. */
    silentMs: number | null;
    limitMs: number;
  };
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
    handOver: handOverOf(times),
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
  if (handOver.silentMs !== null) {
    rows.push([
      'Session',
      `lived on: the same TCP connection, silent for ${handOver.silentMs} ms of ${LIMIT_MS} ms`,
    ]);
  }
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

const LABEL = 12;

export function labelled(label: string, text: string, width: number): string[] {
  return wrapWords(text.split(' '), width - LABEL - 2).map(
    (line, i) => `  ${(i === 0 ? label : '').padEnd(LABEL)}${line}`,
  );
}

function handOverOf({ asked, released, linked, answered }: Times): Summary['handOver'] {
  const ms = (from: number | undefined, to: number | undefined) =>
    from === undefined || to === undefined ? null : Math.round((to - from) * 1000);
  return { ms: ms(asked, linked), silentMs: ms(released, answered), limitMs: LIMIT_MS };
}

function recordingsOf(reports: readonly ReplayReport[]): NonNullable<Summary['recordings']> {
  const { messages, compared, mismatches } = sum(reports);
  const failed = reports.filter((r) => r.mismatches.length > 0 || r.errors.length > 0).map((r) => r.file);
  return { files: reports.length, messages, compared, mismatches, failed };
}

function isBell(event: TraceEvent): boolean {
  return event.ch === 'me' && event.bytes[0] === ME_MSG.CHECK_SHARED_AREA;
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
