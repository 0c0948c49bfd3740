/** The process of the firmware's side: a real CSME at its end of `unix:`. */
import { Csme, type CsmeInput, type CsmeOutput } from '../../../csme/index.ts';
import {
  type CsmePlug,
  listenUnixCsme,
  type Runner,
  recorded,
  run,
  systemClock,
} from '../../../transport/index.ts';
import { behaviour } from '../pair/acts.ts';
import { commonSnapshot, hooks, Log, onProblem, type Side, stackOf, wallClock, wrong } from './log.ts';
import type { Begin, CsmeSnapshot, Order, Point } from './protocol.ts';
import { Watched } from './watched.ts';

export class CsmeSide implements Side {
  readonly #csme: Csme;
  readonly #log = new Log('h2m');
  readonly #plug: CsmePlug;
  readonly #watched: Watched<CsmeInput, CsmeOutput>;
  readonly #runner: Runner<CsmeInput, CsmeOutput>;

  constructor({ path, profile, behaviours }: Extract<Begin, { side: 'csme' }>) {
    const log = this.#log;
    this.#csme = new Csme({ profile, behaviours: behaviours.map(behaviour) });
    this.#plug = listenUnixCsme(path, { onProblem: onProblem(log) });
    const recording = recorded(this.#plug, log.sink, wallClock);
    log.recording = recording;
    this.#watched = new Watched<CsmeInput, CsmeOutput>(
      this.#csme,
      hooks(log, () => {}),
    );
    this.#runner = run<CsmeInput, CsmeOutput>(this.#watched, recording, systemClock, {
      on: (output) => this.#on(output),
      onError: (error) => wrong(`CSME throws: ${stackOf(error)}`),
      onSendFailed: (errno) => log.note(`CSME: not sent, errno ${errno}`),
    });
  }

  get armed(): Point | undefined {
    return this.#watched.armed;
  }

  set armed(point: Point | undefined) {
    this.#watched.armed = point;
  }

  order(order: Order): void {
    if (order.type === 'plug') this.#plug.plug();
    else if (order.type === 'honest') {
      for (const name of Object.keys(this.#csme.state.behaviours)) this.#csme.removeBehaviour(name);
    } else if (order.type === 'firmware') {
      this.#log.note(`CSME: ${order.command.name}`);
      this.#runner.feed(order.command);
      // What resets takes the link with it.
      if (order.command.name !== 'reset') return;
      this.#plug.unplug();
      this.#plug.plug();
    }
  }

  snapshot(): CsmeSnapshot {
    const { firmware, delayed, sapSeqNum } = this.#csme.state;
    return {
      side: 'csme',
      ...commonSnapshot(this.#watched, this.#log, sapSeqNum - 1),
      firmware,
      delayed: delayed.length,
    };
  }

  stop(): void {
    this.#runner.stop();
  }

  #on(output: CsmeOutput): void {
    if (output.type === 'problem') this.#log.problem(output.error);
    else if (output.type === 'tell')
      this.#log.note(`CSME: (${output.name} ${Object.values(output.args).join(' ')})`);
  }
}
