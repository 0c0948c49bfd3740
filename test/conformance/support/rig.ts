/** A driver and its judge, in memory, on a clock that runs as fast as it can. */
import {
  Conformance,
  type ConformanceInput,
  type ConformanceOptions,
  type ConformanceOutput,
  type Results,
} from '../../../conformance/index.ts';
import type { TraceEvent } from '../../../trace/index.ts';
import { type CsmeEnd, type HostEnd, memoryPair, run, VirtualClock } from '../../../transport/index.ts';
import { type DriverMachine, driverOn } from './driver.ts';

export interface Judged {
  readonly results: Results;
  readonly trace: readonly TraceEvent[];
  readonly outputs: readonly ConformanceOutput[];
}

export interface RigOptions extends Partial<ConformanceOptions> {
  /** Changes what the driver does with the bus. */
  readonly end?: (end: HostEnd, clock: VirtualClock) => HostEnd;
}

/** More tasks than all scenarios have: what feeds itself is stopped. */
const MAX_TASKS = 2_000_000;

export function judge(
  machine: DriverMachine,
  options: RigOptions & Pick<ConformanceOptions, 'scenarios'>,
): Judged {
  const clock = new VirtualClock(1000);
  const pair = memoryPair({ clock, latencyMs: 0.1 });
  const helped = options.helped ?? true;
  const engine = new Conformance({ helped, ...options });
  const outputs: ConformanceOutput[] = [];
  const trace: TraceEvent[] = [];
  const later = (task: () => void) => clock.schedule(clock.now() + 0.1, task);
  const end = options.end?.(pair.host, clock) ?? pair.host;
  const request = driverOn(machine, end, clock, (reply) => {
    if (helped) later(() => runner.feed({ type: 'control', reply }));
  });
  const runner = run<ConformanceInput, ConformanceOutput>(engine, pair.csme as CsmeEnd, clock, {
    on(output) {
      if (output.type === 'trace') trace.push(output.event);
      else outputs.push(output);
      if (output.type === 'control') later(() => request(output.request));
      if (output.type === 'drop')
        later(() => {
          pair.unplug();
          later(() => pair.plug());
        });
    },
  });
  pair.plug();
  for (let tasks = 0; !engine.over; tasks++) {
    if (tasks > MAX_TASKS || !clock.step()) throw new Error('the judge came to no end');
  }
  return { results: engine.results, trace, outputs };
}

/** The findings in words. */
export function told(results: Results): string[] {
  return results.outcomes.flatMap(({ scenario, findings, status, reason }) => {
    const said = findings.map((f) => `${scenario.id}: ${f.check}: expected ${f.expected}; seen: ${f.seen}`);
    return status === 'not run' ? [...said, `${scenario.id}: not run: ${reason}`] : said;
  });
}
