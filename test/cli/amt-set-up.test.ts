/** What `amt activate` and `amt deactivate` tell, against the emulated CSME in this process. */
import { afterEach, describe, expect, it } from 'vitest';
import type { SetupGoal } from '../../amt/index.ts';
import { secretOf } from '../../amt/index.ts';
import type { SetUpOptions } from '../../cli/amt/options.ts';
import { setUpCommand } from '../../cli/amt/set-up.ts';
import type { Context } from '../../cli/command.ts';
import { CliError } from '../../cli/exit.ts';
import { type AmtOptions, CLIENT_CONTROL, DISABLED, UNPROVISIONED } from '../../csme/amt/index.ts';
import { nativeProblem } from '../../native/index.ts';
import { type EmulatedMachine, emulatedMachine, PATH } from '../amt/setup/machine-under-test.ts';

const PASSWORD = 'Correct-Horse-7';

let machine: EmulatedMachine | undefined;
afterEach(async () => {
  await machine?.lme.close();
  machine = undefined;
});

/** Runs the command; what it printed, said, and how it ended. */
async function run(
  amt: Partial<AmtOptions>,
  goal: SetupGoal,
  options: SetUpOptions & { readonly json?: boolean; readonly password?: string } = {},
) {
  machine ??= emulatedMachine(amt);
  const printed: string[] = [];
  const said: string[] = [];
  const output = {
    print: async (text: string) => void printed.push(text),
    say: (text: string) => said.push(text),
    terminal: { width: 80 },
  };
  const context = { output, json: options.json ?? false } as unknown as Context;
  if (options.password !== undefined) process.env.SAPWOOD_AMT_PASSWORD = options.password;
  const end = await setUpCommand(context, goal, { device: PATH, ...options }, machine.calls).catch(
    (error: unknown) => error as CliError,
  );
  const told = end instanceof CliError ? `${end.message} ${end.next}` : '';
  for (const secret of [options.password, machine.amt.localAccount().password]) {
    if (secret !== undefined) expect([...printed, ...said, told].join('\n')).not.toContain(secret);
  }
  expect([...printed, ...said, told].join('\n')).not.toMatch(/[0-9a-f]{32}/);
  return { printed, said, end, state: machine.amt.state };
}

const missing = nativeProblem();

describe.skipIf(missing !== undefined)('--dry-run', () => {
  it('says each step of an activation, and changes nothing', async () => {
    const { printed, end, state } = await run(UNPROVISIONED, 'activate', { dryRun: true });
    expect(printed.join('\n')).toBe(`\
AMT is not activated. This would be done:
  1. take the new password of the user admin, and check it against AMT's rules
  2. fetch the account that AMT has for programs of this machine (AMTHI
     GET_LOCAL_SYSTEM_ACCOUNT)
  3. read the realm of AMT's passwords (Get AMT_GeneralSettings)
  4. see whether AMT may be set up into client control mode (Get
     IPS_HostBasedSetupService)
  5. activate AMT into client control mode, with a hash of the password
     (IPS_HostBasedSetupService.Setup; changes AMT)
  6. ask AMT until it says that it is so (AMTHI GET_PROVISIONING_STATE,
     GET_CONTROL_MODE)
  7. log on with the new password (Get AMT_GeneralSettings)
Nothing was changed.`);
    expect(end).toBe('good');
    expect(state).toMatchObject(UNPROVISIONED);
  });

  it('says that there is nothing to do', async () => {
    const { printed, end } = await run(UNPROVISIONED, 'deactivate', { dryRun: true });
    expect([printed, end]).toEqual([['AMT is not activated. There is nothing to do.'], 'good']);
  });

  it('says what is in the way', async () => {
    const { end } = await run(CLIENT_CONTROL, 'activate', { dryRun: true });
    expect(end).toMatchObject({ exit: 'bad', message: 'AMT is activated, in client control mode.' });
  });

  it('is one document as JSON', async () => {
    const { printed } = await run(CLIENT_CONTROL, 'deactivate', { dryRun: true, json: true });
    expect(JSON.parse(printed.join(''))).toMatchObject({
      device: PATH,
      goal: 'deactivate',
      dryRun: true,
      outcome: 'possible',
      before: { provisioning: 2, control: 1 },
      steps: [{ name: 'unprovision', changes: true }, { name: 'confirm' }],
    });
  });
});

describe.skipIf(missing !== undefined)('a run', () => {
  it('tells its steps and the end, and no secret', async () => {
    const { printed, said, end, state } = await run(UNPROVISIONED, 'activate', { password: PASSWORD });
    expect(end).toBe('good');
    expect(printed).toEqual(['AMT is activated, in client control mode.']);
    expect(said).toHaveLength(9);
    expect(said).toContain(
      "AMT's web service is reached by a connection of its own: no management service runs here.",
    );
    expect(state.accounts.admin).toBe(secretOf('admin', state.realm, PASSWORD));
    expect(await run({}, 'deactivate', { json: true })).toMatchObject({
      end: 'good',
      printed: [
        JSON.stringify({
          device: PATH,
          goal: 'deactivate',
          steps: ['look', 'unprovision', 'confirm'],
          outcome: 'done',
          before: { provisioning: 2, control: 1 },
          after: { provisioning: 0, control: 0 },
        }),
      ],
    });
  });

  it('says after a failure what state AMT is in', async () => {
    const { end } = await run({}, 'deactivate', { password: 'Wrong-Horse-7' });
    expect(end).toMatchObject({
      exit: 'bad',
      message:
        'AMT_SetupAndConfigurationService.Unprovision: AMT refused user or password. AMT is activated, in admin control mode.',
    });
  });

  it('says it as JSON, too', async () => {
    const { end, printed } = await run({}, 'deactivate', { password: 'Wrong-Horse-7', json: true });
    expect(end).toBeInstanceOf(CliError);
    expect(JSON.parse(printed.join(''))).toMatchObject({
      outcome: 'failed',
      error: expect.stringContaining('AMT refused user or password.'),
      after: { provisioning: 2, control: 2 },
    });
  });

  it('ends where AMT is disabled', async () => {
    const { end } = await run(DISABLED, 'activate', { password: PASSWORD });
    expect(end).toMatchObject({ exit: 'environment', message: expect.stringContaining('AMT is disabled') });
  });

  it('ends where the password is not good, before anything is asked', async () => {
    const { end, said } = await run(UNPROVISIONED, 'activate', { password: 'weak' });
    expect(end).toMatchObject({ exit: 'usage' });
    expect(said).toEqual([]);
  });
});
