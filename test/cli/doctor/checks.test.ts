/** Each outcome of each check, with what helps. */
import { afterEach, describe, expect, it, test } from 'vitest';
import { ConfigError, parseConfig } from '../../../cli/agent/config.ts';
import { checkAgent } from '../../../cli/doctor/checks/agent.ts';
import { checkAddon, checkCuse, checkNode, checkSessions } from '../../../cli/doctor/checks/base.ts';
import { checkCard } from '../../../cli/doctor/checks/card.ts';
import { checkMei } from '../../../cli/doctor/checks/mei.ts';
import type { Machine } from '../../../cli/doctor/machine.ts';
import { BridgeError } from '../../../netlink-bridge/index.ts';
import { SAP_GUID } from '../../../sap/index.ts';
import { MeiError } from '../../../transport/index.ts';
import {
  INTEL,
  linesOf,
  nl80211Of,
  RELEASE,
  refused,
  rfkillOf,
  TestMachine,
  type Tree,
} from './support/machine.ts';

const made: TestMachine[] = [];
afterEach(() => {
  for (const machine of made.splice(0)) machine.remove();
});
function testMachine(tree: Tree = {}, answers: Partial<Machine> = {}): TestMachine {
  const machine = new TestMachine(tree, answers);
  made.push(machine);
  return machine;
}
const machineOf = (tree?: Tree, answers?: Partial<Machine>) => testMachine(tree, answers).machine;

test.each([
  ['20.19.0', 'good Node.js: 20.19.0'],
  ['22.1.0', 'good Node.js: 22.1.0'],
  ['20.18.3', 'missing Node.js: 20.18.3 | Install Node.js 20.19 or later.'],
  ['8.0.0', 'missing Node.js: 8.0.0 | Install Node.js 20.19 or later.'],
])('Node.js %s', (nodeVersion, line) => {
  expect(linesOf(checkNode(machineOf({}, { nodeVersion })))).toEqual([line]);
});

test('the addon', () => {
  expect(linesOf(checkAddon(machineOf()))).toEqual(['good addon: loaded']);
  const problem = 'The native addon is not there. /x.node cannot be loaded: run `npm rebuild`.';
  expect(linesOf(checkAddon(machineOf({}, { nativeProblem: () => problem })))).toEqual([
    'missing addon: The native addon is not there | /x.node cannot be loaded: run `npm rebuild`.',
  ]);
});

describe('sessions', () => {
  it('are possible', () => {
    expect(checkSessions(machineOf()).map(({ state }) => state)).toEqual(Array(5).fill('good'));
  });

  it('lack everything', () => {
    const machine = machineOf(
      { 'dev/net/tun': undefined, 'proc/self/status': 'CapEff:\t0\n' },
      {
        namespaceProblem: () => 'The kernel allows no network namespace here (EPERM): run it as root.',
        hasProgram: () => false,
      },
    );
    expect(linesOf(checkSessions(machine))).toEqual([
      'missing network namespaces: The kernel allows no network namespace here (EPERM) | run it as root.',
      'missing ip: not on the PATH | Install iproute2 (Debian: `apt install iproute2`).',
      'missing tc: not on the PATH | Install iproute2 (Debian: `apt install iproute2`).',
      'missing TAP interfaces: /dev/net/tun is not there | `modprobe tun`, if this kernel has it (CONFIG_TUN).',
      'optional packet sockets: only in a namespace of its own | For an interface of this machine run it as root (CAP_NET_RAW, CAP_NET_ADMIN).',
    ]);
  });
});

test('CUSE', () => {
  expect(linesOf(checkCuse(machineOf()))).toEqual(['good CUSE: /dev/cuse']);
  const without = { 'dev/cuse': undefined, [`boot/config-${RELEASE}`]: 'CONFIG_CUSE=m\n' };
  expect(linesOf(checkCuse(machineOf(without)))).toEqual([
    'missing CUSE: /dev/cuse is not there | `modprobe cuse`.',
  ]);
});

