/** What can be done to the emulated CSME while it runs: typed as `take-ownership`, or timed as `5:take-ownership`. */
import { InvalidArgumentError } from 'commander';
import type { AmtCommand } from '../../csme/amt/index.ts';
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

/** To AMT itself, however CSME is reached. */
const TO_AMT: Readonly<Record<string, { readonly doc: string; readonly message: ToFirmware }>> = {
  'amt enable': {
    doc: "AMT is switched on, as in the firmware's menu",
    message: amt({ type: 'setEnabled', enabled: true, by: 'menu' }),
  },
  'amt disable': {
    doc: 'AMT is switched off: AMTHI answers nothing, CSME does not use the WLAN',
    message: amt({ type: 'setEnabled', enabled: false, by: 'menu' }),
  },
  'amt provision': {
    doc: 'a configuration server sets AMT up: admin control mode, user admin',
    message: { type: 'provision' },
  },
  'amt unprovision': {
    doc: 'an administrator ends that',
    message: amt({ type: 'unprovision', by: 'administrator' }),
  },
  'watchdog require': {
    doc: "AMT wants the host's watchdog to run",
    message: amt({ type: 'requireWatchdog', required: true }),
  },
  'watchdog release': {
    doc: 'AMT does not want it any more',
    message: amt({ type: 'requireWatchdog', required: false }),
  },
};

const MPS = {
  'amt mps HOST': 'AMT is given a presence server: user-initiated connections work',
} as const;

/** With a device file. */
const TO_DEVICE = {
  remove: {
    doc: 'hot removal of the device file: every call fails, and it goes',
    message: { type: 'remove' },
  },
} as const;

type Described = readonly (readonly [string, string])[];

/** Every command as typed, with what it is: to SAP, to AMT, to the device file. */
export const TYPED_COMMANDS: Readonly<Record<'sap' | 'amt' | 'device', Described>> = {
  sap: [...[...PLAIN].map(([word, { doc }]) => [word, doc] as const), ...Object.entries(OTHERS)],
  amt: [...described(TO_AMT), ...Object.entries(MPS)],
  device: described(TO_DEVICE),
};

/** The message for CSME's thread; undefined for what is no command. */
export function commandOf(word: string, rest: string): ToFirmware | undefined {
  const line = `${word} ${rest}`.trim();
  for (const table of [TO_AMT, TO_DEVICE] as Readonly<Record<string, { readonly message: ToFirmware }>>[]) {
    if (Object.hasOwn(table, line)) return table[line]?.message;
  }
  const [, mpsHost] = MPS_LINE.exec(line) ?? [];
  if (mpsHost !== undefined) return amt({ type: 'setRemoteAccess', settings: { mpsHost } });
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

/** A name that a field of a message has room for, and nothing that is not written there. */
const MPS_LINE = /^amt mps ([\w.:-]{1,255})$/;

export interface Timed {
  /** Since SAP came up, or since the device file is there when that is all there is. */
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

function amt(command: AmtCommand): ToFirmware {
  return { type: 'amt', command };
}

function described(table: Readonly<Record<string, { readonly doc: string }>>): Described {
  return Object.entries(table).map(([line, { doc }]) => [line, doc]);
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
