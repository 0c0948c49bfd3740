/** What a sub-command is given, and what it gives. */
import type { Command } from 'commander';
import type { ExitName } from './exit.ts';
import type { Output } from './output.ts';

export interface Context {
  output: Output;
  /** Whether `--json` was given: nothing but JSON on stdout then. */
  json: boolean;
}

/** The body of a sub-command; resolves to how the command ends. A `CliError` that it throws is printed. */
export type Body<Args extends readonly unknown[], Options> = (
  context: Context,
  options: Options,
  ...args: Args
) => Promise<ExitName>;

/** Binds a body to a sub-command that commander has parsed. */
export type Bind = <Args extends readonly unknown[], Options>(
  command: Command,
  body: Body<Args, Options>,
) => void;

/** A file of `commands/` gives one of these: it adds its sub-command to the program. */
export type Define = (program: Command, bind: Bind) => void;
