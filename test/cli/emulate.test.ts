/** `sapwood emulate` and `sapwood host`: two processes, one mapping. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nativeProblem } from '../../native/index.ts';
import { type ControlReply, parseControlReply, parseTrace, TraceError } from '../../trace/index.ts';
import { Live } from './live.ts';
import { sapwood } from './run.ts';

const problem = nativeProblem();

let folder: string;
let running: Live[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sapwood-'));
});
afterEach(async () => {
  await Promise.all(running.map((live) => live.end('SIGKILL')));
  running = [];
  rmSync(folder, { recursive: true });
});

function live(...args: string[]): Live {
  const started = new Live(args);
  running.push(started);
  return started;
}

const socket = () => join(folder, 'csme');
const emulate = (...more: string[]) =>
  live('emulate', '--transport', `unix:${socket()}`, '--no-network', ...more);
const host = (...more: string[]) => live('host', '--transport', `unix:${socket()}`, ...more);

describe.skipIf(problem)('emulate and host', () => {
  test('a session: the host comes, gets the card, loses it, leaves; CSME waits for the next', async () => {
    const csme = emulate('--record', join(folder, 'csme.jsonl'));
    await csme.until(/waits for a driver/);
    const driver = host('--record', join(folder, 'host.jsonl'));
    await csme.until(/SAP is up, version 4/);
    await driver.until(/rfkill\(blocked=1|me_conn_status/, 'stdout');
    driver.type('get_ownership');
    await driver.until(/get_ownership = 0/, 'stdout');
    await csme.until(/the host has the card \(granted\)/);
    csme.type('take-ownership');
    await csme.until(/CSME has the card \(confirmed\)/);
    await driver.until(/rfkill\(blocked=1, csme_taking_ownership=1\)/, 'stdout');
    expect(await driver.end()).toBe(0);
    await csme.until(/SAP is down: HOST_GOES_DOWN/);
    await csme.until(/The driver is gone/);

    const next = host('--quiet');
    await csme.until(/SAP is up[\s\S]*SAP is up/);
    expect(await next.end('SIGTERM')).toBe(0);
    expect(next.stdout).toBe('');
    expect(await csme.end()).toBe(0);
    expect(existsSync(socket())).toBe(false);
    expect(csme.stderr).not.toContain('problem');
    expect(driver.stderr).not.toContain('problem');

    for (const name of ['csme.jsonl', 'host.jsonl']) {
      const events = parseTrace(readFileSync(join(folder, name), 'utf8'));
      expect(events.filter((event) => event.ch === 'error')).toEqual([]);
      const ids = events.flatMap((event) =>
        event.ch === 'notif' ? [event.bytes[0]! | (event.bytes[1]! << 8)] : [],
      );
      // AMT_STATE, HOST_ASKS_FOR_NIC_OWNERSHIP, CSME_OWNERSHIP_CONFIRMED, HOST_GOES_DOWN.
      for (const id of [502, 1003, 1007, 1006]) expect(ids).toContain(id);
    }
  });

  test('a host is killed: the next one begins anew', async () => {
    const csme = emulate();
    await csme.until(/waits for a driver/);
    const first = host('--quiet');
    await csme.until(/SAP is up/);
    await first.end('SIGKILL');
    await csme.until(/SAP is down/);
    const second = host();
    await second.until(/sap_connected/, 'stdout');
    second.type('remove');
    await second.until(/unmap\(\)/, 'stdout');
    second.type('probe');
    await csme.until(/SAP is up[\s\S]*SAP is up[\s\S]*SAP is up/);
    expect(await second.end()).toBe(0);
  });

  test('CSME is killed: the host looks for the next one', async () => {
    const driver = host('--json');
    await driver.until(/looks for CSME/);
    await driver.until(/Nobody|nobody/);
    const first = emulate();
    await driver.until(/"name":"sap_connected"/, 'stdout');
    await first.end('SIGKILL');
    await driver.until(/"name":"link","args":\{"arg":0\}/, 'stdout');
    emulate('--profile', 'sap-3');
    await driver.until(
      /"sap_connected"[\s\S]*"problem"|"sap_connected"[\s\S]*"START_OK supportedVersion=3"/,
      'stdout',
    );
    expect(await driver.end()).toBe(0);
  });

  test('profile, misbehaviour and what is done at a time', async () => {
    const csme = emulate(
      '--profile',
      'host-owns,without-pings',
      '--behaviour',
      'late:5',
      '--at',
      '0.05:start-session',
    );
    await csme.until(/waits for a driver/);
    const driver = host();
    await csme.until(/> start-session/);
    await driver.until(/roaming_forbidden\(forbidden=1\)/, 'stdout');
    csme.type('dance');
    await csme.until(/"dance" is no command/);
    csme.type('behave deaf');
    csme.type('end-session');
    await driver.until(/roaming_forbidden\(forbidden=0\)/, 'stdout');
    csme.type('reset');
    await driver.until(/link\(arg=0\)[\s\S]*sap_connected/, 'stdout');
  });

  test('a host under control', async () => {
    const csme = emulate('--profile', 'host-owns');
    await csme.until(/waits for a driver/);
    const driver = host('--control', join(folder, 'driver'), '--quiet');
    await csme.until(/SAP is up/);
    const control = await connected(join(folder, 'driver'));
    expect(await control.next()).toMatchObject({ ch: 'note', driver: 'sapwood 0.1.0' });

    const call = (id: number, name: string, args: string) =>
      `{"id": ${id}, "ch": "wifi-cmd", "dir": "wifi>drv", "name": "${name}", "args": ${args}}`;
    // What CSME has said of its connection by then is told as well.
    const registered = await control.ask(call(1, 'register', '{}'));
    expect(registered[0]).toMatchObject({ ch: 'wifi-cmd', dir: 'wifi>drv', name: 'register' });
    expect(registered.slice(-2)).toEqual([
      expect.objectContaining({ name: 'register.ret', args: { ret: 0 } }),
      { ch: 'done', id: 1 },
    ]);
    expect((await control.ask(call(2, 'country', '{"mcc": 70000}'))).at(-1)).toMatchObject({
      id: 2,
      error: expect.stringContaining('mcc'),
    });
    expect((await control.ask(call(3, 'fly', '{}'))).at(-1)).toEqual({
      ch: 'done',
      id: 3,
      error: 'there is no call "fly"',
    });
    const frame = `{"id": 4, "ch": "frame", "dir": "peer0>wlan0", "hex": "${'02'.repeat(12)}88b5"}`;
    // What CSME says meanwhile is told in between.
    const passed = (await control.ask(frame)).filter(({ ch }) => ch === 'frame' || ch === 'done');
    expect(passed).toEqual([
      expect.objectContaining({ ch: 'frame', dir: 'peer0>wlan0' }),
      expect.objectContaining({ ch: 'frame', dir: 'wlan0>stack' }),
      { ch: 'done', id: 4 },
    ]);
    const bus = (id: number, name: string) =>
      `{"id": ${id}, "ch": "bus", "dir": "ctl", "name": "${name}", "args": {"arg": 0}}`;
    expect((await control.ask(bus(5, 'probe'))).at(-1)).toMatchObject({ id: 5, error: expect.any(String) });
    const leave = await control.ask(bus(6, 'remove'));
    expect(leave.at(-1)).toEqual({ ch: 'done', id: 6 });
    await csme.until(/HOST_GOES_DOWN/);
    while (!leave.some((said) => said.ch === 'bus' && said.name === 'unmap'))
      leave.push(await control.next());
    expect((await control.ask(bus(7, 'probe'))).at(-1)).toEqual({ ch: 'done', id: 7 });
    await csme.until(/SAP is up[\s\S]*SAP is up/);
    control.say('nonsense');
    await control.closed;
    expect(await driver.end()).toBe(0);
    expect(existsSync(join(folder, 'driver'))).toBe(false);
  });

  test('AMT: what is done to it is told, and seen by the host', async () => {
    const at = ['--at', '0.05:amt provision', '--at', '9999999:amt unprovision'];
    const csme = emulate('--amt', 'unprovisioned', ...at, '--password', 'Secret!1');
    await csme.until(/waits for a driver/);
    const driver = host();
    await csme.until(/> amt provision\n.*AMT: activated: admin control mode\.\nCSME: AMT is enabled\./s);
    await driver.until(/AMT_STATE enabled=0[\s\S]*AMT_STATE enabled=1/, 'stdout');
    csme.type('amt provision');
    await csme.until(/AMT refuses: INVALID_PROVISIONING_STATE\./);
    csme.type('amt disable');
    await csme.until(/AMT: disabled\.\nCSME: AMT is disabled\./);
    csme.type('enable-amt');
    await csme.until(/that is so already\.\nCSME does not use the WLAN yet: AMT is disabled\./);
    csme.type('amt enable');
    await csme.until(/AMT: enabled\.\nCSME: AMT is enabled\./);
    csme.type('disable-amt');
    await csme.until(/AMT: CSME does not use the WLAN\.\nCSME: AMT is disabled\./);
    csme.type('remove');
    await csme.until(/"remove" is for a CSME that is served at cuse:/);
    csme.type('amt enable');
    csme.type('amt mps mps.test');
    await csme.until(/AMT: remote access: network direct, no connection, server mps\.test\./);
    csme.type('amt explode');
    await csme.until(/"amt explode" is no command/);
    expect(csme.stderr).not.toMatch(/Secret!1|> amt unprovision/);
    expect(await csme.end()).toBe(0);
  });

  test('a path that is in use', async () => {
    const csme = emulate();
    await csme.until(/waits for a driver/);
    const { status, stderr } = sapwood(['emulate', '--transport', `unix:${socket()}`, '--no-network']);
    expect({ status, stderr }).toMatchObject({ status: 3, stderr: expect.stringContaining(socket()) });
  });

  test('a control socket in the place of a file: the file stays', () => {
    const file = join(folder, 'driver');
    writeFileSync(file, 'dear');
    const { status, stderr } = sapwood(['host', '--transport', `unix:${socket()}`, '--control', file]);
    expect({ status, stderr }).toMatchObject({ status: 3, stderr: expect.stringContaining('no socket') });
    expect(readFileSync(file, 'utf8')).toBe('dear');
  });

  test('a control socket that a host has left behind, and its path as a transport', async () => {
    const path = join(folder, 'driver');
    const first = host('--control', path, '--quiet');
    await first.until(/looks for CSME/);
    await first.end('SIGKILL');
    expect(existsSync(path)).toBe(true);
    const second = host('--control', `unix:${path}`, '--quiet');
    await second.until(/looks for CSME/);
    expect(await (await connected(path)).next()).toMatchObject({ ch: 'note' });
    expect(await second.end()).toBe(0);
  });

  test.each(['emulate', 'host'])('%s at a path that is too long', (command) => {
    const { status, stderr } = sapwood([command, '--transport', `unix:/${'a'.repeat(107)}`]);
    expect(stderr).toMatch(/^sapwood: This path cannot be used for a socket.* 108 bytes/m);
    expect(status).toBe(3);
  });

  test('a record that cannot be written', () => {
    const { status, stderr } = sapwood([
      ...['host', '--transport', `unix:${socket()}`, '--record', join(folder, 'no', 'file.jsonl')],
    ]);
    expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('ENOENT') });
  });
});

test.each([
  [['emulate', '--transport', 'memory:'], /unix:PATH/],
  [['emulate', '--transport', 'unix:'], /unix:PATH/],
  [['emulate', '--transport', 'pigeon:'], /unix:PATH or cuse:\/dev\/NAME here, not "pigeon:"/],
  [['emulate', '--transport', 'unix:[role=host]/x'], /unix:PATH/],
  [['emulate', '--transport', 'unix:/x', '--transport', 'unix:/y'], /give each of them once/],
  [['emulate', '--transport', 'cuse:/dev/mei0', '--transport', 'cuse:/dev/mei1'], /give each of them once/],
  [['emulate', '--transport', 'unix:/x', '--amt', 'broken'], /admin, client, unprovisioned, disabled/],
  [['emulate'], /--transport/],
  [['emulate', '--transport', 'unix:/x', '--profile', 'best'], /no profile "best"/],
  [['emulate', '--transport', 'unix:/x', '--behaviour', 'late:often'], /no misbehaviour "late:often"/],
  [['emulate', '--transport', 'unix:/x', '--at', 'soon:reset'], /5:take-ownership/],
  [['emulate', '--transport', 'unix:/x', '--user', 'a:b'], /without a colon/],
  [['emulate', '--transport', 'unix:/x', '--user', '$$OsAdmin'], /does not begin with \$\$/],
  [['emulate', '--transport', 'unix:/x', '--password', ''], /not empty/],
  [['host', '--transport', 'worker:x'], /unix:PATH/],
  [['host', '--transport', 'unix:/x', '--control', 'unix:'], /path of a socket/],
  [['host', '--transport', 'unix:/x', '--control', `/${'a'.repeat(107)}`], /1 to 107 bytes/],
  [['host', '--transport', 'unix:/x', '--quirk', 'odd'], /no quirk "odd"/],
])('wrong usage: %s', (args, said) => {
  const { status, stderr } = sapwood(args);
  expect(stderr).toMatch(said);
  expect(status).toBe(2);
});

interface Control {
  next(): Promise<ControlReply>;
  /** Sends a request; everything up to its `done`. */
  ask(line: string): Promise<ControlReply[]>;
  say(line: string): void;
  readonly closed: Promise<void>;
}

async function connected(path: string): Promise<Control> {
  const peer = createConnection(path);
  const closed = new Promise<void>((resolve) => peer.on('close', () => resolve()));
  const lines = createInterface({ input: peer })[Symbol.asyncIterator]();
  const next = async () => {
    const { value } = await lines.next();
    const reply = parseControlReply(value as string);
    if (reply instanceof TraceError) throw reply;
    return reply;
  };
  const say = (line: string) => void peer.write(`${line}\n`);
  return {
    next,
    say,
    closed,
    async ask(line) {
      say(line);
      const replies = [await next()];
      while (replies.at(-1)!.ch !== 'done') replies.push(await next());
      return replies;
    },
  };
}
