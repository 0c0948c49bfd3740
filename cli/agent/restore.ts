/** `sapwood agent --restore`: what an agent that was killed has left behind is put back. */
import { BridgeError, type Log, type Supplicant } from '../../netlink-bridge/index.ts';
import { CliError, type ExitName, worse } from '../exit.ts';
import type { AgentConfig } from './config.ts';
import { holdInterface } from './lock.ts';
import { openSupplicant, unfinishedWork, type Work } from './supplicant.ts';

/** A supplicant that is there answers sooner. One that is not has forgotten what was changed in it. */
const PATIENCE_MS = 10_000;

export async function restoreAll(config: AgentConfig, log: Log): Promise<ExitName> {
  const all = unfinishedWork(config);
  if (all.length === 0) log.info({}, 'Nothing was left behind.');
  let end: ExitName = 'good';
  for (const work of all) end = worse(end, await restoreOrSay(work, config, log));
  return end;
}

/** One that cannot be restored keeps no other from it. */
async function restoreOrSay(work: Work, config: AgentConfig, log: Log): Promise<ExitName> {
  try {
    return await restoreOne(work, config, log);
  } catch (error) {
    if (!(error instanceof BridgeError) && !(error instanceof CliError)) throw error;
    log.error(work, error.message);
    return 'environment';
  }
}

async function restoreOne(work: Work, config: AgentConfig, log: Log): Promise<ExitName> {
  const held = await holdInterface(work.interface, config.state_directory);
  try {
    return await restoreHeld(work, config, log);
  } finally {
    held.close();
  }
}

async function restoreHeld(work: Work, config: AgentConfig, log: Log): Promise<ExitName> {
  let isUp = (): void => {};
  let late: NodeJS.Timeout | undefined;
  const upOrLate = new Promise<void>((resolve) => {
    isUp = resolve;
    late = setTimeout(resolve, PATIENCE_MS);
  });
  let supplicant: Supplicant | undefined;
  try {
    supplicant = await openSupplicant(work, config, log, ({ type }) => type === 'up' && isUp());
    await upOrLate;
    // Where it is late, this says why.
    await supplicant.restore();
    log.info(work, 'Everything is as it was.');
    return 'good';
  } catch (error) {
    log.error(work, `${(error as Error).message} The next agent puts back what is left.`);
    return 'environment';
  } finally {
    clearTimeout(late);
    await supplicant?.close();
  }
}
