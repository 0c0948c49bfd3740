/** How long a take-over takes, with the agent and without. */
import { afterEach, describe, expect, it } from 'vitest';
import { LAB, labIsThere } from '../iwlwifi/lab.ts';
import { Daemon } from '../iwlwifi/programs.ts';
import { DHCP_CLIENT } from './support/agent.ts';
import { AgentScene } from './support/agent-scene.ts';

describe.skipIf(!labIsThere())('the agent with wpa_supplicant', { timeout: 900_000 }, () => {
  let scene: AgentScene | undefined;
  afterEach(async () => {
    await scene?.close();
    scene = undefined;
  });

  it('says how much faster it was than the same supplicant that is not prepared', async () => {
    scene = await AgentScene.open();
    let begun = performance.now();
    await scene.ask();
    await scene.supplicant.until(/CTRL-EVENT-CONNECTED/);
    const associatedMs = performance.now() - begun;
    const words = DHCP_CLIENT.map((word) => word.replace('{interface}', LAB.card));
    const dhcp = await Daemon.start(words, { ready: /^bound / });
    const plainMs = performance.now() - begun;
    await dhcp.stop();
    await scene.close();

    scene = await AgentScene.open();
    begun = performance.now();
    const agent = await scene.agent();
    const { sinceRequestMs } = await agent.step(10);
    const share = agent.steps.map(({ step, tookMs }) => `${step}: ${Math.round(tookMs)}`).join(', ');
    console.log(
      `From the request to the address: ${Math.round(sinceRequestMs!)} ms (steps ${share}); without the agent ` +
        `${Math.round(plainMs)} ms (${Math.round(associatedMs)} ms to the association), ` +
        `${(plainMs / sinceRequestMs!).toFixed(1)} times.`,
    );
    // How much, is for an idle machine to say.
    expect(sinceRequestMs).toBeLessThan(plainMs);
  });
});
