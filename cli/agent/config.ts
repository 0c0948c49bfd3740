/** The configuration file of the agent: TOML, read and checked by one table, from which `docs/agent.md` and the sample have their rows. */
import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import { TIMERS } from '../../netlink-bridge/agent/index.ts';
import { wrapWords } from '../words.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';

/** Where the file is looked for when none is named. */
export const CONFIG_FILE = '/etc/sapwood/agent.toml';

export interface AgentConfig {
  readonly interface: string | undefined;
  readonly supplicant: SupplicantName | undefined;
  readonly control_directory: string;
  readonly dhcp: readonly string[];
  readonly state_directory: string;
  readonly window_s: number;
  readonly retry_s: number;
  readonly unconfirmed_session_s: number;
  readonly log_level: LogLevel;
}

export const SUPPLICANTS = ['wpa', 'networkmanager'] as const;
export type SupplicantName = (typeof SUPPLICANTS)[number];

interface Key<T> {
  /** What a value is, in words. */
  readonly form: string;
  readonly fallback: T;
  /** The fallback in words where it is none that can be written. */
  readonly fallbackText?: string;
  readonly doc: string;
  /** The value as it counts; undefined: it is none. */
  readonly take: (value: unknown) => T | undefined;
}

/** Every key of the file. */
export const CONFIG_KEYS: { readonly [K in keyof AgentConfig]: Key<AgentConfig[K]> } = {
  interface: {
    form: 'the name of a wireless interface',
    fallback: undefined,
    fallbackText: "the first one whose driver has Intel's vendor commands",
    doc: 'The interface that is shared with CSME.',
    take: (value) => (isText(value) && /^[^/\s]{1,15}$/.test(value) ? value : undefined),
  },
  supplicant: {
    form: SUPPLICANTS.map((name) => `"${name}"`).join(' or '),
    fallback: undefined,
    fallbackText: 'NetworkManager where it runs, else wpa_supplicant',
    doc: 'Who connects the interface, and has the profiles with their credentials.',
    take: (value) => SUPPLICANTS.find((name) => name === value),
  },
  control_directory: {
    form: 'an absolute path',
    fallback: '/run/wpa_supplicant',
    doc: 'Where wpa_supplicant has its control sockets (`ctrl_interface`).',
    take: absolutePath,
  },
  dhcp: {
    form: 'a program and its arguments, as a list of texts',
    fallback: [],
    fallbackText: 'none: dhcpcd, systemd-networkd or another service sees the link and does DHCP',
    doc: 'Beside wpa_supplicant: what to run when the interface is connected. `{interface}` becomes its name. It is ended when the connection is.',
    take: (value) => (Array.isArray(value) && value.every(isText) ? value : undefined),
  },
  state_directory: {
    form: 'an absolute path',
    fallback: '/run/sapwood',
    doc: 'Where the agent writes what must be undone if it is killed: names and numbers, no secrets.',
    take: absolutePath,
  },
  window_s: {
    form: 'seconds, 1 to 60',
    fallback: TIMERS.window.ms / 1000,
    doc: 'How long CSME waits, from its grant on, until the connection stands, address included.',
    take: (value) => seconds(value, 1, 60),
  },
  retry_s: {
    form: 'seconds, 60 to 3600',
    fallback: TIMERS.ownershipRetry.ms / 1000,
    doc: 'How long after a refusal or a time-out the card is asked for again. CSME gives it no earlier than after 60 s.',
    take: (value) => seconds(value, 60, 3600),
  },
  unconfirmed_session_s: {
    form: 'seconds, 1 to 3600',
    fallback: TIMERS.session.ms / 1000,
    doc: 'The limits are lifted so long after the connection when CSME has never said that a session forbids roaming.',
    take: (value) => seconds(value, 1, 3600),
  },
  log_level: {
    form: LOG_LEVELS.map((name) => `"${name}"`).join(', '),
    fallback: 'info',
    doc: 'What is logged.',
    take: (value) => LOG_LEVELS.find((name) => name === value),
  },
};

/** Says which file, where in it, and what is wrong there. */
export class ConfigError extends Error {}

/** The file at `path`; without a path the one at `CONFIG_FILE`, which may be missing. Throws a ConfigError. */
export function readConfig(path: string | undefined): AgentConfig {
  const file = path ?? CONFIG_FILE;
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    if (path !== undefined || code !== 'ENOENT') throw new ConfigError(`${file} cannot be read: ${code}.`);
  }
  return parseConfig(text, file);
}

/** Throws a ConfigError. */
export function parseConfig(text: string, file: string): AgentConfig {
  const given = tableOf(text, file);
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(CONFIG_KEYS, name)) {
      const known = Object.keys(CONFIG_KEYS).join(', ');
      throw new ConfigError(`${file}: there is no key ${JSON.stringify(name)}; there are ${known}.`);
    }
  }
  const values = Object.entries(CONFIG_KEYS).map(([name, key]) => {
    if (!Object.hasOwn(given, name)) return [name, key.fallback];
    const value = key.take(given[name]);
    if (value === undefined) throw new ConfigError(`${file}: ${name} is ${key.form}.`);
    return [name, value];
  });
  return Object.fromEntries(values) as AgentConfig;
}

function tableOf(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [what = ''] = error.message.split('\n');
    const reason = what.replace(/^Invalid TOML document: /, '');
    throw new ConfigError(`${file}, line ${error.line}, column ${error.column}: ${reason}.`);
  }
}

/** The sample file: every key with its meaning, all of them commented out. */
export function sampleConfig(): string {
  const rows = Object.entries(CONFIG_KEYS).map(([name, { form, fallback, fallbackText, doc }]) => {
    const value = fallbackText === undefined ? JSON.stringify(fallback) : EXAMPLES[name];
    const otherwise = fallbackText === undefined ? '' : ` Left out: ${fallbackText}.`;
    const words = `${doc} It is ${form}.${otherwise}`.split(' ');
    return `${wrapWords(words, 98)
      .map((line) => `# ${line}\n`)
      .join('')}#${name} = ${value}\n`;
  });
  return `# The configuration of \`sapwood agent\`.\n\n${rows.join('\n')}`;
}

const EXAMPLES: Readonly<Record<string, string>> = {
  interface: '"wlan0"',
  supplicant: '"networkmanager"',
  dhcp: '["udhcpc", "-i", "{interface}", "-q", "-n"]',
};

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && !value.includes('\0');
}

function absolutePath(value: unknown): string | undefined {
  return isText(value) && value.startsWith('/') ? value : undefined;
}

function seconds(value: unknown, least: number, most: number): number | undefined {
  return typeof value === 'number' && value >= least && value <= most ? value : undefined;
}
