/** /dev/rfkill of a real kernel: switches of simulated radios, blocked by people, by a key and by CSME. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { native } from '../../../native/index.ts';
import {
  type BridgeError,
  openRfkill,
  type Rfkill,
  type RfkillEvent,
  switchOfWiphy,
} from '../../../netlink-bridge/index.ts';
import { hexOf } from '../../../sap/index.ts';
import { type NicModule, nicModuleIsThere, openNicModule } from '../iwlwifi/nic.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DEVICE = '/dev/rfkill';

/** The events of one opening, each waited for. */
class Listener {
  readonly rfkill: Rfkill;
  readonly problems: BridgeError[] = [];
  readonly #events: RfkillEvent[] = [];
  #wake: () => void = () => {};

  constructor() {
    this.rfkill = openRfkill({
      onEvent: (event) => {
        this.#events.push(event);
        this.#wake();
      },
      onProblem: (problem) => this.problems.push(problem),
    });
  }

  async next(): Promise<RfkillEvent> {
    while (this.#events.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#events.shift()!;
  }

  of(wiphy: number) {
    return switchOfWiphy(this.rfkill.switches, wiphy)!;
  }
}

const sysfs = (index: number, file: string) =>
  readFileSync(`/sys/class/rfkill/rfkill${index}/${file}`, 'utf8').trim();
const block = (index: number, soft: boolean) =>
  writeFileSync(`/sys/class/rfkill/rfkill${index}/soft`, soft ? '1' : '0');

let listener: Listener;
beforeEach(() => {
  listener = new Listener();
});
afterEach(() => {
  expect(listener.problems).toEqual([]);
  listener.rfkill.close();
});

describe('switches', () => {
  it('each radio has one, free, under the number of its wiphy', () => {
    expect(listener.rfkill.extended).toBe(true);
    const radios = [...listener.rfkill.switches.values()];
    expect(radios.map(({ wiphy }) => wiphy)).toEqual([0, 1, 2, 3]);
    for (const one of radios) {
      expect(one).toMatchObject({ type: 'wlan', soft: false, hard: false, reasons: new Set() });
      expect(one.name).toBe(sysfs(one.index, 'name'));
    }
  });

  it('keeps its wiphy under another name', async () => {
    execFileSync('iw', ['phy', 'phy1', 'set', 'name', 'card']);
    const renamed = new Listener();
    expect(renamed.of(1).index).toBe(listener.of(1).index);
    renamed.rfkill.close();
    execFileSync('iw', ['phy', 'card', 'set', 'name', 'phy1']);
  });

  it('comes and goes with its radio', async () => {
    const before = listener.rfkill.switches.size;
    const radio = spawn('python3', [`${ROOT}test/vm/guest/support/radio.py`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { type, switch: added } = await listener.next();
    expect(type).toBe('add');
    expect(readFileSync(`/sys/class/ieee80211/phy${added.wiphy}/index`, 'utf8').trim()).toBe(
      String(added.wiphy),
    );
    expect(listener.rfkill.switches.size).toBe(before + 1);
    radio.stdin.end();
    expect(await listener.next()).toEqual({ type: 'del', switch: added });
    expect(listener.rfkill.switches.size).toBe(before);
    await ended(radio);
  });

  it('of a radio in another network namespace has no wiphy here', async () => {
    execFileSync('ip', ['netns', 'add', 'elsewhere']);
    execFileSync('iw', ['phy', 'phy3', 'set', 'netns', 'name', 'elsewhere']);
    const { index } = listener.of(3);
    const other = new Listener();
    expect(other.rfkill.switches.get(index)).toMatchObject({ name: undefined, wiphy: undefined });
    execFileSync('ip', ['netns', 'exec', 'elsewhere', 'iw', 'phy', 'phy3', 'set', 'netns', '1']);
    execFileSync('ip', ['netns', 'del', 'elsewhere']);
    // The next thing that happens to it tells which one it is.
    block(index, true);
    expect(await other.next()).toMatchObject({ switch: { index, wiphy: 3, soft: true } });
    block(index, false);
    other.rfkill.close();
  });
});

describe('soft blocks', () => {
  it('are set and lifted, and told to everybody', async () => {
    const other = new Listener();
    const { index } = listener.of(0);
    listener.rfkill.setSoft(index, true);
    expect(sysfs(index, 'soft')).toBe('1');
    for (const each of [listener, other]) {
      expect(await each.next()).toMatchObject({ type: 'change', switch: { index, soft: true, hard: false } });
    }
    listener.rfkill.setSoft(index, false);
    expect(await other.next()).toMatchObject({ switch: { index, soft: false } });
    expect(sysfs(index, 'soft')).toBe('0');
    other.rfkill.close();
  });

  it('more of them than the kernel keeps: the end is right', async () => {
    const { index } = listener.of(0);
    // The kernel of today keeps 1001, of which the last says that it is blocked.
    for (let i = 0; i < 1300; i++) block(index, i % 2 === 0);
    await listener.next();
    expect(listener.of(0).soft).toBe(false);
    block(index, true);
    while (!listener.of(0).soft) await listener.next();
    block(index, false);
    while (listener.of(0).soft) await listener.next();
  });
});

test('without the ioctl a record has 8 bytes, and 9 behind it, also one that waits', () => {
  const fd = native().deviceOpen(DEVICE, true);
  const room = new Uint8Array(16);
  expect(native().deviceRead(fd, room, 0)).toBe(8);
  expect(hexOf(room.subarray(0, 8))).toBe(`0${listener.of(0).index}00000001000000`);
  native().rfkillMaxSize(fd, 9);
  expect(native().deviceRead(fd, room, 0)).toBe(9);
  for (const bytes of [7, 256]) {
    expect(() => native().rfkillMaxSize(fd, bytes)).toThrow(/RFKILL_IOCTL_MAX_SIZE .*EINVAL/);
  }
  native().close(fd);
});

describe.skipIf(!nicModuleIsThere())('hard blocks', () => {
  let module: NicModule;
  beforeEach(() => {
    module = openNicModule();
  });
  afterEach(() => module.close());

  it('by CSME, by a key, by both: the reasons as a set', async () => {
    const nic = module.attach('wlan1');
    const seen: [boolean, string[]][] = [];
    const steps = [['NOT_OWNER'], ['SIGNAL', 'NOT_OWNER'], ['SIGNAL'], []] as const;
    for (const reasons of steps) {
      nic.block(...reasons);
      // Two reasons that change at once may be two records.
      for (;;) {
        const { switch: now } = await listener.next();
        expect(now.wiphy).toBe(1);
        if (now.reasons.size !== reasons.length) continue;
        seen.push([now.hard, [...now.reasons].sort()]);
        break;
      }
    }
    expect(seen).toEqual([
      [true, ['NOT_OWNER']],
      [true, ['NOT_OWNER', 'SIGNAL']],
      [true, ['SIGNAL']],
      [false, []],
    ]);
    expect(listener.of(0).hard).toBe(false);
  });

  it('of two radios are told apart', async () => {
    const [two, three] = [module.attach('wlan2'), module.attach('wlan3')];
    two.block('NOT_OWNER');
    three.block('SIGNAL');
    const events = [await listener.next(), await listener.next()];
    const reasons = new Map(events.map((event) => [event.switch.wiphy, [...event.switch.reasons]]));
    expect(reasons).toEqual(
      new Map([
        [2, ['NOT_OWNER']],
        [3, ['SIGNAL']],
      ]),
    );
  });

  it('are there for who comes later, byte by byte and in sysfs', async () => {
    module.attach('wlan0').block('NOT_OWNER');
    await listener.next();
    const late = new Listener();
    expect(late.of(0)).toMatchObject({ hard: true, reasons: new Set(['NOT_OWNER']) });
    late.rfkill.close();
    const fd = native().deviceOpen(DEVICE, true);
    native().rfkillMaxSize(fd, 9);
    const room = new Uint8Array(9);
    expect(native().deviceRead(fd, room, 0)).toBe(9);
    expect(hexOf(room)).toBe(`0${listener.of(0).index}0000000100000102`);
    native().close(fd);
    expect(sysfs(listener.of(0).index, 'hard_block_reasons')).toBe('0x2');
  });

  it('keep the interface down, and a soft block is another matter', async () => {
    module.attach('wlan0').block('NOT_OWNER');
    await listener.next();
    const up = spawnSync('ip', ['link', 'set', 'wlan0', 'up'], { encoding: 'utf8' });
    expect(up.stderr).toContain('RF-kill');
    listener.rfkill.setSoft(listener.of(0).index, true);
    expect(await listener.next()).toMatchObject({ switch: { soft: true, hard: true } });
    listener.rfkill.setSoft(listener.of(0).index, false);
    expect(await listener.next()).toMatchObject({ switch: { soft: false, hard: true } });
  });
});

describe('a user without rights', () => {
  const mode = statSync(DEVICE).mode & 0o777;
  afterEach(() => chmodSync(DEVICE, mode));

  const asNobody = (code: string) => {
    const script = `import { openRfkill } from '${ROOT}dist/netlink-bridge/index.js';\n${code}`;
    const node = [process.execPath, '--input-type=module', '-e', script];
    return spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', ...node], {
      encoding: 'utf8',
      timeout: 120_000,
    });
  };

  it('is told that it may not, and with the right to read sees everything but changes nothing', () => {
    chmodSync(DEVICE, 0o600);
    const refused = asNobody('try { openRfkill() } catch ({ code, errno }) { console.log(code, errno) }');
    expect(refused.stdout).toBe(`BRIDGE_ERR_PERMISSION ${constants.errno.EACCES}\n`);
    chmodSync(DEVICE, 0o644);
    const reads = asNobody(`
      const rfkill = openRfkill();
      console.log([...rfkill.switches.values()].map(({ wiphy }) => wiphy).join());
      try { rfkill.setSoft(${listener.of(0).index}, true) } catch ({ code }) { console.log(code) }
      rfkill.close();`);
    expect(reads.stdout).toBe('0,1,2,3\nBRIDGE_ERR_PERMISSION\n');
    expect(listener.of(0).soft).toBe(false);
  });
});

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
