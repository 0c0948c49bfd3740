/**
 * Fuzzes the judge of traces: conversations of a host and a CSME that keep to nothing.
 *
 *     npm run fuzz -- validate --runs 100000 --seed 1
 *
 * Must hold in every case: nothing throws; in what batches the events come makes no difference; the report adds up, each
 * finding has its words and an excerpt with its line; asking for some rules finds of them what asking for all finds; no
 * case takes a second of the processor.
 */
import { bytesOfHex, encodeMe, encodeSap, ME_MSG, SAP_MESSAGES, type SapDraft } from '../sap/index.ts';
import {
  Judge,
  type JudgeReport,
  parseTrace,
  RULE_IDS,
  type RuleId,
  type TraceEvent,
} from '../trace/index.ts';
import { Random } from './random.ts';
import type { FuzzFinding, FuzzReport } from './report.ts';

const FINDINGS_MAX = 20;
const SLOW_MS = 1000;
const EVENTS_MAX = 120;

/** Case `n` has the seed `seed + n`: `fuzzValidate(1, finding.seed)` repeats a finding. */
export function fuzzValidate(iterations: number, seed: number): FuzzReport {
  const findings: FuzzFinding[] = [];
  const from = performance.now();
  let executions = 0;
  while (executions < iterations && findings.length < FINDINGS_MAX) {
    const caseSeed = (seed + executions) >>> 0;
    const what = runCase(caseSeed);
    if (what !== undefined) findings.push({ seed: caseSeed, hex: '', what });
    executions++;
  }
  return { target: 'validate', executions, seconds: (performance.now() - from) / 1000, findings };
}

function runCase(caseSeed: number): string | undefined {
  const random = new Random(Math.imul(caseSeed, 0x9e3779b1));
  const events = conversation(random);
  const from = process.cpuUsage();
  try {
    const report = judged(events, events.length);
    const { user, system } = process.cpuUsage(from);
    if ((user + system) / 1000 > SLOW_MS) return `took ${Math.round((user + system) / 1000)} ms`;
    return (
      faultOf(report) ??
      (sameFindings(report, judged(events, 1 + random.below(7))) ? undefined : 'batches make a difference') ??
      faultOfSome(report, events, random)
    );
  } catch (error) {
    return `threw ${error instanceof Error ? error.stack : String(error)}`;
  }
}

function judged(events: readonly TraceEvent[], batch: number, rules?: ReadonlySet<RuleId>): JudgeReport {
  const judge = new Judge({ maxFindings: 1000, ...(rules && { rules }) });
  for (let i = 0; i < events.length; i += batch) judge.push(events.slice(i, i + batch));
  return judge.finish();
}

function faultOf(report: JudgeReport): string | undefined {
  const counted = Object.values(report.rules).reduce((sum, { findings }) => sum + findings, 0);
  if (counted !== report.findings.length + report.omitted)
    return `${counted} findings counted, not as many told`;
  for (const { rule, line, expected, seen, excerpt } of report.findings) {
    if (expected === '' || seen === '' || /undefined|NaN/.test(expected + seen)) return `${rule}: no words`;
    if (!excerpt.some((event) => event.line === line)) return `${rule}: line ${line} is not in the excerpt`;
  }
  return undefined;
}

function faultOfSome(all: JudgeReport, events: readonly TraceEvent[], random: Random): string | undefined {
  const rules = new Set(RULE_IDS.filter(() => random.oneIn(4)));
  const some = judged(events, events.length, rules);
  for (const id of RULE_IDS) {
    const { asked, findings } = some.rules[id];
    const expected = rules.has(id) ? all.rules[id] : { asked: 0, findings: 0 };
    if (asked !== expected.asked || findings !== expected.findings)
      return `${id}: other findings when asked alone`;
  }
  return undefined;
}

function sameFindings(a: JudgeReport, b: JudgeReport): boolean {
  const text = ({ findings }: JudgeReport) =>
    JSON.stringify(findings.map(({ rule, line, seen }) => [rule, line, seen]));
  return text(a) === text(b);
}

// --- conversations

const START_UP = parseTrace(
  [
    '{"t": 1.0, "ch": "note", "text": "fuzz", "driver": "fuzz"}',
    '{"t": 1.0, "ch": "wifi-cmd", "dir": "wifi>drv", "name": "register", "args": {}}',
    '{"t": 1.0, "ch": "bus", "dir": "ctl", "name": "probe", "args": {"arg": 0}}',
    '{"t": 1.0, "ch": "bus", "dir": "drv", "name": "dma_map", "args": {"buffer_id": 1, "size": 172032, "ret": 0}}',
  ].join('\n'),
);

