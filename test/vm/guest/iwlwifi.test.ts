/** The kernel module that makes simulated radios look like iwlwifi's, asked by programs of others. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { native } from '../../../native/index.ts';
import { type NicModule, nicModuleIsThere, openNicModule, setOwnershipWaitMs } from '../iwlwifi/nic.ts';
import { Pyroute2 } from './support/vendor.ts';

const DEVICE = '/dev/sapwood-nic';
const STRESS = fileURLToPath(new URL('support/stress.py', import.meta.url));
/** "corp-ap" of the worked example: PSK, CCMP, channel 36. */
const CONN_INFO = {
  authMode: 7,
  cipher: 4,
  ssid: Buffer.from('corp-ap'),
  channel: 36,
  bssid: 0x001122334455,
};
const CONN_INFO_BYTES =
  '08 00 65 00 07 00 00 00 0b 00 3d 00 63 6f 72 70 2d 61 70 00 08 00 51 00 04 00 00 00 ' +
  '05 00 66 00 24 00 00 00 0a 00 0a 00 00 11 22 33 44 55 00 00';

let pyroute2: Pyroute2;
beforeAll(async () => {
  pyroute2 = await Pyroute2.start();
});
afterAll(() => pyroute2.close());
const vendor = (subcommand: number, name?: string) => pyroute2.vendor(subcommand, name);

const error = (name: keyof typeof constants.errno) => String(-constants.errno[name]);
const phyOf = (name: string) => readFileSync(`/sys/class/net/${name}/phy80211/name`, 'utf8').trim();
function rfkill(name: string, file: string): string {
  const phy = phyOf(name);
  const [entry] = execFileSync('sh', ['-c', `ls -d /sys/class/ieee80211/${phy}/rfkill*`], {
    encoding: 'utf8',
  }).split('\n');
  return readFileSync(`${entry}/${file}`, 'utf8').trim();
}

describe.skipIf(!nicModuleIsThere())('the module', () => {
  let module: NicModule;
  beforeEach(() => {
    module = openNicModule();
  });
  afterEach(() => module.close());

  it('answers with the bytes of the example, and with EINVAL before and after', async () => {
    const nic = module.attach('wlan0');
    expect(await vendor(0x2d)).toBe(error('EINVAL'));
    nic.setConnInfo(CONN_INFO);
    expect(await vendor(0x2d)).toBe(CONN_INFO_BYTES);
    nic.setConnInfo(undefined);
    expect(await vendor(0x2d)).toBe(error('EINVAL'));
  });

  it('asks the program for ownership and passes its answer on', async () => {
    const answers = [undefined, 'EPERM'] as const;
    let asked = 0;
    module.attach('wlan0', (question) => {
      expect(question.answer(answers[asked++])).toBe(true);
      expect(question.answer()).toBe(false);
    });
    expect(await vendor(0x30)).toBe('');
    expect(await vendor(0x30)).toBe(error('EPERM'));
    expect(asked).toBe(2);
  });

  it('ends a question that nobody answers, and refuses the late answer', async () => {
    const late: boolean[] = [];
    const questions: Array<{ answer(): boolean }> = [];
    module.attach('wlan0', (question) => void questions.push(question));
    module.attach('wlan1');
    expect(await vendor(0x30)).toBe(error('ETIMEDOUT'));
    expect(await vendor(0x30, 'wlan1')).toBe(error('ETIMEDOUT'));
    for (const question of questions) late.push(question.answer());
    expect(late).toEqual([false]);
  });

  it('blocks by reasons, each interface for itself, and lets go when it is closed', async () => {
    const nics = ['wlan0', 'wlan1'].map((name) => module.attach(name));
    nics[0]!.block('NOT_OWNER');
    nics[1]!.block('SIGNAL', 'NOT_OWNER');
    expect(rfkill('wlan0', 'hard_block_reasons')).toBe('0x2');
    expect(rfkill('wlan1', 'hard_block_reasons')).toBe('0x3');
    expect(rfkill('wlan2', 'hard')).toBe('0');
    expect(() => execFileSync('ip', ['link', 'set', 'wlan0', 'up'], { stdio: 'pipe' })).toThrow(/RF-kill/);
    nics[1]!.block('SIGNAL');
    expect(rfkill('wlan1', 'hard_block_reasons')).toBe('0x1');
    nics[0]!.block();
    execFileSync('ip', ['link', 'set', 'wlan0', 'up']);
    execFileSync('ip', ['link', 'set', 'wlan0', 'down']);
    await module.close();
    expect(rfkill('wlan1', 'hard')).toBe('0');
  });

  it('answers requests also while the radio is blocked', async () => {
    const nic = module.attach('wlan0');
    nic.block('NOT_OWNER');
    nic.setConnInfo(CONN_INFO);
    expect(await vendor(0x2d)).toBe(CONN_INFO_BYTES);
  });

  it('says that roaming is forbidden, and of which interface', async () => {
    const nic = module.attach('wlan0');
    const listener = spawn('stdbuf', ['-oL', 'iw', 'event'], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const lines = createInterface(listener.stdout)[Symbol.asyncIterator]();
      // It listens when it tells of something else.
      const ready = setInterval(() => nic.roamingForbidden(true), 100);
      const first = await lines.next();
      clearInterval(ready);
      expect(first.value).toContain('vendor event');
      expect(first.value).toMatch(/wlan0.*1735:(50|32)/);
    } finally {
      listener.kill();
      await once(listener, 'exit');
    }
  });

  it('takes its commands away when it is detached', async () => {
    const nic = module.attach('wlan0');
    nic.detach();
    expect(await vendor(0x2d)).toBe(error('EOPNOTSUPP'));
    expect(() => nic.block()).toThrow('ENOENT');
  });
});

