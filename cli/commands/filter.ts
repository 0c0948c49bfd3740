/** `sapwood filter`: what CSME's filters do with frames. */
import { InvalidArgumentError } from 'commander';
import { QUIRKS, type QuirkName } from '../../ownership/index.ts';
import type { FilterQuirks } from '../../sap/index.ts';
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName } from '../exit.ts';
import { judgeFrames } from '../filter/frames.ts';
import { PRINT_FORMS, type PrintForm, printFilters } from '../filter/print.ts';
import { givenSet, listedSets } from '../filter/sets.ts';
import type { Tally } from '../filter/verdicts.ts';
import { nameOf } from '../input.ts';
import { count } from '../words.ts';

interface Options {
  filters?: string;
  frames?: string;
  configs?: string;
  quirk?: FilterQuirks;
  check?: boolean;
  print?: PrintForm;
  interface?: string;
}

/** The quirks that change verdicts. */
const FILTER_QUIRKS: Readonly<Record<string, FilterQuirks>> = {
  'multicast-header-compare': { multicastHeaderCompare: true },
} satisfies { readonly [Q in QuirkName]?: FilterQuirks };

export const defineFilter: Define = (program, bind) => {
  const command = program
    .command('filter')
    .summary("judge frames by CSME's filters")
    .description(
      'Tells for each frame whether CSME gets it, and whether the host keeps it: a line each, in their order. Filters are oob_filters of CSME_FILTERS (156 bytes) or the whole message (1904 bytes).',
    )
    .option('--filters <hex|file>', 'one filter set, for all frames; - for stdin')
    .option('--frames <file>', 'frames: JSON lines, pcap or pcapng; - for stdin')
    .option('--configs <file>', 'the filter sets that lines name')
    .option('--quirk <name>', 'imitate the reference: multicast-header-compare', quirks)
    .option('--check', 'compare with the verdicts that the lines have')
    .option('--print <form>', `print the filters instead: ${PRINT_FORMS.join(', ')}`, form)
    .option('--interface <name>', 'the interface for --print tc', interfaceName)
    .addHelpText(
      'after',
      `
Examples:
  $ sapwood filter --filters set.hex --frames capture.pcapng
  $ tcpdump -i wlan0 -U -w - | sapwood filter --filters set.hex --frames -
  $ sapwood filter --configs sets.jsonl --frames recorded.jsonl --check
  $ sapwood filter --json --filters set.hex --frames a.pcap | jq .csme | uniq -c
  $ sapwood filter --filters set.hex --print rules
  $ sapwood filter --filters set.hex --print tc --interface wlan0 | sudo sh -e`,
    );
  bind(command, filter);
};

async function filter(context: Context, options: Options): Promise<ExitName> {
  const { filters, frames, configs, print } = options;
  if ([filters, frames, configs].filter((file) => file === '-').length > 1) {
    throw new CliError('usage', 'only one of the files can be stdin.');
  }
  if ((frames === undefined) === (print === undefined)) {
    throw new CliError(
      'usage',
      'give either --frames FILE, to judge frames, or --print FORM, to see the filters.',
    );
  }
  if (print !== undefined && (filters === undefined || configs !== undefined || options.check)) {
    throw new CliError('usage', '--print takes --filters, and no --configs or --check.');
  }
  if ((print === 'tc') !== (options.interface !== undefined)) {
    throw new CliError('usage', '--print tc and --interface NAME go together.');
  }
  const one = filters === undefined ? undefined : await givenSet(filters);
  const quirks = options.quirk ?? {};
  if (print !== undefined) {
    await printFilters(context, { set: one!, quirks, form: print, interface: options.interface ?? '' });
    return 'good';
  }
  const list = configs === undefined ? undefined : await listedSets(configs);
  const check = options.check ?? false;
  const tally = await judgeFrames(context.output, { file: frames!, one, list, quirks, check });
  if (check && tally.compared === 0) {
    throw new CliError('usage', `${nameOf(frames!)} has no verdicts to compare with.`);
  }
  if (!context.json) for (const line of sum(tally)) context.output.say(line);
  return tally.bad > 0 || tally.different > 0 ? 'bad' : 'good';
}

function sum(tally: Tally): string[] {
  const { frames, forCsme, consumed } = tally;
  const lines = [
    `${count(frames, 'frame')}: CSME only ${consumed}, CSME and host ${forCsme - consumed}, host only ${frames - forCsme}`,
  ];
  if (tally.compared > 0) {
    const found = tally.different === 0 ? 'all as recorded' : `not as recorded: ${tally.different}`;
    lines.push(`${count(tally.compared, 'verdict')} compared, ${found}`);
  }
  if (tally.cut > 0) {
    lines.push(`${count(tally.cut, 'frame')} cut short by the capture; what is missing counts as not there`);
  }
  return lines;
}

function quirks(text: string): FilterQuirks {
  if (Object.hasOwn(FILTER_QUIRKS, text)) return FILTER_QUIRKS[text]!;
  const names = Object.keys(FILTER_QUIRKS).join(', ');
  throw new InvalidArgumentError(
    Object.hasOwn(QUIRKS, text)
      ? `This quirk changes no verdict; these do: ${names}.`
      : `There is no quirk "${text}"; these change verdicts: ${names}.`,
  );
}

/** As the kernel's dev_valid_name has it. */
function interfaceName(text: string): string {
  if (/^[^\s/:]{1,15}$/.test(text) && text !== '.' && text !== '..') return text;
  throw new InvalidArgumentError('Give the name of an interface, such as wlan0: `ip link` lists them.');
}

function form(text: string): PrintForm {
  const known = PRINT_FORMS.find((name) => name === text);
  if (known === undefined) throw new InvalidArgumentError(`Give ${PRINT_FORMS.join(', ')}.`);
  return known;
}
