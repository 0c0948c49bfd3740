/** The firmware's watchdog client, as any host sees it; and its alarm. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Amt, type AmtOptions } from '../../../csme/amt/index.ts';
import {
  WATCHDOG_GUID,
  type WatchdogEvent,
  type WatchdogOptions,
  watchdogClient,
} from '../../../csme/mei/index.ts';
import { hexOf } from '../../../sap/index.ts';
import { Rig } from './support.ts';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const start = (timeout: string) => bytesOf(`02 15 13 10 ${timeout} ${'00'.repeat(17)}`);
const START = start('78 00');
const STOP = bytesOf('02 02 14 10');
const OK = '020483100000';
const NOT_REQUIRED = '020483100001';

let rig: Rig;
let amt: Amt;
let handle: number;
let events: WatchdogEvent[];
let client: ReturnType<typeof watchdogClient>;

function begin(options: WatchdogOptions = {}, state: Partial<AmtOptions> = {}): void {
  events = [];
  amt = new Amt(state);
  client = watchdogClient(amt, { ...options, onEvent: (event) => events.push(event) });
  rig = new Rig({ clients: [client] });
  handle = rig.connected(WATCHDOG_GUID);
}
beforeEach(() => begin());

/** The answer in hexadecimal; undefined when there is none. */
function ask(message: Uint8Array): string | undefined {
  expect(rig.write(handle, message).reply?.errno).toBe(0);
  rig.poll(handle);
  const { reply } = rig.read(handle, 64, true);
  return reply?.errno === 0 ? hexOf(reply.bytes) : undefined;
}
const told = () => events.splice(0).map(({ type, atMs }) => `${atMs / 1000} ${type}`);

it('one connection, version 2 of its protocol', () => {
  const second = rig.open();
  expect(rig.connect(second, WATCHDOG_GUID).reply?.errno).toBe(16);
  rig.release(handle);
  const { reply } = rig.connect(second, WATCHDOG_GUID);
  expect([reply?.errno, reply?.bytes[4]]).toEqual([0, 2]);
});

describe('the alarm', () => {
  it('comes when the time is over, once, and resets nothing', () => {
    expect(ask(START)).toBe(OK);
    rig.pass(119_999);
    expect(told()).toEqual(['0 started']);
    rig.pass(1);
    expect(told()).toEqual(['120 expired']);
    rig.pass(1_000_000);
    expect(told()).toEqual([]);
    expect(rig.device.state).toBe('ENABLED');
  });

  it('is put off by each heart beat, with its own timeout', () => {
    ask(START);
    rig.pass(60_000);
    expect(ask(start('2c 01'))).toBe(OK);
    rig.pass(299_999);
    expect(told()).toEqual(['0 started', '60 pinged']);
    rig.pass(1);
    expect(told()).toEqual(['360 expired']);
  });

  it('a late heart beat arms it again', () => {
    ask(START);
    rig.pass(150_000);
    expect(ask(START)).toBe(OK);
    expect(events.at(-1)).toEqual({ type: 'rearmed', atMs: 150_000, timeoutS: 120, lateMs: 30_000 });
    rig.pass(120_000);
    expect(told()).toEqual(['0 started', '120 expired', '150 rearmed', '270 expired']);
  });

  it('does not come after STOP', () => {
    ask(START);
    rig.pass(1000);
    expect(ask(STOP)).toBe('');
    rig.pass(1_000_000);
    expect(told()).toEqual(['0 started', '1 stopped']);
  });

  it('comes also when the connection has ended without STOP', () => {
    ask(START);
    rig.release(handle);
    rig.pass(120_000);
    expect(told()).toEqual(['0 started', '120 expired']);
  });

  it('is forgotten by a firmware that starts again', () => {
    ask(START);
    rig.feed({ type: 'reset', readyAfterMs: 10 });
    rig.pass(1_000_000);
    expect(told()).toEqual(['0 started']);
  });

  it('does not come while the machine sleeps; the whole time runs from waking up', () => {
    ask(START);
    rig.pass(60_000);
    client.watchdog.sleep(60_000);
    rig.pass(10_000_000);
    client.watchdog.wake(10_060_000);
    expect(client.watchdog.nextTimeoutAt()).toBe(10_180_000);
    expect(told()).toEqual(['0 started']);
  });
});

describe('bad input', () => {
  it.each([
    ['a timeout of 0', '00 00'],
    ['a timeout of 119', '77 00'],
  ])('%s counts as 120', (_, timeout) => {
    expect(ask(start(timeout))).toBe(OK);
    rig.pass(120_000);
    expect(told()).toEqual(['0 started', '120 expired']);
  });

  it.each([
    ['a START with another count', `02 14 13 10 78 00 ${'00'.repeat(17)}`],
    ['a START of 5 bytes', '02 03 13 10 78'],
    ['a subcommand that is not known', '02 02 15 10'],
    ['a command that is not known', '07 02 14 10'],
    ['less than a header', '02'],
    ['another version', '02 02 14 20'],
    ['a state of AMT that there is not', '05 03 53 10 02'],
  ])('%s is dropped, and the connection goes on', (_, hex) => {
    expect(ask(bytesOf(hex))).toBeUndefined();
    expect(told()).toEqual([]);
    expect(ask(START)).toBe(OK);
  });

  it('STOP of what does not run is answered, and nothing else', () => {
    expect(ask(STOP)).toBe('');
    expect(told()).toEqual([]);
  });
});

