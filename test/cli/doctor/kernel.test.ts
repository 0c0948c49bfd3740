import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, it, test } from 'vitest';
import { CAP_NET_ADMIN, CAP_NET_RAW, parseKernelConfig } from '../../../cli/doctor/kernel.ts';
import { isOnPath } from '../../../cli/doctor/machine.ts';
import { RELEASE, TestMachine, type Tree } from './support/machine.ts';

const made: TestMachine[] = [];
afterEach(() => {
  for (const machine of made.splice(0)) machine.remove();
});
function kernelOf(tree: Tree) {
  const machine = new TestMachine(tree);
  made.push(machine);
  return machine.machine.kernel;
}

const MODULES = `lib/modules/${RELEASE}`;
const CONFIG = `boot/config-${RELEASE}`;

describe('a module', () => {
  it.each<[string, Tree, string]>([
    ['is loaded', { 'sys/module/mei_me/refcnt': '0' }, 'there'],
    [
      'is part of the kernel',
      { [`${MODULES}/modules.builtin`]: 'kernel/drivers/misc/mei/mei-me.ko\n' },
      'there',
    ],
    ['is part of it, as the configuration says', { [CONFIG]: 'CONFIG_INTEL_MEI_ME=y\n' }, 'there'],
    ['lies there', { [`${MODULES}/modules.dep`]: 'kernel/mei/mei-me.ko: kernel/mei/mei.ko\n' }, 'loadable'],
    ['lies there, packed', { [`${MODULES}/modules.dep`]: 'kernel/mei/mei-me.ko.xz:\n' }, 'loadable'],
    ['could be loaded', { [CONFIG]: '# x\nCONFIG_INTEL_MEI_ME=m\n' }, 'loadable'],
    ['could be, by /proc', { 'proc/config.gz': gzipSync('CONFIG_INTEL_MEI_ME=m\n') }, 'loadable'],
    ['is not among the modules', { [`${MODULES}/modules.dep`]: 'kernel/x/not-mei-me.ko.d: \n' }, 'absent'],
    ['was not built', { [CONFIG]: '# CONFIG_INTEL_MEI_ME is not set\nCONFIG_X=y\n' }, 'absent'],
    ['cannot be known', {}, 'unknown'],
    ['cannot be known from a broken configuration', { 'proc/config.gz': 'no gzip' }, 'unknown'],
  ])('%s', (_, tree, state) => {
    expect(kernelOf(tree).module('mei_me')).toBe(state);
  });

  it('has a remedy for each of these', () => {
    expect(kernelOf({ [CONFIG]: 'CONFIG_TUN=m\n' }).remedyFor('tun')).toBe('`modprobe tun`.');
    expect(kernelOf({ [CONFIG]: 'CONFIG_X=m\n' }).remedyFor('tun')).toBe(
      'This kernel is built without it: it needs one with CONFIG_TUN.',
    );
    expect(kernelOf({}).remedyFor('tun')).toBe('`modprobe tun`, if this kernel has it (CONFIG_TUN).');
  });
});

test('capabilities are those of this process', () => {
  const kernel = kernelOf({ 'proc/self/status': 'CapPrm:\tffffffffffffffff\nCapEff:\t0000000000001000\n' });
  expect([kernel.can(CAP_NET_ADMIN), kernel.can(CAP_NET_RAW)]).toEqual([true, false]);
  expect(kernelOf({ 'proc/self/status': 'nothing\n' }).can(CAP_NET_ADMIN)).toBe(false);
});

test('a configuration is read back as it was written, and anything else is not one', () => {
  const name = fc.stringMatching(/^CONFIG_[A-Z0-9_]{1,20}$/);
  const value = fc.constantFrom('y', 'm', '"text"', '4');
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), fc.array(fc.string()), (options, others) => {
      const set = options.map(([key, given]) => `${key}=${given}`);
      const noise = others.map((text) => `# ${text.replaceAll('\n', ' ')}`);
      const text = [...set, ...noise].join('\n');
      expect(parseKernelConfig(text)).toEqual(new Map(options));
    }),
  );
});

test('a program is on the PATH or not', () => {
  const { files } = new TestMachine({ 'usr/bin/ip': '' }).machine;
  expect(isOnPath(files, '/bin:/usr/bin', 'ip')).toBe(true);
  expect(isOnPath(files, '/bin::/usr/sbin', 'ip')).toBe(false);
});
