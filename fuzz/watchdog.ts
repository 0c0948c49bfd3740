/**
 * Random and damaged messages, calls and times, through the watchdog's codec, driver, firmware and keeper.
 *
 *     npm run fuzz -- watchdog --runs 1000000 --seed 1
 *
 * Must hold in every case: nothing throws, and nothing is read outside of a message; the driver answers each call once
 * and sends only what firmware takes; the keeper asks for one thing at a time, closes what it opened once, and always has
 * something to wait for until it is stopped.
 */
import {
  AmtError,
  type DriverInput,
  decodeFromFirmware,
  decodeFromHost,
  encodeWatchdog,
  type KeeperInput,
  type KeeperOutput,
  WATCHDOG_MESSAGES,
  WatchdogDriver,
  WatchdogKeeper,
} from '../amt/protocol/index.ts';
import { hexOf } from '../sap/index.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';
import { type FuzzReport, fuzzCases } from './report.ts';

const STEPS_MAX = 16;
const MESSAGE_MAX = 32;

/** An execution is one sequence: half of them are the driver's, half the keeper's.
 * Of the driver's messages the codec is asked about the first: an error takes longer than all the rest. */
export function fuzzWatchdog(runs: number, seed: number): FuzzReport {
  return fuzzCases('watchdog', runs, seed, (random) => {
    if (random.oneIn(2)) {
      const kept: string[] = [];
      return { hex: () => kept.join(' '), ask: () => keeperProblem(random, kept) };
    }
    const messages = Array.from({ length: 1 + random.below(STEPS_MAX) }, () => messageOf(random));
    return {
      hex: () => messages.map(hexOf).join(' '),
      ask: () => codecProblem(messages[0]!) ?? driverProblem(messages, random),
    };
  });
}

function messageOf(random: Random): Uint8Array {
  const kind = random.below(6);
  const good =
    kind < 4
      ? encodeWatchdog({ name: 'START_RESPONSE', status: 0, wdstate: random.oneIn(4) ? 1 : 0 })
      : kind === 4
        ? encodeWatchdog({ name: 'START', timeoutS: random.below(65_536) })
        : encodeWatchdog({ name: 'SET_AMT_OPERATIONAL_STATE', state: random.below(256) });
  if (!random.oneIn(3)) return good;
  const room = new Uint8Array(MESSAGE_MAX);
  room.set(good);
  return room.slice(0, mutate(room, good.length, MESSAGE_MAX, random));
}

function codecProblem(bytes: Uint8Array): string | undefined {
  for (const decode of [decodeFromHost, decodeFromFirmware]) {
    const [one, other] = [decode(guarded(bytes, 0)), decode(guarded(bytes, 0xff))];
    if (JSON.stringify(one) !== JSON.stringify(other)) return 'depends on bytes around it';
    if (one instanceof AmtError) continue;
    const again = encodeWatchdog(one);
    if (JSON.stringify(decode(again)) !== JSON.stringify(one)) return `${one.name} does not come back`;
    const { from } = WATCHDOG_MESSAGES[one.name];
    if (from === 'host' && again.length !== bytes.length) return `${one.name} of ${bytes.length} bytes`;
  }
  return undefined;
}

function driverProblem(messages: readonly Uint8Array[], random: Random): string | undefined {
  const driver = new WatchdogDriver();
  const waiting = new Set<number>();
  let calls = 0;
  let connected = false;
  const feed = (input: DriverInput): string | undefined => {
    driver.handle(input);
    for (let output = driver.poll(); output !== undefined; output = driver.poll()) {
      if (output.type === 'answer' && !waiting.delete(output.call))
        return `call ${output.call} is answered twice`;
      if (output.type !== 'send') continue;
      if (!connected) return `${output.name} is sent without a connection`;
      const sent = decodeFromHost(output.bytes);
      if (sent instanceof AmtError) return sent.message;
      driver.handle({ type: random.oneIn(8) ? 'sendFailed' : 'sent', name: output.name });
    }
    return undefined;
  };
  const call = (): number => {
    waiting.add(++calls);
    return calls;
  };
  for (const bytes of messages) {
    const input = driverInput(random, bytes, call);
    if (input.type === 'connected') {
      if (connected) continue;
      connected = true;
    }
    const what = feed(input);
    if (what !== undefined) return what;
    if (input.type === 'lost' || input.type === 'remove') connected = false;
  }
  const what = feed({ type: 'lost' });
  if (what !== undefined) return what;
  return waiting.size === 0 ? undefined : `${waiting.size} calls are not answered`;
}

