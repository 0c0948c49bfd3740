/** What everything needs, and what only the addon gives. */
import { type Finding, good, missing, missingAs, optional } from '../finding.ts';
import { CAP_NET_ADMIN, CAP_NET_RAW } from '../kernel.ts';
import type { Machine } from '../machine.ts';

/** The `engines` of package.json. */
const NODE_MIN = [20, 19] as const;

export function checkNode({ nodeVersion }: Machine): Finding[] {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const name = 'Node.js';
  const isEnough = major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
  return [
    isEnough
      ? good(name, nodeVersion)
      : missing(name, nodeVersion, `Install Node.js ${NODE_MIN.join('.')} or later.`),
  ];
}

export function checkAddon(machine: Machine): Finding[] {
  const problem = machine.nativeProblem();
  return [problem === undefined ? good('addon', 'loaded') : missingAs('addon', problem)];
}

/** The remote session of the demo, CSME's network and its web service, the Rx path of an interface. */
export function checkSessions(machine: Machine): Finding[] {
  const { kernel, files } = machine;
  const problem = machine.namespaceProblem();
  const raw = kernel.can(CAP_NET_RAW) && kernel.can(CAP_NET_ADMIN);
  return [
    problem === undefined
      ? good('network namespaces', 'can be made')
      : missingAs('network namespaces', problem),
    programFinding(machine, 'ip', 'iproute2'),
    programFinding(machine, 'tc', 'iproute2'),
    files.exists('/dev/net/tun')
      ? good('TAP interfaces', '/dev/net/tun')
      : missing('TAP interfaces', '/dev/net/tun is not there', kernel.remedyFor('tun')),
    raw
      ? good('packet sockets', 'on every interface')
      : optional(
          'packet sockets',
          'only in a namespace of its own',
          'For an interface of this machine run it as root (CAP_NET_RAW, CAP_NET_ADMIN).',
        ),
  ];
}

function programFinding(machine: Machine, name: string, debian: string): Finding {
  if (machine.hasProgram(name)) return good(name, 'on the PATH');
  return missing(name, 'not on the PATH', `Install ${debian} (Debian: \`apt install ${debian}\`).`);
}

/** The MEI device that the emulated CSME serves. */
export function checkCuse({ files, kernel }: Machine): Finding[] {
  const name = 'CUSE';
  if (!files.exists('/dev/cuse')) return [missing(name, '/dev/cuse is not there', kernel.remedyFor('cuse'))];
  return [
    files.isUsable('/dev/cuse')
      ? good(name, '/dev/cuse')
      : missing(name, 'this user may not open /dev/cuse', 'Run it as root, or give the node to this user.'),
  ];
}
