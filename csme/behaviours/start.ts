/** Misbehaviours of the start-up. */

import { ME_MSG } from '../../sap/index.ts';
import type { Behaviour } from './behaviour.ts';
import { amtStateEnabled, bell, patched } from './bytes.ts';

const SUPPORTED_VERSION_AT = 16;

/** START_OK names a version that the host did not ask for. */
export function wrongVersion(version: number): Behaviour {
  return {
    name: 'wrong version',
    doc: `START_OK names version ${version}.`,
    onSend: (_, out) => {
      if (out.name !== 'START_OK') return undefined;
      const bytes = out.bytes.slice();
      bytes[SUPPORTED_VERSION_AT] = version;
      return [{ ...out, bytes }];
    },
  };
}

/** START_OK has `size` bytes instead of 20. */
export function wrongStartOkSize(size: number): Behaviour {
  return {
    name: 'wrong START_OK size',
    doc: `START_OK has ${size} bytes instead of 20.`,
    onSend: (_, out) => (out.name === 'START_OK' ? [{ ...out, bytes: patched(out.bytes, size) }] : undefined),
  };
}

/**
 * AMT_STATE comes before START_OK; the reference then loses its initial configuration, because the AMT_STATE behind
 * START_OK changes nothing any more.
 */
export const amtStateFirst: Behaviour = {
  name: 'AMT_STATE first',
  doc: 'An AMT_STATE and its door bell come before START_OK.',
  onInput: (c, input) => {
    if (input.type === 'me' && input.bytes[0] === ME_MSG.START && c.firmware.link === 'mapped') {
      c.emit('notif', 'AMT_STATE', amtStateEnabled(c.nextSapSeqNum()));
      c.emit('me', 'CHECK_SHARED_AREA', bell());
    }
    return false;
  },
};
