/** The only place where a machine meets I/O and time: binds it to an end and a clock. */
import { SapError } from '../sap/index.ts';
import type { Clock, Timer } from './clock.ts';
import type {
  CsmeEnd,
  CsmeEvent,
  CsmeRequest,
  HostEnd,
  HostEvent,
  HostRequest,
  Machine,
} from './contract.ts';
import { TransportError } from './errors.ts';

/** What the runner itself feeds to a machine. */
export type RunnerInput = {
  /** An ME message could not be sent; only host machines get it. */
  readonly type: 'sendFailed';
  readonly errno: number;
};

interface Tagged {
  readonly type: string;
}

export interface RunOptions<Output> {
  /** Gets every output that is not for the end, in order; answers of commands included. */
  readonly on?: (output: Output) => void;
  /**
   * The machine or a handler threw, and not about the arguments of a `call`; the runner has stopped. Without it the exception goes on to whoever called: the
   * clock or the transport, where nobody catches it.
   */
  readonly onError?: (error: unknown) => void;
  /** An ME message of the firmware's side could not be sent. */
  readonly onSendFailed?: (errno: number) => void;
}

type Commands<Input> = Extract<Input, { type: 'command'; token: number }>;
type Returns<Output> = Extract<Output, { type: 'return' }>;
type NameOf<Input> = Commands<Input> extends { name: infer Name } ? Name : never;
type ArgsOf<Input, Name> =
  Extract<Commands<Input>, { name: Name }> extends { args: infer Args }
    ? Args
    : Commands<Input> extends { args: infer Args }
      ? Args
      : never;
type ResultOf<Output, Name> =
  Extract<Returns<Output>, { name: Name }> extends { result: infer R } ? R : never;

/** The ends whose events a machine with these inputs takes. */
export type EndFor<Input> =
  | (HostEvent extends Input ? HostEnd : never)
  | (CsmeEvent extends Input ? CsmeEnd : never);

export interface Runner<Input, Output> {
  /** Something happened that the end does not know of. From inside of a handler it is taken up after it. */
  feed(input: Input): void;
  /**
   * Lets `task` call the machine itself, with the time of now, and carries out what comes of it: for what is too much to
   * be fed one by one, such as frames. From inside of a handler the turn that runs goes on with it. Nothing happens
   * after `stop`.
   */
  turn(task: (nowMs: number) => void): void;
  /**
   * Gives the machine a command and resolves with the result of its `return`. Rejects with a SapError (fault `local`)
   * that the machine throws about the command, which changes nothing; with TRANSPORT_ERR_STOPPED when the runner stops
   * before, with the machine's exception as the cause where there was one.
   */
  call<Name extends NameOf<Input>>(name: Name, args: ArgsOf<Input, Name>): Promise<ResultOf<Output, Name>>;
  /** Closes the end, drops the timer, rejects what is called. Stopping twice is stopping once. */
  stop(): void;
  readonly stopped: boolean;
}

/**
 * Runs a machine at an end: events of the end and due timers go in, outputs that are requests of the end are
 * performed, every other output goes to `on`. The end belongs to the runner from now on.
 */
export function run<Input extends Tagged, Output extends Tagged>(
  machine: Machine<Input, Output>,
  end: EndFor<Input>,
  clock: Clock,
  options: RunOptions<Output> = {},
): Runner<Input, Output> {
  return new MachineRunner(machine, end, clock, options);
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: TransportError | SapError) => void;
}

const HOST_REQUESTS: ReadonlySet<string> = new Set<HostRequest['type']>([
  'map',
  'enable',
  'me',
  'disable',
  'unmap',
]);
const CSME_REQUESTS: ReadonlySet<string> = new Set<CsmeRequest['type']>(['mapAnswer', 'me']);

class MachineRunner<Input extends Tagged, Output extends Tagged> implements Runner<Input, Output> {
  readonly #machine: Machine<unknown, Output>;
  readonly #end: HostEnd | CsmeEnd;
  readonly #clock: Clock;
  readonly #options: RunOptions<Output>;
  readonly #requests: ReadonlySet<string>;
  /** Inputs that came while the machine was being drained. */
  #inputs: Tagged[] = [];
  #busy = false;
  #stopped = false;
  #timer: Timer | undefined;
  /** What the machine asked for when the timer was made; a clock may have moved it. */
  #timerFor: number | undefined;
  #token = 0;
  #waiting: Map<number, Waiting> | undefined;

