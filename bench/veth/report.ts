/** What the bench says: what was asked and whether it was met, and the tables for a person. */
import type { BenchResult } from '../result.ts';
import type { Cost } from './costs.ts';
import type { Flood } from './flood.ts';
import type { HostTraffic } from './host-traffic.ts';
import type { Rate } from './rates.ts';
import type { Share } from './sender.ts';

export interface Report {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly kernel: string;
    readonly node: string;
    readonly tcpdump: string;
  };
  readonly setting: {
    /** Of one run. */
    readonly seconds: number;
    readonly senderCpu: number;
    readonly receiverCpu: number;
    readonly ringBytes: number;
    readonly commonRate: number;
    readonly share: Share;
    /** The mixed traffic: frames before it repeats, those for CSME, bytes. */
    readonly mixed: { readonly frames: number; readonly csme: number; readonly bytes: number };
  };
  /** Mixed traffic: without loss, with a whole CPU and with a share of one; ours and tcpdump in turns. */
  readonly whole: readonly Rate[];
  readonly share: readonly Rate[];
  /** Mixed traffic, and traffic without a frame for CSME, at the common rate. */
  readonly cost: readonly Cost[];
  readonly unwanted: readonly Cost[];
  readonly flood: Flood;
}

/** With the BPF program before it, a frame that CSME does not want costs the receiver at most a twentieth. */
const PRE_FILTER_TARGET = 20;
/** What the measurement of CPU time is good for, for a million frames. */
const CPU_EXACT_MS = 0.1;
/** So much of its traffic the host keeps at least when a flood is received on the CPU that it needs itself. */
const HOST_TARGET = 0.75;

/** Everything that is compared, and what was asked. */
export function judge({ whole, share, unwanted, flood }: Report): BenchResult[] {
  const [, plain, , filtered] = unwanted;
  const counted = flood.inRing + flood.ringFull + flood.droppedByKernel;
  return [
    ...faster('a whole CPU', whole),
    ...faster('a share of a CPU', share),
    {
      name: 'unwanted frames, with the pre-filter',
      unit: 'ms/M frames',
      value: filtered!.receiver,
      anchor: 'without',
      anchorValue: plain!.receiver,
      ...ratioOf(plain!.receiver / Math.max(filtered!.receiver, CPU_EXACT_MS), PRE_FILTER_TARGET),
    },
    {
      name: "flood: the host's own TCP stream",
      unit: 'MB/s',
      value: flood.received.bytesPerSecond / 1e6,
      anchor: 'not received',
      anchorValue: flood.flooded.bytesPerSecond / 1e6,
      ...ratioOf(flood.received.bytesPerSecond / flood.flooded.bytesPerSecond, HOST_TARGET),
    },
    equal('flood: frames counted, in the ring or dropped', counted, 'sent', flood.sent),
    equal('flood: frames that CSME gets when it reads again', flood.gotLater, 'sent', flood.sentLater),
  ];
}

/** Rates come in pairs: ours, and tcpdump that does the same. Ours that takes all that is sent cannot be asked for more. */
function faster(where: string, rates: readonly Rate[]): BenchResult[] {
  return [0, 2].map((at) => {
    const [own, other] = [rates[at]!, rates[at + 1]!];
    const judged = ratioOf(own.perSecond / other.perSecond, 1);
    return {
      name: `${own.name}, ${where}${own.limitedBySender ? ', all that was sent' : ''}`,
      unit: 'frames/s',
      value: own.perSecond,
      anchor: other.name,
      anchorValue: other.perSecond,
      ...judged,
      ok: judged.ok || own.limitedBySender,
    };
  });
}

function equal(name: string, value: number, anchor: string, anchorValue: number): BenchResult {
  const ratio = value / anchorValue;
  return { name, unit: 'frames', value, anchor, anchorValue, ratio, target: 1, ok: value === anchorValue };
}

function ratioOf(ratio: number, target: number) {
  return { ratio, target, ok: ratio >= target };
}

// ---- for a person

