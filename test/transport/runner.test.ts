import { describe, expect, it } from 'vitest';
import { sapError } from '../../sap/index.ts';
import {
  type CsmeEvent,
  type HostEvent,
  type Machine,
  memoryPair,
  type RunnerInput,
  run,
  systemClock,
  TransportError,
  VirtualClock,
} from '../../transport/index.ts';

type Input =
  | HostEvent
  | RunnerInput
  | { type: 'command'; token: number; name: 'add'; args: { a: number; b: number } }
  | { type: 'go' };
type Output =
  | { type: 'map'; size: number }
  | { type: 'enable' }
  | { type: 'me'; bytes: Uint8Array }
  | { type: 'tell'; what: string }
  | { type: 'return'; token: number; name: 'add'; result: { sum: number } };

/** Says what it is given, and does what the test puts into `outputs`. */
class Toy implements Machine<Input, Output> {
  readonly inputs: Input[] = [];
  readonly fired: number[] = [];
  outputs: Output[] = [];
  timers: number[] = [];
  onInput: (nowMs: number, input: Input) => void = () => {};

  handle(nowMs: number, input: Input): void {
    this.inputs.push(input);
    this.onInput(nowMs, input);
  }

  handleTimeout(nowMs: number): void {
    this.fired.push(nowMs);
    this.timers = this.timers.filter((at) => at > nowMs);
  }

  nextTimeoutAt(): number | undefined {
    return this.timers.length === 0 ? undefined : Math.min(...this.timers);
  }

  poll(): Output | undefined {
    return this.outputs.shift();
  }
}

function setUp() {
  const clock = new VirtualClock(100);
  const pair = memoryPair({ clock });
  const toy = new Toy();
  const passed: Output[] = [];
  return { clock, pair, toy, passed, on: (output: Output) => passed.push(output) };
}

