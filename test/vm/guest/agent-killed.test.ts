/** An agent that is killed at any step leaves nothing behind that `sapwood agent --restore` does not put back. */
import { afterEach, describe, expect, it } from 'vitest';
import type { StepNumber } from '../../../netlink-bridge/index.ts';
import { LAB, labIsThere } from '../iwlwifi/lab.ts';
import { AgentScene } from './support/agent-scene.ts';

describe.skipIf(!labIsThere())('an agent that is killed', { timeout: 900_000 }, () => {
  let scene: AgentScene | undefined;
  afterEach(async () => {
    await scene?.close();
    scene = undefined;
  });

  it('at each step up to the request leaves no changed network behind', async () => {
    scene = await AgentScene.open();
    const before = await scene.snapshot();
    for (const step of [1, 2, 3, 4, 5] as const) {
      await killedAt(step);
      expect(scene.journalIsThere).toBe(step === 5);
      scene.restore();
      expect(await scene.snapshot()).toEqual(before);
      expect(scene.journalIsThere).toBe(false);
    }
    expect(scene.lab.machine.owner).toBe('csme');
  });

  it.each([6, 7, 8, 9, 10] as const)('at step %i leaves no changed network behind', async (step) => {
    scene = await AgentScene.open();
    const before = await scene.snapshot();
    await killedAt(step);
    expect(await scene.snapshot()).not.toEqual(before);
    scene.restore();
    expect(await scene.snapshot()).toEqual(before);
    expect(scene.journalIsThere).toBe(false);
  });

  it('is followed by the next one, which begins with putting back', async () => {
    scene = await AgentScene.open({ grants: false });
    const before = await scene.snapshot();
    await killedAt(5);
    const next = await scene.agent();
    await next.trouble('refused');
    await next.daemon.stop();
    expect(await scene.snapshot()).toEqual(before);
  });

  async function killedAt(step: StepNumber): Promise<void> {
    const victim = await scene!.agent({ killAt: step });
    await victim.step(step);
    await victim.daemon.exited;
    expect(victim.steps.at(-1)?.step).toBe(step);
    expect(victim.daemon.lines.join('\n')).not.toContain(LAB.psk);
  }
});
