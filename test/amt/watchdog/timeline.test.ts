/**
 * The watchdog's messages over time: keeper, driver and firmware under a clock that the test moves, through the
 * firmware's client and through the kernel's device. A line is the second and what crosses the bus then, or what the
 * firmware or the keeper tells.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClientWay, clientWay } from './support/client-way.ts';
import { kernelWay } from './support/kernel-way.ts';
import { type WayOf, World, type WorldOptions } from './support/world.ts';

const PROBE = ['START 120', 'required', 'STOP', 'empty'];
const START = ['START 120', 'required'];
const STOP = ['STOP', 'empty'];
const at = (second: number, lines: readonly string[]) => lines.map((line) => `${second} ${line}`);

let world: World;
let wayOf: WayOf;

async function begin(options: WorldOptions = {}): Promise<void> {
  world = new World(wayOf, options);
  await world.start();
}

const require = (required: boolean) =>
  world.do(() => world.amt.perform(0, { type: 'requireWatchdog', required }));

describe.each([
  ['client', clientWay],
  ['kernel', kernelWay],
] as const)('through the %s', (name, given) => {
  const client = name === 'client';
  beforeEach(() => {
    wayOf = given;
  });
  afterEach(async () => {
    // A ping that waits and a STOP that is not answered take their time.
    await world.stop(100);
    if (!client) return;
    const { driver, misfits } = world.way as ClientWay;
    expect([driver.descriptors, driver.watches, driver.device.openHandles]).toEqual([0, 0, 0]);
    expect(misfits).toEqual([]);
  });

  it('probed, armed at once, a heart beat after each half of the timeout, stopped', async () => {
    await begin();
    await world.pass(200);
    expect(world.taken()).toEqual([
      ...at(0, [...PROBE, ...START, 'keeper: armed']),
      ...at(60, START),
      ...at(120, START),
      ...at(180, START),
    ]);
    await world.stop();
    expect(world.taken()).toEqual(at(200, STOP));
    await world.pass(1000);
    expect(world.taken()).toEqual([]);
  });

  it('another timeout, and half of an odd one', async () => {
    await begin({ timeoutS: 301 });
    await world.pass(305);
    expect(world.taken()).toEqual([
      ...at(0, [...PROBE, 'START 301', 'required', 'keeper: armed']),
      ...at(150.5, ['START 301', 'required']),
      ...at(301, ['START 301', 'required']),
    ]);
  });

  it('a firmware that does not answer START is not probed, and not waited for', async () => {
    await begin({ firmware: { protocolVersion: 1, stopAnswer: 'none' } });
    await world.pass(130);
    await world.do(() => world.keeping.stop());
    expect(world.taken()).toEqual([
      ...at(0, ['START 120', 'keeper: armed']),
      '60 START 120',
      '120 START 120',
      '130 STOP',
    ]);
  });

  it('late answers do not move the heart beats', async () => {
    await begin({ firmware: { answerAfterMs: 5_000 } });
    await world.pass(140);
    const beats = world.taken().filter((line) => line.includes('START'));
    // The first answer is that of the probe; before it the kernel has no device.
    const seconds = client ? [0, 5, 65, 125] : [0, 60, 120];
    expect(beats).toEqual(seconds.map((second) => `${second} START 120`));
  });

  it('an answer that takes longer than a period: told, and the next heart beat follows at once', async () => {
    await begin();
    world.answerAfterMs = 70_000;
    await world.pass(195);
    expect(world.taken().slice(7).sort(inOrder)).toEqual([
      '60 START 120',
      '120 keeper: unanswered',
      '130 required',
      '130 START 120',
      '190 keeper: unanswered',
      '200 required',
    ]);
  });

  it('a firmware that does not answer any more: told once, and it alarms', async () => {
    await begin();
    world.answerAfterMs = Number.POSITIVE_INFINITY;
    await world.pass(500);
    expect(world.taken().slice(7).sort(inOrder)).toEqual([
      '60 START 120',
      '120 keeper: unanswered',
      '180 firmware: expired',
    ]);
    if (client) {
      // The kernel's call waits for ever; here the watchdog is stopped.
      await world.stop(2);
      expect(world.taken()).toEqual(['500 STOP']);
    } else {
      await world.do(() => world.way.suspend());
    }
  });

  it('a process that is not run: the firmware alarms, and the late heart beat arms it again', async () => {
    await begin();
    await world.pass(90);
    world.taken();
    await world.freeze(91);
    expect(world.taken()).toEqual([
      '180 firmware: expired',
      '181 keeper: late by 1',
      '181 START 120',
      '181 firmware: rearmed',
      '181 required',
    ]);
    await world.pass(60);
    expect(world.taken()).toEqual(at(241, START));
  });

  it('a heart beat that is late, and still in time', async () => {
    await begin();
    await world.pass(30);
    world.taken();
    await world.freeze(80);
    expect(world.taken()).toEqual(at(110, START));
    await world.pass(60);
    expect(world.taken()).toEqual(at(170, START));
  });

  it('suspend and resume, as logind tells them', async () => {
    await begin();
    await world.pass(90);
    world.taken();
    await world.sleepFor(1000);
    expect(world.taken()).toEqual([
      ...at(90, ['keeper: asleep', ...STOP]),
      ...at(1090, client ? ['keeper: awake', ...PROBE, ...START] : [...PROBE, 'keeper: awake', ...START]),
      '1090 keeper: armed',
    ]);
    await world.pass(60);
    expect(world.taken()).toEqual(at(1150, START));
  });

  it('a wake-up whose sleep nobody told: a heart beat at once', async () => {
    await begin();
    await world.pass(70);
    world.taken();
    await world.do(() => world.keeping.wake());
    expect(world.taken()).toEqual(at(70, START));
    await world.pass(60);
    expect(world.taken()).toEqual(at(130, START));
  });

  it('a sleep that is over before it began', async () => {
    await begin();
    await world.pass(10);
    world.taken();
    await world.do(() => {
      world.keeping.sleep();
      world.keeping.wake();
    });
    await world.pass(1);
    expect(world.taken().filter((line) => !line.includes('keeper'))).toEqual(at(10, [...STOP, ...START]));
  });

  it('a reset of the firmware', async () => {
    await begin();
    await world.pass(90);
    world.taken();
    await world.do(() => world.way.reset(500));
    await world.pass(60);
    expect(world.taken()).toEqual(
      client
        ? [
            // The connection ends: that is seen at once.
            '90 keeper: gone',
            ...at(91, [...PROBE, ...START, 'keeper: armed']),
          ]
        : [
            // The driver probes by itself; the keeper learns it with its next ping.
            ...at(90.5, PROBE),
            '120 keeper: gone',
            ...at(121, [...START, 'keeper: armed']),
          ],
    );
  });

  it('a firmware that stays away: tried soon, told once, tried each period', async () => {
    await begin();
    await world.pass(90);
    world.taken();
    await world.do(() => world.way.reset(250_000));
    await world.pass(400);
    const lines = world.taken();
    if (client) {
      expect(lines).toEqual([
        '90 keeper: gone',
        '93 keeper: unavailable',
        // 91, 92, 93, 153, 213, 273, 333: the firmware is there since 340.
        ...at(393, [...PROBE, ...START, 'keeper: armed']),
        ...at(453, START),
      ]);
    } else {
      expect(lines).toEqual([
        '120 keeper: gone',
        '121 keeper: not required',
        ...at(340, PROBE),
        ...at(361, [...START, 'keeper: armed']),
        ...at(421, START),
        ...at(481, START),
      ]);
    }
  });

  it('not required at first: no heart beat until the firmware notifies', async () => {
    await begin({ amt: { watchdogRequired: false } });
    await world.pass(100);
    expect(world.taken()).toEqual(at(0, ['START 120', 'not required', 'keeper: not required']));
    await require(true);
    await world.pass(50);
    expect(world.taken()).toEqual([
      '100 notification',
      // The keeper of the kernel's device sees it with its next try.
      ...at(client ? 100 : 120, [...START, 'keeper: armed']),
    ]);
  });

  it('not required any more while it runs, and required again', async () => {
    await begin();
    await world.pass(90);
    world.taken();
    await require(false);
    await world.pass(100);
    expect(world.taken()).toEqual([
      '120 START 120',
      '120 not required',
      // The driver's ping succeeds; the next one finds no device.
      `${client ? 120 : 180} keeper: gone`,
      `${client ? 121 : 181} keeper: not required`,
    ]);
    await require(true);
    await world.pass(55);
    expect(world.taken()).toEqual([
      '190 notification',
      ...at(client ? 190 : 241, [...START, 'keeper: armed']),
    ]);
  });

  it('required again while an answer is on its way that says otherwise', async () => {
    await begin();
    await require(false);
    world.answerAfterMs = 14_000;
    await world.pass(61);
    await require(true);
    world.answerAfterMs = 0;
    await world.pass(14);
    expect(world.taken().slice(7)).toEqual(expect.arrayContaining(['60 START 120', '74 not required']));
    await world.pass(120);
    expect(world.client.watchdog.phase).toBe('running');
  });

  it('AMT that is switched off does not require it', async () => {
    await begin({ amt: { hostMayChangeEnabled: true } });
    await world.pass(90);
    world.taken();
    await world.do(() => world.amt.perform(0, { type: 'setEnabled', enabled: false, by: 'menu' }));
    await world.pass(100);
    expect(world.taken().filter((line) => !line.includes('keeper'))).toEqual(
      at(120, ['START 120', 'not required']),
    );
    await world.do(() => world.amt.perform(0, { type: 'setEnabled', enabled: true, by: 'menu' }));
    expect(world.taken()[0]).toBe('190 notification');
    await world.pass(60);
    expect(world.client.watchdog.phase).toBe('running');
  });

  it('stopped while it waits, and while the machine sleeps', async () => {
    await begin({ amt: { watchdogRequired: false } });
    await world.stop();
    await begin();
    await world.do(() => world.keeping.sleep());
    world.taken();
    await world.stop();
    await world.pass(500);
    expect(world.taken()).toEqual([]);
  });
});

/** Lines of the same second in any order. */
const inOrder = (a: string, b: string) => Number.parseFloat(a) - Number.parseFloat(b);
