/**
 * `npm run fuzz -- [TARGET…] [--runs N] [--seed S] [--concurrent SECONDS]`: runs the fuzz targets and prints one JSON line each.
 *
 * Without a target all of them run. The same seed gives the same cases. `--concurrent` also lets a second thread
 * scribble over a ring while it is read. `rx-kernel`, which needs a C compiler, is left out
 * without one. Exit status 1 when something was found.
 */
import { parseArgs } from 'node:util';
import { fuzzAmtWeb } from './amt-web.ts';
import { fuzzAmthi } from './amthi.ts';
import { fuzzApf } from './apf.ts';
import { bpfKernelProblem } from './bpf-kernel.ts';
import { fuzzCuse } from './cuse.ts';
import { fuzzDbus } from './dbus.ts';
import { fuzzDecode } from './decode.ts';
import { fuzzLmsEvents } from './lms-events.ts';
import { fuzzMei } from './mei.ts';
import { fuzzNetlink } from './netlink.ts';
import { fuzzPacketRing } from './packet-ring.ts';
import { fuzzPcap } from './pcap.ts';
import type { FuzzReport } from './report.ts';
import { fuzzRfkill } from './rfkill.ts';
import { fuzzRing, fuzzRingConcurrently } from './ring.ts';
import { fuzzRx } from './rx.ts';
import { fuzzRxKernel } from './rx-kernel.ts';
import { fuzzTrace } from './trace.ts';
import { fuzzUnix } from './unix.ts';
import { fuzzValidate } from './validate.ts';
import { fuzzWatchdog } from './watchdog.ts';
import { fuzzWpa } from './wpa.ts';
import { fuzzWsman } from './wsman.ts';

const TARGETS: Readonly<Record<string, (runs: number, seed: number) => FuzzReport>> = {
  'amt-web': fuzzAmtWeb,
  amthi: fuzzAmthi,
  apf: fuzzApf,
  cuse: fuzzCuse,
  dbus: fuzzDbus,
  decode: fuzzDecode,
  'lms-events': fuzzLmsEvents,
  mei: fuzzMei,
  netlink: fuzzNetlink,
  'packet-ring': fuzzPacketRing,
  pcap: fuzzPcap,
  rfkill: fuzzRfkill,
  ring: fuzzRing,
  rx: fuzzRx,
  'rx-kernel': fuzzRxKernel,
  trace: fuzzTrace,
  unix: fuzzUnix,
  validate: fuzzValidate,
  watchdog: fuzzWatchdog,
  wpa: fuzzWpa,
  wsman: fuzzWsman,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    concurrent: { type: 'string', default: '0' },
  },
});
const [runs, seed, seconds] = [values.runs, values.seed, values.concurrent].map(Number) as [
  number,
  number,
  number,
];
const unknown = positionals.filter((name) => !(name in TARGETS));
if (unknown.length > 0 || ![runs, seed, seconds].every((n) => Number.isSafeInteger(n) && n >= 0)) {
  console.error(
    `fuzz: targets are ${Object.keys(TARGETS).join(', ')}; --runs, --seed and --concurrent take whole numbers`,
  );
  process.exit(2);
}

const problem = bpfKernelProblem();
if (problem !== undefined && positionals.includes('rx-kernel')) {
  console.error(`fuzz: ${problem}`);
  process.exit(3);
}
const possible = Object.keys(TARGETS).filter((name) => problem === undefined || name !== 'rx-kernel');
const wanted = positionals.length > 0 ? positionals : possible;
for (const name of wanted) report(TARGETS[name]!(runs, seed));
if (seconds > 0 && wanted.includes('ring')) report(await fuzzRingConcurrently(seconds, seed));

function report(result: FuzzReport): void {
  console.log(JSON.stringify(result));
  if (result.findings.length > 0) process.exitCode = 1;
}
