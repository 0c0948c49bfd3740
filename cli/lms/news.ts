/** What the management service tells, as lines of its log. */
import type { Logger } from 'pino';
import { formatTarget, type LmsNews } from '../../amt/index.ts';
import { type Clock, systemClock } from '../../transport/index.ts';

type Wanted = Extract<LmsNews, { type: 'wanted' }>;

/**
 * Logs one piece of news after the other. Waiting is said aloud once for each reason, not at each try; and of one event so
 * many lines are logged at a time (`LINES_MAX`), for it is the firmware, or any program here, that makes most of them.
 */
export function newsLog(log: Logger, clock: Clock = systemClock): (news: LmsNews) => void {
  let reason: string | undefined;
  let since = Number.NEGATIVE_INFINITY;
  const lines = new Map<string, number>();
  const isTooMany = ({ type }: LmsNews): boolean => {
    if (clock.now() - since >= LINES_MS) {
      since = clock.now();
      lines.clear();
    }
    const count = (lines.get(type) ?? 0) + 1;
    lines.set(type, count);
    if (count === LINES_MAX + 1)
      log.warn({ event: 'tooMany', of: type }, `No more of "${type}" is logged for ${LINES_MS / 1000} s.`);
    return count > LINES_MAX;
  };
  return (news) => {
    if (news.type === 'started') reason = undefined;
    const again = news.type === 'waiting' && news.why === reason;
    if (news.type === 'waiting') reason = news.why;
    const { level: usual, says, ...fields } = lineOf(news);
    const level = again ? 'debug' : usual;
    if (!log.isLevelEnabled(level) || isTooMany(news)) return;
    log[level]({ event: news.type, ...fields }, says);
  };
}

/** Lines of one event within so many milliseconds. */
const LINES_MAX = 100;
const LINES_MS = 10_000;

interface Line {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly says: string;
  readonly [field: string]: unknown;
}

function lineOf(news: LmsNews): Line {
  switch (news.type) {
    case 'connected':
      return { level: 'debug', says: 'Connected to the firmware.' };
    case 'started':
      return { level: 'info', says: 'AMT is there.' };
    case 'waiting': {
      const { why, retryAfterMs } = news;
      return { level: 'warn', says: `AMT cannot be reached. ${why}`, retryAfterS: retryAfterMs / 1000 };
    }
    case 'listening':
      return { level: 'info', says: `Port ${news.port} is AMT's.`, port: news.port };
    case 'notListening': {
      const { port, code, address } = news;
      return { level: 'error', says: notListening(port, code), port, code, address };
    }
    case 'notListeningAnyMore':
      return { level: 'info', says: `Port ${news.port} is closed.`, port: news.port };
    case 'accepted': {
      const { connection, port } = news;
      return { level: 'debug', says: `A program has connected to port ${port}.`, connection, port };
    }
    case 'opened':
      return { level: 'debug', says: 'AMT has taken the connection.', connection: news.connection };
    case 'refused': {
      const { connection, reason } = news;
      return { level: 'warn', says: `A connection was refused. ${reason}`, connection };
    }
    case 'over': {
      const { connection, toFirmware, fromFirmware } = news;
      return { level: 'debug', says: 'A connection is over.', connection, toFirmware, fromFirmware };
    }
    case 'problem':
      return { level: 'warn', says: news.error.message, code: news.error.code };
    case 'event': {
      const { messageId, body } = news;
      const id = messageId ?? 'something without a number';
      return { level: 'info', says: `AMT tells ${id}.`, messageId, arguments: news.arguments, body };
    }
    case 'wanted':
      return wantedLine(news);
  }
}

function notListening(port: number, code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} is not served: another program listens on it. \`ss -ltnp "sport = :${port}"\` says which.`;
    case 'EACCES':
      return `Port ${port} is not served: this user may not. Run it as root, or with CAP_NET_BIND_SERVICE.`;
    default:
      return `Port ${port} is not served.`;
  }
}

function wantedLine({ protocol, target, outcome }: Wanted): Line {
  const what = protocol === 'TCP' ? 'a connection to' : 'a datagram sent to';
  const fields = { protocol, target: formatTarget(target), outcome };
  const says = `AMT wants ${what} ${fields.target}: ${OUTCOMES[outcome]}.`;
  return { level: outcome === 'done' ? 'info' : 'warn', says, ...fields };
}

const OUTCOMES: Readonly<Record<Wanted['outcome'], string>> = {
  done: 'done',
  failed: 'it cannot be reached',
  'not allowed': 'that is not allowed',
  'too many': 'there were too many of them',
};
