/** The process of the host's side: a real host at its end of `unix:`, whose WLAN driver does what is ordered. */
import { type CommandName, Host, type HostInput, type HostOutput } from '../../../ownership/index.ts';
import { EFAULT } from '../../../sap/index.ts';
import { connectUnixHost, type Runner, recorded, run, systemClock } from '../../../transport/index.ts';
import { NOTHING_TOLD, toldAfter } from '../model/told.ts';
import type { DriverAct } from '../pair/acts.ts';
import { BOUNDS, shortBytes } from '../pair/pair.ts';
import { commonSnapshot, hooks, Log, onProblem, type Side, stackOf, wallClock, wrong } from './log.ts';
import type { Begin, HostSnapshot, Order, Point } from './protocol.ts';
import { Watched } from './watched.ts';

const RETRY_MS = 5;
/** How late a call may return, beyond its own time, on a machine that does much else. */
const LATE_MS = 20_000;

export class HostSide implements Side {
  readonly #host = new Host();
  readonly #log = new Log('m2h');
  readonly #watched: Watched<HostInput, HostOutput>;
  readonly #runner: Runner<HostInput, HostOutput>;
  #sizes: readonly number[];
  #told = NOTHING_TOLD;
  #token = 0;
  readonly #calls = new Map<number, { name: CommandName; atMs: number }>();
  #returned = 0;
  #woken = 0;

  constructor({ path, maps, before }: Extract<Begin, { side: 'host' }>) {
    const log = this.#log;
    this.#sizes = maps;
    const end = connectUnixHost(path, {
      retryMs: RETRY_MS,
      mapAnswer: (size) => (this.#sizes.includes(size) ? 0 : EFAULT),
      onProblem: onProblem(log),
    });
    const recording = recorded(end, log.sink, wallClock);
    log.recording = recording;
    this.#watched = new Watched<HostInput, HostOutput>(
      this.#host,
      hooks(log, (inputs) => this.#drained(inputs)),
    );
    this.#runner = run<HostInput, HostOutput>(this.#watched, recording, systemClock, {
      on: (output) => this.#on(output),
      onError: (error) => wrong(`the host throws: ${stackOf(error)}`),
    });
    for (const act of before) this.#act(act);
  }

  get armed(): Point | undefined {
    return this.#watched.armed;
  }

  set armed(point: Point | undefined) {
    this.#watched.armed = point;
  }

  order(order: Order): void {
    if (order.type === 'act') this.#act(order.act);
    else if (order.type === 'maps') this.#sizes = order.sizes;
    else if (order.type === 'bus' && this.#watched.probed) {
      this.#log.recording?.write({ ch: 'bus', dir: 'ctl', name: order.name, args: { arg: 0 } });
      this.#runner.feed({ type: order.name });
    }
  }

  snapshot(): HostSnapshot {
    for (const [token, call] of this.#calls) this.#checkTime(token, call);
    const { state, sapSeqNum } = this.#host;
    return {
      side: 'host',
      ...commonSnapshot(this.#watched, this.#log, sapSeqNum),
      state,
      told: this.#told,
      waiting: this.#calls.size,
      returned: this.#returned,
      woken: this.#woken,
    };
  }

  stop(): void {
    this.#runner.stop();
  }

  #act(act: DriverAct): void {
    if (act.type === 'frame') return this.#runner.feed(act);
    const { name, args } = act;
    const token = ++this.#token;
    this.#log.note(`${name}() ${JSON.stringify(args, shortBytes)}`);
    this.#calls.set(token, { name, atMs: systemClock.now() });
    this.#runner.feed({ type: 'command', token, name, args });
  }

  #on(output: HostOutput): void {
    switch (output.type) {
      case 'tell':
        this.#told = toldAfter(this.#told, output.name, output.args);
        return this.#log.note(`tells ${output.name} ${JSON.stringify(output.args, shortBytes)}`);
      case 'return':
        return this.#onReturn(output);
      case 'problem':
        return this.#log.problem(output.error);
    }
  }

  #onReturn({ token, name, result }: Extract<HostOutput, { type: 'return' }>): void {
    const call = this.#calls.get(token);
    if (call?.name !== name) return wrong(`${name} returns, but nobody called (token ${token})`);
    this.#calls.delete(token);
    this.#checkTime(token, call);
    this.#returned++;
    if (this.#watched.last === 'lost') this.#woken++;
    if (BOUNDS[name] !== undefined)
      this.#log.note(`${name} returns ${JSON.stringify(result, shortBytes).slice(0, 40)}`);
  }

  #checkTime(token: number, { name, atMs }: { name: CommandName; atMs: number }): void {
    const took = systemClock.now() - atMs;
    if (took > (BOUNDS[name] ?? 0) + LATE_MS) wrong(`${name} (token ${token}) takes ${took.toFixed(0)} ms`);
  }

  /** Who calls for what takes no time has been answered; and without a link nobody waits. */
  #drained(inputs: readonly string[]): void {
    const { state } = this.#host;
    if (state.driver !== 'registered') this.#told = NOTHING_TOLD;
    for (const [token, { name }] of this.#calls)
      if (BOUNDS[name] === undefined) wrong(`${name} (token ${token}) has not returned at once`);
    if (inputs.includes('lost') && this.#calls.size > 0)
      wrong(`the link is lost and ${this.#calls.size} callers wait on`);
  }
}
