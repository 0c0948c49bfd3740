import { describe, expect, it } from 'vitest';
import {
  AmthiError,
  type AmtMode,
  planSetup,
  SETUP_GOALS,
  SETUP_STEPS,
  Secret,
  type SetupAct,
  type SetupEnd,
  SetupError,
  type SetupGoal,
  secretOf,
  setUp,
  WsmanError,
} from '../../../amt/index.ts';
import { MeiError } from '../../../transport/index.ts';

const REALM = 'Digest:0123456789ABCDEF0123456789ABCDEF';
const PASSWORD = 'Correct-Horse-7';
const NONE: AmtMode = { provisioning: 0, control: 0 };
const REMOTE: AmtMode = { provisioning: 1, control: 0 };
const CLIENT: AmtMode = { provisioning: 2, control: 1 };
const ADMIN: AmtMode = { provisioning: 2, control: 2 };

const values = (all: Record<string, string[]>) => new Map(Object.entries(all));
const LOST = new WsmanError('WSMAN_ERR_LOST');
const RESET = new MeiError('MEI_ERR_DISCONNECTED', { path: '/dev/mei0' });

/** An AMT in the place of the I/O; `say` answers in its place, or throws, when it gives something. */
function driven(
  goal: SetupGoal,
  from: AmtMode,
  say: (act: SetupAct, nth: number) => unknown = () => undefined,
) {
  let mode = from;
  const acts: SetupAct[] = [];
  const told = new Map<string, number>();
  const answer = (act: SetupAct): unknown => {
    const nth = (told.get(act.step) ?? 0) + 1;
    told.set(act.step, nth);
    const said = say(act, nth);
    if (said !== undefined) {
      if (said instanceof Error) throw said;
      return said;
    }
    switch (act.type) {
      case 'state':
        return mode;
      case 'password':
        return new Secret(PASSWORD);
      case 'account':
        return { user: '$$OsAdmin', password: new Secret('local') };
      case 'command':
        mode = act.command === 'START_CONFIGURATION' ? REMOTE : NONE;
        return undefined;
      case 'get':
        return values({ DigestRealm: [REALM], AllowedControlModes: ['2', '1'] });
      case 'invoke':
        mode = act.method === 'Setup' ? CLIENT : NONE;
        return values({ ReturnValue: ['0'] });
      case 'wait':
        return undefined;
    }
  };
  const machine = setUp(goal);
  const run = (): SetupEnd => {
    let doing = machine.next();
    while (doing.done !== true) {
      acts.push(doing.value);
      let given: unknown;
      try {
        given = answer(doing.value);
      } catch (error) {
        doing = machine.throw(error);
        continue;
      }
      doing = machine.next(given as never);
    }
    return doing.value;
  };
  return {
    run,
    acts,
    steps: () => [...new Set(acts.map(({ step }) => step))],
    become: (now: AmtMode) => (mode = now),
  };
}

