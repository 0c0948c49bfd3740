import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { dhcpAck, dhcpRequest80211 } from '../../cli/demo/frames.ts';
import { labProblem } from '../../cli/demo/lab.ts';
import { recordingNames } from '../../cli/demo/recordings.ts';
import { sceneOf } from '../../cli/demo/scene.ts';
import { Screen } from '../../cli/demo/screen.ts';
import { Script } from '../../cli/demo/script.ts';
import { STEPS } from '../../cli/demo/steps.ts';
import { Output } from '../../cli/output.ts';
import { amtFilters } from '../../csme/index.ts';
import { networkNamespace, spawnInNamespace } from '../../native/index.ts';
import { ethernetOf80211, filterFrame, isDhcpClientFrame } from '../../sap/index.ts';
import { parseTrace } from '../../trace/index.ts';
import { MAIN } from './command.ts';
import { sapwood, sapwoodCutOff } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'sapwood-demo-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the demo', () => {
  const record = join(folder, 'session.jsonl');
  const { status, stdout, stderr } = sapwood(['demo', '--fast', '--record', record], { FORCE_COLOR: '1' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what colours are made of
  const lines = stdout.replace(/\x1b\[\d+m/g, '').split('\n');

  test('is good', () => {
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(lines).toContain('Done, and good');
    expect(lines).toContain('  Problems    none');
  });

  test('has its steps in their order', () => {
    const found = STEPS.map((step) => lines.findIndex((line) => line.slice(4) === step.title));
    expect(found).not.toContain(-1);
    expect([...found].sort((a, b) => a - b)).toEqual(found);
    for (const { n } of STEPS.slice(0, 10)) expect(lines[found[n - 1]!]).toMatch(new RegExp(`^ ?${n}  `));
  });

  test('shows owner, rfkill and access point as they change', () => {
    const states = lines
      .filter((line) => line.includes('══ owner'))
      .map((line) => line.replace(/ *══+ ?/g, ''));
    expect(states).toEqual([
      'owner CSME · rfkill NOT_OWNER · AP corp via CSME',
      'owner host · rfkill off · AP none · roaming forbidden',
      'owner host · rfkill off · AP corp via host · roaming forbidden',
      'owner host · rfkill off · AP corp via host · roaming allowed',
      'owner CSME · rfkill NOT_OWNER · AP corp via host',
      'owner CSME · rfkill NOT_OWNER · AP none',
    ]);
  });

  test('keeps to 80 columns', () => {
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test('gives a verdict on every recording', () => {
    const names = recordingNames();
    expect(names.length).toBeGreaterThan(40);
    for (const name of names) expect(stdout).toContain(` ${name.replace('.jsonl', '')}`);
    expect(stdout).toContain(`${names.length} of the real iwlmei replayed`);
  });

  // A recording does not say when CSME read: on a machine so busy that CSME's thread comes more than 100 ms late, the
  // host rings once more than the replay knows why.
  test('writes a session that replays without a mismatch', { retry: 2 }, () => {
    const again = join(folder, 'again.jsonl');
    expect(sapwood(['demo', '--fast', '--no-replay', '--record', again]).status).toBe(0);
    expect(parseTrace(readFileSync(again)).filter((event) => event.ch === 'error')).toEqual([]);
    const replayed = sapwood(['replay', '--json', again]);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ mismatches: [], errors: [], quirks: [] });
    expect(JSON.parse(replayed.stdout).compared).toBeGreaterThan(40);
    expect(replayed.status).toBe(0);
  });

  test('writes a session that can be shown', () => {
    const { status, stdout } = sapwood(['show', record]);
    expect(status).toBe(0);
    expect(stdout).toContain('HOST_ASKS_FOR_NIC_OWNERSHIP');
    expect(stdout).toContain('# agent: ready to connect');
  });
});

describe('--json', () => {
  const { status, stdout, stderr } = sapwood(['demo', '--json', '--seed', '7', '--no-replay']);
  const document = JSON.parse(stdout);

  test('gives one document', () => {
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(document).toMatchObject({ seed: 7, ok: true, failure: null, problems: [], recordings: null });
    expect(document.steps.map((step: { n: number }) => step.n)).toEqual(STEPS.map((step) => step.n));
  });

  test('has the hand-over and the traffic', () => {
    expect(document.handOver.ms).toBeGreaterThan(100);
    expect(document.handOver.ms).toBeLessThan(document.handOver.limitMs);
    expect(document.frames.fromAir).toBeGreaterThan(0);
    expect(document.doorBells.host.sent).toBeGreaterThan(0);
    expect(document.doorBells.csme.sent).toBeGreaterThan(0);
  });

  test('has the events, in words and as messages', () => {
    const names = document.events.map((event: { message?: { name: string } }) => event.message?.name);
    const order = [
      'START',
      'START_OK',
      'WHO_OWNS_NIC',
      'NIC_OWNER',
      'CSME_CONN_STATUS',
      'HOST_ASKS_FOR_NIC_OWNERSHIP',
      'CSME_REPLY_TO_HOST_OWNERSHIP_REQ',
      'HOST_OWNERSHIP_CONFIRMED',
      'HOST_LINK_UP',
      'CB_DATA_PACKET',
      'PING',
      'PONG',
      'CSME_TAKING_OWNERSHIP',
      'CSME_OWNERSHIP_CONFIRMED',
      'HOST_GOES_DOWN',
    ];
    const places = order.map((name) => names.indexOf(name));
    expect(places).not.toContain(-1);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    // CSME may read it without a bell; it belongs to the step before the host leaves.
    const texts = document.events.map((event: { text?: string }) => event.text);
    expect(texts).toContain('CSME: the card is its own');
    expect(names.indexOf('CSME_OWNERSHIP_CONFIRMED')).toBeLessThan(
      texts.indexOf('CSME: the card is its own'),
    );
  });
});

describe('the remote session', () => {
  test.skipIf(labProblem())('lives on: one connection, every byte, silent for less than 3 s', () => {
    const { status, stdout } = sapwood(['demo', '--json', '--no-replay', '--seed', '2']);
    const { remoteSession, handOver, frames } = JSON.parse(stdout);
    expect(status).toBe(0);
    expect(remoteSession.connections).toBe(1);
    expect(remoteSession.pages).toBeGreaterThan(7);
    expect(remoteSession.silentMs).toBeLessThan(handOver.limitMs);
    expect(remoteSession.hostSegments).toBe(0);
    expect(frames.fromAir).toBeGreaterThan(10);
    expect(frames.toAir).toBeGreaterThan(5);
  });

  test('is left out without namespaces, with a sentence that says why', () => {
    const { status, stdout } = sapwood(['demo', '--fast', '--no-replay', '--no-network']);
    expect(status).toBe(0);
    expect(stdout).toContain('there is no remote session here');
    expect(stdout).toContain('Session     not shown. --no-network was given.');
    const { remoteSession, frames } = JSON.parse(
      sapwood(['demo', '--json', '--no-replay', '--no-network']).stdout,
    );
    expect(remoteSession).toEqual({ skipped: '--no-network was given.' });
    expect(frames).toEqual({ fromAir: 1, toAir: 0 });
  });

  // Nothing but the own tmpfs of these: the namespace of mounts is a new one.
  test.skipIf(labProblem() ?? process.geteuid?.() !== 0)('is left out where there is no TAP device', () => {
    const script = `mount -t tmpfs none /dev/net && "${process.execPath}" "${MAIN}" demo --fast --no-replay`;
    const { status, stdout } = spawnSync('unshare', ['--mount', 'sh', '-c', script], { encoding: 'utf8' });
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'Session not shown. A system call failed. open (/dev/net/tun): ENOENT. The kernel module tun is not loaded',
    );
    expect(status).toBe(0);
  });

  test.skipIf(labProblem())('goes on where there is no tc', async () => {
    const programs = join(folder, 'programs');
    mkdirSync(programs);
    for (const name of ['ip', 'unshare', 'true'])
      symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(programs, name));
    const { status, stdout } = spawnSync(process.execPath, [MAIN, 'demo', '--fast', '--no-replay'], {
      encoding: 'utf8',
      env: { PATH: programs },
    });
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'the host gets no address here: tc: it is not on the PATH (Debian: iproute2).',
    );
    expect(status).toBe(0);
  });

  test('is not to be had in the network of the machine itself', () => {
    const { status, stderr } = sapwood(['demo', '--fast', '--in-namespace', networkNamespace()]);
    expect(status).toBe(2);
    expect(stderr).toContain('--in-namespace is for the demo itself.');
  });

  // As sit0 and tunl0 are, which the kernel puts into every namespace once their modules are loaded.
  test.skipIf(labProblem())('does not mind an interface that is there already', async () => {
    const demo = `"${process.execPath}" "${MAIN}" demo --fast --no-replay --in-namespace ${networkNamespace()}`;
    const child = spawnInNamespace('sh', ['-c', `ip link add tunl0 type bridge && ${demo}`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [[status], text] = await Promise.all([once(child, 'close'), textOf(child)]);
    expect(text).toMatch(/Session {5}lived on/);
    expect(status).toBe(0);
  });
});

describe('on other terminals', () => {
  test('NO_COLOR has no escapes, ASCII nothing else', () => {
    const env = { NO_COLOR: '1', FORCE_COLOR: '1', LC_ALL: 'C', COLUMNS: '80' };
    const { status, stdout } = sapwood(['demo', '--fast', '--no-replay'], env);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
    expect(stdout).toContain('== owner host - rfkill off');
  });

  test('a wide one is used', () => {
    const { stdout } = sapwood(['demo', '--fast', '--no-replay'], { COLUMNS: '120' });
    const widest = Math.max(...stdout.split('\n').map((line) => line.length));
    expect(widest).toBeGreaterThan(100);
    expect(widest).toBeLessThanOrEqual(120);
  });
});

describe('when something is wrong', () => {
  test.each([
    [['--seed', 'x'], 'whole number'],
    [['--fast', '--slow'], 'not both'],
    [['--record', '/no/such/folder/a.jsonl'], 'cannot write'],
    [['--speed'], 'unknown option'],
  ])('%j is wrong usage', (args, words) => {
    const { status, stdout, stderr } = sapwood(['demo', ...args]);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(words);
  });

  test.each([
    ['dies', 1, /died: the firmware crashed/],
    ['exits', 2, /ended with status 7/],
  ])("says that CSME's thread %s", async (_, channel, words) => {
    await expect(scriptAgainst(channel).play()).rejects.toThrow(words);
  });

  test('says what it waited for', async () => {
    const script = scriptAgainst(3);
    await expect(script.play()).rejects.toThrow(/in vain for rfkill to be blocked. The host is absent/);
    await script.session.close();
  });

  test('Ctrl-C ends it by the signal, and what was recorded is there', async () => {
    const record = join(folder, 'interrupted.jsonl');
    const child = spawn(process.execPath, [MAIN, 'demo', '--slow', '--record', record]);
    let stdout = '';
    let killed = false;
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      if (killed || !stdout.includes('START_OK')) return;
      killed = true;
      child.kill('SIGINT');
    });
    const signal = await new Promise((resolve) => child.once('close', (_, name) => resolve(name)));
    expect(signal).toBe('SIGINT');
    expect(stdout).not.toContain(STEPS[2]!.title);
    expect(existsSync(record)).toBe(true);
    expect(parseTrace(readFileSync(record)).length).toBeGreaterThan(5);
  });

  test.skipIf(labProblem())(
    'is interrupted while the remote session ends, and waits for nobody',
    async () => {
      const program = fileURLToPath(new URL('./cut-session.mjs', import.meta.url));
      const child = spawnInNamespace(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [[status], text] = await Promise.all([once(child, 'close'), textOf(child)]);
      expect(text).toBe('Interrupted.\n');
      expect(status).toBe(0);
    },
  );

  test('a reader that has seen enough is no error', async () => {
    expect(await sapwoodCutOff(['demo', '--fast', '--no-replay'])).toEqual({ status: 0, stderr: '' });
  });
});