describe('the firmware', () => {
  const DEVICE: Tree = {
    'dev/mei0': '',
    'sys/class/mei/mei0/dev_state': 'ENABLED\n',
    'sys/class/mei/mei0/kind': 'mei\n',
    'sys/class/mei/mei0/fw_ver': '0:16.1.25.1865\n',
  };
  const AMT_BUSY = new MeiError('MEI_ERR_BUSY', { path: '/dev/mei0' });
  const AMT_ABSENT = new MeiError('MEI_ERR_NO_CLIENT', { path: '/dev/mei0' });
  const AMT_SILENT = new MeiError('MEI_ERR_CONNECT_TIMEOUT', { path: '/dev/mei0' });

  it.each<[string, Tree, Partial<Machine>, string[]]>([
    ['answers', DEVICE, {}, ['good MEI device: /dev/mei0, firmware 0:16.1.25.1865', 'good AMT: provisioned']],
    [
      'has AMT that is off',
      DEVICE,
      { askAmt: async () => 'disabled' },
      [
        'good MEI device: /dev/mei0, firmware 0:16.1.25.1865',
        'optional AMT: disabled | Enable AMT in the BIOS (MEBx).',
      ],
    ],
    [
      'has AMT that nobody has set up',
      { 'dev/mei0': '' },
      { askAmt: async () => 'not provisioned' },
      [
        'good MEI device: /dev/mei0',
        'optional AMT: not provisioned | Set it up: `sapwood amt activate`, or a configuration server.',
      ],
    ],
    [
      'has no AMT',
      { 'dev/mei0': '' },
      { askAmt: async () => AMT_ABSENT },
      [
        'good MEI device: /dev/mei0',
        'optional AMT: this firmware has none | Only vPro platforms have AMT; the BIOS may have it off.',
      ],
    ],
    [
      'is asked by another program',
      { 'dev/mei0': '' },
      { askAmt: async () => AMT_BUSY },
      [
        'good MEI device: /dev/mei0',
        'optional AMT: another program asks it at this moment | Try again, or end that program (LMS).',
      ],
    ],
    [
      'does not answer',
      { 'dev/mei0': '' },
      { askAmt: async () => AMT_SILENT },
      ['good MEI device: /dev/mei0', `missing AMT: ${AMT_SILENT.sentence} | ${AMT_SILENT.next}`],
    ],
    [
      'is not asked without the addon',
      { 'dev/mei0': '' },
      { nativeProblem: () => 'No.' },
      ['good MEI device: /dev/mei0'],
    ],
    [
      'is resetting',
      { ...DEVICE, 'sys/class/mei/mei0/dev_state': 'RESETTING\n' },
      {},
      [
        'missing MEI device: /dev/mei0 is RESETTING | The firmware is starting, resetting or off. DISABLED stays until mei_me is loaded anew.',
      ],
    ],
    [
      'has no node',
      { 'sys/class/mei/mei0/kind': 'mei\n' },
      {},
      ['missing MEI device: mei0 has no node in /dev | udev or devtmpfs makes it.'],
    ],
    [
      'may not be asked',
      // The rights of a node are no obstacle to root; that there is nothing behind it is one.
      { 'dev/mei0': '-> nowhere' },
      {},
      [
        'missing MEI device: this user may not open /dev/mei0 | Run it as root, or give the node to a group with a udev rule: SUBSYSTEM=="mei", GROUP="mei", MODE="0660".',
      ],
    ],
    [
      'has no driver',
      { 'dev/mei0': undefined },
      {},
      [
        'missing MEI device: the module mei_me is not loaded | `modprobe mei_me`, if this kernel has it (CONFIG_INTEL_MEI_ME).',
      ],
    ],
    [
      'is none',
      {
        'sys/module/mei_me/refcnt': '0',
        'sys/bus/pci/devices/0000:00:00.0/vendor': '0x8086\n',
        'sys/bus/pci/devices/0000:00:00.0/class': '0x060000\n',
      },
      {},
      [
        'missing MEI device: there is no management engine on the PCI bus | It needs an Intel platform whose firmware shows it.',
      ],
    ],
    [
      'is not taken by its driver',
      {
        'sys/module/mei_me/refcnt': '0',
        'sys/bus/pci/devices/0000:00:16.0/vendor': '0x8086\n',
        'sys/bus/pci/devices/0000:00:16.0/class': '0x078000\n',
      },
      {},
      ['missing MEI device: mei_me does not drive 0000:00:16.0 | `dmesg | grep mei` says why.'],
    ],
    [
      'is that of a graphics card',
      { 'dev/mei0': '', 'sys/class/mei/mei0/kind': 'gsc\n', 'sys/module/mei_me/refcnt': '0' },
      {},
      [
        'missing MEI device: there is no management engine on the PCI bus | It needs an Intel platform whose firmware shows it.',
      ],
    ],
  ])('%s', async (_, tree, answers, lines) => {
    expect(linesOf(await checkMei(machineOf(tree, answers)))).toEqual(lines);
  });
});