describe('activation', () => {
  it('goes step by step', () => {
    const { run, acts, steps } = driven('activate', NONE);
    expect(run()).toEqual({
      outcome: 'done',
      before: NONE,
      after: CLIENT,
      sentence: 'AMT is activated, in client control mode.',
    });
    expect(steps()).toEqual([
      'look',
      'newPassword',
      'account',
      'realm',
      'allowed',
      'setup',
      'confirm',
      'logOn',
    ]);
    expect(acts.find(({ type }) => type === 'invoke')).toMatchObject({
      className: 'IPS_HostBasedSetupService',
      method: 'Setup',
      account: { user: '$$OsAdmin' },
      input: {
        NetAdminPassEncryptionType: 2,
        NetworkAdminPassword: secretOf('admin', REALM, PASSWORD),
      },
    });
    expect(acts.at(-1)).toMatchObject({ type: 'get', account: { user: 'admin' } });
    expect(JSON.stringify(acts)).not.toContain(PASSWORD);
  });

  it('sends nothing for a password that AMT would not take', () => {
    const { run, steps } = driven('activate', NONE, (act) =>
      act.type === 'password' ? new Secret('short') : undefined,
    );
    expect(run).toThrow('AMT would not take this password. It needs 8 to 32 characters.');
    expect(steps()).toEqual(['look', 'newPassword']);
  });

  it.each([
    ['a realm that is none', { DigestRealm: ['Digest:x'] }, 'SETUP_ERR_REALM'],
    ['no realm', {}, 'SETUP_ERR_REALM'],
    [
      'a machine whose maker does not want it',
      { DigestRealm: [REALM], AllowedControlModes: ['2'] },
      'SETUP_ERR_NOT_ALLOWED',
    ],
  ])('changes nothing with %s', (_, given, code) => {
    const { run, acts } = driven('activate', NONE, (act) => (act.type === 'get' ? values(given) : undefined));
    expect(run).toThrow(expect.objectContaining({ code }));
    expect(acts.filter(({ step }) => SETUP_STEPS[step].changes)).toEqual([]);
  });

  it.each([
    ['2', 'Setup gave 2: it is not in a state in which it can be set up.'],
    ['77', 'Setup gave 77.'],
    ['\u001b[31m', 'Setup gave no result.'],
  ])('says what Setup says: %j', (value, text) => {
    const { run } = driven('activate', NONE, ({ type }) =>
      type === 'invoke' ? values({ ReturnValue: [value] }) : undefined,
    );
    expect(run).toThrow(`AMT refused. ${text}`);
  });

  it('believes the state, not the lost answer', () => {
    const { run, become } = driven('activate', NONE, ({ type }) => {
      if (type !== 'invoke') return undefined;
      become(CLIENT);
      return LOST;
    });
    expect(run()).toMatchObject({ outcome: 'done', after: CLIENT });
  });

  it('fails with the lost answer when the state says that nothing was done', () => {
    const { run, acts } = driven('activate', NONE, ({ type }) => (type === 'invoke' ? LOST : undefined));
    expect(run).toThrow(LOST);
    expect(acts.filter(({ type }) => type === 'wait')).toEqual([]);
  });

  it('does not go on after a fault', () => {
    const fault = new WsmanError('WSMAN_ERR_FAULT', { fault: 'AccessDenied' });
    const { run, steps } = driven('activate', NONE, ({ type }) => (type === 'invoke' ? fault : undefined));
    expect(run).toThrow(fault);
    expect(steps()).not.toContain('confirm');
  });

  it('waits for AMT to get there, through a reset of the firmware', () => {
    const { run, acts } = driven('activate', NONE, ({ step }, nth) => {
      if (step !== 'confirm') return undefined;
      return [NONE, undefined, RESET, undefined, CLIENT][nth - 1];
    });
    expect(run()).toMatchObject({ outcome: 'done', after: CLIENT });
    expect(acts.filter(({ type }) => type === 'wait')).toHaveLength(2);
  });

  it('does not wait for ever', () => {
    const { run, acts } = driven('activate', NONE, ({ step, type }) =>
      step === 'confirm' && type === 'state' ? NONE : undefined,
    );
    expect(run).toThrow(expect.objectContaining({ code: 'SETUP_ERR_NOT_REACHED' }));
    expect(acts.length).toBeLessThan(100);
  });

  it('tells that the new password is refused', () => {
    const wrong = new WsmanError('WSMAN_ERR_CREDENTIALS');
    const { run } = driven('activate', NONE, ({ step }) => (step === 'logOn' ? wrong : undefined));
    expect(run).toThrow(wrong);
  });

  it('logs on when the web service is back', () => {
    const away = new WsmanError('WSMAN_ERR_CONNECT');
    const { run } = driven('activate', NONE, ({ step, type }, nth) =>
      step === 'logOn' && type === 'get' && nth < 5 ? away : undefined,
    );
    expect(run()).toMatchObject({ outcome: 'done' });
  });
});

