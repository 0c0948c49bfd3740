/** Each way in which a take-over goes wrong, brought about by CSME, the air, the supplicant or the machine. */
import { afterEach, describe, expect, it } from 'vitest';
import { labIsThere } from '../iwlwifi/lab.ts';
import { AgentScene } from './support/agent-scene.ts';

describe.skipIf(!labIsThere())('the agent', { timeout: 900_000 }, () => {
  let scene: AgentScene | undefined;
  afterEach(async () => {
    await scene?.close();
    scene = undefined;
  });
  const wasAsked = () => scene!.lab.machine.events.some(({ name }) => name === 'ownership-asked');

  it('leaves the card with CSME when nobody has credentials', async () => {
    scene = await AgentScene.open({ networks: 'network={\nssid="home"\nkey_mgmt=NONE\n}\n' });
    const before = await scene.snapshot();
    const agent = await scene.agent();
    await agent.trouble('no-credentials');
    expect(agent.steps.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(wasAsked()).toBe(false);
    expect(await scene.snapshot()).toEqual(before);
    expect(scene.journalIsThere).toBe(false);
  });

  it('asks later when CSME refuses, and is asleep, awake and without a supplicant meanwhile', async () => {
    scene = await AgentScene.open({ grants: false });
    const before = await scene.snapshot();
    const agent = await scene.agent();
    await agent.trouble('refused');
    await agent.phase('waiting');
    expect(await scene.snapshot()).not.toEqual(before);

    // The machine sleeps and wakes up.
    let from = agent.now;
    process.kill(agent.daemon.pid, 'SIGUSR1');
    await agent.phase('asleep', from);
    expect(await scene.snapshot()).toEqual(before);
    process.kill(agent.daemon.pid, 'SIGUSR2');
    await agent.phase('waiting', from);

    // The supplicant dies, and another one is started.
    from = agent.now;
    await scene.supplicant.stop('SIGKILL');
    await agent.trouble('supplicant-gone', from);
    await scene.startSupplicant();
    await agent.step(5, from);

    await agent.daemon.stop();
    expect(await scene.snapshot()).toEqual(before);
    expect(scene.scans()).toEqual([]);
    expect(scene.lab.machine.owner).toBe('csme');
  });

  it('asks again, and has the card, after CSME did not answer', async () => {
    const ownershipRetry = 10_000;
    scene = await AgentScene.open({ behaviours: ['never:CSME_REPLY_TO_HOST_OWNERSHIP_REQ'] });
    const agent = await scene.agent({ times: { ownershipRetry } });
    await agent.trouble('not-granted');
    const begun = performance.now();
    scene.lab.machine.behave('never:CSME_REPLY_TO_HOST_OWNERSHIP_REQ', false);
    await agent.step(10, 0, 240_000);
    expect(performance.now() - begun).toBeGreaterThan(ownershipRetry / 2);
    for (const scan of scene.scans()) expect(scan).toEqual([scene.lab.ap.frequencyMhz]);
  });

  it('puts everything back when CSME takes the card while it connects', async () => {
    scene = await AgentScene.open({ behaviours: ['takes-during-association'] });
    const before = await scene.snapshot();
    const agent = await scene.agent();
    await agent.trouble('stolen');
    await agent.left('restoring');
    await agent.daemon.stop();
    expect(await scene.snapshot()).toEqual(before);
  });

  it('lifts the limits when CSME takes the card from the connection, and does not ask for it at once', async () => {
    scene = await AgentScene.open();
    const { machine } = scene.lab;
    const before = await scene.snapshot();
    const agent = await scene.agent();
    await agent.step(10);
    const from = agent.now;
    // Whose card it is not need not care for roaming: the host says so first.
    machine.csme({ name: 'takeOwnership' });
    await agent.left('lifting', from);
    await agent.phase('waiting', from);
    expect(machine.events.filter(({ name }) => name === 'ownership-asked')).toHaveLength(1);
    await agent.daemon.stop();
    expect(await scene.snapshot()).toEqual(before);
  });

  it('puts everything back when the access point is gone', async () => {
    scene = await AgentScene.open({ timersMs: { window: 3_000 } });
    const before = await scene.snapshot();
    await scene.lab.ap.stop();
    const agent = await scene.agent();
    await agent.step(8);
    await agent.daemon.until(/"trouble":"(ap-gone|stolen)"/);
    await scene.lab.machine.until(
      'CSME to take the card',
      () => scene!.lab.machine.csmeTold('windowMissed') > 0,
    );
    await agent.daemon.stop();
    expect(await scene.snapshot()).toEqual(before);
  });

  it('stays connected when the network gives no address in time', async () => {
    scene = await AgentScene.open();
    const before = await scene.snapshot();
    await scene.lab.air.dhcp.stop();
    const agent = await scene.agent({ times: { window: 20_000 } });
    await agent.step(9);
    await agent.trouble('window-missed');
    await agent.phase('held');
    expect((await scene.link())?.bssid).toBe(scene.lab.ap.bssid);
    scene.lab.machine.csme({ name: 'endSession' });
    await agent.left('lifting');
    expect(await scene.snapshot()).toEqual(before);
  });
});
