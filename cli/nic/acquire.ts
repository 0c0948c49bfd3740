/** `sapwood nic acquire`: asks CSME for the card, and waits until rfkill lets it go. */
import { BridgeError, type BridgeErrorCode, type RfkillSwitch } from '../../netlink-bridge/index.ts';
import type { Context } from '../command.ts';
import type { ExitName } from '../exit.ts';
import { chosenCard, type Parts } from './look.ts';
import { rfkillText } from './text.ts';

/** So long behind a grant the block may stay. */
const RELEASE_MS = 3000;

export async function acquireCard(
  { output, json }: Context,
  parts: Parts,
  released: Released,
  name?: string,
): Promise<ExitName> {
  const { interface: wlan, rfkill } = await chosenCard(parts, name);
  const say = async (ok: boolean, result: string, text: string): Promise<ExitName> => {
    if (json) await output.print(JSON.stringify({ interface: wlan.name, ok, result }));
    else output.say(text);
    return ok ? 'good' : 'bad';
  };
  const from = performance.now();
  try {
    await parts.nl80211.hostGetOwnership(wlan.ifindex);
  } catch (error) {
    if (!(error instanceof BridgeError) || error.errno === undefined) throw error;
    if (NOT_OF_CSME.has(error.code) || error.errnoName === 'EPERM') throw error;
    const result = error.errnoName ?? String(error.errno);
    const next = result === 'ETIMEDOUT' ? ' CSME may give it later: ask again in 60 s.' : '';
    return say(false, result, `CSME keeps the card: ${result}.${next}`);
  }
  if (rfkill !== undefined && !(await released.of(rfkill.index, parts.rfkill, RELEASE_MS))) {
    const now = parts.rfkill.switches.get(rfkill.index);
    const state = now === undefined ? 'there is no switch any more' : rfkillText(now);
    return say(false, 'blocked', `CSME answered, and the radio is still blocked: ${state}.`);
  }
  const ms = Math.round(performance.now() - from);
  return say(
    true,
    'owner',
    `This system has the card, after ${ms} ms. Connect within 3 s, or CSME takes it back.`,
  );
}

/** Then nobody asked CSME: the driver has no such command, the interface is gone. So it is with EPERM. */
const NOT_OF_CSME: ReadonlySet<BridgeErrorCode> = new Set(['BRIDGE_ERR_UNSUPPORTED', 'BRIDGE_ERR_ABSENT']);

/** Waits for the end of a NOT_OWNER block. */
export class Released {
  #look: () => void = () => {};

  /** Of the switches that change. */
  hear(): void {
    this.#look();
  }

  /** False when it did not end in time. */
  async of(
    index: number,
    { switches }: { switches: ReadonlyMap<number, RfkillSwitch> },
    ms: number,
  ): Promise<boolean> {
    const isFree = () => !switches.get(index)?.reasons.has('NOT_OWNER');
    if (isFree()) return true;
    let late: NodeJS.Timeout | undefined;
    const free = await new Promise<boolean>((resolve) => {
      this.#look = () => isFree() && resolve(true);
      late = setTimeout(() => resolve(false), ms);
    });
    clearTimeout(late);
    return free;
  }
}
