/** The whole way: AMTHI, LME, HTTP Digest and WS-Management against the emulated CSME. */

import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  openAmthi,
  openTunnel,
  runSetup,
  Secret,
  type SetupGoal,
  type SetupOptions,
  type SetupStepName,
  secretOf,
} from '../../../amt/index.ts';
import { type AmtOptions, CLIENT_CONTROL, DISABLED, UNPROVISIONED } from '../../../csme/amt/index.ts';
import { settled } from '../../transport/mei/support/driver.ts';
import { type EmulatedMachine, emulatedMachine, PATH } from './machine-under-test.ts';

const PASSWORD = 'Correct-Horse-7';

/** Nobody listens there. */
const NOWHERE = 1;

const running: EmulatedMachine[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  for (const { lme } of running.splice(0)) await lme.close();
});

function machine(options: Partial<AmtOptions>) {
  const emulated = emulatedMachine(options);
  running.push(emulated);
  const steps: [SetupStepName, string | undefined][] = [];
  const setUp = (goal: SetupGoal, more: Partial<SetupOptions> = {}) =>
    runSetup(goal, {
      path: PATH,
      calls: emulated.calls,
      port: NOWHERE,
      password: async () => new Secret(PASSWORD),
      onStep: (step, by) => steps.push([step, by]),
      ...more,
    });
  return { ...emulated, steps, setUp };
}

describe('activation', () => {
  it('goes from nothing to client control mode, and back', async () => {
    const { amt, calls, setUp, steps } = machine(UNPROVISIONED);
    expect(await setUp('activate')).toEqual({
      outcome: 'done',
      before: { provisioning: 0, control: 0 },
      after: { provisioning: 2, control: 1 },
      sentence: 'AMT is activated, in client control mode.',
    });
    expect(steps.map(([step]) => step)).toEqual([
      'look',
      'newPassword',
      'account',
      'realm',
      'allowed',
      'setup',
      'confirm',
      'logOn',
    ]);
    expect(steps.at(-1)![1]).toBe('firmware');
    const { realm, accounts } = amt.state;
    expect(accounts.admin).toBe(secretOf('admin', realm, PASSWORD));
    expect(await setUp('deactivate')).toMatchObject({
      outcome: 'done',
      after: { provisioning: 0, control: 0 },
    });
    expect(amt.state.accounts).toEqual({});
    await settled();
    expect([calls.descriptors, calls.watches, calls.device.openHandles]).toEqual([0, 0, 0]);
  });

  it('says what is in its way', async () => {
    const { setUp, amt } = machine(CLIENT_CONTROL);
    const before = amt.state;
    expect(await setUp('activate')).toMatchObject({
      outcome: 'refused',
      sentence: 'AMT is activated, in client control mode.',
    });
    expect(amt.state).toEqual(before);
  });

  it('changes nothing with a password that AMT would not take', async () => {
    const { setUp, amt } = machine(UNPROVISIONED);
    await expect(setUp('activate', { password: async () => new Secret('weak') })).rejects.toMatchObject({
      code: 'SETUP_ERR_PASSWORD',
    });
    expect(amt.state).toMatchObject(UNPROVISIONED);
  });

  it('tells that AMT is disabled', async () => {
    const { setUp } = machine(DISABLED);
    await expect(setUp('activate')).rejects.toMatchObject({ code: 'AMTHI_ERR_DISABLED' });
  });

  it('goes through the management service where one listens', async () => {
    const { calls, setUp, steps } = machine(UNPROVISIONED);
    const tunnel = await openTunnel(PATH, { calls });
    const port = await serving(async (socket) => {
      const stream = await tunnel.connect(16992);
      socket
        .pipe(stream)
        .on('error', () => {})
        .pipe(socket);
    });
    expect(await setUp('activate', { port })).toMatchObject({ outcome: 'done', after: { control: 1 } });
    expect(steps.at(-1)![1]).toBe('service');
    await tunnel.close();
  });

  it('waits for a program that keeps AMTHI for a moment', async () => {
    const { calls, setUp } = machine(UNPROVISIONED);
    const other = await openAmthi(PATH, { calls });
    const done = setUp('activate');
    await settled();
    await other.close();
    expect(await done).toMatchObject({ outcome: 'done' });
  });

  it('ends when it is told to', async () => {
    const { setUp } = machine(UNPROVISIONED);
    const stop = new AbortController();
    const reason = new Error('enough');
    const password = async () => {
      stop.abort(reason);
      return new Secret(PASSWORD);
    };
    await expect(setUp('activate', { signal: stop.signal, password })).rejects.toBe(reason);
  });
});

describe('deactivation of admin control mode', () => {
  const realm = 'Digest:0123456789ABCDEF0123456789ABCDEF';
  const accounts = { admin: secretOf('admin', realm, PASSWORD) };

  it('is done by its administrator', async () => {
    const { setUp, amt } = machine({ realm, accounts });
    expect(await setUp('deactivate')).toMatchObject({
      outcome: 'done',
      before: { control: 2 },
      after: { control: 0 },
    });
    expect(amt.state.provisioningState).toBe(0);
  });

  it('is not done by anybody else', async () => {
    const { setUp, amt } = machine({ realm, accounts });
    const before = amt.state;
    const password = async () => new Secret('Wrong-Horse-7');
    await expect(setUp('deactivate', { password })).rejects.toMatchObject({ code: 'WSMAN_ERR_CREDENTIALS' });
    expect(amt.state).toEqual(before);
  });
});

it('remote configuration starts and stops', async () => {
  const { setUp, amt } = machine(UNPROVISIONED);
  expect(await setUp('startRemote')).toMatchObject({
    outcome: 'done',
    after: { provisioning: 1, control: 0 },
  });
  expect(await setUp('activate')).toMatchObject({ outcome: 'refused' });
  expect(await setUp('stopRemote')).toMatchObject({
    outcome: 'done',
    after: { provisioning: 0, control: 0 },
  });
  expect(await setUp('stopRemote')).toMatchObject({ outcome: 'nothing' });
  expect(amt.state).toMatchObject({ provisioningState: 0, controlMode: 0 });
});

/** A listener of this user on 127.0.0.1. */
async function serving(serve: (socket: Socket) => Promise<void>): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    void serve(socket).catch(() => socket.destroy());
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}