describe('runner', () => {
  it('feeds events in, performs requests, passes the rest on, in order', () => {
    const { clock, pair, toy, passed, on } = setUp();
    const events: CsmeEvent[] = [];
    pair.csme.onEvent = (event) => {
      events.push(event);
      if (event.type === 'mapRequest') pair.csme.perform({ type: 'mapAnswer', errno: 0 });
    };
    toy.onInput = (_, input) => {
      if (input.type === 'probe') {
        toy.outputs.push({ type: 'tell', what: 'mapping' }, { type: 'map', size: 4096 });
      }
      if (input.type === 'mapped') {
        toy.outputs.push({ type: 'enable' }, { type: 'me', bytes: new Uint8Array([1]) });
      }
    };
    run<Input, Output>(toy, pair.host, clock, { on });
    pair.plug();
    clock.runUntilIdle();
    expect(toy.inputs.map(({ type }) => type)).toEqual(['probe', 'mapped']);
    expect(passed).toEqual([{ type: 'tell', what: 'mapping' }]);
    expect(events.map(({ type }) => type)).toEqual(['mapRequest', 'area', 'me']);
  });

  it('fires timers when they are due, also changed ones, and those of a machine that was just made', () => {
    const { clock, pair, toy } = setUp();
    toy.timers = [130];
    const runner = run<Input, Output>(toy, pair.host, clock);
    clock.advanceTo(120);
    expect(toy.fired).toEqual([]);
    toy.onInput = () => {
      toy.timers = [150, 160];
    };
    runner.feed({ type: 'go' });
    clock.advanceTo(155);
    expect(toy.fired).toEqual([150]);
    clock.runUntilIdle();
    expect(toy.fired).toEqual([150, 160]);
    expect(clock.pending).toBe(0);
  });

  it('lets a task call the machine: due timers before it, its outputs and timers behind it', () => {
    const { clock, pair, toy, passed, on } = setUp();
    toy.timers = [130];
    const runner = run<Input, Output>(toy, pair.host, clock, { on });
    const fired: number[] = [];
    runner.turn((nowMs) => {
      fired.push(...toy.fired);
      toy.outputs.push({ type: 'tell', what: `at ${nowMs}` });
      toy.timers = [140];
    });
    expect(passed).toEqual([{ type: 'tell', what: 'at 100' }]);
    clock.runUntilIdle();
    expect(toy.fired).toEqual([140]);
    runner.stop();
    runner.turn(() => expect.unreachable());
  });

  it('leaves a task out when what was due before it stops the runner', () => {
    const { clock, pair, toy } = setUp();
    const runner = run<Input, Output>(toy, pair.host, clock, { on: () => runner.stop() });
    toy.timers = [90];
    toy.outputs = [{ type: 'tell', what: 'late' }];
    runner.turn(() => expect.unreachable());
    expect(runner.stopped).toBe(true);
  });

  it('takes a task from inside of a handler, and what it does, in the same turn', () => {
    const { clock, pair, toy } = setUp();
    const seen: string[] = [];
    const runner = run<Input, Output>(toy, pair.host, clock, {
      on(output) {
        if (output.type !== 'tell') return;
        seen.push(output.what);
        if (output.what === 'a') runner.turn(() => toy.outputs.push({ type: 'tell', what: 'b' }));
      },
    });
    runner.turn(() => toy.outputs.push({ type: 'tell', what: 'a' }));
    expect(seen).toEqual(['a', 'b']);
  });

  it('answers commands by their token', async () => {
    const { clock, pair, toy } = setUp();
    const held: Output[] = [];
    toy.onInput = (_, input) => {
      if (input.type !== 'command') return;
      const { token, name, args } = input;
      held.unshift({ type: 'return', token, name, result: { sum: args.a + args.b } });
      if (held.length === 2) toy.outputs.push(...held);
    };
    const runner = run<Input, Output>(toy, pair.host, clock);
    const sums = await Promise.all([runner.call('add', { a: 1, b: 2 }), runner.call('add', { a: 3, b: 4 })]);
    expect(sums).toEqual([{ sum: 3 }, { sum: 7 }]);
  });

  it('feeds a message that could not be sent back', () => {
    const { clock, pair, toy } = setUp();
    const runner = run<Input, Output>(toy, pair.host, clock);
    toy.outputs.push({ type: 'me', bytes: new Uint8Array(12) });
    runner.feed({ type: 'go' });
    expect(toy.inputs).toEqual([{ type: 'go' }, { type: 'sendFailed', errno: 19 }]);
  });

  it('takes what a handler feeds after the outputs that are due', () => {
    const { clock, pair, toy } = setUp();
    const seen: string[] = [];
    const runner = run<Input, Output>(toy, pair.host, clock, {
      on(output) {
        if (output.type !== 'tell') return;
        seen.push(output.what);
        if (output.what === 'one') runner.feed({ type: 'lost' });
      },
    });
    toy.onInput = (_, input) => {
      seen.push(input.type);
      const tells = input.type === 'go' ? ['one', 'two'] : ['three'];
      toy.outputs.push(...tells.map((what): Output => ({ type: 'tell', what })));
    };
    runner.feed({ type: 'go' });
    expect(seen).toEqual(['go', 'one', 'two', 'lost', 'three']);
  });

  it('stops: no timer, no event, no answer; the other side loses the link', async () => {
    const { clock, pair, toy } = setUp();
    const events: string[] = [];
    pair.csme.onEvent = (event) => events.push(event.type);
    toy.timers = [500];
    const runner = run<Input, Output>(toy, pair.host, clock);
    pair.plug();
    clock.advanceTo(110);
    const call = runner.call('add', { a: 1, b: 2 });
    runner.stop();
    runner.stop();
    await expect(call).rejects.toMatchObject({ code: 'TRANSPORT_ERR_STOPPED' });
    await expect(runner.call('add', { a: 1, b: 2 })).rejects.toThrow(TransportError);
    runner.feed({ type: 'go' });
    clock.runUntilIdle();
    expect(runner.stopped).toBe(true);
    expect(toy.inputs.map(({ type }) => type)).toEqual(['probe', 'command']);
    expect(toy.fired).toEqual([]);
    expect(events).toEqual(['lost']);
  });

  it('stops with the exception of a machine, and says so', async () => {
    const { clock, pair, toy } = setUp();
    const errors: unknown[] = [];
    const runner = run<Input, Output>(toy, pair.host, clock, { onError: (error) => errors.push(error) });
    const failure = new Error('out of order');
    const call = runner.call('add', { a: 1, b: 2 });
    toy.onInput = () => {
      throw failure;
    };
    pair.plug();
    clock.runUntilIdle();
    expect(errors).toEqual([failure]);
    expect(runner.stopped).toBe(true);
    await expect(call).rejects.toMatchObject({ code: 'TRANSPORT_ERR_STOPPED', cause: failure });
  });

  it('rejects a call that the machine refuses, and goes on', async () => {
    const { clock, pair, toy } = setUp();
    const runner = run<Input, Output>(toy, pair.host, clock);
    const refusal = sapError('SAP_ERR_DRAFT', { fault: 'local', detail: 'too large' });
    toy.onInput = () => {
      throw refusal;
    };
    await expect(runner.call('add', { a: 1, b: 2 })).rejects.toBe(refusal);
    expect(runner.stopped).toBe(false);
    // The same about anything but a call is a failure of the machine.
    expect(() => runner.feed({ type: 'go' })).toThrow(refusal);
    expect(runner.stopped).toBe(true);
  });

  it('lets the exception through when nobody takes it', () => {
    const { clock, pair, toy } = setUp();
    toy.timers = [110];
    toy.handleTimeout = () => {
      throw new Error('out of order');
    };
    const runner = run<Input, Output>(toy, pair.host, clock);
    expect(() => clock.runUntilIdle()).toThrow('out of order');
    expect(runner.stopped).toBe(true);
  });

  it('runs ten thousand pairs on one clock', () => {
    const clock = new VirtualClock();
    let probes = 0;
    for (let i = 0; i < 10_000; i++) {
      const pair = memoryPair({ clock });
      const toy = new Toy();
      toy.timers = [i % 1000];
      toy.onInput = () => {
        probes++;
      };
      run<Input, Output>(toy, pair.host, clock);
      pair.plug();
    }
    expect(clock.pending).toBe(20_000);
    clock.runUntilIdle();
    expect(probes).toBe(10_000);
    expect(clock.now()).toBe(999);
  });

  it('runs on the machine’s clock', async () => {
    const pair = memoryPair();
    const toy = new Toy();
    const due = systemClock.now() + 3;
    toy.timers = [due];
    const fired = new Promise<number>((resolve) => {
      toy.handleTimeout = (nowMs) => {
        toy.timers = [];
        resolve(nowMs);
      };
    });
    const runner = run<Input, Output>(toy, pair.host, systemClock);
    expect(await fired).toBeGreaterThanOrEqual(due);
    runner.stop();
  });
});
