/** The log of the agent: sentences on stderr for people and for systemd's journal, JSON lines on stdout with `--json`. */
import { fstatSync } from 'node:fs';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import { printable } from '../../trace/index.ts';
import type { Context } from '../command.ts';

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Members that no line ever has, wherever they come from. */
const SECRETS = ['psk', 'password', 'secrets', 'private_key_passwd', 'sae_password'];

/** What the message says in words already. */
const SAID = ['event', 'step', 'trouble'];

/** Levels of pino as those of syslog(3), which systemd takes from the front of a line. */
const SYSLOG: Readonly<Record<string, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

export function agentLog({ output, json }: Context, level: LogLevel): Logger {
  const journal = isJournal();
  const write = (line: string) => {
    if (!json) return output.say(sentence(JSON.parse(line), journal));
    void output.print(line.trimEnd());
    void output.flush();
  };
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRETS.flatMap((name) => [name, `*.${name}`]), remove: true },
    },
    { write },
  );
}

/** `12:03:55.120 message detail (name=value, …)`; systemd has clocks of its own. */
function sentence(entry: Record<string, unknown>, journal: boolean): string {
  const { level, time, msg, detail, ...fields } = entry;
  for (const name of SAID) delete fields[name];
  const named = Object.entries(fields).map(([name, value]) => `${name}=${wordOf(value)}`);
  const facts = named.length === 0 ? '' : ` (${named.join(', ')})`;
  const front = journal ? `<${SYSLOG[String(level)] ?? 6}>` : `${String(time).slice(11, 23)} `;
  const loud = level === 'error' || level === 'warn' ? `${level}: ` : '';
  // Names of profiles and words of other programs are in it: a line stays one line.
  return front + printable(`${loud}${msg}${detail === undefined ? '' : ` ${detail}`}${facts}`);
}

/** Whether stderr goes to systemd's journal. The variable alone says it of a process further up: it is inherited. */
function isJournal(): boolean {
  const { dev, ino } = fstatSync(process.stderr.fd);
  return process.env.JOURNAL_STREAM === `${dev}:${ino}`;
}

function wordOf(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/+-]+$/.test(value) ? value : JSON.stringify(value);
}
