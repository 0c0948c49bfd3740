/** A machine for the doctor: files below a temporary root, and given answers. Everything that is not given is as good as can be. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseConfig } from '../../../../cli/agent/config.ts';
import { Files } from '../../../../cli/doctor/files.ts';
import type { Finding } from '../../../../cli/doctor/finding.ts';
import { Kernel } from '../../../../cli/doctor/kernel.ts';
import type { Machine } from '../../../../cli/doctor/machine.ts';
import {
  BridgeError,
  type CsmeConnInfo,
  INTEL_COMMANDS,
  INTEL_OUI,
  type RfkillSwitch,
  type Wiphy,
  type WlanInterface,
} from '../../../../netlink-bridge/index.ts';

export const RELEASE = '6.1.0-test';

/** Contents by path; `-> TARGET` is a link, undefined one that is not there. */
export type Tree = Readonly<Record<string, string | Uint8Array | undefined>>;

/** Rights of root, and every device. */
const ROOT_FILES: Tree = {
  'proc/self/status': 'Name:\tnode\nCapEff:\t000001ffffffffff\n',
  'dev/net/tun': '',
  'dev/cuse': '',
};

export class TestMachine {
  readonly root = mkdtempSync(join(tmpdir(), 'doctor-'));
  readonly machine: Machine;
  readonly #servers: Server[] = [];

  constructor(tree: Tree = {}, answers: Partial<Machine> = {}) {
    for (const [path, content] of Object.entries({ ...ROOT_FILES, ...tree })) {
      if (content !== undefined) this.#write(path, content);
    }
    const files = new Files(this.root);
    this.machine = {
      files,
      kernel: new Kernel(files, RELEASE),
      nodeVersion: '20.19.0',
      config: () => parseConfig('', 'none'),
      hasProgram: () => true,
      nativeProblem: () => undefined,
      namespaceProblem: () => undefined,
      askAmt: async () => 'provisioned',
      openRfkill: () => rfkillOf([]),
      openNl80211: async () => nl80211Of([], []),
      isNetworkManagerRunning: async () => true,
      trySupplicant: async () => 'up',
      ...answers,
    };
  }

  #write(path: string, content: string | Uint8Array): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    if (typeof content === 'string' && content.startsWith('-> ')) symlinkSync(content.slice(3), file);
    else writeFileSync(file, content);
  }

  async listen(path: string): Promise<void> {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    const server = createServer();
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(file, resolve));
  }

  remove(): void {
    for (const server of this.#servers) server.close();
    rmSync(this.root, { recursive: true });
  }
}

export function rfkillOf(switches: readonly Partial<RfkillSwitch>[], extended = true) {
  const whole = switches.map(
    (given, index): RfkillSwitch => ({
      index,
      type: 'wlan',
      name: undefined,
      soft: false,
      hard: false,
      reasons: new Set(),
      wiphy: undefined,
      ...given,
    }),
  );
  return { switches: new Map(whole.map((one) => [one.index, one])), extended, close() {} };
}

export const INTEL = Object.values(INTEL_COMMANDS).map((subcommand) => ({ vendorId: INTEL_OUI, subcommand }));

/** Interfaces wlan0, wlan1, … each of a wiphy of its own that has these vendor commands. */
export function nl80211Of(
  commands: readonly Wiphy['vendorCommands'][],
  infos: readonly (CsmeConnInfo | BridgeError)[],
) {
  const wiphys = commands.map((vendorCommands, index): Wiphy => {
    return { index, name: `phy${index}`, frequencies: [], vendorCommands, vendorEvents: [] };
  });
  const interfaces = commands.map((_, index): WlanInterface => {
    return { ifindex: 10 + index, name: `wlan${index}`, wiphy: index, wdev: 1n, mac: 0, type: 2 };
  });
  return {
    interfaces: async () => interfaces,
    wiphys: async () => wiphys,
    getCsmeConnInfo: async (ifindex: number) => {
      const info = infos[ifindex - 10] ?? refused('EINVAL', 22);
      if (info instanceof BridgeError) throw info;
      return info;
    },
    close() {},
  };
}

export function refused(detail: string, errno: number): BridgeError {
  return new BridgeError('BRIDGE_ERR_KERNEL', { detail, errno });
}

/** `state name: detail | remedy`, a line for each. */
export function linesOf(findings: readonly Finding[]): string[] {
  return findings.map(
    ({ state, name, detail, remedy }) =>
      `${state} ${name}: ${detail}${remedy === undefined ? '' : ` | ${remedy}`}`,
  );
}
