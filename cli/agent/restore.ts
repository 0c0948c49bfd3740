/** `sapwood agent --restore`: what an agent that was killed has left behind is put back. */
import type { Log } from '../../netlink-bridge/index.ts';
import type { ExitName } from '../exit.ts';
import { worse } from '../exit.ts';
import type { AgentConfig } from './config.ts';
import { holdInterface } from './lock.ts';
import { openSupplicant, unfinishedWork, type Work } from './supplicant.ts';

/** A supplicant that is there answers sooner. One that is not has forgotten what was changed in it. */
const PATIENCE_MS = 10_000;

export async function restoreAll(config: AgentConfig, log: Log): Promise<ExitName> {
  const all = unfinishedWork(config);
  if (all.length === 0) log.info({}, 'Nothing was left behind.');
  let end: ExitName = 'good';
  for (const work of all) end = worse(end, await restoreOne(work, config, log));
  return end;
}

async function restoreOne(work: Work, config: AgentConfig, log: Log): Promise<ExitName> {
  const held = await holdInterface(work.interface);
  let isUp = (): void => {};
  let late: NodeJS.Timeout | undefined;
  const up = new Promise<boolean>((resolve) => {
    isUp = () => resolve(true);
    late = setTimeout(() => resolve(false), PATIENCE_MS);
  });
  const supplicant = await openSupplicant(work, config, log, ({ type }) => type === 'up' && isUp());
  try {
    if (!(await up)) {
      log.error(work, 'The supplicant is not there: the next agent puts back what is left.');
      return 'environment';
    }
    await supplicant.restore();
    log.info(work, 'Everything is as it was.');
    return 'good';
  } catch (error) {
    log.error(work, (error as Error).message);
    return 'environment';
  } finally {
    clearTimeout(late);
    await supplicant.close();
    held.close();
  }
}
