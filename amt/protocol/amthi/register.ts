/** The commands of AMTHI that there are, by name: codec, documentation and tests are walkers over them. */
import type { Fields, Infer } from '../declare.ts';
import type { AmthiCommand } from './command.ts';
import { FEATURE_COMMANDS } from './commands/features.ts';
import { IDENTITY_COMMANDS } from './commands/identity.ts';
import { NETWORK_COMMANDS } from './commands/network.ts';
import { SETUP_COMMANDS } from './commands/setup.ts';

export const AMTHI_COMMANDS = {
  ...IDENTITY_COMMANDS,
  ...NETWORK_COMMANDS,
  ...FEATURE_COMMANDS,
  ...SETUP_COMMANDS,
} as const;

type Register = typeof AMTHI_COMMANDS;
export type AmthiCommandName = keyof Register;
export const AMTHI_COMMAND_NAMES = Object.keys(AMTHI_COMMANDS) as readonly AmthiCommandName[];

/** What a command is asked with. */
export type AmthiAsked<N extends AmthiCommandName = AmthiCommandName> = Infer<Register[N]['request']>;
/** What it answers. */
export type AmthiAnswered<N extends AmthiCommandName = AmthiCommandName> = Infer<Register[N]['response']>;

/** The command word of a request: operation and class. */
export function commandWordOf({ op, class: kind }: AmthiCommand<Fields, Fields>): number {
  return kind * 2 ** 24 + op;
}

/** The name of a request by its command word. */
export const AMTHI_NAME_BY_WORD: ReadonlyMap<number, AmthiCommandName> = new Map(
  AMTHI_COMMAND_NAMES.map((name) => [commandWordOf(AMTHI_COMMANDS[name]), name]),
);