export function printReport(report: Report, results: readonly BenchResult[]): void {
  const missed = results.filter(({ ok }) => !ok);
  const lines = [
    ...heading(report),
    '',
    ...rateTable(report),
    '',
    ...unwantedTable(report),
    '',
    ...floodTable(report.flood),
    '',
    ...results.map(line),
    '',
    missed.length === 0 ? 'every target met' : `targets missed: ${missed.length} (marked *)`,
  ];
  console.log(lines.join('\n'));
}

function heading({ machine, setting }: Report): string[] {
  const { cpu, cores, kernel, node } = machine;
  const { senderCpu, receiverCpu, ringBytes, mixed } = setting;
  const percent = ((100 * mixed.csme) / mixed.frames).toFixed(1);
  return [
    `${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}, ${machine.tcpdump}`,
    `Sender, and the kernel's receiving half, on CPU ${senderCpu}; receivers on CPU ${receiverCpu}. Packet rings of ${ringBytes >> 20} MiB.`,
    'EXPR: the filter set as a pcap expression, in the kernel. BPF first: our program in the kernel, too.',
    `Mixed traffic: ${mixed.frames} frames in a loop, ${(mixed.bytes / mixed.frames).toFixed(0)} bytes in the mean, ${percent} % for CSME.`,
  ];
}

function rateTable({ whole, share, cost, setting }: Report): string[] {
  const part = `${(100 * setting.share.part).toFixed(0)} % of a CPU`;
  const rows = cost.slice(1).map((row) => {
    const [all, some] = [whole, share].map((rates) => rates.find(({ name }) => name === row.name));
    return [row.name, rate(all), rate(some), ...costColumns(row)];
  });
  return [
    'Mixed traffic               frames/s without loss    CPU, ms for a million frames  wake-ups/s',
    columns(['', 'a whole CPU', part, 'receiver', 'all CPUs', '']),
    columns(['nobody', '', '', ...costColumns(cost[0]!)]),
    ...rows.map(columns),
    `=: all that the sender can send. CPU times at ${figure(setting.commonRate)} frames/s.`,
  ];
}

function unwantedTable({ unwanted, setting }: Report): string[] {
  return [
    `No frame for CSME, ${figure(setting.commonRate)} frames/s      CPU, ms for a million frames`,
    columns(['', 'receiver', 'sender', 'all CPUs', 'wake-ups/s']),
    ...unwanted.map((row) => {
      const [receiver, all, wakeUps] = costColumns(row);
      return columns([row.name, receiver!, figure(row.sender), all!, wakeUps!]);
    }),
  ];
}

function floodTable(flood: Flood): string[] {
  const row = (name: string, { bytesPerSecond, echoUs, echo99Us }: HostTraffic) =>
    columns([name, figure(bytesPerSecond / 1e6), figure(echoUs), figure(echo99Us)]);
  return [
    `Flood of ${figure(flood.perSecond)} frames/s for CSME, which does not read: the host's own TCP traffic`,
    columns(['', 'MB/s', 'echo, µs', '99 % of them']),
    row('no flood', flood.quiet),
    row('flood, nobody receives', flood.flooded),
    row('flood, sapwood receives', flood.received),
    `All on one CPU, of which sapwood took ${(100 * flood.receiverPart).toFixed(1)} % then.`,
  ];
}

function rate(found: Rate | undefined): string {
  if (found === undefined) return '';
  return `${figure(found.perSecond)}${found.limitedBySender ? ' =' : '  '}`;
}

function costColumns({ receiver, system, wakeUps }: Cost): string[] {
  return [figure(receiver), figure(system), figure(wakeUps)];
}

function columns([name, ...values]: readonly string[]): string {
  return `${name!.padEnd(28)}${values.map((value) => value.padStart(14)).join('')}`.trimEnd();
}

function line({ name, unit, value, anchor, anchorValue, ratio, target, ok }: BenchResult): string {
  const asked = ok ? `ratio ${ratio.toFixed(2)}` : `ratio ${ratio.toFixed(2)}, asked ${target}`;
  return `${ok ? ' ' : '*'} ${name}: ${figure(value)} ${unit}; ${anchor}: ${figure(anchorValue)}; ${asked}`;
}

function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
}
