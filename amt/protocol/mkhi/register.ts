/** The commands of MKHI that there are, by name. */
import {
  blob,
  type Fields,
  type Infer,
  list,
  optional,
  reserved,
  skip,
  struct,
  text,
  u8,
  u16,
  u32,
} from '../declare.ts';
import { MkhiBootState, MkhiGroup, MkhiRule } from './values.ts';

export interface MkhiCommand<Q extends Fields = Fields, R extends Fields = Fields> {
  readonly group: number;
  /** 0 to 127. */
  readonly op: number;
  readonly doc: string;
  /** Where the layout was read. */
  readonly source: string;
  /** Behind the four bytes of the header. */
  readonly request: Q;
  /** The same; only where the result is SUCCESS. */
  readonly response: R;
}

function mkhiCommand<const Q extends Fields, const R extends Fields>(decl: {
  group: number;
  op: number;
  doc: string;
  source: string;
  request?: Q;
  response?: R;
}): MkhiCommand<Q, R> {
  return { request: {} as Q, response: {} as R, ...decl };
}

const version = struct({
  minor: u16.doc('1 of 16.1.25.2049.'),
  major: u8.doc('16.'),
  platform: u8.doc('Of newer firmware.'),
  build: u16.doc('2049.'),
  hotfix: u16.doc('25.'),
});

const { FWCAPS, GEN } = MkhiGroup;
const RULE_BYTES_MAX = 0xff;
const MODULES_MAX = 20;

export const MKHI_COMMANDS = {
  GET_FW_VERSION: mkhiCommand({
    group: GEN,
    op: 0x02,
    doc: 'The version of the firmware: of the code, and of the images that stand by.',
    source: 'Linux bus-fixup.c, LMS GetFWVersionCommand.h',
    response: {
      code: version.doc('What runs.'),
      recovery: optional(version).doc('What runs when the code is damaged.'),
      factory: optional(version).doc('What it came with.'),
      room: skip(),
    },
  }),
  GET_BOOT_STATE: mkhiCommand({
    group: GEN,
    op: 0x0a,
    doc: 'How far the BIOS has come.',
    source: 'LMS GetBootStateCommand.h',
    response: { state: u32.bits(MkhiBootState).doc('What has ended.'), room: skip() },
  }),
  GET_IMAGE_FW_VERSION: mkhiCommand({
    group: GEN,
    op: 0x1c,
    doc: 'The versions of the modules of a partition.',
    source: 'LMS GetImageFWVersionCommand.h',
    request: { partitionId: u32.doc('Which partition.') },
    response: {
      modules: list(
        u32,
        struct({
          name: text(12).doc('Of the module.'),
          major: u16.doc('Of its version.'),
          minor: u16.doc('Of its version.'),
          hotfix: u16.doc('Of its version.'),
          build: u16.doc('Of its version.'),
          vendorId: u32.doc('0x8086.'),
          reserved: reserved(64),
        }),
        MODULES_MAX,
      ).doc('Those that it has.'),
      room: skip(),
    },
  }),
  GET_EOP_STATE: mkhiCommand({
    group: GEN,
    op: 0x1d,
    doc: 'Whether the BIOS has ended.',
    source: 'LMS GetEOPStateCommand.h',
    response: { state: u8.doc('0 not yet, 1 it has.'), room: skip() },
  }),
  GET_MEASURED_BOOT_STATE: mkhiCommand({
    group: GEN,
    op: 0x23,
    doc: 'Whether the start of the machine is measured.',
    source: 'LMS GetMeasuredBootStateCommand.h',
    response: { state: u8.doc('0 no, 1 yes.'), room: skip() },
  }),
  GET_RULE: mkhiCommand({
    group: FWCAPS,
    op: 0x02,
    doc: 'What the firmware can do, and what of it is enabled.',
    source: 'LMS GetFWCapsCommand.h',
    request: { ruleId: u32.of(MkhiRule).doc('What is asked for.') },
    response: {
      ruleId: u32.of(MkhiRule).doc('The same.'),
      data: blob(RULE_BYTES_MAX, 1).doc('A word of 32 bits for all rules that are known.'),
    },
  }),
  SET_RULE: mkhiCommand({
    group: FWCAPS,
    op: 0x06,
    doc: 'Tells the firmware something: Linux does it with its version when it starts, and reads no answer.',
    source: 'Linux bus-fixup.c',
    request: {
      ruleId: u32.of(MkhiRule).doc('What is told.'),
      data: blob(RULE_BYTES_MAX, 1).doc(
        'OS_VERSION: build u16, 2 reserved bytes, system u8 (2 is Linux), major u8, minor u8, reserved byte.',
      ),
    },
    response: { room: skip() },
  }),
} as const;

type Register = typeof MKHI_COMMANDS;
export type MkhiCommandName = keyof Register;
export const MKHI_COMMAND_NAMES = Object.keys(MKHI_COMMANDS) as readonly MkhiCommandName[];

/** What a command is asked with. */
export type MkhiAsked<N extends MkhiCommandName = MkhiCommandName> = Infer<Register[N]['request']>;
/** What it answers. */
export type MkhiAnswered<N extends MkhiCommandName = MkhiCommandName> = Infer<Register[N]['response']>;
