/** Misbehaviours of the arbitration: the messages are good, what they say is not. */
import type { Behaviour } from './behaviour.ts';

/** The host asks and is refused, whatever the firmware would do. */
export const refusesOwnership: Behaviour = {
  name: 'refuses ownership',
  doc: 'HOST_ASKS_FOR_NIC_OWNERSHIP is always answered with 0.',
  onMessage: (c, message) => {
    if (message.name !== 'HOST_ASKS_FOR_NIC_OWNERSHIP') return false;
    const refusal = { name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 0 } as const;
    c.command({ type: 'command', name: 'send', message: refusal });
    return true;
  },
};

/** The card is given to a host that did not ask for it. */
export const grantsUnasked: Behaviour = {
  name: 'grants unasked',
  doc: 'WHO_OWNS_NIC is answered with a grant too, when the card is with CSME.',
  onMessage: (c, message) => {
    if (message.name === 'WHO_OWNS_NIC') c.command({ type: 'command', name: 'grantOwnership' });
    return false;
  },
};

/** The card is granted and taken back before the host can be associated. */
export const takesDuringAssociation: Behaviour = {
  name: 'takes during association',
  doc: 'HOST_OWNERSHIP_CONFIRMED is answered with CSME_TAKING_OWNERSHIP.',
  onMessage: (c, message) => {
    if (message.name === 'HOST_OWNERSHIP_CONFIRMED') c.command({ type: 'command', name: 'takeOwnership' });
    return false;
  },
};

/** A grant is followed by a refusal, in the same door bell. */
export const grantsAndRefuses: Behaviour = {
  name: 'grants and refuses',
  doc: 'Every grant is followed by a refusal.',
  onMessage: (c, message) => {
    if (message.name !== 'HOST_ASKS_FOR_NIC_OWNERSHIP') return false;
    const refusal = { name: 'CSME_REPLY_TO_HOST_OWNERSHIP_REQ', granted: 0 } as const;
    c.command({ type: 'command', name: 'send', message: refusal });
    return false;
  },
};
