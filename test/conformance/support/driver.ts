/** A driver to be judged, in this process: a host on an end, and its own side as the control protocol has it. */
import { LimitedBus } from '../../../cli/live/limited-bus.ts';
import type { CommandName, Host, HostInput, HostOutput } from '../../../ownership/index.ts';
import { VERDICT_CONSUMED } from '../../../sap/index.ts';
import {
  type ControlReply,
  type ControlRequest,
  commandArgs,
  isCommand,
  resultArgs,
  type TraceEvent,
  tellArgs,
} from '../../../trace/index.ts';
import { type Clock, type HostEnd, type Machine, recorded, run } from '../../../transport/index.ts';

export type DriverMachine = Machine<HostInput, HostOutput> & Pick<Host, 'receive' | 'state'>;

const DEVICE_ONLY = new Set(['me', 'notif', 'data']);

/** Gives the function that takes the requests; `reply` gets every line, in order. */
export function driverOn(
  machine: DriverMachine,
  hostEnd: HostEnd,
  clock: Clock,
  reply: (line: ControlReply) => void,
): (request: ControlRequest) => void {
  const limited = new LimitedBus(hostEnd, clock);
  const end = recorded(
    limited,
    (event) => {
      if (!DEVICE_ONLY.has(event.ch)) reply(event as TraceEvent);
    },
    clock,
  );
  const say = (event: TraceEvent) => reply({ ...event, t: clock.now() / 1000 } as TraceEvent);
  const on = (output: HostOutput) => {
    if (output.type === 'tell') {
      const args = tellArgs(output.name, output.args);
      say({ t: 0, ch: 'wifi-op', dir: 'drv>wifi', name: output.name, args });
    } else if (output.type === 'return') {
      const args = resultArgs(output.name, output.result);
      say({ t: 0, ch: 'wifi-cmd', dir: 'drv>wifi', name: `${output.name}.ret`, args });
    } else if (output.type === 'transmit') {
      say({ t: 0, ch: 'frame', dir: 'wlan0>peer0', bytes: output.frame });
    }
  };
  const runner = run(machine, end, clock, { on });
  let token = 0;

  const carryOut = ({ event }: ControlRequest): string | undefined => {
    if (event.ch === 'frame') {
      runner.turn((nowMs) => {
        const verdict = machine.receive(nowMs, event.bytes, 0, event.bytes.length);
        if ((verdict & VERDICT_CONSUMED) === 0)
          say({ t: 0, ch: 'frame', dir: 'wlan0>stack', bytes: event.bytes });
      });
      return undefined;
    }
    if (event.ch === 'bus') {
      if (event.name === 'max_dma') limited.maxSize = Number(event.args.arg);
      else if (event.name === 'remove' && machine.state.phase === 'absent') return 'there is no client';
      else runner.feed({ type: event.name as 'probe' | 'remove' });
      return undefined;
    }
    if (!isCommand(event.name)) return `there is no call "${event.name}"`;
    const name: CommandName = event.name;
    runner.feed({ type: 'command', token: ++token, name, args: commandArgs(name, event.args) });
    return undefined;
  };
  reply({ t: 0, ch: 'note', text: 'a driver of a test', driver: 'sapwood 0.1.0' });
  return (request) => {
    const error = carryOut(request);
    reply({ ch: 'done', id: request.id, ...(error !== undefined && { error }) });
  };
}