async function textOf(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const piece of child.stdout!.setEncoding('utf8')) text += piece;
  return text;
}

/** The script against a thread that is no CSME. */
function scriptAgainst(channel: number): Script {
  const scene = sceneOf(1);
  return new Script({
    scene: { ...scene, ap: { ...scene.ap, channel } },
    screen: new Screen(new Output(), 'fast', true),
    remote: { problem: 'Not in this test.' },
    session: { firmware: new URL('./silent-firmware.mjs', import.meta.url), patienceMs: 300 },
  });
}

describe('the frames', () => {
  const { mac, ipv4, dhcpId, dhcpServer, ap } = sceneOf(3);

  test("are CSME's by its filters", () => {
    const ack = dhcpAck(dhcpServer, mac, ipv4, dhcpId);
    expect(filterFrame(amtFilters(ipv4), ack, 0, ack.length)).toBe(1);
  });

  test('are a client message', () => {
    const frame = ethernetOf80211(dhcpRequest80211(ap.bssid, mac, ipv4, dhcpId), 8);
    expect(frame && isDhcpClientFrame(frame, 0, frame.length)).toBe(true);
  });

  test('have right checksums', () => {
    const frame = dhcpAck(dhcpServer, mac, ipv4, dhcpId);
    expect(ones(frame.subarray(14, 34))).toBe(0xffff);
    const length = frame.length - 34;
    const pseudo = [...frame.subarray(26, 34), 0, 17, length >> 8, length & 255, ...frame.subarray(34)];
    expect(ones(Uint8Array.from(pseudo))).toBe(0xffff);
  });
});

function ones(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

test('the same seed gives the same scene', () => {
  expect(sceneOf(5)).toEqual(sceneOf(5));
  expect(sceneOf(5)).not.toEqual(sceneOf(6));
});
