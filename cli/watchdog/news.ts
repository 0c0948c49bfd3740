/** What the keeper of the watchdog tells, as lines of its log. */
import type { Logger } from 'pino';
import { type KeeperNews, type OpenWatchdog, periodMs } from '../../amt/index.ts';

export function logNews(log: Logger, news: KeeperNews, watchdog: OpenWatchdog | undefined): void {
  const { level, says, ...fields } = lineOf(news, watchdog);
  log[level]({ event: news.name, ...fields }, says);
  if (news.name === 'armed' && watchdog?.unstoppable) {
    log.warn(
      { event: 'unstoppable', path: watchdog.path },
      'The kernel never stops its watchdogs (nowayout): AMT alarms when this has ended.',
    );
  }
}

interface Line {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly says: string;
  readonly [field: string]: unknown;
}

function lineOf(news: KeeperNews, watchdog: OpenWatchdog | undefined): Line {
  switch (news.name) {
    case 'armed': {
      const { timeoutS } = news;
      const says = `AMT watches this machine, and alarms after ${timeoutS} s without a heart beat.`;
      const { way, path } = watchdog ?? {};
      return { level: 'info', says, timeoutS, heartBeatS: periodMs(timeoutS) / 1000, way, path };
    }
    case 'beat':
      return { level: 'debug', says: 'A heart beat.', number: news.number };
    case 'late':
      return {
        level: 'warn',
        says: 'A heart beat comes too late: AMT has alarmed meanwhile. This program, or the machine, stood still.',
        bySeconds: Math.round(news.byMs / 1000),
      };
    case 'unanswered':
      return { level: 'warn', says: 'AMT does not answer a heart beat. It is waited for.' };
    case 'not required':
      return { level: 'info', says: `No heart beats for now. ${news.detail}` };
    case 'unavailable':
      return {
        level: 'error',
        says: `The watchdog cannot be opened. ${news.detail}`,
        retryS: news.retryMs / 1000,
      };
    case 'failed':
      return { level: 'warn', says: `A heart beat failed. ${news.detail}` };
    case 'gone':
      return { level: 'info', says: news.detail };
    case 'asleep':
      return { level: 'info', says: 'The machine goes to sleep: the watchdog is stopped.' };
    case 'awake':
      return { level: 'info', says: 'The machine is awake.' };
    case 'stopped':
      return { level: 'info', says: 'The watchdog is stopped.' };
  }
}
