/** What the agent tells, as lines of its log. */
import { type AgentNews, type Log, STEPS, TROUBLES } from '../../netlink-bridge/index.ts';

export function logNews(log: Log, news: AgentNews): void {
  switch (news.type) {
    case 'phase':
      return log.debug({ event: 'phase', from: news.from, to: news.to }, `${news.from} to ${news.to}`);
    case 'step': {
      const { step, tookMs, sinceRequestMs, detail } = news;
      const fields = {
        event: 'step',
        step,
        tookMs: rounded(tookMs),
        ...(sinceRequestMs !== undefined && { sinceRequestMs: rounded(sinceRequestMs) }),
        ...(detail !== '' && { detail }),
      };
      return log.info(fields, `Step ${step} of ${STEP_COUNT}: ${STEPS[step].says}`);
    }
    case 'trouble': {
      const { level, says } = TROUBLES[news.trouble];
      const fields = {
        event: 'trouble',
        trouble: news.trouble,
        ...(news.detail !== '' && { detail: news.detail }),
      };
      return log[level](fields, says);
    }
    case 'stopped':
      return log.info({ event: 'stopped' }, 'The agent has ended.');
  }
}

const STEP_COUNT = Object.keys(STEPS).length;

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
