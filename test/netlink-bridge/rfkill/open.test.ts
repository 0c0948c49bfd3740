import { constants } from 'node:os';
import { afterEach, describe, expect, it, test } from 'vitest';
import { systemError } from '../../../native/errors.ts';
import { nativeProblem, POLLERR } from '../../../native/index.ts';
import {
  type BridgeError,
  openRfkill,
  type RfkillEvent,
  switchOfWiphy,
} from '../../../netlink-bridge/index.ts';
import { RfkillKernel } from './support/kernel.ts';

const WLAN = 1;
const BLUETOOTH = 2;
const NOT_OWNER = 2;

const kernels: RfkillKernel[] = [];
afterEach(() => {
  for (const kernel of kernels.splice(0)) kernel.remove();
});

/** A kernel with a key, two radios and Bluetooth. */
function machine(age?: 'new' | 'old' | 'ancient'): RfkillKernel {
  const kernel = new RfkillKernel(age);
  kernels.push(kernel);
  kernel.add(0, { type: WLAN, name: 'hp-wifi' });
  kernel.add(1, { type: BLUETOOTH, name: 'hci0' });
  kernel.add(2, { type: WLAN, name: 'phy1', wiphy: 1, reasons: NOT_OWNER });
  kernel.add(3, { type: WLAN, name: 'phy0', wiphy: 0 });
  return kernel;
}

function open(kernel: RfkillKernel) {
  const events: RfkillEvent[] = [];
  const problems: BridgeError[] = [];
  const rfkill = openRfkill(
    {
      sysfs: kernel.sysfs,
      onEvent: (event) => events.push(event),
      onProblem: (problem) => problems.push(problem),
    },
    kernel,
  );
  return { rfkill, events, problems };
}

describe('at the opening', () => {
  it('knows the switches that there are, and tells no events', () => {
    const { rfkill, events } = open(machine());
    expect(rfkill.extended).toBe(true);
    expect([...rfkill.switches.values()].map(({ name, wiphy }) => [name, wiphy])).toEqual([
      ['hp-wifi', undefined],
      ['hci0', undefined],
      ['phy1', 1],
      ['phy0', 0],
    ]);
    expect(switchOfWiphy(rfkill.switches, 1)).toMatchObject({ index: 2, reasons: new Set(['NOT_OWNER']) });
    expect(events).toEqual([]);
  });

  it('is content with reading', () => {
    const kernel = machine();
    open(kernel);
    expect(kernel.opened).toEqual([true]);
  });

  it('with an old kernel takes the reasons from sysfs', () => {
    const kernel = machine('old');
    const { rfkill, events } = open(kernel);
    expect(rfkill.extended).toBe(false);
    expect([...rfkill.switches.get(2)!.reasons]).toEqual(['NOT_OWNER']);
    kernel.set(3, { reasons: NOT_OWNER | 1 });
    kernel.wake();
    expect([...events[0]!.switch.reasons]).toEqual(['NOT_OWNER', 'SIGNAL']);
  });

  it('with one that has none takes a hard block for that of a key', () => {
    const { rfkill } = open(machine('ancient'));
    expect([...rfkill.switches.get(2)!.reasons]).toEqual(['SIGNAL']);
  });

  it('a record that cannot be read is told, and left out', () => {
    const kernel = machine();
    kernel.nextRead = new Uint8Array(3);
    const { rfkill, problems } = open(kernel);
    expect(problems).toMatchObject([{ code: 'BRIDGE_ERR_FORMAT' }]);
    expect(rfkill.switches.size).toBe(4);
  });
});

test('what changes is told once, and stands in the table', () => {
  const kernel = machine();
  const { rfkill, events } = open(kernel);
  kernel.set(2, { reasons: 0 });
  kernel.set(2, { reasons: 0 });
  kernel.add(4, { type: WLAN, name: 'phy2', wiphy: 2 });
  kernel.take(3);
  kernel.wake();
  expect(events.map((event) => [event.type, event.switch.name, event.switch.hard])).toEqual([
    ['change', 'phy1', false],
    ['add', 'phy2', false],
    ['del', 'phy0', false],
  ]);
  expect([...rfkill.switches.keys()]).toEqual([0, 1, 2, 4]);
});

describe('a soft block', () => {
  it('goes through a handle of its own, and comes back as an event', () => {
    const kernel = machine();
    const { rfkill, events } = open(kernel);
    rfkill.setSoft(3, true);
    expect(kernel.opened).toEqual([true, false]);
    expect(kernel.handles).toBe(1);
    kernel.wake();
    expect(events).toMatchObject([{ type: 'change', switch: { name: 'phy0', soft: true } }]);
  });

  it('of no switch is refused', () => {
    const { rfkill } = open(machine());
    expect(() => rfkill.setSoft(9, true)).toThrow(
      /^What is needed is not there\. \/dev\/rfkill has no switch 9/,
    );
  });
});

