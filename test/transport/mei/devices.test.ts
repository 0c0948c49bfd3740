import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { listMeiDevices, MEI_STATES } from '../../../transport/index.ts';
import { parseMeiAttributes } from '../../../transport/mei/devices.ts';
import { UNKNOWN } from '../../support/mei-device.ts';

const folder = mkdtempSync(join(tmpdir(), 'sapwood-mei-'));
afterAll(() => rmSync(folder, { recursive: true }));
let trees = 0;

type Tree = Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>;

/** Folders like /sys/class/mei and /dev. */
function made(devices: Tree, nodes: readonly string[]): { sysfs: string; dev: string } {
  const root = join(folder, `${trees++}`);
  const sysfs = join(root, 'sys');
  const dev = join(root, 'dev');
  for (const [name, files] of Object.entries(devices)) {
    mkdirSync(join(sysfs, name), { recursive: true });
    for (const [file, content] of Object.entries(files)) writeFileSync(join(sysfs, name, file), content);
  }
  mkdirSync(dev, { recursive: true });
  for (const node of nodes) writeFileSync(join(dev, node), '');
  return { sysfs, dev };
}

/** As a kernel 6.12 has them: dev_state and the ones in one line each their own way. */
const LAPTOP = {
  dev_state: 'ENABLED',
  fw_ver: '0:16.1.25.1865\n0:16.1.25.1865\n0:16.1.0.1500\n',
  fw_status: '90000255\n39850106\n00000020\n00000000\n00001F01\n40800082\n',
  hbm_ver: '2.2\n',
  hbm_ver_drv: '2.2\n',
  kind: 'mei\n',
  trc: '00000889\n',
  tx_queue_limit: '50\n',
};

describe('what sysfs says', () => {
  test('a laptop', () => {
    const folders = made({ mei0: LAPTOP }, ['mei0', 'null', 'tty0']);
    expect(listMeiDevices(folders)).toEqual([
      {
        name: 'mei0',
        path: join(folders.dev, 'mei0'),
        state: 'ENABLED',
        kind: 'mei',
        firmwareVersions: ['0:16.1.25.1865', '0:16.1.25.1865', '0:16.1.0.1500'],
        hbmVersion: '2.2',
        hbmVersionOfDriver: '2.2',
        firmwareStatus: ['90000255', '39850106', '00000020', '00000000', '00001F01', '40800082'],
        trace: '00000889',
        sendQueueLimit: 50,
      },
    ]);
  });

  test('several devices come by number; one may lack its node, another its entry in sysfs', () => {
    const folders = made({ mei10: LAPTOP, mei2: { dev_state: 'RESETTING', kind: 'gsc\n' } }, [
      'mei2',
      'mei0',
    ]);
    expect(listMeiDevices(folders).map(({ name, path, state }) => [name, path, state])).toEqual([
      ['mei0', join(folders.dev, 'mei0'), undefined],
      ['mei2', join(folders.dev, 'mei2'), 'RESETTING'],
      ['mei10', undefined, 'ENABLED'],
    ]);
  });

  test('names that are not those of devices are none', () => {
    const folders = made({ mei0: {}, 'mei-1': {}, mei: {} }, [
      'mei',
      'mei00',
      'mei1x',
      'xmei1',
      'mei1234567',
    ]);
    expect(listMeiDevices(folders)).toEqual([{ name: 'mei0', path: undefined, ...UNKNOWN }]);
  });

  test('folders that are not there, or are files', () => {
    const none = join(folder, 'none');
    expect(listMeiDevices({ sysfs: none, dev: none })).toEqual([]);
    const { dev } = made({}, ['mei0']);
    expect(listMeiDevices({ sysfs: join(dev, 'mei0'), dev: join(dev, 'mei0') })).toEqual([]);
  });

  test('the folders of this machine can be listed', () => {
    for (const { name } of listMeiDevices()) expect(name).toMatch(/^mei\d+$/);
  });
});

describe('what sysfs would not say', () => {
  test('files that are folders, pipes, links to nowhere, too long or unreadable say nothing', () => {
    const folders = made({ mei0: { fw_ver: `${'0:16.1.25.1865\n'.repeat(1000)}` } }, []);
    const at = (file: string) => join(folders.sysfs, 'mei0', file);
    mkdirSync(at('dev_state'));
    execFileSync('mkfifo', [at('kind')]);
    symlinkSync('/none', at('hbm_ver'));
    symlinkSync('/dev/zero', at('fw_status'));
    writeFileSync(at('trc'), '00000889\n');
    chmodSync(at('trc'), 0);
    const [device] = listMeiDevices(folders);
    const trace = process.geteuid?.() === 0 ? '00000889' : undefined;
    expect(device).toEqual({ name: 'mei0', path: undefined, ...UNKNOWN, trace });
  });

  test.each([
    ['dev_state', ['enabled', 'ENABLED\nDISABLED', 'ENABLED2', '\x1b[31mENABLED', 'toString', '__proto__']],
    ['kind', ['MEI', 'mei\x07', 'a'.repeat(17), 'mei gsc', '\x9b31m']],
    ['fw_ver', ['16.1.25', '0:16.1.25.x', '0:1.2.3.4\nx', '0:1.2.3.4\n'.repeat(4), '0:1.2.3.4\n\n0:1.2.3.4']],
    ['hbm_ver', ['2', '2.2.2', '-1.0', '1e3.0', '2222.2']],
    ['fw_status', ['9000025', '0x900002', '90000255 39850106', '90000255\n'.repeat(7)]],
    ['tx_queue_limit', ['-50', '0x32', '50.5', '999999', '']],
    ['trc', ['', '1', '000008899']],
  ])('%s in another form', (file, contents) => {
    for (const content of contents) {
      expect(parseMeiAttributes((name) => (name === file ? content : undefined))).toEqual(UNKNOWN);
    }
  });

  test('whatever the files hold, what comes out has its form', () => {
    const piece = fc.constantFrom(
      '0:16.1.25.1865',
      'ENABLED',
      'mei',
      '2.2',
      '90000255',
      '\n',
      '\r',
      ' ',
      '\x1b',
      '50',
    );
    const content = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      fc.string({ unit: 'binary' }),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(LAPTOP)), content), (files) => {
        const device = parseMeiAttributes((file) => files[file]);
        const texts = [
          ...device.firmwareVersions,
          ...device.firmwareStatus,
          device.kind,
          device.hbmVersion,
          device.hbmVersionOfDriver,
          device.trace,
        ].filter((text) => text !== undefined);
        // Nothing that a terminal would take for more than text.
        for (const text of texts) expect(text).toMatch(/^[0-9A-Za-z.:]{1,60}$/);
        expect(device.firmwareVersions.length).toBeLessThanOrEqual(3);
        expect(device.firmwareStatus.length).toBeLessThanOrEqual(6);
        if (device.state !== undefined) expect(MEI_STATES).toContain(device.state);
        if (device.sendQueueLimit !== undefined) expect(Number.isInteger(device.sendQueueLimit)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
