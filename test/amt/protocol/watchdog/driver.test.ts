/** Our driver against the reference: the same happens to both, and they do the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DRIVER_TABLE,
  type DriverInput,
  type DriverOutput,
  WatchdogDriver,
} from '../../../../amt/protocol/index.ts';
import { hexOf } from '../../../../sap/index.ts';
import { MeiWdt } from './support/mei-wdt.ts';

/** What can happen to both. Files are those that their `open` gave, the last one or the one before. */
type Act =
  | { readonly act: 'probe'; readonly version: number }
  | {
      readonly act:
        | 'remove'
        | 'reset'
        | 'notification'
        | 'open'
        | 'ping'
        | 'close'
        | 'stalePing'
        | 'staleClose';
    }
  | { readonly act: 'setTimeout'; readonly seconds: number }
  | { readonly act: 'receive'; readonly bytes: readonly number[] }
  | { readonly act: 'sending'; readonly works: boolean };

const OK = [0x02, 0x04, 0x83, 0x10, 0x00, 0x00];
const NOT_REQUIRED = [0x02, 0x04, 0x83, 0x10, 0x00, 0x01];

/** Both of them, and what they have done so far. */
class Pair {
  readonly reference = new MeiWdt();
  readonly driver = new WatchdogDriver();
  readonly lines: string[] = [];
  #calls = 0;
  #connected = false;
  #file = 0;