describe('whether it is required', () => {
  const require = (required: boolean) => amt.perform(rig.nowMs, { type: 'requireWatchdog', required });

  it('not: the answer says so, and nothing is armed', () => {
    begin({}, { watchdogRequired: false });
    expect(ask(START)).toBe(NOT_REQUIRED);
    rig.pass(1_000_000);
    expect(told()).toEqual([]);
  });

  it('not any more: nothing is armed from then on, and the next answer says so', () => {
    ask(START);
    require(false);
    rig.pass(60_000);
    expect(ask(START)).toBe(NOT_REQUIRED);
    rig.pass(1_000_000);
    expect(told()).toEqual(['0 started', '0 released']);
  });

  it('AMT that is disabled does not', () => {
    amt.perform(0, { type: 'setEnabled', enabled: false, by: 'menu' });
    expect(ask(START)).toBe(NOT_REQUIRED);
  });

  it('it becomes so: a host that wants to know is notified', () => {
    begin({}, { watchdogRequired: false });
    expect(rig.notifySet(handle, 1).reply?.errno).toBe(0);
    require(true);
    rig.pass(0);
    expect(rig.notifyGet(handle, true).reply?.errno).toBe(0);
    // Nothing has changed since.
    require(true);
    rig.pass(0);
    expect(rig.notifyGet(handle, true).reply?.errno).toBe(11);
  });

  it('a notification comes behind the answer that says otherwise', () => {
    begin({ answerAfterMs: 500 }, { watchdogRequired: false });
    rig.notifySet(handle, 1);
    expect(ask(START)).toBeUndefined();
    require(true);
    rig.pass(499);
    expect(rig.notifyGet(handle, true).reply?.errno).toBe(11);
    rig.pass(1);
    expect(hexOf(rig.read(handle).reply!.bytes)).toBe(NOT_REQUIRED);
    expect(rig.notifyGet(handle, true).reply?.errno).toBe(0);
  });

  it('a host that does not want to know is not', () => {
    begin({}, { watchdogRequired: false });
    require(true);
    rig.pass(0);
    expect(rig.notifyGet(handle, true).reply?.errno).toBe(11);
  });
});

describe('answers', () => {
  it('version 1 has none to START', () => {
    begin({ protocolVersion: 1 });
    expect(ask(START)).toBeUndefined();
    rig.pass(120_000);
    expect(told()).toEqual(['0 started', '120 expired']);
  });

  it('come late where that is wanted, and to STOP as it is wanted', () => {
    begin({ answerAfterMs: 500, stopAnswer: Uint8Array.of(2, 2, 0x94, 0x10) });
    expect(ask(START)).toBeUndefined();
    rig.pass(500);
    expect(hexOf(rig.read(handle).reply!.bytes)).toBe(OK);
    ask(STOP);
    rig.pass(500);
    expect(hexOf(rig.read(handle).reply!.bytes)).toBe('02029410');
    begin({ stopAnswer: 'none' });
    expect(ask(STOP)).toBeUndefined();
  });
});

describe('AMT switched on and off', () => {
  it.each<readonly [string, Partial<AmtOptions>, string]>([
    ['the host may, it is on', { hostMayChangeEnabled: true }, 'a3'],
    ['the host may not', { hostMayChangeEnabled: false }, 'a2'],
    ['it is off', { hostMayChangeEnabled: true, enabled: false }, 'a1'],
    ['local ports with TLS', { hostMayChangeEnabled: true, tlsEnabled: true }, 'e3'],
  ])('IS_CHANGE_TO_AMT_ENABLED: %s', (_, state, answer) => {
    begin({}, state);
    expect(ask(bytesOf('05 02 51 10'))).toBe(answer);
  });

  it('SET_AMT_OPERATIONAL_STATE does it, where the host may', () => {
    begin({}, { hostMayChangeEnabled: true });
    expect(ask(bytesOf('05 03 53 10 00'))).toBe('0000000000000000');
    expect(amt.state.enabled).toBe(false);
    expect(ask(bytesOf('05 03 53 10 01'))).toBe('0000000000000000');
    expect(amt.state.enabled).toBe(true);
    begin({}, { hostMayChangeEnabled: false });
    expect(ask(bytesOf('05 03 53 10 00'))).not.toBe('0000000000000000');
    expect(amt.state.enabled).toBe(true);
  });
});
