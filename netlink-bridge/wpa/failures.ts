/** Which events of wpa_supplicant mean that an attempt to connect has failed, and why. */
import type { ConnectFailure } from '../agent/types.ts';
import type { WpaEvent } from './events.ts';

export type Failure = readonly [why: ConnectFailure, detail: string];

/** `network` is the one that is tried. undefined: it is no failure of it. */
export function failureOf(event: WpaEvent, network: number | undefined): Failure | undefined {
  switch (event.type) {
    case 'associationRejected':
      if (event.timedOut) return ['ap-gone', 'The access point does not answer.'];
      return ['rejected', `The access point rejects it, status ${event.status ?? 'unknown'}.`];
    case 'authenticationRejected':
      return [
        'rejected',
        `The access point rejects the authentication, status ${event.status ?? 'unknown'}.`,
      ];
    case 'temporarilyDisabled':
      if (event.network !== network) return undefined;
      return [
        event.reason === 'WRONG_KEY' || event.reason === 'AUTH_FAILED' ? 'rejected' : 'other',
        `wpa_supplicant leaves the network alone: ${event.reason}.`,
      ];
    case 'eapFailed':
      return ['rejected', 'The authentication server rejects it.'];
    default:
      return undefined;
  }
}
