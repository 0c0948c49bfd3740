/** What `sapwood lms` says: its options, where there is no device, its log. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { LmsNews } from '../../amt/index.ts';
import { agentLog } from '../../cli/agent/log.ts';
import type { Context } from '../../cli/command.ts';
import { newsLog } from '../../cli/lms/news.ts';
import { VirtualClock } from '../../transport/index.ts';
import { Live } from './live.ts';
import { sapwood } from './run.ts';

describe('the command', () => {
  test.each(['--allow-tcp', '--allow-udp'])('%s takes a host and a port', (option) => {
    const { status, stderr } = sapwood(['lms', option, 'somewhere']);
    expect(stderr).toMatch(/Give a name or an address, and a port/);
    expect(status).toBe(2);
  });

  test('says that there is no device', () => {
    const { status, stdout, stderr } = sapwood(['lms', '--device', '/dev/no-mei']);
    expect(stderr).toMatch(/^sapwood: \/dev\/no-mei: .*\n.*mei_me/);
    expect([stdout, status]).toEqual(['', 3]);
  });

  test('waits for AMT until it is interrupted', async () => {
    // Every device without clients says the same as one whose AMT is off.
    const live = new Live(['--json', 'lms', '--device', '/dev/null']);
    await live.until(/"event":"up"/, 'stdout');
    process.kill(live.pid, 'SIGTERM');
    expect(await live.ended).toBe(0);
    const events = live.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).event);
    expect(events).toEqual(['waiting', 'up', 'stopped']);
    expect(live.stderr).toBe('');
  });
});

describe('the log', () => {
  let said: string[];
  let printed: string[];
  beforeEach(() => {
    said = [];
    printed = [];
  });

  function logger({ json = false, clock = new VirtualClock() }): (news: LmsNews) => void {
    const output = {
      say: (text: string) => said.push(text),
      print: (text: string) => void printed.push(text),
      flush: async () => {},
    };
    return newsLog(agentLog({ json, output } as unknown as Context, 'info'), clock);
  }
  function tell(news: readonly LmsNews[], options = {}): void {
    const log = logger(options);
    for (const item of news) log(item);
  }
  const words = () => said.map((line) => line.replace(/^\S+ /, ''));

  test('is sentences for people', () => {
    tell([
      { type: 'connected' },
      { type: 'started' },
      { type: 'listening', port: 16992 },
      { type: 'notListening', port: 623, code: 'EACCES', address: '127.0.0.1' },
      { type: 'notListening', port: 664, code: 'EADDRINUSE', address: '127.0.0.1' },
      { type: 'refused', connection: 9, reason: 'The firmware has no channel left.' },
      {
        type: 'wanted',
        protocol: 'UDP',
        target: { address: '2001:db8::1', port: 162 },
        outcome: 'not allowed',
      },
      { type: 'event', messageId: 'iAMT0005', arguments: ['1'], body: '<a/>' },
    ]);
    expect(words()).toEqual([
      'AMT is there.',
      "Port 16992 is AMT's. (port=16992)",
      'error: Port 623 is not served: this user may not. Run it as root, or with CAP_NET_BIND_SERVICE. (port=623, code=EACCES, address=127.0.0.1)',
      'error: Port 664 is not served: another program listens on it. `ss -ltnp "sport = :664"` says which. (port=664, code=EADDRINUSE, address=127.0.0.1)',
      'warn: A connection was refused. The firmware has no channel left. (connection=9)',
      'warn: AMT wants a datagram sent to [2001:db8::1]:162: that is not allowed. (protocol=UDP, target="[2001:db8::1]:162", outcome="not allowed")',
      'AMT tells iAMT0005. (messageId=iAMT0005, arguments=["1"], body="<a/>")',
    ]);
  });

  test('says once why AMT cannot be reached, until that changes', () => {
    const waiting = (why: string) => ({ type: 'waiting', why, retryAfterMs: 1_000 }) as const;
    tell([waiting('A.'), waiting('A.'), waiting('B.'), waiting('B.'), { type: 'started' }, waiting('B.')]);
    expect(words()).toEqual([
      'warn: AMT cannot be reached. A. (retryAfterS=1)',
      'warn: AMT cannot be reached. B. (retryAfterS=1)',
      'AMT is there.',
      'warn: AMT cannot be reached. B. (retryAfterS=1)',
    ]);
  });

  test('is JSON lines with --json', () => {
    tell([{ type: 'event', messageId: undefined, arguments: [], body: '\u001b[2J' }], { json: true });
    expect(JSON.parse(printed[0]!)).toMatchObject({
      level: 'info',
      event: 'event',
      msg: 'AMT tells something without a number.',
      body: '\u001b[2J',
    });
    expect(said).toEqual([]);
  });

  test('is not flooded, by whatever there is too much of', () => {
    const clock = new VirtualClock();
    const refused = { type: 'refused', connection: 1, reason: 'No.' } as const;
    tell([...Array(1_000).fill(refused), { type: 'started' }], { clock });
    expect(words()).toHaveLength(102);
    expect(words().slice(-2)).toEqual([
      'warn: No more of "refused" is logged for 10 s. (of=refused)',
      'AMT is there.',
    ]);
  });

  test('goes on after a flood', () => {
    const clock = new VirtualClock();
    const log = logger({ clock });
    const refused = { type: 'refused', connection: 1, reason: 'No.' } as const;
    for (let n = 0; n < 1_000; n++) log(refused);
    said = [];
    clock.advanceBy(10_000);
    log(refused);
    expect(words()).toEqual(['warn: A connection was refused. No. (connection=1)']);
  });

  test('lets nothing of the firmware reach the terminal as it is', () => {
    tell([{ type: 'event', messageId: '\u001b[2J', arguments: [], body: '\u0007\n' }]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(said.join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(said).toHaveLength(1);
  });
});