describe('deactivation', () => {
  it('of client control mode needs nothing but AMTHI', () => {
    const { run, steps } = driven('deactivate', CLIENT);
    expect(run()).toMatchObject({ outcome: 'done', after: NONE, sentence: 'AMT is not activated.' });
    expect(steps()).toEqual(['look', 'unprovision', 'confirm']);
  });

  it('of admin control mode is asked for by the administrator', () => {
    const { run, acts } = driven('deactivate', ADMIN);
    expect(run()).toMatchObject({ outcome: 'done', after: NONE });
    expect(acts.find(({ type }) => type === 'invoke')).toMatchObject({
      account: { user: 'admin' },
      className: 'AMT_SetupAndConfigurationService',
      method: 'Unprovision',
      input: { ProvisioningMode: 1 },
    });
  });

  it('is not done when AMT refuses', () => {
    const refused = new AmthiError('AMTHI_ERR_REFUSED', 'UNPROVISION', { status: 0x10 });
    const { run, steps } = driven('deactivate', CLIENT, ({ type }) =>
      type === 'command' ? refused : undefined,
    );
    expect(run).toThrow(refused);
    expect(steps()).toEqual(['look', 'unprovision']);
  });

  it('may end in the search for a configuration server', () => {
    const { run } = driven('deactivate', CLIENT, ({ step }) => (step === 'confirm' ? REMOTE : undefined));
    expect(run()).toMatchObject({ outcome: 'done', after: REMOTE });
  });
});

describe('remote configuration', () => {
  it('starts and stops', () => {
    expect(driven('startRemote', NONE).run()).toMatchObject({ outcome: 'done', after: REMOTE });
    expect(driven('stopRemote', REMOTE).run()).toMatchObject({ outcome: 'done', after: NONE });
  });
});

describe('from each state', () => {
  const HALF: AmtMode = { provisioning: 1, control: 1 };
  const STRANGE: AmtMode = { provisioning: 7, control: 0 };
  const table: Record<SetupGoal, Record<string, string>> = {
    activate: {
      NONE: 'steps',
      REMOTE: 'refused',
      CLIENT: 'refused',
      ADMIN: 'refused',
      HALF: 'refused',
      STRANGE: 'refused',
    },
    deactivate: {
      NONE: 'nothing',
      REMOTE: 'refused',
      CLIENT: 'steps',
      ADMIN: 'steps',
      HALF: 'steps',
      STRANGE: 'refused',
    },
    startRemote: {
      NONE: 'steps',
      REMOTE: 'nothing',
      CLIENT: 'refused',
      ADMIN: 'refused',
      HALF: 'refused',
      STRANGE: 'nothing',
    },
    stopRemote: {
      NONE: 'nothing',
      REMOTE: 'steps',
      CLIENT: 'refused',
      ADMIN: 'refused',
      HALF: 'refused',
      STRANGE: 'steps',
    },
  };
  const modes: Record<string, AmtMode> = { NONE, REMOTE, CLIENT, ADMIN, HALF, STRANGE };
  const rows = SETUP_GOALS.flatMap((goal) =>
    Object.entries(table[goal]).map(([name, plan]) => [goal, name, plan] as const),
  );

  it.each(rows)('%s from %s: %s', (goal, name, wanted) => {
    const plan = planSetup(goal, modes[name]!);
    expect(Object.keys(plan)).toContain(wanted);
    const { run, acts } = driven(goal, modes[name]!);
    if (wanted === 'steps') return;
    // Nothing but the state was asked for.
    expect(run()).toMatchObject({ outcome: wanted, before: modes[name], after: modes[name] });
    expect(acts).toEqual([{ step: 'look', type: 'state' }]);
  });

  it('plans no step twice, and every one that there is', () => {
    const planned = rows.flatMap(([goal, name]) => {
      const plan = planSetup(goal, modes[name]!);
      const steps = 'steps' in plan ? plan.steps : [];
      expect(new Set(steps).size).toBe(steps.length);
      return steps;
    });
    expect(new Set(['look', ...planned])).toEqual(new Set(Object.keys(SETUP_STEPS)));
  });
});

it('an error of the set-up has a code and a sentence', () => {
  expect(new SetupError('SETUP_ERR_REFUSED', 'Setup gave 5.')).toMatchObject({
    name: 'SetupError',
    message: 'AMT refused. Setup gave 5.',
  });
});
