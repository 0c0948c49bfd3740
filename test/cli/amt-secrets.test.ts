/** Where `amt activate` and `amt deactivate` take the password from, and that they show it to nobody. */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { givenPassword } from '../../cli/amt/secrets.ts';
import { nativeProblem } from '../../native/index.ts';
import { sapwood } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'sapwood-'));
afterAll(() => rmSync(folder, { recursive: true }));

const GOOD = 'Correct-Horse-7';

function file(content: string, mode = 0o600): string {
  const path = join(folder, 'password');
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

const said: string[] = [];
const output = { say: (text: string) => said.push(text) };
const given = async (path: string | undefined) => (await givenPassword(path, output))?.reveal();

describe('a password file', () => {
  it.each([
    ['a line', GOOD],
    ['a line and its end', `${GOOD}\n`],
    ['a line of another system', `${GOOD}\r\n`],
  ])('may be %s', async (_, content) => {
    expect(await given(file(content))).toBe(GOOD);
  });

  it.each([
    ['empty', '', 'has no password in its first line'],
    ['of two lines', `${GOOD}\nmore\n`, 'has more than one line'],
    ['too long', 'A1!'.repeat(2000), 'has more than one line'],
  ])('may not be %s', async (_, content, problem) => {
    const reason = await given(file(content)).catch((error: unknown) => error);
    expect(reason).toMatchObject({ exit: 'usage', message: expect.stringContaining(problem) });
    expect(String((reason as Error).stack)).not.toContain(GOOD);
  });

  it('must be there', async () => {
    await expect(given(join(folder, 'nowhere'))).rejects.toThrow('cannot be read: ENOENT.');
  });

  it('that others can read is told', async () => {
    await given(file(GOOD, 0o640));
    expect(said).toEqual([]);
    await given(file(GOOD, 0o644));
    expect(said).toEqual([expect.stringContaining('every user of this machine can read')]);
  });

  it('counts before the environment', async () => {
    process.env.SAPWOOD_AMT_PASSWORD = 'other';
    expect(await given(file(GOOD))).toBe(GOOD);
  });
});

describe('a password of the environment', () => {
  it('is taken, and nobody gets it from there again', async () => {
    process.env.SAPWOOD_AMT_PASSWORD = GOOD;
    expect(await given(undefined)).toBe(GOOD);
    expect(process.env.SAPWOOD_AMT_PASSWORD).toBeUndefined();
    expect(await given(undefined)).toBeUndefined();
  });

  it('may not be empty', async () => {
    process.env.SAPWOOD_AMT_PASSWORD = '';
    await expect(given(undefined)).rejects.toThrow('SAPWOOD_AMT_PASSWORD is empty.');
  });
});

describe('the command', () => {
  it('holds the password against the rules before anything is asked', () => {
    const { status, stderr } = sapwood(['amt', 'activate'], { SAPWOOD_AMT_PASSWORD: 'Correct-Horse' });
    expect(status).toBe(2);
    expect(stderr).toContain('AMT would not take this password. It needs a digit.');
    expect(stderr).not.toContain('Correct-Horse');
    expect(stderr).not.toContain('MEI');
  });

  it.skipIf(nativeProblem() !== undefined)('then asks the machine', () => {
    const device = join(folder, 'mei0');
    const { status, stdout, stderr } = sapwood([
      'amt',
      'activate',
      '--device',
      device,
      '--password-file',
      file(GOOD),
    ]);
    expect(status).toBe(3);
    expect(stderr).toContain('There is no such MEI device.');
    expect(stdout + stderr).not.toContain(GOOD);
  });

  it('has no option for a password', () => {
    const { status, stderr } = sapwood(['amt', 'activate', '--password', GOOD]);
    expect(status).toBe(2);
    expect(stderr).toContain("unknown option '--password'");
  });
});

describe('the prompt', () => {
  it('shows nothing of what is typed, and knows the keys that mend a line', async () => {
    const typed = `wrong\x15Corrrx\x7f\x7f\b\x1b[D\x1b[200~rect-\x01Horse-\x1b[201~7\r`;
    const shown = await atTerminal('old', [[': ', typed]]);
    expect(shown).toBe(`Password of AMT's user admin: \r\ngot ${hex(GOOD)}.\r\n`);
  });

  it('takes a new password twice', async () => {
    const same = await atTerminal('new', [
      ['New password', `${GOOD}\r`],
      ['The same again', `${GOOD}\r`],
    ]);
    expect(same).toContain(`got ${hex(GOOD)}.`);
    const other = await atTerminal('new', [
      ['New password', `${GOOD}\r`],
      ['The same again', 'other\r'],
    ]);
    expect(other).toContain('failed: the two passwords differ.');
  });

  it('can be left', async () => {
    expect(await atTerminal('old', [[': ', '\x03']])).toContain('failed: no password was given.');
  });

  it('needs a terminal', async () => {
    const program = spawn('setsid', [process.execPath, PROMPT], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect(await outputOf(program)).toContain(
      'failed: a password is needed, and there is no terminal to ask at.',
    );
  });
});

const PROMPT = fileURLToPath(new URL('prompt.mjs', import.meta.url));

const hex = (text: string) => Buffer.from(text).toString('hex');

/** Runs the prompt at a terminal of its own (script of bsdutils), typing each text when the one before it is shown. */
async function atTerminal(
  kind: string,
  typing: readonly (readonly [after: string, type: string])[],
): Promise<string> {
  const command = `'${process.execPath}' '${PROMPT}' ${kind}`;
  const program = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const left = [...typing];
  let seen = '';
  program.stdout.on('data', (part: Buffer) => {
    seen += part.toString();
    const next = left[0];
    if (next === undefined || !seen.includes(next[0])) return;
    left.shift();
    program.stdin.write(next[1]);
  });
  return outputOf(program);
}

function outputOf(program: ReturnType<typeof spawn>): Promise<string> {
  let all = '';
  program.stdout!.on('data', (part: Buffer) => {
    all += part.toString();
  });
  return new Promise((resolve, reject) => {
    program.once('error', reject);
    program.once('close', () => resolve(all));
  });
}