describe('the card', () => {
  const INFO = { authMode: 7, ssid: Buffer.from('corp-ap'), cipher: 4, channel: 36, bssid: 0x001122334455 };
  const VPRO: Tree = {
    'sys/class/net/wlan0/device/driver': '-> ../../../bus/pci/drivers/iwlwifi',
    'sys/module/iwlwifi/refcnt': '1',
    'sys/module/iwlmei/refcnt': '1',
    [`sys/bus/mei/devices/mei0-${SAP_GUID}/driver`]: '-> ../../drivers/iwlmei',
  };

  it('works', async () => {
    const machine = machineOf(VPRO, {
      openNl80211: async () => nl80211Of([INTEL], [INFO]),
      openRfkill: () => rfkillOf([{ wiphy: 0, hard: true, reasons: new Set(['NOT_OWNER']) }]),
    });
    expect(linesOf(await checkCard(machine))).toEqual([
      'good rights: CAP_NET_ADMIN',
      'good nl80211: 1 radio',
      'good interface: wlan0 (iwlwifi)',
      "good Intel's commands: wlan0 (phy0)",
      "good CSME's network: wlan0: 00:11:22:33:44:55 on channel 36",
      'good iwlwifi: loaded',
      'good iwlmei: loaded',
      'good WLAN in CSME: driven by iwlmei',
      'good rfkill: wlan0 blocked (NOT_OWNER)',
      'good reasons of blocks: in the records of rfkill',
    ]);
  });

  it('of a distribution: iwlwifi without iwlmei', async () => {
    const machine = machineOf(
      {
        ...VPRO,
        'sys/module/iwlmei/refcnt': undefined,
        [`sys/bus/mei/devices/mei0-${SAP_GUID}/driver`]: undefined,
        [`sys/bus/mei/devices/mei0-${SAP_GUID}/uevent`]: '',
        [`boot/config-${RELEASE}`]: 'CONFIG_IWLWIFI=m\n# CONFIG_IWLMEI is not set\n',
      },
      {
        openNl80211: async () => nl80211Of([[], []], []),
        openRfkill: () => rfkillOf([{ wiphy: 1, soft: true }]),
      },
    );
    expect(linesOf(await checkCard(machine))).toEqual([
      'good rights: CAP_NET_ADMIN',
      'good nl80211: 2 radios',
      'good interface: wlan0 (iwlwifi), wlan1 (driver not known)',
      "missing Intel's commands: no interface has them | They come with an Intel card, driven by iwlwifi, and a kernel that has iwlmei.",
      'good iwlwifi: loaded',
      expect.stringMatching(
        /^missing iwlmei: this kernel is built without it \| Upstream CONFIG_IWLMEI depends on BROKEN/,
      ),
      'missing WLAN in CSME: no driver has it | This kernel is built without it: it needs one with CONFIG_IWLMEI.',
      'good rfkill: wlan0 has no switch, wlan1 blocked (soft)',
      'good reasons of blocks: in the records of rfkill',
    ]);
  });

  it('of another driver that has the commands needs no iwlmei', async () => {
    const machine = machineOf({}, { openNl80211: async () => nl80211Of([INTEL], []) });
    const findings = await checkCard(machine);
    expect(findings.filter(({ state }) => state === 'missing')).toEqual([]);
    expect(linesOf(findings)).toContain("good CSME's network: wlan0: CSME is connected to none");
    expect(findings.filter(({ state }) => state === 'optional').map(({ name }) => name)).toEqual([
      'iwlwifi',
      'iwlmei',
      'WLAN in CSME',
    ]);
  });

  it('is half there', async () => {
    const machine = machineOf(
      { 'proc/self/status': 'CapEff:\t0\n' },
      {
        openNl80211: async () => nl80211Of([INTEL.slice(0, 1)], [refused('Not now. Try later.', 1)]),
        openRfkill: () => rfkillOf([], false),
      },
    );
    const lines = linesOf(await checkCard(machine));
    expect(lines).toContain(
      'missing rights: this process does not have CAP_NET_ADMIN | Run it as root; the unit of sapwood agent has it.',
    );
    expect(lines).toContain(
      "missing Intel's commands: wlan0 has only GET_CSME_CONN_INFO | Both are needed: update the kernel.",
    );
    expect(lines).toContain("missing CSME's network: Not now | Try later.");
    expect(lines).toContain(
      'optional reasons of blocks: not in the records of rfkill, only in sysfs | Linux 5.11 and later have them there.',
    );
  });

  it('is not there', async () => {
    const lines = linesOf(await checkCard(machineOf()));
    expect(lines[2]).toMatch(
      /^missing interface: there is no wireless interface \| Is the card's driver loaded/,
    );
    expect(lines).toContain('good rfkill: 0 switches');
  });

  it('without nl80211 and rfkill', async () => {
    const absent = (what: string) => new BridgeError('BRIDGE_ERR_ABSENT', { detail: `${what}: load it.` });
    const without = { openNl80211: () => Promise.reject(absent('nl80211')) };
    expect(linesOf(await checkCard(machineOf({}, without)))).toContain(
      'missing nl80211: What is needed is not there | nl80211: load it.',
    );
    const noRfkill: Partial<Machine> = {
      openRfkill: () => {
        throw absent('rfkill');
      },
    };
    expect(linesOf(await checkCard(machineOf({}, noRfkill)))).toContain(
      'missing rfkill: What is needed is not there | rfkill: load it.',
    );
  });
});