  constructor(
    machine: Machine<Input, Output>,
    end: HostEnd | CsmeEnd,
    clock: Clock,
    options: RunOptions<Output>,
  ) {
    this.#machine = machine as Machine<unknown, Output>;
    this.#end = end;
    this.#clock = clock;
    this.#options = options;
    this.#requests = end.side === 'host' ? HOST_REQUESTS : CSME_REQUESTS;
    end.onEvent = (event: HostEvent | CsmeEvent) => this.#enqueue(event);
    // A machine may have timers or outputs from its making on.
    this.#turn(() => {});
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  feed(input: Input): void {
    this.#enqueue(input);
  }

  turn(task: (nowMs: number) => void): void {
    if (this.#stopped) return;
    const now = this.#clock.now();
    if (this.#busy) task(now);
    else
      this.#turn(() => {
        this.#fireDue(now);
        if (!this.#stopped) task(now);
      });
  }

  call<Name extends NameOf<Input>>(name: Name, args: ArgsOf<Input, Name>): Promise<ResultOf<Output, Name>> {
    if (this.#stopped) return Promise.reject(new TransportError('TRANSPORT_ERR_STOPPED'));
    const token = ++this.#token;
    return new Promise((resolve, reject) => {
      this.#waiting ??= new Map();
      this.#waiting.set(token, { resolve, reject });
      this.#enqueue({ type: 'command', token, name, args } as Tagged);
    });
  }

  stop(): void {
    this.#stop(undefined);
  }

  #enqueue(input: Tagged): void {
    if (this.#stopped) return;
    this.#inputs.push(input);
    if (!this.#busy) this.#turn(() => {});
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    this.#timerFor = undefined;
    this.#turn(() => this.#machine.handleTimeout(this.#clock.now()));
  };

  /** One turn: something for the machine first, then all inputs that wait, each followed by its outputs. */
  #turn(first: () => void): void {
    this.#busy = true;
    try {
      first();
      this.#drain();
      for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
        const now = this.#clock.now();
        this.#fireDue(now);
        this.#handle(now, input);
        this.#drain();
      }
      this.#arm();
    } catch (error) {
      this.#stop(error);
      if (this.#options.onError === undefined) throw error;
      this.#options.onError(error);
    } finally {
      this.#busy = false;
    }
  }

  /** A command that makes no sense is its caller's affair and leaves the link alone. */
  #handle(now: number, input: Tagged): void {
    try {
      this.#machine.handle(now, input);
    } catch (error) {
      const token = input.type === 'command' ? (input as Tagged & { token?: number }).token : undefined;
      const waiting = token === undefined ? undefined : this.#waiting?.get(token);
      if (token === undefined || waiting === undefined) throw error;
      if (!(error instanceof SapError && error.fault === 'local')) throw error;
      this.#waiting?.delete(token);
      waiting.reject(error);
    }
  }

  /** On a slow machine an input may come before the clock's task of a timer that was due earlier. */
  #fireDue(now: number): void {
    const due = this.#machine.nextTimeoutAt();
    if (due === undefined || due > now) return;
    this.#machine.handleTimeout(now);
    this.#drain();
  }

  #drain(): void {
    while (!this.#stopped) {
      const output = this.#machine.poll();
      if (output === undefined) return;
      if (this.#requests.has(output.type)) this.#perform(output);
      else this.#pass(output);
    }
  }

  #perform(output: Tagged): void {
    const request = output as HostRequest & CsmeRequest;
    const result = this.#end.perform(request);
    if (result >= 0 || request.type !== 'me') return;
    if (this.#end.side === 'host') this.#inputs.push({ type: 'sendFailed', errno: -result } as RunnerInput);
    else this.#options.onSendFailed?.(-result);
  }

  #pass(output: Output): void {
    if (output.type === 'return') {
      const { token, result } = output as unknown as { token: number; result: never };
      this.#waiting?.get(token)?.resolve(result);
      this.#waiting?.delete(token);
    }
    this.#options.on?.(output);
  }

  #arm(): void {
    if (this.#stopped) return;
    const next = this.#machine.nextTimeoutAt();
    if (next === this.#timerFor) return;
    this.#timerFor = next;
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer);
    this.#timer = next === undefined ? undefined : this.#clock.schedule(next, this.#onTimer);
  }

  #stop(cause: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#inputs = [];
    if (this.#timer !== undefined) this.#clock.cancel(this.#timer);
    this.#timer = undefined;
    this.#end.close();
    const waiting = this.#waiting?.values() ?? [];
    this.#waiting = undefined;
    for (const { reject } of waiting) reject(new TransportError('TRANSPORT_ERR_STOPPED', { cause }));
  }
}