  do(act: Act): void {
    const { reference, driver } = this;
    switch (act.act) {
      case 'probe':
        if (this.#connected) return;
        this.#connected = true;
        reference.probe(act.version);
        return this.#feed({ type: 'connected', protocolVersion: act.version });
      case 'remove':
      case 'reset':
        if (!this.#connected) return;
        this.#connected = false;
        reference.remove(act.act === 'remove');
        return this.#feed({ type: act.act === 'remove' ? 'remove' : 'lost' });
      case 'notification':
        reference.notification();
        return this.#feed({ type: 'notification' });
      case 'receive':
        if (!this.#connected) return;
        reference.receive(act.bytes);
        return this.#feed({ type: 'message', bytes: Uint8Array.from(act.bytes) });
      case 'sending':
        reference.sends = act.works;
        return;
      case 'open': {
        const call = ++this.#calls;
        reference.open(call);
        this.#feed({ type: 'open', call });
        this.#file = driver.state.opener ?? this.#file;
        return;
      }
      case 'ping':
      case 'stalePing': {
        const [call, file] = [++this.#calls, act.act === 'ping' ? this.#file : this.#file - 1];
        reference.ping(call, file);
        return this.#feed({ type: 'ping', call, opener: file });
      }
      case 'setTimeout': {
        const call = ++this.#calls;
        reference.setTimeout(call, this.#file, act.seconds);
        return this.#feed({ type: 'setTimeout', call, opener: this.#file, timeoutS: act.seconds });
      }
      case 'close':
      case 'staleClose': {
        const file = act.act === 'close' ? this.#file : this.#file - 1;
        reference.close(file);
        return this.#feed({ type: 'release', opener: file });
      }
    }
  }

  #feed(input: DriverInput): void {
    this.driver.handle(input);
    for (let output = this.driver.poll(); output !== undefined; output = this.driver.poll()) {
      this.lines.push(lineOf(output));
      if (output.type !== 'send') continue;
      this.driver.handle({ type: this.reference.sends ? 'sent' : 'sendFailed', name: output.name });
    }
  }
}

function lineOf(output: DriverOutput): string {
  switch (output.type) {
    case 'send':
      return `send ${hexOf(output.bytes)}`;
    case 'answer':
      return `answer ${output.call} ${output.result}${output.opener === undefined ? '' : ` ${output.opener}`}`;
    case 'misfit':
      return 'log';
    default:
      return output.type;
  }
}

function check(acts: readonly Act[]): Pair {
  const pair = new Pair();
  for (const [i, act] of acts.entries()) {
    pair.do(act);
    expect(pair.lines, `after ${i + 1}: ${JSON.stringify(act)}`).toEqual(pair.reference.lines);
    const { phase } = pair.driver.state;
    expect(phase === 'ABSENT' ? 'none' : phase).toBe(pair.reference.state);
  }
  return pair;
}

const probe = { act: 'probe', version: 2 } as const;
const yes = { act: 'receive', bytes: OK } as const;
const no = { act: 'receive', bytes: NOT_REQUIRED } as const;
const act = (name: 'remove' | 'reset' | 'notification' | 'open' | 'ping' | 'close'): Act => ({ act: name });
const running: readonly Act[] = [probe, yes, act('open'), act('ping')];

describe('as the reference, row by row', () => {
  it.each<readonly [string, string, readonly Act[]]>([
    ['probe, not answered yet', 'PROBE', [probe]],
    ['probe, required', 'IDLE', [probe, yes]],
    ['probe, not required', 'NOT_REQUIRED', [probe, no]],
    ['probe of a firmware that does not answer', 'IDLE', [{ act: 'probe', version: 1 }]],
    ['not required, then notified', 'IDLE', [probe, no, act('notification')]],
    ['notified in another state', 'IDLE', [probe, yes, act('notification')]],
    ['a response where none is due', 'IDLE', [probe, yes, yes]],
    ['open: nothing is sent', 'START', [probe, yes, act('open')]],
    ['open twice', 'START', [probe, yes, act('open'), act('open')]],
    ['open what is not there', 'NOT_REQUIRED', [probe, no, act('open')]],
    ['opened, and closed without a ping', 'START', [probe, yes, act('open'), act('close')]],
    ['opened again after that', 'START', [probe, yes, act('open'), act('close'), act('open')]],
    ['the first ping', 'RUNNING', running],
    ['the first ping, answered', 'RUNNING', [...running, yes]],
    ['a second ping waits for the first', 'RUNNING', [...running, act('ping'), yes, yes]],
    [
      'a ping of a firmware that does not answer',
      'RUNNING',
      [{ act: 'probe', version: 1 }, act('open'), act('ping'), act('ping')],
    ],
    [
      'a new timeout pings with it',
      'RUNNING',
      [probe, yes, act('open'), { act: 'setTimeout', seconds: 240 }, yes, act('ping')],
    ],
    [
      'timeouts that cannot be',
      'START',
      [
        probe,
        yes,
        act('open'),
        ...[119, 0, -1, 65_536].map((seconds): Act => ({ act: 'setTimeout', seconds })),
      ],
    ],
    [
      'timeouts that just can be',
      'RUNNING',
      [
        probe,
        yes,
        act('open'),
        { act: 'setTimeout', seconds: 65_535 },
        yes,
        { act: 'setTimeout', seconds: 120 },
        yes,
      ],
    ],
    ['a ping answered with not required', 'NOT_REQUIRED', [...running, no, act('ping'), act('close')]],
    [
      'required again',
      'START',
      [...running, no, act('notification'), act('open'), act('ping'), yes, act('close'), act('open')],
    ],
    ['closed: STOP', 'IDLE', [...running, yes, act('close')]],
    ['closed while a ping waits', 'IDLE', [...running, act('close'), yes]],
    [
      'STOP answered by an empty message',
      'IDLE',
      [...running, yes, act('close'), { act: 'receive', bytes: [] }],
    ],
    [
      'STOP that cannot be sent',
      'STOPPING',
      [...running, yes, { act: 'sending', works: false }, act('close')],
    ],
    [
      'opened again after that',
      'START',
      [...running, yes, { act: 'sending', works: false }, act('close'), act('open')],
    ],
    [
      'a ping that cannot be sent',
      'RUNNING',
      [probe, yes, act('open'), { act: 'sending', works: false }, { act: 'setTimeout', seconds: 130 }],
    ],
    ['suspend while it runs', 'none', [...running, yes, act('remove'), act('ping')]],
    ['suspend while a ping waits', 'none', [...running, act('remove')]],
    ['suspend while it is open and not pinged', 'none', [probe, yes, act('open'), act('remove')]],
    ['suspend and resume', 'RUNNING', [...running, yes, act('remove'), ...running, yes]],
    ['suspend while it is probed', 'none', [probe, act('remove')]],
    ['reset while it runs', 'none', [...running, yes, act('reset'), act('ping')]],
    ['reset while a ping waits', 'none', [...running, act('reset')]],
    [
      'reset, and the file from before',
      'START',
      [...running, yes, act('reset'), probe, yes, act('open'), { act: 'stalePing' }, { act: 'staleClose' }],
    ],
    [
      'messages that are none',
      'RUNNING',
      [
        ...running,
        { act: 'receive', bytes: [2, 4, 0x83] },
        { act: 'receive', bytes: [2, 4, 0x83, 0x10, 0] },
        { act: 'receive', bytes: [2, 4, 0x84, 0x10, 0, 0] },
        yes,
      ],
    ],
  ])('%s: %s', (_, state, acts) => {
    const { reference } = check(acts);
    expect(reference.state).toBe(state);
  });
});

const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constant('probe' as const), version: fc.constantFrom(1, 2, 2, 3) }),
  },
  { weight: 6, arbitrary: fc.constantFrom<Act>(yes, yes, yes, no) },
  { weight: 8, arbitrary: fc.constantFrom<Act>(act('open'), act('ping'), act('ping'), act('close')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Act>(
      act('remove'),
      act('reset'),
      act('notification'),
      { act: 'stalePing' },
      { act: 'staleClose' },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('setTimeout' as const),
      seconds: fc.integer({ min: 100, max: 66_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('sending' as const), works: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('receive' as const),
      bytes: fc
        .tuple(fc.constantFrom(OK, NOT_REQUIRED, [2, 2, 0x94, 0x10]), fc.nat(8), fc.nat(255))
        .map(([message, at, value]) =>
          at < message.length ? message.with(at, value) : message.slice(0, value % 7),
        ),
    }),
  },
);

it('whatever happens, it does what the reference does', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(anyAct, { maxLength: 60, size: 'max' }), (acts) => {
      seen.add(check(acts).driver.state.phase);
    }),
    { numRuns: 2_000 },
  );
  // All of it was there to be compared.
  expect([...seen].sort()).toEqual(Object.keys(DRIVER_TABLE).sort());
});
