/** A set-up with its I/O: AMTHI, AMT's web service, time, and whoever knows the password. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { MeiCalls } from '../../transport/index.ts';
import { type AmthiClient, askAmthi } from '../amthi.ts';
import { ProvisioningMode, type Secret } from '../protocol/index.ts';
import { WsmanClient } from '../wsman/index.ts';
import { type Account, type SetupAct, type SetupAnswers, type SetupEnd, setUp } from './machine.ts';
import type { AmtMode } from './mode.ts';
import { openReach, type Reach } from './reach.ts';
import type { SetupGoal, SetupStepName } from './steps.ts';

export interface SetupOptions {
  /** The MEI device. */
  readonly path: string;
  /** The password of AMT's administrator. `isNew`: it is chosen now, for an AMT that has none. */
  password(isNew: boolean): Promise<Secret>;
  /** A step begins; `by`: how AMT's web service is reached, from the first step that does. */
  readonly onStep?: (step: SetupStepName, by: Reach['by'] | undefined) => void;
  readonly signal?: AbortSignal | undefined;
  /** The native calls; the addon's when left out. */
  readonly calls?: MeiCalls | undefined;
  /** Where a management service listens on 127.0.0.1; 16992 when left out. */
  readonly port?: number | undefined;
}

/**
 * Leads AMT to the goal. Rejects with what went wrong: SetupError, AmthiError, MeiError, LmsError, WsmanError; with the
 * signal's reason; or with what `password` rejects with.
 */
export async function runSetup(goal: SetupGoal, options: SetupOptions): Promise<SetupEnd> {
  const world = new World(options);
  const machine = setUp(goal);
  let step: SetupStepName | undefined;
  try {
    let doing = machine.next();
    while (doing.done !== true) {
      const act = doing.value;
      if (act.step !== step) {
        step = act.step;
        await world.announce(act);
      }
      doing = await world.perform(act).then(
        (answer) => machine.next(answer),
        (error: unknown) => machine.throw(error),
      );
      options.signal?.throwIfAborted();
    }
    return doing.value;
  } catch (error) {
    throw options.signal?.aborted ? options.signal.reason : error;
  } finally {
    await world.close();
  }
}

/** Where AMTHI is, and what ends the asking. */
interface AmthiOptions {
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
  readonly calls?: MeiCalls | undefined;
}

/** What state AMT is in. Rejects as `openAmthi` and its `ask` do. */
export function readAmtMode(options: AmthiOptions): Promise<AmtMode> {
  const { path, signal, calls } = options;
  return askAmthi(path, { signal, calls }, async (client) => {
    const { state } = await client.ask('GET_PROVISIONING_STATE');
    const { mode } = await client.ask('GET_CONTROL_MODE');
    return { provisioning: state, control: mode };
  });
}

class World {
  readonly #options: SetupOptions;
  #reach: Reach | undefined;

  constructor(options: SetupOptions) {
    this.#options = options;
  }

  async announce(act: SetupAct): Promise<void> {
    if (act.type === 'get' || act.type === 'invoke') {
      const { path, signal, calls, port } = this.#options;
      this.#reach ??= await openReach(path, { signal, calls, port });
    }
    this.#options.onStep?.(act.step, this.#reach?.by);
  }

  async perform(act: SetupAct): Promise<SetupAnswers[SetupAct['type']]> {
    switch (act.type) {
      case 'state':
        return readAmtMode(this.#options);
      case 'account':
        return this.#ask((client) => client.ask('GET_LOCAL_SYSTEM_ACCOUNT'));
      case 'command':
        await this.#ask((client) =>
          act.command === 'UNPROVISION'
            ? client.ask('UNPROVISION', { mode: ProvisioningMode.NONE })
            : client.ask(act.command),
        );
        return undefined;
      case 'password':
        return this.#options.password(act.isNew);
      case 'get':
        return this.#wsman(act.account).get(act.className);
      case 'invoke':
        return this.#wsman(act.account).invoke(act.className, act.method, act.input);
      case 'wait':
        await sleep(act.ms, undefined, { signal: this.#options.signal });
        return undefined;
    }
  }

  async close(): Promise<void> {
    await this.#reach?.close();
  }

  #ask<T>(ask: (client: AmthiClient) => Promise<T>): Promise<T> {
    const { path, signal, calls } = this.#options;
    return askAmthi(path, { signal, calls }, ask);
  }

  #wsman({ user, password }: Account): WsmanClient {
    return new WsmanClient({
      credentials: { user, password: password.reveal() },
      connect: (until) => this.#reach!.connect(until),
      ...(this.#options.signal === undefined ? {} : { signal: this.#options.signal }),
    });
  }
}
