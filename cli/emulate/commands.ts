/** What can be done to the emulated CSME while it runs: typed as `take-ownership`, or timed as `5:take-ownership`. */
import { InvalidArgumentError } from 'commander';
import { behaviourByName, EXAMPLE_AP, PLAIN_COMMANDS, type PlainCommand } from '../../csme/index.ts';
import { formatMac } from '../../sap/index.ts';
import type { ToFirmware } from '../live/firmware.ts';

/** By the word that is typed: what is sent, and what it is. */
const PLAIN: ReadonlyMap<string, { readonly name: PlainCommand; readonly doc: string }> = new Map(
  Object.entries(PLAIN_COMMANDS).map(([name, doc]) => [kebab(name), { name: name as PlainCommand, doc }]),
);

const OTHERS = {
  'start-session': `a remote session begins, at the access point ${formatMac(EXAMPLE_AP.bssid)}`,
  'send-nvm': 'NVM, unasked',
  'behave NAME': 'a misbehaviour begins',
  'behave-no-more NAME': 'a misbehaviour ends',
} as const;

/** Every command as typed, with what it is. */
export const TYPED_COMMANDS: readonly (readonly [string, string])[] = [
  ...[...PLAIN].map(([word, { doc }]) => [word, doc] as const),
  ...Object.entries(OTHERS),
];

/** The message for CSME's thread; undefined for what is no command. */
export function commandOf(word: string, rest: string): ToFirmware | undefined {
  const plain = rest === '' ? PLAIN.get(word) : undefined;
  if (plain !== undefined) return { type: 'command', name: plain.name };
  switch (word) {
    case 'start-session':
      return rest === '' ? { type: 'command', name: 'startSession', ap: EXAMPLE_AP } : undefined;
    case 'send-nvm':
      return rest === '' ? { type: 'command', name: 'sendNvm' } : undefined;
    case 'behave':
      return behaviourByName(rest) === undefined ? undefined : { type: 'behaviour', name: rest, on: true };
    case 'behave-no-more':
      return rest === '' ? undefined : { type: 'behaviour', name: rest, on: false };
    default:
      return undefined;
  }
}

export interface Timed {
  /** Since SAP came up. */
  readonly atMs: number;
  readonly text: string;
  readonly command: ToFirmware;
}

/** `5:take-ownership`; throws for commander. */
export function timed(text: string, before: readonly Timed[] = []): readonly Timed[] {
  const [, seconds = '', word = '', rest = ''] = /^(\d+(?:\.\d+)?):(\S+)\s*(.*)$/.exec(text) ?? [];
  const command = commandOf(word, rest);
  if (seconds === '' || command === undefined) {
    throw new InvalidArgumentError('Give seconds, a colon and a command, such as 5:take-ownership.');
  }
  return [
    ...before,
    { atMs: Number(seconds) * 1000, text: `${word}${rest === '' ? '' : ` ${rest}`}`, command },
  ];
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
