/** Runs: a contender receives what the sender sends. */
import { setTimeout as after } from 'node:timers/promises';
import type { Contender, Running } from './contender.ts';
import { busySeconds, isWaiting, runSeconds, waits } from './cpu.ts';
import { forCsme, type Load } from './load.ts';
import { type Share, send } from './sender.ts';

export interface Setting {
  readonly load: Load;
  readonly senderCpu: number;
}

export interface RunOptions {
  readonly seconds: number;
  /** Frames a second; without it as many as the sender can. */
  readonly rate?: number | undefined;
  /** How much of its CPU the contender may have; all of it when left out. */
  readonly share?: Share | undefined;
}

/** What a run showed. CPU times are seconds. */
export interface Run {
  readonly sent: number;
  readonly seconds: number;
  /** Frames that should have come out, and did not. */
  readonly lost: number;
  readonly receiverCpu: number;
  /** The sender, with what the kernel does at the receiving end before a receiver sees the frame. */
  readonly senderCpu: number;
  /** All CPUs, whoever used them. */
  readonly systemCpu: number;
  /** How often the receiver had waited. */
  readonly wakeUps: number;
}

/** A contender that is open, and warm: one that was opened just now is cold, and JavaScript not compiled. */
export class Session {
  readonly #contender: Contender | undefined;
  readonly #running: Running | undefined;
  readonly #setting: Setting;

  private constructor(contender: Contender | undefined, running: Running | undefined, setting: Setting) {
    this.#contender = contender;
    this.#running = running;
    this.#setting = setting;
  }

  /** Opens a contender for as long as `use` takes; without one nobody receives. */
  static async with<T>(
    contender: Contender | undefined,
    setting: Setting,
    use: (session: Session) => Promise<T>,
  ): Promise<T> {
    const session = new Session(contender, await contender?.start(), setting);
    try {
      await session.run({ seconds: WARM_UP_S, rate: WARM_UP_RATE });
      return await use(session);
    } finally {
      await session.#running?.stop();
    }
  }

  /** Sends, and gives what came of it when the contender has dealt with everything. */
  async run({ seconds, rate, share }: RunOptions): Promise<Run> {
    const { load, senderCpu } = this.#setting;
    const pid = this.#running?.pid;
    const before = await this.#look();
    const sent = await send({
      load,
      seconds,
      rate,
      cpu: senderCpu,
      share: pid === undefined || share === undefined ? undefined : { pid, ...share },
    });
    if (pid !== undefined) await idle(pid);
    const behind = await this.#look();
    const expected = this.#contender?.onlyForCsme ? forCsme(load, sent.sent) : sent.sent;
    const missing = expected - (behind.frames - before.frames);
    return {
      sent: sent.sent,
      seconds: sent.seconds,
      lost: pid === undefined ? 0 : Math.max(behind.dropped - before.dropped, missing),
      receiverCpu: behind.receiverCpu - before.receiverCpu,
      senderCpu: sent.cpuSeconds,
      systemCpu: behind.systemCpu - before.systemCpu,
      wakeUps: behind.wakeUps - before.wakeUps,
    };
  }

  async #look() {
    const running = this.#running;
    const received = (await running?.received()) ?? { frames: 0, dropped: 0 };
    const receiverCpu = running === undefined ? 0 : runSeconds(running.pid);
    const wakeUps = running === undefined ? 0 : waits(running.pid);
    return { ...received, receiverCpu, wakeUps, systemCpu: busySeconds() };
  }
}

const WARM_UP_S = 0.4;
const WARM_UP_RATE = 150_000;

const LOOK_MS = 20;
const QUIET_S = 0.0005;
/** Longer than any ring takes to be emptied. */
const LOOKS = 200;

/** Resolves when the process waits, and has done nothing between two looks. */
async function idle(pid: number): Promise<void> {
  let before = Number.NaN;
  for (let look = 0; look < LOOKS; look++) {
    await after(LOOK_MS);
    const now = isWaiting(pid) ? runSeconds(pid) : Number.NaN;
    if (now - before < QUIET_S) return;
    before = now;
  }
}