describe.skipIf(!nicModuleIsThere())('a program that asks for nonsense', () => {
  const RECORD = 64;
  let fd: number;
  beforeEach(() => {
    fd = native().deviceOpen(DEVICE);
  });
  afterEach(() => native().deviceClose(fd));

  const write = (fields: readonly number[], at = 0, bytes = Buffer.alloc(RECORD)) => {
    fields.forEach((value, index) => {
      bytes.writeInt32LE(value, at + index * 4);
    });
    return native().deviceWrite(fd, bytes, 0, bytes.length);
  };

  it.each([0, 1, RECORD - 1, RECORD + 1, 4096])('cannot write %i bytes', (size) => {
    expect(() => native().deviceWrite(fd, Buffer.alloc(size), 0, size)).toThrow('EINVAL');
  });

  it('cannot attach what is no WLAN interface, is not there, or is somebody else’s', async () => {
    const { ifIndex } = native();
    expect(() => write([1, 1, 0, ifIndex('lo')])).toThrow('ENOTSUP');
    expect(() => write([1, 1, 0, 9999])).toThrow('ENODEV');
    expect(() => write([1, 1, 0, -1])).toThrow('ENODEV');
    write([1, 1, 0, ifIndex('wlan0')]);
    expect(() => write([1, 2, 0, ifIndex('wlan0')])).toThrow('EBUSY');
    expect(() => write([1, 1, 0, ifIndex('wlan1')])).toThrow('EEXIST');
    const other = openNicModule();
    expect(() => other.attach('wlan0')).toThrow('EBUSY');
    await other.close();
  });

  it('gets the error of each value that there is not', () => {
    expect(() => write([3, 7, 0, 0])).toThrow('ENOENT');
    write([1, 7, 0, native().ifIndex('wlan0')]);
    expect(() => write([0, 7, 0, 0])).toThrow('EINVAL');
    expect(() => write([99, 7, 0, 0])).toThrow('EINVAL');
    expect(() => write([3, 7, 0, 4])).toThrow('EINVAL');
    expect(() => write([3, 7, 0, -1])).toThrow('EINVAL');
    expect(() => write([7, 7, 0, 2])).toThrow('EINVAL');
    expect(() => write([6, 7, 0, 0])).toThrow('-116');
    expect(() => write([6, 7, 0, 4096])).toThrow('EINVAL');
    expect(() => write([6, 7, 0, -1])).toThrow('EINVAL');
    const longSsid = Buffer.alloc(RECORD);
    longSsid[25] = 33;
    expect(() => write([4, 7], 0, longSsid)).toThrow('EINVAL');
    expect(() => native().deviceRead(fd, Buffer.alloc(RECORD - 1), 0)).toThrow('EINVAL');
    expect(native().deviceRead(fd, Buffer.alloc(RECORD), 0)).toBe(-1);
  });

  it('leaves nothing behind when an interface goes while it is attached', async () => {
    const module = openNicModule();
    const nic = module.attach('wlan3');
    nic.block('NOT_OWNER');
    execFileSync('iw', ['dev', 'wlan3', 'del']);
    expect(() => nic.block()).toThrow('ENODEV');
    expect(() => nic.roamingForbidden(true)).toThrow('ENODEV');
    await module.close();
    execFileSync('iw', ['phy', 'phy3', 'interface', 'add', 'wlan3', 'type', 'managed']);
    expect(rfkill('wlan3', 'hard')).toBe('0');
    expect(await vendor(0x2d, 'wlan3')).toBe(error('EOPNOTSUPP'));
  });

  it('can be killed at any time', async () => {
    // A process that blocks, and dies without saying anything.
    const script = `
      import os, struct, sys
      fd = os.open('${DEVICE}', os.O_RDWR)
      os.write(fd, struct.pack('<IIIi48x', 1, 1, 0, ${native().ifIndex('wlan0')}))
      os.write(fd, struct.pack('<IIIi48x', 3, 1, 0, 2))
      print('blocked', flush=True)
      sys.stdin.read()`.replaceAll('\n      ', '\n');
    const child = spawn('/usr/bin/python3', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    expect(rfkill('wlan0', 'hard_block_reasons')).toBe('0x2');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(rfkill('wlan0', 'hard_block_reasons')).toBe('0x0');
  });
});

describe.skipIf(!nicModuleIsThere())('the kernel', () => {
  it('survives owners, requests and interfaces that come and go in any order', async () => {
    // Questions that nobody answers shall not take the time of the test.
    const before = setOwnershipWaitMs(3);
    const names = ['wlan2', 'wlan3'];
    const stress = (role: string, seed: number, rounds: number, interfaces: readonly string[]) =>
      promisify(execFile)('/usr/bin/python3', [STRESS, role, String(seed), String(rounds), ...interfaces], {
        timeout: 240_000,
      });
    try {
      await Promise.all([
        ...[1, 2, 3].map((seed) => stress('owner', seed, 100, names)),
        stress('asker', 4, 100, names),
        stress('remover', 5, 10, ['wlan3']),
      ]);
    } finally {
      setOwnershipWaitMs(before);
    }
    const said = execFileSync('dmesg', { encoding: 'utf8' });
    expect(said.match(/^.*(?:BUG|WARNING|Oops|general protection|hung task|refcount).*$/gm)).toBeNull();
    expect(rfkill('wlan2', 'hard')).toBe('0');
    expect(await vendor(0x2d, 'wlan2')).toBe(error('EOPNOTSUPP'));
  });
});

describe.skipIf(!nicModuleIsThere())('the time that a question waits', () => {
  it('is that of iwlmei unless somebody changes it', () => {
    expect(setOwnershipWaitMs(2000)).toBe(500);
    expect(setOwnershipWaitMs(500)).toBe(2000);
  });
});
