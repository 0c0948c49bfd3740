/** Classic BPF programs as the kernel and the tools around it take them. Names and numbers of linux/bpf_common.h. */

/** A `struct sock_filter`. */
export interface BpfInstruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  /** 0 to 2^32 - 1. */
  readonly k: number;
}

export type BpfProgram = readonly BpfInstruction[];

/** More instructions than this the kernel does not take. */
export const BPF_MAXINSNS = 4096;

/** The instructions in use, each class, size, mode and source in one number. */
export const Bpf = {
  LD_W_ABS: 0x20,
  LD_H_ABS: 0x28,
  LD_B_ABS: 0x30,
  LD_W_IND: 0x40,
  LD_H_IND: 0x48,
  LD_B_IND: 0x50,
  /** A = length of the frame. */
  LD_W_LEN: 0x80,
  /** X = 4 * (byte & 15). */
  LDX_B_MSH: 0xb1,
  ALU_ADD_K: 0x04,
  MISC_TAX: 0x07,
  MISC_TXA: 0x87,
  JMP_JA: 0x05,
  JMP_JEQ_K: 0x15,
  JMP_JGT_K: 0x25,
  JMP_JGE_K: 0x35,
  JMP_JGE_X: 0x3d,
  JMP_JSET_K: 0x45,
  RET_K: 0x06,
} as const;

/** The program as an array of `struct sock_filter`, in the byte order of this machine. */
export function bytesOfBpf(program: BpfProgram): Uint8Array {
  const words = new Uint32Array(2 * program.length);
  const halves = new Uint16Array(words.buffer);
  const bytes = new Uint8Array(words.buffer);
  for (const [i, { code, jt, jf, k }] of program.entries()) {
    halves[4 * i] = code;
    bytes[8 * i + 2] = jt;
    bytes[8 * i + 3] = jf;
    words[2 * i + 1] = k;
  }
  return bytes;
}

/** Lines as of `tcpdump -ddd`: the number of instructions, then one on each. */
export function formatBpf(program: BpfProgram): string {
  return `${textLines(program).join('\n')}\n`;
}

/** The argument of tc's `bpf bytecode`, and of iptables' `-m bpf --bytecode`. */
export function bytecodeOfBpf(program: BpfProgram): string {
  return textLines(program).join(',');
}

function textLines(program: BpfProgram): string[] {
  return [`${program.length}`, ...program.map(({ code, jt, jf, k }) => `${code} ${jt} ${jf} ${k}`)];
}
