/** What the WLAN driver was last told, as far as it has to act on it. */
import type { TellName, Tells } from '../../../ownership/index.ts';

export interface Told {
  readonly rfkill: 'free' | 'blocked' | 'taking';
  readonly roamingForbidden: boolean;
}

/** A driver that comes later knows nothing of what an earlier one was told. */
export const NOTHING_TOLD: Told = { rfkill: 'free', roamingForbidden: false };

export function toldAfter(told: Told, name: TellName, args: Tells[TellName]): Told {
  if (name === 'roaming_forbidden')
    return { ...told, roamingForbidden: (args as Tells['roaming_forbidden']).forbidden };
  if (name !== 'rfkill') return told;
  const { blocked, csmeTaking } = args as Tells['rfkill'];
  return { ...told, rfkill: csmeTaking ? 'taking' : blocked ? 'blocked' : 'free' };
}