function conversation(random: Random): TraceEvent[] {
  const events: TraceEvent[] = [];
  let t = 1;
  let seqNum = 0;
  const add = (event: object) => {
    events.push({ t, ...event, line: events.length + 1 } as TraceEvent);
  };
  if (!random.oneIn(4)) {
    for (const event of START_UP) add({ ...event });
    add({ ch: 'me', dir: 'h2m', bytes: encodeMe({ name: 'START', supportedVersions: [4] }, 1) });
    add({ ch: 'me', dir: 'm2h', bytes: encodeMe({ name: 'START_OK', supportedVersion: 4 }, 1) });
  }
  for (let left = random.below(EVENTS_MAX); left > 0; left--) {
    t += random.oneIn(3) ? 0 : random.oneIn(20) ? random.below(70) : random.below(300) / 1000;
    add(anyEvent(random, random.oneIn(8) ? random.u32() : ++seqNum));
  }
  return events;
}

const CALLS: readonly (readonly [string, object])[] = [
  ['country', { mcc: 7 }],
  ['set_rfkill', { hw: 0, sw: 1 }],
  ['associated', { ssid: '00', ssid_len: 1 }],
  ['device_state', { up: 1 }],
  ['device_state', { up: 0 }],
  ['get_ownership', {}],
  ['get_ownership.ret', { ret: -110 }],
  ['get_nvm', {}],
  ['get_nvm.ret', { ret: null }],
  ['pldr', {}],
  ['pldr.ret', { ret: 0 }],
  ['alive', { success: 1 }],
  ['set_netdev', { dev: 'wlan0' }],
  ['unregister', {}],
  ['register', {}],
  ['tx_copy', { ivlen: 300, frame80211: 'zz' }],
  ['new one', { __proto__: null, ret: 'x' }],
];
const TELLS: readonly (readonly [string, object])[] = [
  ['rfkill', { blocked: 1, csme_taking_ownership: 0 }],
  ['rfkill', { blocked: 0, csme_taking_ownership: 0 }],
  ['roaming_forbidden', { forbidden: 1 }],
  ['me_conn_status', {}],
  ['nic_stolen', {}],
];
const BUS: readonly (readonly [string, string, object])[] = [
  ['ctl', 'probe', { arg: 0 }],
  ['ctl', 'remove', { arg: 0 }],
  ['ctl', 'link', { arg: 0 }],
  ['ctl', 'link', { arg: 1 }],
  ['drv', 'unmap', {}],
  ['drv', 'dma_map', { size: 139264, ret: 0 }],
  ['drv', 'dma_map', { size: 'many', ret: -14 }],
];
const NOTES = [
  'not recorded, h2m-notif: overrun',
  'host -> CSME notif: rd = size + 1',
  'debugfs send_start_message',
  'still',
];
const FRAME = bytesOfHex(
  '02000000000102000000000208004500003c00000000400600000a0000010a000002c0004260000000000000000050000000',
)!;

function anyEvent(random: Random, seqNum: number): object {
  const of = <T>(list: readonly T[]): T => list[random.below(list.length)]!;
  switch (random.below(12)) {
    case 0: {
      const [name, args] = of(CALLS);
      const dir = name.endsWith('.ret') ? 'drv>wifi' : 'wifi>drv';
      return { ch: 'wifi-cmd', dir, name, args };
    }
    case 1: {
      const [name, args] = of(TELLS);
      return { ch: 'wifi-op', dir: 'drv>wifi', name, args };
    }
    case 2: {
      const [dir, name, args] = of(BUS);
      return random.oneIn(3) ? { ch: 'bus', dir, name, args } : { ch: 'note', text: of(NOTES) };
    }
    case 3:
      return {
        ch: 'frame',
        dir: of(['peer0>wlan0', 'wlan0>peer0', 'wlan0>stack']),
        bytes: damaged(random, FRAME),
      };
    case 4:
      return {
        ch: 'area',
        dir: 'h2m',
        size: of([172032, 139264, 7]),
        control: randomBytes(random, 64 - random.below(3)),
        trailer: randomBytes(random, 4),
      };
    case 5:
    case 6: {
      const bytes = encodeMe({ name: 'CHECK_SHARED_AREA' }, seqNum);
      if (random.oneIn(6)) bytes[0] = of([ME_MSG.START, ME_MSG.START_OK, 9]);
      return { ch: 'me', dir: of(['h2m', 'm2h']), bytes };
    }
    default:
      return { ch: of(['notif', 'notif', 'data']), dir: of(['h2m', 'm2h']), bytes: message(random, seqNum) };
  }
}

/** Of any type, with random contents; sometimes cut, sometimes longer. */
function message(random: Random, seqNum: number): Uint8Array {
  const { id, payload } = SAP_MESSAGES[random.below(SAP_MESSAGES.length)]!;
  const length = payload + (random.oneIn(5) ? random.below(40) : 0);
  const contents = random.oneIn(2) ? new Uint8Array(length) : randomBytes(random, length);
  const draft: SapDraft = {
    name: 'UNKNOWN',
    id: random.oneIn(20) ? random.below(3000) : id,
    payload: contents,
  };
  return damaged(random, encodeSap(draft, seqNum));
}

function damaged(random: Random, bytes: Uint8Array): Uint8Array {
  if (!random.oneIn(10)) return bytes;
  const out = bytes.slice(0, random.below(bytes.length + 1));
  if (out.length > 0) out[random.below(out.length)] = random.u32();
  return out;
}

function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}