function driverInput(random: Random, bytes: Uint8Array, call: () => number): DriverInput {
  const opener = random.below(4);
  switch (random.below(12)) {
    case 0:
    case 1:
      return { type: 'connected', protocolVersion: random.below(4) };
    case 2:
      return { type: 'notification' };
    case 3:
      return { type: random.oneIn(2) ? 'lost' : 'remove' };
    case 4:
      return { type: 'open', call: call() };
    case 5:
    case 6:
      return { type: 'ping', call: call(), opener };
    case 7:
      return { type: 'setTimeout', call: call(), opener, timeoutS: random.below(70_000) - 100 };
    case 8:
      return { type: 'release', opener };
    default:
      return { type: 'message', bytes };
  }
}

/** What the keeper has asked for. */
type Asked = Exclude<KeeperOutput['type'], 'tell'>;

function keeperProblem(random: Random, kept: string[]): string | undefined {
  const keeper = new WatchdogKeeper({ timeoutS: 120 + random.below(3) });
  let [nowMs, asked, isOpen, stopped, told]: [number, Asked | undefined, boolean, boolean, boolean] = [
    0,
    undefined,
    false,
    false,
    false,
  ];
  const drain = (): string | undefined => {
    for (let output = keeper.poll(); output !== undefined; output = keeper.poll()) {
      if (output.type === 'tell') {
        if (told) return `${output.name} is told after the end`;
        told = output.name === 'stopped';
        continue;
      }
      // Closing ends the wait for a ping.
      const waits =
        asked !== undefined && !(output.type === 'close' && asked !== 'open' && asked !== 'close');
      if (waits) return `${output.type} while ${asked} is asked`;
      if (isOpen === (output.type === 'open'))
        return `${output.type} while it is ${isOpen ? 'open' : 'closed'}`;
      asked = output.type;
    }
    if (asked !== undefined || keeper.state.phase === 'ASLEEP' || keeper.state.phase === 'STOPPED')
      return undefined;
    return keeper.nextTimeoutAt() === undefined
      ? `nothing is waited for in ${keeper.state.phase}`
      : undefined;
  };
  const feed = (input: KeeperInput): string | undefined => {
    kept.push(input.type);
    if (asked === 'open' && (input.type === 'opened' || input.type === 'unavailable')) {
      isOpen = input.type === 'opened';
      asked = undefined;
    } else if (input.type === 'closed') {
      isOpen = false;
      asked = undefined;
    } else if (input.type === 'done' || input.type === 'failed') asked = undefined;
    stopped ||= input.type === 'stop';
    keeper.handle(nowMs, input);
    return drain();
  };
  let what = feed({ type: 'start' });
  for (let left = STEPS_MAX; what === undefined && left > 0; left--) {
    nowMs += random.oneIn(3) ? random.below(300_000) : random.below(2_000);
    keeper.handleTimeout(nowMs);
    const next = keeper.nextTimeoutAt();
    if (next !== undefined && next <= nowMs) return `a timer of ${next} stays due at ${nowMs}`;
    what = drain() ?? feed(keeperInput(random, asked));
  }
  if (!stopped) what ??= feed({ type: 'stop' });
  while (what === undefined && asked !== undefined) what = feed(answerTo(asked, random));
  if (what !== undefined) return what;
  return told && !isOpen ? undefined : `ends in ${keeper.state.phase}${isOpen ? ', and open' : ''}`;
}

function keeperInput(random: Random, asked: Asked | undefined): KeeperInput {
  const kind = random.below(12);
  if (asked !== undefined && kind < 7) return answerTo(asked, random);
  const others: readonly KeeperInput[] = [
    { type: 'appeared' },
    { type: 'gone', detail: '' },
    { type: 'sleep' },
    { type: 'wake' },
    { type: random.oneIn(4) ? 'stop' : 'appeared' },
  ];
  return others[kind % others.length]!;
}

function answerTo(asked: Asked, random: Random): KeeperInput {
  switch (asked) {
    case 'open':
      if (!random.oneIn(3)) return { type: 'opened' };
      return { type: 'unavailable', why: random.oneIn(2) ? 'not required' : 'failed', detail: '' };
    case 'close':
      return { type: 'closed' };
    default:
      if (!random.oneIn(3)) return { type: 'done' };
      return { type: 'failed', gone: random.oneIn(2), detail: '' };
  }
}

function guarded(bytes: Uint8Array, filling: number): Uint8Array {
  const room = new Uint8Array(bytes.length + 16).fill(filling);
  room.set(bytes, 8);
  return room.subarray(8, 8 + bytes.length);
}
