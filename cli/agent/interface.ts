/** The interface that an agent works on: the one that was named, or the first whose driver has Intel's vendor commands. */
import { type Log, type Nl80211, openNl80211 } from '../../netlink-bridge/index.ts';
import { hasIntelCommands } from '../nic/look.ts';
import type { AgentConfig } from './config.ts';

/**
 * Waits until there is one: at boot the driver may come later than we do. Undefined: nobody waits any more, which
 * `interrupted` said. Rejects with a BridgeError.
 */
export async function sharedInterface(
  config: AgentConfig,
  log: Log,
  interrupted: Promise<unknown>,
  open = openNl80211,
): Promise<string | undefined> {
  if (config.interface !== undefined) return config.interface;
  let look = (): void => {};
  const nl80211 = await open({
    onEvent: ({ type }) => (type === 'interface' || type === 'wiphy') && look(),
    onProblem: ({ message }) => log.warn({}, message),
  });
  try {
    const name = await firstShared(nl80211);
    if (name !== undefined) return name;
    log.info(
      {},
      "No wireless interface has Intel's vendor commands: waiting for one. `sapwood doctor` says what is missing.",
    );
    return await new Promise<string | undefined>((resolve, reject) => {
      void interrupted.then(() => resolve(undefined));
      look = () => {
        firstShared(nl80211).then((found) => found !== undefined && resolve(found), reject);
      };
      look();
    });
  } finally {
    nl80211.close();
  }
}

async function firstShared(nl80211: Nl80211): Promise<string | undefined> {
  const wiphys = (await nl80211.wiphys()).filter(hasIntelCommands).map(({ index }) => index);
  return (await nl80211.interfaces()).find(({ wiphy }) => wiphys.includes(wiphy))?.name;
}