test('more changes than the kernel keeps: the end is right all the same', () => {
  const kernel = machine();
  const { rfkill, events } = open(kernel);
  for (let i = 0; i <= 1000; i++) kernel.set(3, { soft: i % 2 === 0 });
  kernel.set(3, { soft: false });
  kernel.set(2, { reasons: 0 });
  kernel.take(0);
  kernel.add(5, { type: WLAN, name: 'phy5', wiphy: 5 });
  expect(kernel.dropped).toBeGreaterThan(0);
  kernel.wake();
  expect([...rfkill.switches.keys()]).toEqual([1, 2, 3, 5]);
  expect(rfkill.switches.get(3)!.soft).toBe(false);
  expect(rfkill.switches.get(2)!.hard).toBe(false);
  expect(events.slice(-3).map((event) => [event.type, event.switch.index])).toEqual([
    ['change', 3],
    ['add', 5],
    ['del', 0],
  ]);
  expect(kernel.handles).toBe(1);
  // It goes on with the new handle.
  kernel.set(3, { soft: true });
  kernel.wake();
  expect(rfkill.switches.get(3)!.soft).toBe(true);
});

describe('the end', () => {
  it('by close, once', () => {
    const kernel = machine();
    const { rfkill, events } = open(kernel);
    rfkill.close();
    rfkill.close();
    expect(kernel.handles).toBe(0);
    kernel.set(3, { soft: true });
    kernel.wake();
    expect(events).toEqual([]);
  });

  it('by a listener: nothing more is told', () => {
    const kernel = machine();
    const told: number[] = [];
    const rfkill = openRfkill(
      {
        sysfs: kernel.sysfs,
        onEvent: (event) => {
          told.push(event.switch.index);
          rfkill.close();
        },
      },
      kernel,
    );
    kernel.set(3, { soft: true });
    kernel.set(2, { soft: true });
    kernel.wake();
    expect(told).toEqual([3]);
    expect(kernel.handles).toBe(0);
  });

  it.each([
    ['POLLERR', 'BRIDGE_ERR_GONE', (kernel: RfkillKernel) => kernel.wake(POLLERR)],
    [
      'a read that gives nothing',
      'BRIDGE_ERR_GONE',
      (kernel: RfkillKernel) => {
        kernel.nextRead = new Uint8Array(0);
        kernel.wake();
      },
    ],
    [
      'a read that fails',
      'BRIDGE_ERR_KERNEL',
      (kernel: RfkillKernel) => {
        kernel.nextRead = systemError('read', constants.errno.ENODEV, 'device');
        kernel.wake();
      },
    ],
  ])('by %s', (_, code, happen) => {
    const kernel = machine();
    const { problems, rfkill } = open(kernel);
    happen(kernel);
    expect(problems).toMatchObject([{ code }]);
    expect(kernel.handles).toBe(0);
    rfkill.close();
  });

  it('what had come before a failure is told before it', () => {
    const kernel = machine();
    const told: string[] = [];
    const read = kernel.deviceRead.bind(kernel);
    let reads = 0;
    const calls = Object.assign(kernel, {
      deviceRead: (fd: number, into: Uint8Array, at: number) => {
        if (++reads === 7) throw systemError('read', constants.errno.EIO, 'device');
        return read(fd, into, at);
      },
    });
    openRfkill(
      {
        sysfs: kernel.sysfs,
        onEvent: (event) => told.push(event.type),
        onProblem: (problem) => told.push(problem.errnoName!),
      },
      calls,
    );
    kernel.set(3, { soft: true });
    kernel.wake();
    expect(told).toEqual(['change', 'EIO']);
  });
});

describe.skipIf(nativeProblem() !== undefined)('with the real calls, something that is not rfkill', () => {
  it.each([
    ['/dev/none9', 'BRIDGE_ERR_ABSENT', 'is the kernel module rfkill loaded?'],
    [new URL(import.meta.url).pathname, 'BRIDGE_ERR_OPTION', 'not the device of rfkill'],
    ['/dev/zero', 'BRIDGE_ERR_OPTION', 'not the device of rfkill'],
  ])('%s', (path, code, words) => {
    let error: unknown;
    try {
      openRfkill({ path }).close();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code, message: expect.stringContaining(words) });
    expect((error as Error).message).toContain(path);
  });
});
