/** A filter set in other forms: words, and what other programs take. */

import {
  compileBpf,
  consumeCommands,
  describeFilters,
  formatBpf,
  pcapExpression,
  type RuleInWords,
  shellText,
} from '../../rx/index.ts';
import type { FilterQuirks, OobFilters } from '../../sap/index.ts';
import type { Context } from '../command.ts';

export const PRINT_FORMS = ['rules', 'expression', 'bpf', 'tc'] as const;
export type PrintForm = (typeof PRINT_FORMS)[number];

interface PrintTask {
  readonly set: OobFilters;
  readonly quirks: FilterQuirks;
  readonly form: PrintForm;
  /** What `tc` acts on; none for any other form. */
  readonly interface: string;
}

/** With `--json`, one document: `{"rules": […]}` or the like. */
export async function printFilters({ output, json }: Context, task: PrintTask): Promise<void> {
  const { value, text } = PRINTERS[task.form](task);
  await output.print(json ? JSON.stringify({ [task.form]: value }) : text.trimEnd());
}

/** What each form gives: as JSON, and as text. */
const PRINTERS: Readonly<Record<PrintForm, (task: PrintTask) => { value: unknown; text: string }>> = {
  rules: ({ set, quirks }) => {
    const rules = describeFilters(set, quirks);
    return { value: rules, text: rulesText(rules) };
  },
  expression: ({ set, quirks }) => {
    const expression = pcapExpression(set, quirks);
    return { value: expression, text: expression };
  },
  bpf: ({ set, quirks }) => {
    const program = compileBpf(set, { quirks });
    return { value: program, text: formatBpf(program) };
  },
  tc: ({ set, quirks, interface: name }) => {
    const commands = consumeCommands(name, set, quirks);
    return { value: commands, text: shellText(commands) };
  },
};

/** A line for each rule, in columns; the last one is about everything else. */
function rulesText(rules: readonly RuleInWords[]): string {
  const rows = [...rules, { field: 'others', frames: '', outcome: 'host only' }];
  const field = Math.max(...rows.map((row) => row.field.length));
  const frames = Math.max(...rows.map((row) => row.frames.length));
  return rows
    .map((row) => `${row.field.padEnd(field)}  ${row.frames.padEnd(frames)}  ${row.outcome}`)
    .join('\n');
}