describe('the agent', () => {
  const LOGIND: Tree = { 'proc/7/comm': 'systemd-logind\n', 'run/x': '' };
  const CARD: Partial<Machine> = { openNl80211: async () => nl80211Of([[], INTEL], []) };
  const NO_MANAGER: Partial<Machine> = { ...CARD, isNetworkManagerRunning: async () => false };

  it('has NetworkManager', async () => {
    const lines = linesOf(await checkAgent(machineOf(LOGIND, CARD)));
    expect(lines).toEqual([
      // The one that has the commands.
      'good NetworkManager: has wlan1',
      'optional wpa_supplicant: /run/wpa_supplicant/wlan1 is no socket | Start it for wlan1, with ctrl_interface=/run/wpa_supplicant in its configuration.',
      'good journal: /run/sapwood',
      'good suspend: systemd-logind tells of it',
    ]);
  });

  it('has wpa_supplicant and dhcpcd', async () => {
    const machine = testMachine({ ...LOGIND, 'proc/8/comm': 'dhcpcd\n' }, NO_MANAGER);
    await machine.listen('run/wpa_supplicant/wlan1');
    expect(linesOf(await checkAgent(machine.machine))).toEqual([
      'optional NetworkManager: not on the system bus | `systemctl start NetworkManager`, or use wpa_supplicant.',
      'good wpa_supplicant: has wlan1',
      'good DHCP: dhcpcd',
      'good journal: /run/sapwood',
      'good suspend: systemd-logind tells of it',
    ]);
  });

  it('has a DHCP client of its own, or one that is not there', async () => {
    const config = () => parseConfig('dhcp = ["udhcpc", "-i", "{interface}"]\nsupplicant = "wpa"', 'none');
    const lines = async (answers: Partial<Machine>) =>
      linesOf(await checkAgent(machineOf({}, { ...CARD, config, ...answers })));
    expect(await lines({})).toContain('good DHCP: udhcpc, run by the agent');
    expect(await lines({ hasProgram: () => false })).toContain(
      'missing DHCP: udhcpc is not there | Install it, or name another one in the configuration (dhcp).',
    );
    // What is configured counts, though NetworkManager runs.
    expect((await lines({}))[1]).toMatch(/^missing wpa_supplicant: /);
  });

  it('has nobody', async () => {
    const lines = linesOf(await checkAgent(machineOf({}, { isNetworkManagerRunning: async () => false })));
    expect(lines).toEqual([
      'optional NetworkManager: not on the system bus | `systemctl start NetworkManager`, or use wpa_supplicant.',
      'missing wpa_supplicant: there is no interface to ask it about | See `card` above.',
      'missing DHCP: nobody gets an address beside wpa_supplicant | Start dhcpcd or systemd-networkd, or name a program in the configuration (dhcp).',
      'good journal: /run/sapwood',
      'optional suspend: nobody tells of it | The agent learns of a sleep from systemd-logind; without it, from the card alone.',
    ]);
  });

  it.each<[string, Partial<Machine>, string]>([
    [
      'refuses',
      { trySupplicant: async () => refused('It said no. Ask again.', 1) },
      'missing wpa_supplicant: It said no | Ask again.',
    ],
    [
      'is silent',
      { trySupplicant: async () => undefined },
      'missing wpa_supplicant: nobody answers on /run/wpa_supplicant/wlan1 | Start it again; the socket may be left from an earlier one.',
    ],
  ])('has a wpa_supplicant that %s', async (_, answers, line) => {
    const machine = testMachine({}, { ...NO_MANAGER, ...answers });
    await machine.listen('run/wpa_supplicant/wlan1');
    expect(linesOf(await checkAgent(machine.machine))).toContain(line);
  });

  it('has a NetworkManager that does not manage the interface', async () => {
    const machine = machineOf({}, { ...CARD, trySupplicant: async () => undefined });
    expect(linesOf(await checkAgent(machine))).toContain(
      'missing NetworkManager: does not manage wlan1 | `nmcli device set wlan1 managed yes`.',
    );
  });

  it('is not asked about an interface where there is no nl80211', async () => {
    const openNl80211 = () => Promise.reject(new BridgeError('BRIDGE_ERR_ABSENT', { detail: 'x' }));
    expect(linesOf(await checkAgent(machineOf({}, { openNl80211 })))[0]).toBe('good NetworkManager: running');
  });

  it('has a configuration that cannot be read', async () => {
    const config = () => {
      throw new ConfigError('/etc/sapwood/agent.toml: there is no key "x"; there are y.');
    };
    expect(linesOf(await checkAgent(machineOf({}, { config })))).toEqual([
      'missing configuration: /etc/sapwood/agent.toml: there is no key "x"; there are y | docs/agent.md has every key.',
    ]);
  });
});
