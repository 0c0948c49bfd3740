/**
 * "Consumed" made real: commands of iproute2's tc that keep the frames from the host's stack that CSME alone gets.
 *
 * The filter stands at the ingress of the interface (qdisc clsact), where the kernel asks it after its packet sockets:
 * they see a consumed frame, and nothing else does. It is classic BPF, so that no compiler is needed on the machine.
 */
import type { FilterQuirks, OobFilters } from '../sap/index.ts';
import { compileBpf } from './bpf.ts';
import { bytecodeOfBpf } from './bpf-program.ts';

/** Program and arguments. */
export type Command = readonly string[];

/** Ours among the filters of the interface, which are asked from the lowest preference up: AMT's port. */
const PREFERENCE = '16992';

/**
 * What to run, in this order and with CAP_NET_ADMIN, so that the frames are consumed that `filters` want to be;
 * undefined: none. Run again with other filters, the program is replaced at once: a frame meets the one or the other.
 */
export function consumeCommands(
  interfaceName: string,
  filters: OobFilters | undefined,
  quirks: FilterQuirks = {},
): readonly Command[] {
  const bytecode = bytecodeOfBpf(compileBpf(filters, { answer: 'consume', quirks }));
  return [
    // Does nothing when it is there.
    ['tc', 'qdisc', 'replace', 'dev', interfaceName, 'clsact'],
    [
      ...['tc', 'filter', 'replace', 'dev', interfaceName, 'ingress', 'pref', PREFERENCE, 'handle', '1'],
      ...['protocol', 'all', 'bpf', 'bytecode', bytecode, 'direct-action'],
    ],
  ];
}

/**
 * What to run so that nothing is consumed any more; it fails when `consumeCommands` were not run. The qdisc stays, as
 * others may have filters there too; empty, it costs next to nothing.
 */
export function unconsumeCommands(interfaceName: string): readonly Command[] {
  return [['tc', 'filter', 'delete', 'dev', interfaceName, 'ingress', 'pref', PREFERENCE]];
}

/** The commands for a shell, one on each line. */
export function shellText(commands: readonly Command[]): string {
  return commands.map((command) => `${command.map(quoted).join(' ')}\n`).join('');
}

function quoted(word: string): string {
  return /^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
