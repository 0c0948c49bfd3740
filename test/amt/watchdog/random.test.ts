/** Whatever happens to the machine: AMT alarms only where no heart beat could come, and is watching in the end. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ClientWay, clientWay } from './support/client-way.ts';
import { kernelWay } from './support/kernel-way.ts';
import { type WayOf, World } from './support/world.ts';

type Act =
  | { readonly act: 'pass' | 'freeze' | 'sleep' | 'suspend'; readonly seconds: number }
  | { readonly act: 'reset'; readonly readyAfterMs: number }
  | { readonly act: 'require' | 'enable'; readonly on: boolean }
  | { readonly act: 'answer'; readonly afterMs: number };

const seconds = fc.integer({ min: 1, max: 400 });
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant('pass' as const), seconds }) },
  fc.record({ act: fc.constantFrom('freeze' as const, 'sleep' as const, 'suspend' as const), seconds }),
  fc.record({ act: fc.constant('reset' as const), readyAfterMs: fc.integer({ min: 1, max: 200_000 }) }),
  fc.record({ act: fc.constantFrom('require' as const, 'enable' as const), on: fc.boolean() }),
  fc.record({ act: fc.constant('answer' as const), afterMs: fc.constantFrom(0, 0, 100, 14_000) }),
);

async function perform(world: World, act: Act): Promise<void> {
  switch (act.act) {
    case 'pass':
      return world.pass(act.seconds);
    case 'freeze':
      return world.freeze(act.seconds);
    case 'sleep':
      return world.sleepFor(act.seconds);
    case 'suspend':
      return world.suspendFor(act.seconds);
    case 'reset':
      await world.do(() => world.way.reset(act.readyAfterMs));
      return world.pass(act.readyAfterMs / 1000);
    case 'require':
      return world.do(() => world.amt.perform(0, { type: 'requireWatchdog', required: act.on }));
    case 'enable':
      return world.do(() => world.amt.perform(0, { type: 'setEnabled', enabled: act.on, by: 'menu' }));
    case 'answer':
      world.answerAfterMs = act.afterMs;
  }
}

async function run(wayOf: WayOf, acts: readonly Act[]): Promise<void> {
  const world = new World(wayOf);
  await world.start();
  let mayAlarm = false;
  for (const [i, act] of acts.entries()) {
    if (act.act === 'freeze') mayAlarm = true;
    await perform(world, act);
    const alarms = world.lines.filter((line) => line.endsWith('expired'));
    if (!mayAlarm) expect(alarms, `${i}: ${JSON.stringify(acts.slice(0, i + 1))}`).toEqual([]);
  }
  // Nothing is in the way any more: within two periods it is kept, and stays so.
  await perform(world, { act: 'answer', afterMs: 0 });
  await perform(world, { act: 'require', on: true });
  await perform(world, { act: 'enable', on: true });
  await world.pass(200);
  expect(world.client.watchdog.phase).toBe('running');
  world.taken();
  await world.pass(600);
  const beats = world.taken();
  expect(beats.filter((line) => line.endsWith('START 120'))).toHaveLength(10);
  expect(beats.filter((line) => !/ (START 120|required)$/.test(line))).toEqual([]);
  await world.stop(20);
  expect(world.client.watchdog.phase).toBe('idle');
  if (wayOf !== clientWay) return;
  const { driver, misfits } = world.way as ClientWay;
  expect([driver.descriptors, driver.watches, driver.device.openHandles, misfits]).toEqual([0, 0, 0, []]);
}

it.each([
  ['client', clientWay],
  ['kernel', kernelWay],
])('through the %s', async (_, wayOf) => {
  const acts = fc.array(anyAct, { minLength: 1, maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(acts, (all) => run(wayOf, all)),
    { numRuns: 25 },
  );
});
