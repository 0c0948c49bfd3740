/** `sapwood nic`: the card that this machine shares with its CSME, through nl80211 and rfkill. */
import type { Context, Define } from '../command.ts';
import { CliError, type ExitName } from '../exit.ts';
import { untilInterrupted } from '../live/until.ts';
import { acquireCard, Released } from '../nic/acquire.ts';
import { chosenCard, type Listeners, lookAtCards, type SeenCard, withParts } from '../nic/look.ts';
import { cardJson, cardText } from '../nic/text.ts';
import { type CardEvent, type CardLine, CsmeApWatch, lineOf } from '../nic/watch.ts';

interface Options {
  readonly interface?: string;
}

const INTERFACE = [
  '--interface <name>',
  "a wireless interface; the first one with Intel's vendor commands",
] as const;

export const defineNic: Define = (program, bind) => {
  const nic = program.command('nic').summary('the card that CSME shares').helpCommand(false);
  const status = nic
    .command('status')
    .summary('who has the card, and which AP CSME is connected to')
    .description(
      'Prints each wireless interface: who has the card, rfkill with its reasons, the access point that CSME is connected to, link and addresses.',
    )
    .option('--interface <name>', 'only this one')
    .addHelpText(
      'after',
      `
Examples:
  $ sudo sapwood nic status
  $ sudo sapwood nic status --json | jq '.interfaces[].owner'`,
    );
  const acquire = nic
    .command('acquire')
    .summary('ask CSME for the card')
    .description(
      'Asks CSME for the card (HOST_GET_OWNERSHIP) and waits until rfkill lets it go. From then on the system has 3 s to connect to the access point of CSME, or CSME takes the card back: sapwood agent prepares that first, this command does not.',
    )
    .option(...INTERFACE)
    .addHelpText(
      'after',
      `
The exit status is 0 when this system has the card, 1 when CSME keeps it.

Example:
  $ sudo sapwood nic acquire && sudo wpa_cli reassociate`,
    );
  const watch = nic
    .command('watch')
    .summary('print what happens to the card')
    .description(
      'Prints what happens to the card until it is interrupted: rfkill, roaming forbidden, the access point of CSME, links, scans, addresses.',
    )
    .option(...INTERFACE)
    .addHelpText(
      'after',
      `
Examples:
  $ sudo sapwood nic watch
  $ sudo sapwood nic watch --json | jq 'select(.event == "rfkill")'`,
    );
  bind(status, printStatus);
  bind(acquire, acquireOne);
  bind(watch, watchOne);
};

async function printStatus({ output, json }: Context, options: Options): Promise<ExitName> {
  return withParts<ExitName>({}, async (parts) => {
    const cards =
      options.interface === undefined
        ? await lookAtCards(parts)
        : [await chosenCard(parts, options.interface)];
    if (json) await output.print(JSON.stringify({ interfaces: cards.map(cardJson) }));
    else for (const line of cards.flatMap(cardText)) await output.print(line);
    if (cards.length > 0) return 'good';
    throw new CliError(
      'environment',
      'this machine has no wireless interface.',
      'ls /sys/class/ieee80211 lists the radios that the kernel knows.',
    );
  });
}

function acquireOne(context: Context, options: Options): Promise<ExitName> {
  const released = new Released();
  return withParts({ onRfkill: () => released.hear() }, (parts) =>
    acquireCard(context, parts, released, options.interface),
  );
}

function watchOne({ output, json }: Context, options: Options): Promise<ExitName> {
  let card: SeenCard | undefined;
  let csmeAp: CsmeApWatch | undefined;
  /** What comes before the card is known. */
  const early: CardEvent[] = [];
  const print = (line: CardLine | undefined) => {
    if (line === undefined) return;
    const t = new Date().toISOString();
    void output.print(
      json
        ? JSON.stringify({ t, event: line.event, ...line.json })
        : `${t.slice(11, 23)}  ${line.event.padEnd(EVENT_COLUMN)}${line.text}`,
    );
    void output.flush();
  };
  const hear = (seen: CardEvent) => {
    if (card === undefined) return void early.push(seen);
    const line = lineOf(card, seen);
    print(line);
    if (line !== undefined && seen.from === 'rfkill') void csmeAp?.look().then(print);
  };
  const listeners: Listeners = {
    onNl80211: (event) => hear({ from: 'nl80211', event }),
    onRtnetlink: (event) => hear({ from: 'rtnetlink', event }),
    onRfkill: (event) => hear({ from: 'rfkill', event }),
  };
  return withParts<ExitName>(listeners, async (parts) => {
    const interrupted = untilInterrupted();
    const chosen = await chosenCard(parts, options.interface);
    csmeAp = new CsmeApWatch(parts.nl80211, chosen);
    if (json) print({ event: 'card', text: '', json: cardJson(chosen) });
    else for (const line of cardText(chosen)) await output.print(line);
    card = chosen;
    for (const seen of early) hear(seen);
    output.say(`Watching ${chosen.interface.name}. Ctrl-C ends it.`);
    await interrupted.signal;
    return 'good';
  });
}

const EVENT_COLUMN = 12;
